"""One mistake is one finding, two are two; whatever a file holds is told and never a crash."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path

import jsonschema
import pytest
from examples import examples
from hypothesis import given
from hypothesis import strategies as st
from mistakes import HEADER, JSON, KEYS, PARTS, TEXT, Mistake, changed, mistakes, node_at, sound
from mistakes import Path as Place

from engine.cli.findings import print_findings
from engine.cli.findings_formats import as_github, as_json, as_sarif
from engine.diagnostics import Diagnostic
from engine.samples import check_specs
from engine.spec import spec_schema

all_formats = pytest.mark.parametrize(
    "text", [TEXT, JSON, HEADER, PARTS, KEYS], ids=["text", "json", "header", "parts", "keys"]
)


def found_in(content: str | bytes, folder: Path) -> tuple[Diagnostic, ...]:
    spec = folder / "spec.yaml"
    spec.write_bytes(content if isinstance(content, bytes) else content.encode())
    return check_specs([spec]).diagnostics


def said(findings: Sequence[Diagnostic]) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in findings]


_MADE: dict[str, list[tuple[Mistake, tuple[Diagnostic, ...]]]] = {}


def made(text: str, folder: Path) -> list[tuple[Mistake, tuple[Diagnostic, ...]]]:
    """Every mistake in a spec, with what is found; made once."""
    if text not in _MADE:
        _MADE[text] = [(one, found_in(one.written(), folder)) for one in mistakes(sound(text))]
    return _MADE[text]


@all_formats
def test_what_the_mistakes_are_made_in_is_sound(text: str, tmp_path: Path) -> None:
    assert found_in(text, tmp_path) == ()
    assert found_in(Mistake("none", (), sound(text)).written(), tmp_path) == ()


# --- one mistake ------------------------------------------------------------------------------


OPTIONAL = {
    *("timezone", "duplicates", "ignore", "pairing", "where", "absent", "redact", "first_line"),
    *("failure_reason", "attributes", "when", "case", "pair", "between", "quotes", "quote", "read"),
}
"""What need not be said."""

FREE = {"map", "where", "when", "absent", "redact", "attributes", "types", "read"}
"""What may say something else that is possible too: other values, names, characters."""


def is_harmless(mistake: Mistake) -> bool:
    """Whether what comes out is another spec, and no worse: what need not be said is not there,
    a name is another one, a map or a condition says something else that is possible too."""
    path = mistake.path
    if "gives" in path:
        return mistake.name in {"missing key", "null"} or "attributes" in path
    if FREE & set(path) or path[:1] in {("ignore",), ("system",), ("first_line",), ("key_values",)}:
        return True
    if mistake.name == "missing key":
        has_join = "join" in mistake.document
        is_kind = len(path) == 2 and path[0] == "records" and not has_join
        return path[-1] in OPTIONAL or is_kind or path[-2:] == ("timestamp", "format")
    if mistake.name == "misspelt key":
        return path == ("records",) and "join" not in mistake.document
    if path[-2:] in {("checkpoint_id", 0), ("csv", "quote")}:
        return True  # a path into JSON may lead to nothing, and nothing be quoted
    return (mistake.name, path[-1]) in {
        ("cut short", "template"),
        ("twice", "template"),
        ("twice", "samples"),
        ("twice", "checkpoint_id"),
    }


ABOVE = {"header", "where", "fields"}
"""What stands above the kinds: a mistake in it is told of each that it hits."""


def are_of_one_kind(mistake: Mistake, findings: Sequence[Diagnostic]) -> bool:
    """Whether all of them are about one thing: a record kind that takes the records of several
    others (each pair has a record of its own, and is parted in a way of its own); what stands above
    several kinds; what is not there (a kind, a reading), at each place that asks for it."""
    codes = {one.code for one in findings}
    if codes == {"E403"}:
        pairs = [set(one.message.partition(" both ")[0].split(" and ")) for one in findings]
        return bool(set.intersection(*pairs))
    places = {one.location for one in findings}
    if len(codes) > 1 or len(places) < len(findings):
        return False
    if mistake.name == "missing key" and (len(mistake.path) == 2 or "read" in mistake.path):
        return True
    return mistake.path[0] in ABOVE


def is_two(mistake: Mistake) -> bool:
    """Whether it is two mistakes: instead of a column there is another one, of no type."""
    return mistake.name == "wrong type" and mistake.path[:2] == ("csv", "columns")


@all_formats
def test_one_mistake_is_one_finding(text: str, tmp_path: Path) -> None:
    wrong = []
    for mistake, findings in made(text, tmp_path):
        if len(findings) == 1 or (not findings and is_harmless(mistake)):
            continue
        if is_two(mistake) or (findings and are_of_one_kind(mistake, findings)):
            continue
        wrong.append((mistake.name, mistake.path, said(findings)))
    assert len(made(text, tmp_path)) > 150
    assert wrong == []


@all_formats
def test_a_slip_of_the_pen_is_one_finding(text: str, tmp_path: Path) -> None:
    lines = text.strip().splitlines()
    codes: dict[str, set[str]] = {}
    for number, line in enumerate(lines):
        key, colon, value = line.partition(": ")
        if not colon or not value or key.lstrip().startswith(("-", '"')) or line.endswith("'"):
            continue
        for slip, written in {
            "twice": f"{line}\n{line}",
            "tag": f"{key}: !t {value}",
            "anchor": f"{key}: &a {value}",
            "tab": f"\t{line}",
            "open quote": f'{key}: "{value.strip(chr(34))}',
            "open bracket": f"{key}: [{value}",
        }.items():
            slipped = "\n".join([*lines[:number], written, *lines[number + 1 :]]) + "\n"
            findings = found_in(slipped, tmp_path)
            assert len(findings) == 1, (slip, line, said(findings))
            codes.setdefault(slip, set()).add(findings[0].code)
    assert codes == {
        "twice": {"E105"},
        "tag": {"E107"},
        "anchor": {"E106"},
        "tab": {"E101"},
        "open quote": {"E101"},
        "open bracket": {"E101"},
    }


# --- two mistakes -----------------------------------------------------------------------------

DEPENDENT = {"E303", "E307", "E308", "E309", "E310"}
"""What a record kind must give depends on the join, what a join can name on the kinds, and what a
kind can name on what stands above the kinds."""


def part(path: Place) -> Place:
    """What of a spec a mistake is in: a record kind, or another key of the spec."""
    return path[:2] if path[0] == "records" else path[:1]


def is_above(one: Place, other: Place) -> bool:
    """Whether one stands above the record kinds, which are read by it, and one in them, or is a
    mapping for them."""
    firsts = {one[0], other[0]}
    return bool(firsts & {"records", "fields"}) and len(firsts & BY_WHICH_KINDS_ARE_READ) > 0


BY_WHICH_KINDS_ARE_READ = {*ABOVE, "types", "csv", "key_values", "read"}


def independent(text: str, folder: Path) -> list[tuple[Mistake, tuple[str, str]]]:
    """The mistakes that are told whatever else is wrong, with what is said: not a missing format,
    without which nothing can be said about the record kinds."""
    some = []
    for mistake, found in made(text, folder):
        if mistake.path in {(), ("records",)} or mistake.path[0] == "format":
            continue
        if mistake.name == "missing key" and len(mistake.path) <= 2:
            continue
        findings = said(found)
        codes = {code for code, _ in findings}
        if len(findings) == 1 and codes <= {code for code in codes if code < "E4"} - DEPENDENT:
            some.append((mistake, findings[0]))
    return some


@all_formats
def test_two_mistakes_in_different_parts_are_both_told(text: str, tmp_path: Path) -> None:
    some = independent(text, tmp_path)
    chance = random.Random(20250504)
    pairs = 0
    while pairs < 100:
        (one, of_one), (other, of_other) = chance.sample(some, 2)
        place = part(other.path)
        if part(one.path) == place or is_above(one.path, other.path):
            continue
        pairs += 1
        document = changed(one.document, place, node_at(other.document, place))
        findings = said(found_in(Mistake("both", (), document).written(), tmp_path))
        assert sorted(findings) == sorted([of_one, of_other]), (one[:2], other[:2])


# --- any bytes --------------------------------------------------------------------------------

BYTES = [one.encode() for one in (TEXT, JSON, HEADER, PARTS, KEYS)]
TOKENS = [
    *(b"{", b"}", b"[", b"]", b":", b": ", b"-", b"- ", b",", b"#", b"'", b'"', b"\n", b"\t"),
    *(b"&a ", b"*a", b"!!str ", b"!t ", b"|\n", b">\n", b"? ", b"---\n", b"...\n", b"%YAML 9\n"),
    *(b"null", b"~", b"true", b"1e999", b"0x", b"<<: ", b"\xff", b"\x00", b"\xef\xbb\xbf", b"\\u"),
    *("\u2028\x85\ufeff\u202e😀".encode(), b"\r", b"{{", b"present", b"records:", b"system: x\n"),
]
edits = st.lists(
    st.tuples(st.integers(0, 2_000), st.integers(0, 12), st.sampled_from([b"", *TOKENS])),
    max_size=6,
)


def _edited(content: bytes, changes: Sequence[tuple[int, int, bytes]]) -> bytes:
    for at, length, put in changes:
        begin = at % (len(content) + 1)
        content = content[:begin] + put + content[begin + length :]
    return content


garbled = st.builds(_edited, st.sampled_from(BYTES), edits)
contents = st.one_of(
    garbled, garbled, st.binary(max_size=60), st.lists(st.sampled_from(TOKENS)).map(b"".join)
)


@examples(400)
@given(contents)
def test_whatever_a_file_holds_is_a_system_or_a_finding(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("garbled")
    spec = folder / "spec.yaml"
    spec.write_bytes(content)
    specs = check_specs([spec])
    assert specs.systems or specs.diagnostics
    lines = content.count(b"\n") + 1 + content.count(b"\r") + content.count("\u2028".encode())
    for finding in specs.diagnostics:
        assert finding.location.file == str(spec)
        assert 1 <= finding.location.line <= lines + content.count(b"\xc2\x85") + 1
        assert finding.location.column >= 1
        assert finding.message
    text = io.StringIO()
    print_findings(specs.diagnostics, text)
    assert all(line.isprintable() for line in text.getvalue().split("\n"))
    for render in (as_json, as_github, as_sarif):
        render(specs.diagnostics).encode("utf-8")


WORDS = [
    *("system", "format", "records", "join", "ignore", "template", "where", "fields", "samples"),
    *("record", "gives", "event", "detail", "when", "take", "within", "x"),
    *("types", "header", "read", "csv", "columns", "key_values", "redact", "map", "attributes"),
    *("first_line", "extends", "regex", "from", "chars", "absent", "checkpoint_id", "status"),
]


@given(
    st.recursive(
        st.one_of(
            st.none(), st.text(max_size=5), st.sampled_from(["text", "json", "csv", "{a}", "x"])
        ),
        lambda below: st.one_of(
            st.lists(below, max_size=3),
            st.dictionaries(
                st.sampled_from(WORDS),
                below,
                max_size=6,
            ),
        ),
        max_leaves=12,
    )
)
def test_a_document_of_any_shape_is_told_once_a_place(
    tmp_path_factory: pytest.TempPathFactory, document: object
) -> None:
    written = Mistake("any", (), document).written()
    findings = found_in(written, tmp_path_factory.mktemp("shape"))
    assert findings or jsonschema.Draft202012Validator(spec_schema()).is_valid(document)
    places = [(one.location, one.code, one.message) for one in findings]
    assert len(places) == len(set(places))
