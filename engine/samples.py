"""Samples of specs, run through the normalizer of all of them together: a spec that contradicts
its own samples must not run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Final

from engine.conversions import TimeError, parse_iso
from engine.diagnostics import CODES, Diagnostic, SpecError
from engine.interpreter import Interpreter, compile_normalizer
from engine.json_text import text_of
from engine.model import Detail, Event, Outcome, Record, RecordKind, Rejection, Sample, System
from engine.proofs.exclusive import prove_exclusive
from engine.spec import Specs, load_specs

SAMPLES_KEY: Final = b"samples"
"""The key of hashes where examples are tried: their hashes are the same wherever that is, and a
real key has no place among what is kept beside specs."""

_UTC: Final = "an event's time is in UTC with a Z, in the precision of the record"
_OTHER_KEY: Final = "if it has another key in the record, say so: fields: {event field: key}"
_LEAP_YEAR: Final = "2000-03-01T00:00:00Z"
_PRESENT: Final = "to ask only that the key is there, write `present`"


def load_checked(paths: Sequence[Path]) -> tuple[System, ...]:
    """The systems of the spec files and directories, samples checked: what a run starts from.

    Raises SpecError with every finding, EnvironmentFailure where a path cannot be read.
    """
    specs = check_specs(paths)
    if any(one.severity == "error" for one in specs.diagnostics):
        raise SpecError(specs.diagnostics)
    return specs.systems


def check_specs(paths: Sequence[Path]) -> Specs:
    """Everything there is to say about the specs, samples included. Raises EnvironmentFailure."""
    specs = load_specs(paths)
    unique = {system.name: system for system in reversed(specs.systems)}
    systems = tuple(reversed(unique.values()))
    of_samples = check_samples(systems)
    proof = prove_exclusive(systems, doubted=_doubted(systems, of_samples))
    found = [*specs.diagnostics, *proof.diagnostics, *of_samples]
    found.sort(key=lambda one: (one.location.file, one.location.line, one.location.column))
    marked = tuple(_with_unproved(system, proof.unproved) for system in specs.systems)
    return replace(specs, systems=marked, diagnostics=tuple(found))


def _with_unproved(system: System, unproved: frozenset[str]) -> System:
    names = frozenset(one.name for one in system.kinds if f"{system.name}.{one.name}" in unproved)
    return replace(system, unproved=names) if names else system


def _doubted(systems: Sequence[System], of_samples: Sequence[Diagnostic]) -> frozenset[str]:
    """The kinds that do not accept their own samples. What else they accept says nothing yet."""
    refused = {one.location for one in of_samples if one.code == "E501"}
    return frozenset(
        f"{system.name}.{kind.name}"
        for system in systems
        for kind in system.kinds
        if any(sample.location in refused for sample in kind.samples)
    )


def check_samples(systems: Sequence[System]) -> list[Diagnostic]:
    """What the samples of these systems find wrong when all of them run together."""
    normalizer = compile_normalizer(systems, redact_key=SAMPLES_KEY)
    found = []
    for system in systems:
        for kind in system.kinds:
            if kind.role != "ignore" and not kind.samples:
                found.append(_diagnostic("E504", kind, f'"{kind.name}" has no sample'))
            for sample in kind.samples:
                finding = check_sample(normalizer, system, kind, sample)
                if finding is not None:
                    found.append(finding)
    return found


def check_sample(
    normalizer: Interpreter, system: System, kind: RecordKind, sample: Sample
) -> Diagnostic | None:
    """What one sample finds wrong; None if it gives what it says."""
    value = sample.record.encode("utf-8", "surrogatepass")
    record = Record("sample", 0, len(value), value, timestamp_us=_recorded_us(sample))
    (outcome,) = normalizer.normalize([record])
    if isinstance(outcome, Rejection):
        return _rejected(outcome, system, kind, sample)
    if (outcome.system.name, outcome.kind) != (system.name, kind.name):
        taker = f"{outcome.system.name}.{outcome.kind}"
        return _diagnostic("E501", sample, f'"{kind.name}" does not accept it, but {taker} does')
    given = _given(outcome)
    wrong = [name for name, value in sample.gives.items() if given.get(name) != value]
    told = [
        f"{name} is {_shown(given.get(name))}, not {_shown(sample.gives[name])}" for name in wrong
    ]
    told += _wrong_attributes(outcome, sample)
    if not told:
        return None
    said = "; ".join(told)
    return _diagnostic("E502", sample, said, _UTC if "timestamp" in wrong else "")


def _wrong_attributes(outcome: Outcome, sample: Sample) -> list[str]:
    """What is said of attributes that are others; of texts and numbers by their text."""
    found = outcome.attributes if isinstance(outcome, Event) else None
    told = []
    for name, wanted in sample.attributes.items():
        value = (found or {}).get(name)
        if value != wanted and (text_of(value) is None or text_of(value) != text_of(wanted)):
            told.append(f"attribute {name} is {_as_json(value)}, not {_as_json(wanted)}")
    return told


def _as_json(value: object) -> str:
    return "not there" if value is None else json.dumps(value, ensure_ascii=False)


def _recorded_us(sample: Sample) -> int:
    """When a sample is taken to have been recorded: at the time that it says to give, which so
    tells the year of a time without one. One that says none is of a leap year, which has every
    day."""
    told = sample.gives.get("timestamp")
    try:
        return parse_iso(told or _LEAP_YEAR, UTC).us
    except TimeError:
        return parse_iso(_LEAP_YEAR, UTC).us


def _rejected(
    rejection: Rejection, system: System, kind: RecordKind, sample: Sample
) -> Diagnostic | None:
    if rejection.reason == "ambiguous":
        return None  # the proof has told it, with the record kinds and what to do
    if rejection.reason != "no_match":
        message = f"{rejection.message} ({rejection.reason})"
        missing = rejection.reason == "missing_field" and kind.template is None
        return _diagnostic("E503", sample, message, _OTHER_KEY if missing else "")
    # Asked alone, the kind tells how far it got, however near others came.
    alone = compile_normalizer(
        [replace(system, kinds=(kind,), join=None, merge=None)], redact_key=SAMPLES_KEY
    )
    (outcome,) = alone.normalize([Record("sample", 0, 0, rejection.value)])
    assert isinstance(outcome, Rejection)
    message = f'"{kind.name}" does not accept it'
    if not outcome.nearest:
        other = "text" if kind.template is None else "JSON"
        return _diagnostic("E501", sample, f"{message}: it is {other}")
    attempt = outcome.nearest[0]
    if kind.template is None:
        is_true = attempt.expected.endswith('to be "true"')
        message += f": it expects {attempt.expected}"
        return _diagnostic("E501", sample, message, _PRESENT if is_true else "")
    matched = sample.record[: attempt.matched_chars]
    where = f"after {_shown(matched[-30:])}" if matched else "at its beginning"
    return _diagnostic("E501", sample, f"{message}: {where} it expects {attempt.expected}")


def _given(outcome: Outcome) -> Mapping[str, str | None]:
    if isinstance(outcome, Event):
        return {
            "system_id": outcome.system.name,
            "checkpoint_id": outcome.checkpoint_id,
            "timestamp": outcome.timestamp,
            "status": outcome.status,
            "correlation_id": outcome.correlation_id,
            "failure_reason": outcome.failure_reason,
        }
    assert isinstance(outcome, Detail)
    return {
        "system_id": outcome.system.name,
        "timestamp": outcome.timestamp,
        "correlation_id": outcome.correlation_id,
        "failure_reason": outcome.failure_reason,
    }


def _shown(value: str | None) -> str:
    return "not there" if value is None else f'"{value}"'


def _diagnostic(
    code: str, at: Sample | RecordKind, message: str, help_text: str = ""
) -> Diagnostic:
    known = CODES[code]
    return Diagnostic(at.location, code, message, help_text or known.help, known.severity)
