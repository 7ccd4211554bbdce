"""YAML 1.2 core with positions."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.diagnostics import Location
from engine.spec import load_document
from engine.spec.findings import Findings
from engine.spec.yaml_nodes import ListNode, MapNode, ScalarNode, compose, to_plain


def loaded(text: str) -> object:
    findings = Findings()
    node = compose(text, "spec.yaml", findings)
    assert findings.diagnostics == []
    assert node is not None
    return to_plain(node)


@pytest.mark.parametrize(
    "text, value",
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("1:30", "1:30"),
        ("2025-05-04", "2025-05-04"),
        ("2025-05-04T10:30:00Z", "2025-05-04T10:30:00Z"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("0123", 123),
        ("-1.5e3", -1500.0),
        ("'12'", "12"),
        ('"true"', "true"),
        ("''", ""),
        ("|\n  a\n  b", "a\nb\n"),
    ],
)
def test_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    assert loaded(f"key: {text}\n") == {"key": value}


@pytest.mark.parametrize("text", ["0123", "no", "1e3", "true", "~x", "2025-05-04"])
def test_a_scalar_keeps_its_text(text: str) -> None:
    node = compose(f"key: {text}\n", "spec.yaml", Findings())
    assert isinstance(node, MapNode)
    value = node.items["key"]
    assert isinstance(value, ScalarNode)
    assert value.text == text


def test_every_node_knows_its_place() -> None:
    text = 'a:\n  - x\n  - "ü": 𝄞\n    b: "{t}"\n'
    node = compose(text, "spec.yaml", Findings())
    assert isinstance(node, MapNode)
    items = node.items["a"]
    assert isinstance(items, ListNode)
    entry = items.items[1]
    assert isinstance(entry, MapNode)
    assert entry.keys["ü"] == Location("spec.yaml", 3, 5)
    assert entry.items["ü"].location == Location("spec.yaml", 3, 10)
    template = entry.items["b"]
    assert isinstance(template, ScalarNode)
    assert template.location == Location("spec.yaml", 4, 8)
    assert template.text_location == Location("spec.yaml", 4, 9)


@given(st.text(st.sampled_from("ab:-[]{}&*!|>'\"#%@\n \t,?~0\x00\x85\ufeff"), max_size=40))
def test_any_text_gives_a_document_or_a_finding(text: str) -> None:
    findings = Findings()
    node = compose(text, "spec.yaml", findings)
    assert node is not None or findings.has_errors
    for one in findings.diagnostics:
        assert one.location.line >= 1
        assert one.location.column >= 1


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(DOCUMENTS)
def test_what_pyyaml_writes_with_quotes_is_read_back(document: object) -> None:
    text = yaml.safe_dump(document, default_style='"', allow_unicode=True)
    # Numbers and the like get tags in that style; a spec may have none.
    if "!!" not in text:
        assert loaded(text) == document


def test_another_document_is_read_under_the_same_rules(tmp_path: Path) -> None:
    file = tmp_path / "flow.yaml"
    file.write_text("\ufeffsteps: [{a: no}, 1]\n", encoding="utf-8")
    assert load_document(file) == {"steps": [{"a": "no"}, 1]}
