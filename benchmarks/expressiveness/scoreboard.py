"""What the spec language can say of real formats, held against what their own authors expect.

    python benchmarks/expressiveness/scoreboard.py [CORPORA] [--only NAME] [--show]

Reads a folder of corpora (default: ``../shared/corpora`` beside this checkout; without one it says
so and ends), the specs of ``benchmarks/expressiveness/specs``, and prints for every format how many
records are exact, missed and wrong:

exact   every field that the author asserts is there, with the author's value
missed  the record went to the quarantine, or a field is not there
wrong   a field has a value that is not the author's

Exit status 1 where a value is wrong or a corpus has fewer exact formats than it should.

What is compared: of lnav all captures of a sample; of CrowdSec the assertions under ``Parsed.``
that are plain captures, which is to say, text of the record. ``message``, ``program`` and
``logsource`` come from the way a record was acquired and are compared only where the spec gives
them. An empty text and no value are the same.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import yaml

from engine.interpreter import compile_normalizer
from engine.model import Event, Record, Rejection
try:  # TEMPORARY
    from engine.samples import check_specs
except ImportError:
    from engine.spec import load_specs as check_specs

HERE: Final = Path(__file__).parent
CORPORA: Final = HERE.parents[2] / "shared" / "corpora"
EXACT_LEAST: Final = {"lnav": 34, "crowdsec": 100}
"""How many formats must be exact."""

_RECEIVED_US: Final = 1_767_225_600_000_000
"""The record timestamp that samples get, 2026-01-01: it tells the year of times without one."""
_SPARSE: Final = frozenset({"@level"})
"""What is asserted for some records only, and given for all."""
_ACQUIRED: Final = frozenset({"message", "program", "logsource"})


@dataclass
class Score:
    """What became of the records of one format."""

    corpus: str
    name: str
    counts: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    @property
    def is_exact(self) -> bool:
        """Whether every record is."""
        return self.counts.total() > 0 and self.counts.total() == self.counts["exact"]


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
    _print(scores, show=arguments.show)
    if arguments.only:
        return 0
    few = [
        corpus
        for corpus, least in EXACT_LEAST.items()
        if sum(one.is_exact for one in scores if one.corpus == corpus) < least
    ]
    return 1 if few or any(one.counts["wrong"] for one in scores) else 0


def _scores(folder: Path, corpus: str, only: str) -> Iterator[Score]:
    specs = HERE / "specs" / corpus
    listed = specs / "formats.yaml"
    spec_of: Mapping[str, str] = yaml.safe_load(listed.read_text()) if listed.exists() else {}
    for path in sorted(folder.glob("*.jsonl")):
        if only not in path.stem:
            continue
        spec = specs / f"{spec_of.get(path.stem, path.stem)}.yaml"
        records = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        yield _score(Score(corpus, path.stem), spec, records)


def _score(score: Score, spec: Path, records: Sequence[Mapping[str, object]]) -> Score:
    if not spec.exists():
        score.counts["missed"] = len(records)
        score.notes.append(f"no spec {spec.name}")
        return score
    checked = check_specs([spec])
    errors = [one for one in checked.diagnostics if one.severity == "error"]
    if errors:
        score.counts["missed"] = len(records)
        score.notes += [
            f"{one.location.line}:{one.location.column} {one.code} {one.message} {one.help}"
            for one in errors
        ]
        return score
    normalizer = compile_normalizer(checked.systems)
    names = {name for one in records for name in _asserted(score.corpus, one)}
    for record in records:
        text = _text(record)
        if text is None:
            continue
        value = text.encode()
        (outcome,) = normalizer.normalize([Record("sample", 0, len(value), value, _RECEIVED_US)])
        verdict, why = _verdict(_asserted(score.corpus, record), outcome, names)
        score.counts[verdict] += 1
        if verdict != "exact":
            score.notes.append(f"{record['id']}: {verdict}: {why}\n      {text[:400]!r}")
    return score


def _text(record: Mapping[str, object]) -> str | None:
    """The record; where it is not kept, what its author says that the message was."""
    found = record["raw"]
    if found is None:
        expected = record["expected"]
        assert isinstance(expected, Mapping)
        found = expected.get("Parsed.message")
    return found if isinstance(found, str) else None


def _asserted(corpus: str, record: Mapping[str, object]) -> dict[str, str]:
    """The captures that the author asserts."""
    expected = record["expected"]
    assert isinstance(expected, Mapping)
    if corpus == "lnav":
        return {name: str(value) for name, value in expected.items()}
    text = _text(record) or ""
    plain = {text, text.replace('\\"', '"').replace("\\\\", "\\"), text.replace('""', '"')}
    return {
        name.removeprefix("Parsed."): str(value)
        for name, value in expected.items()
        if name.startswith("Parsed.")
        and "[" not in name
        and any(str(value) in one for one in plain)
    }


def _verdict(
    expected: Mapping[str, str], outcome: object, names: set[str]
) -> tuple[str, str]:
    if isinstance(outcome, Rejection):
        nearest = "; ".join(
            f"{one.kind}: {one.matched_chars}, expected {one.expected}" for one in outcome.nearest
        )
        return "missed", f"{outcome.reason}: {outcome.message} ({nearest})"
    if not isinstance(outcome, Event):
        return "missed", "no event"
    if not expected:
        return "exact", ""  # the author asserts nothing of it
    given = {k: _shown(v) for k, v in (outcome.attributes or {}).items() if _shown(v)}
    wrong, missed = [], []
    for name in sorted({*expected, *(names & set(given))}):
        want, got = expected.get(name) or None, given.get(name)
        if want == got or (name in _ACQUIRED and got is None) or (name in _SPARSE and not want):
            continue
        if got is None:
            missed.append(f"{name}: {want!r} is not there")
        elif not (name in _ACQUIRED and want is None):
            wrong.append(f"{name}: {got!r} is not {want!r}")
    if wrong:
        return "wrong", "; ".join(wrong + missed)
    return ("missed", "; ".join(missed)) if missed else ("exact", "")


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _print(scores: Sequence[Score], *, show: bool) -> None:
    print(f"{'format':64} {'exact':>6} {'missed':>6} {'wrong':>6}")
    for score in scores:
        counts = [score.counts[verdict] for verdict in ("exact", "missed", "wrong")]
        print(f"{score.corpus + '/' + score.name:64} {counts[0]:6} {counts[1]:6} {counts[2]:6}")
        for note in score.notes if show else ():
            print(f"    {note}")
    for corpus, least in EXACT_LEAST.items():
        here = [one for one in scores if one.corpus == corpus]
        total = sum((one.counts for one in here), Counter[str]())
        exact = sum(one.is_exact for one in here)
        print(
            f"{corpus}: {exact} of {len(here)} formats exact (at least {least}); records: "
            + ", ".join(f"{total[one]} {one}" for one in ("exact", "missed", "wrong"))
        )


if __name__ == "__main__":
    sys.exit(main())
