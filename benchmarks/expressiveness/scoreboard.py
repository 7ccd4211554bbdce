"""What the spec language can say of real formats, held against what their own authors expect.

    python benchmarks/expressiveness/scoreboard.py [CORPORA] [--only NAME] [--show]

Reads a folder of corpora (default: ``../shared/corpora`` beside this checkout; without one it says
so and ends), the specs of ``benchmarks/expressiveness/specs``, and prints for every format how many
records are exact, missed and wrong:

exact      every field that the author asserts is there, with the author's value
missed     the record went to the quarantine, or a field is not there
wrong      a field has a value that is not the author's, or one where the author has none
no record  the corpus keeps no record, or only a part of it: there is nothing to read

A format is exact if every record that is there is, and at least one is. Exit status 1 where a value
is wrong or a corpus has fewer exact formats than it should.

What is compared:

- Of lnav all captures of a sample.
- Of CrowdSec the assertions under ``Parsed.`` that are plain captures: the value stands in the
  record as it is, or without its escapes: doubled quotes, backslashes, those of JSON. Values that
  the author's parser made out of others (``derived``) are not compared; ``--show`` and the last
  lines name them.
- ``name[4:]``, an assertion of a part of a field, is held against that part.
- ``message``, ``program`` and ``logsource`` come from the way a record was acquired, and are
  compared only where the spec gives them.
- An empty text and no value are the same. Fields that the author asserts of no record of a format
  are not looked at, and neither is a record of which nothing is asserted, but it must be accepted.

Where CrowdSec keeps no record (``raw`` is null), it is what the author calls its message, unless an
asserted capture is not in that text: then the message is only a part of the record.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from engine.interpreter import compile_normalizer
from engine.model import Event, Record, Rejection
from engine.samples import check_specs

HERE: Final = Path(__file__).parent
CORPORA: Final = HERE.parents[2] / "shared" / "corpora"
EXACT_LEAST: Final = {"lnav": 36, "crowdsec": 104}
"""How many formats must be exact."""

_RECEIVED_US: Final = 1_767_225_600_000_000
"""The record timestamp that samples get, 2026-01-01: it tells the year of times without one."""
_SPARSE: Final = frozenset({"@level"})
"""What is asserted for some records only, and given for all."""
_ACQUIRED: Final = frozenset({"message", "program", "logsource"})
_PART: Final = re.compile(r"(.+)\[(\d+):\]")
_COLUMNS: Final = ("exact", "missed", "wrong", "no record")


@dataclass
class Score:
    """What became of the records of one format."""

    corpus: str
    name: str
    counts: Counter[str] = field(default_factory=Counter)
    derived: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    @property
    def records(self) -> int:
        """How many can be read."""
        return self.counts.total() - self.counts["no record"]

    @property
    def is_exact(self) -> bool:
        """Whether every record that can be read is, and there is one."""
        return 0 < self.records == self.counts["exact"]


@dataclass(frozen=True)
class Sample:
    """A record (None: there is none), and what its author asserts of it."""

    id: str
    text: str | None
    expected: Mapping[str, str]
    derived: frozenset[str] = frozenset()


def main() -> int:
    """Print the table; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpora", nargs="?", type=Path, default=CORPORA)
    parser.add_argument("--only", default="", help="formats whose name contains this")
    parser.add_argument("--show", action="store_true", help="say why a record is not exact")
    arguments = parser.parse_args()
    if not arguments.corpora.is_dir():
        print(f"skipped: there are no corpora in {arguments.corpora}")
        return 0
    scores = [
        score
        for corpus in EXACT_LEAST
        for score in _scores(arguments.corpora / corpus, corpus, arguments.only)
    ]
    _print_formats(scores, show=arguments.show)
    few = [
        corpus
        for corpus, least in EXACT_LEAST.items()
        if _print_corpus(corpus, [one for one in scores if one.corpus == corpus]) < least
    ]
    if any(one.counts["wrong"] for one in scores):
        return 1
    return 1 if few and not arguments.only else 0


def _scores(folder: Path, corpus: str, only: str) -> Iterator[Score]:
    specs = HERE / "specs" / corpus
    listed = specs / "formats.yaml"
    spec_of: Mapping[str, str] = yaml.safe_load(listed.read_text()) if listed.exists() else {}
    read = _lnav_sample if corpus == "lnav" else _crowdsec_sample
    for path in sorted(folder.glob("*.jsonl")):
        if only in path.stem:
            spec = specs / f"{spec_of.get(path.stem, path.stem)}.yaml"
            lines = path.read_text(encoding="utf-8").splitlines()
            yield _score(Score(corpus, path.stem), spec, [read(json.loads(one)) for one in lines])


def _score(score: Score, spec: Path, samples: Sequence[Sample]) -> Score:
    for one in samples:
        score.derived |= one.derived
    readable = [one for one in samples if one.text is not None]
    score.counts["no record"] = len(samples) - len(readable)
    checked = check_specs([spec]) if spec.exists() else None
    errors = (
        [] if checked is None else [one for one in checked.diagnostics if one.severity == "error"]
    )
    if checked is None or errors:
        score.counts["missed"] = len(readable)
        score.notes += [f"{one.location.line}: {one.code} {one.message}" for one in errors]
        score.notes += [] if checked else [f"no spec {spec.name}"]
        return score
    normalizer = compile_normalizer(checked.systems)
    names = {name for one in samples for name in one.expected}
    for sample in readable:
        assert sample.text is not None
        value = sample.text.encode()
        (outcome,) = normalizer.normalize([Record("sample", 0, len(value), value, _RECEIVED_US)])
        verdict, why = _verdict(sample, outcome, names - sample.derived)
        score.counts[verdict] += 1
        if verdict != "exact":
            score.notes.append(f"{sample.id}: {verdict}: {why}\n      {sample.text[:400]!r}")
    return score


# --- the corpora --------------------------------------------------------------------------------


def _lnav_sample(line: Mapping[str, object]) -> Sample:
    expected, text = line["expected"], line["raw"]
    assert isinstance(expected, Mapping)
    assert isinstance(text, str)
    return Sample(str(line["id"]), text, {name: str(value) for name, value in expected.items()})


def _crowdsec_sample(line: Mapping[str, object]) -> Sample:
    asserted, text = line["expected"], line["raw"]
    assert isinstance(asserted, Mapping)
    parsed = {
        name.removeprefix("Parsed."): str(value)
        for name, value in asserted.items()
        if name.startswith("Parsed.")
    }
    is_kept = isinstance(text, str)
    found = str(text) if is_kept else parsed.get("message", "")
    written = _as_written(found)
    expected = {k: v for k, v in parsed.items() if any(v in one for one in written)}
    derived = frozenset(parsed) - set(expected) - _ACQUIRED
    if not found or (derived and not is_kept):
        return Sample(str(line["id"]), None, {})
    return Sample(str(line["id"]), found, expected, derived)


def _as_written(text: str) -> set[str]:
    """The record, also without its escapes, and the texts of its JSON."""
    found = {text, text.replace('\\"', '"').replace("\\\\", "\\"), text.replace('""', '"')}
    try:
        rest: list[object] = [json.loads(text)]
    except ValueError:
        return found
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            found.add(one)
        elif isinstance(one, dict | list):
            rest += one.values() if isinstance(one, dict) else one
    return found


# --- a record against its assertions ------------------------------------------------------------


def _verdict(sample: Sample, outcome: object, names: set[str]) -> tuple[str, str]:
    if isinstance(outcome, Rejection):
        nearest = "; ".join(
            f"{one.kind}: {one.matched_chars}, expected {one.expected}" for one in outcome.nearest
        )
        return "missed", f"{outcome.reason}: {outcome.message} ({nearest})"
    if not isinstance(outcome, Event):
        return "missed", "no event"
    if not sample.expected:
        return "exact", ""
    given = {k: _shown(v) for k, v in (outcome.attributes or {}).items() if _shown(v)}
    wrong, missed = [], []
    for name in sorted(names):
        want, got = sample.expected.get(name) or None, _part(given, name)
        if want == got or (got is None and name in _ACQUIRED) or (not want and name in _SPARSE):
            continue
        if got is None:
            missed.append(f"{name}: {want!r} is not there")
        elif want is not None or not _is_asserted_otherwise(name, sample):
            wrong.append(f"{name}: {got!r} is not {want!r}")
    if wrong:
        return "wrong", "; ".join(wrong + missed)
    return ("missed", "; ".join(missed)) if missed else ("exact", "")


def _part(given: Mapping[str, str], name: str) -> str | None:
    """The value, or, for ``name[4:]``, that part of it."""
    part = _PART.fullmatch(name)
    if part is None:
        return given.get(name)
    value = given.get(part[1])
    return None if value is None else value[int(part[2]) :]


def _is_asserted_otherwise(name: str, sample: Sample) -> bool:
    """Whether the sample asserts another part of the field, or it comes from the acquisition."""
    plain = {(_PART.fullmatch(one) or [one, one])[1] for one in sample.expected}
    return name in _ACQUIRED or (_PART.fullmatch(name) or [name, name])[1] in plain


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


# --- the table ----------------------------------------------------------------------------------


def _print_formats(scores: Sequence[Score], *, show: bool) -> None:
    print(f"{'format':72}" + "".join(f"{one:>10}" for one in _COLUMNS))
    for score in scores:
        counts = "".join(f"{score.counts[one]:10}" for one in _COLUMNS)
        print(f"{score.corpus + '/' + score.name:72}{counts}")
        for note in score.notes if show else ():
            print(f"    {note}")
        if show and score.derived:
            print(f"    derived, not compared: {', '.join(sorted(score.derived))}")


def _print_corpus(corpus: str, scores: Sequence[Score]) -> int:
    """Print the counts of a corpus; how many of its formats are exact."""
    total = sum((one.counts for one in scores), Counter[str]())
    exact = sum(one.is_exact for one in scores)
    empty = [one.name for one in scores if not one.records]
    counts = ", ".join(f"{total[one]} {one}" for one in _COLUMNS)
    print(
        f"{corpus}: {exact} of {len(scores) - len(empty)} formats exact "
        f"(at least {EXACT_LEAST[corpus]}); records: {counts}"
    )
    if empty:
        print(f"    formats without a record to read: {', '.join(empty)}")
    derived = [f"{one.name} ({', '.join(sorted(one.derived))})" for one in scores if one.derived]
    if derived:
        print(f"    derived, not compared: {'; '.join(derived)}")
    return exact


if __name__ == "__main__":
    sys.exit(main())
