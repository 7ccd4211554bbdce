from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_building import BANK, StoreBuilder, flow

from engine.event_json import UNSAID
from engine.model import EXPORT_FIELDS
from engine.spec import event_schema
from engine.stores.sqlite import open_reader
from engine.views.export import Selection, csv_lines, json_lines

ALL = Selection()


@pytest.fixture
def store(tmp_path: Path) -> StoreBuilder:
    return StoreBuilder(tmp_path / "events.db")


def _table(store: StoreBuilder) -> list[dict[str, object]]:
    """The rows of the view as they leave, in the order of position."""
    with closing(open_reader(store.url)) as reader:
        rows = list(reader.rows(f'SELECT {", ".join(EXPORT_FIELDS)}, stream, "offset" FROM events'))
    rows.sort(key=lambda row: (str(row[-2]), int(str(row[-1]))))
    table = [dict(zip(EXPORT_FIELDS, row[:-2], strict=True)) for row in rows]
    for row in table:
        row["ambiguous"] = bool(row["ambiguous"])
        row["attributes"] = _decoded(row["attributes"])
        row["spec_digest"] = str(row["spec_digest"])[:16]
    return table


def _decoded(attributes: object) -> object:
    return None if attributes is None else json.loads(str(attributes))


def _json(store: StoreBuilder, selection: Selection = ALL) -> list[str]:
    with closing(open_reader(store.url)) as reader:
        return list(json_lines(reader, selection))


def _csv(store: StoreBuilder, selection: Selection = ALL) -> list[str]:
    with closing(open_reader(store.url)) as reader:
        return list(csv_lines(reader, selection))


def _read_csv(text: str) -> list[dict[str, object]]:
    """The values that were exported: the apostrophe is taken off, an empty cell is null."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    assert tuple(rows.fieldnames or ()) == EXPORT_FIELDS
    table: list[dict[str, object]] = []
    for row in rows:
        values: dict[str, object] = {name: cell or None for name, cell in row.items()}
        for name, value in values.items():
            if isinstance(value, str):
                values[name] = value.removeprefix("'")
        values["seen"] = int(row["seen"])
        values["ambiguous"] = {"true": True, "false": False}[row["ambiguous"]]
        values["attributes"] = _decoded(values["attributes"])
        table.append(values)
    return table


def _events_of_all_sorts(store: StoreBuilder) -> None:
    flow(store)
    for reason in ("R1", "R2"):
        store.detail(reason, "2025-05-04T11:00:00", correlation_id="two reasons")
    store.event("C", "2025-05-04T11:00:01", of=BANK, status="FAILURE", correlation_id="two reasons")
    store.event("VIEWED", correlation_id=None, attributes={"size": 12.5, "who": "=A1", "ré": ["€"]})
    store.event("VIEWED", correlation_id=None, attributes={})
    store.commit()


def test_json_lines_are_the_table(store: StoreBuilder) -> None:
    _events_of_all_sorts(store)
    lines = _json(store)
    assert [{**UNSAID, **json.loads(line)} for line in lines] == _table(store)
    assert all(line.endswith("}\n") for line in lines)


def test_json_lines_have_their_schema_and_say_nothing_needless(store: StoreBuilder) -> None:
    _events_of_all_sorts(store)
    events = [json.loads(line) for line in _json(store)]
    validator = jsonschema.Draft202012Validator(event_schema())
    for event in events:
        validator.validate(event)
        assert list(event) == [name for name in EXPORT_FIELDS if name in event]
    assert {name for event in events for name in event} == {*EXPORT_FIELDS}
    for name, unsaid in UNSAID.items():
        assert not validator.is_valid({**events[0], name: unsaid})


def test_attributes_are_an_object_in_json_and_its_text_in_csv(store: StoreBuilder) -> None:
    _events_of_all_sorts(store)
    text = '{"size":12.5,"who":"=A1","ré":["€"]}'
    with_some, without = _json(store)[-2:]
    assert with_some.endswith(f',"attributes":{text}}}\n')
    assert "attributes" not in without
    assert '"correlation_id":null' in with_some
    cells = [row[-1] for row in csv.reader(_csv(store))]
    assert cells[-2:] == [text, ""]


def test_csv_is_the_table(store: StoreBuilder) -> None:
    _events_of_all_sorts(store)
    lines = _csv(store)
    assert lines[0] == ",".join(EXPORT_FIELDS) + "\r\n"
    assert _read_csv("".join(lines)) == _table(store)


def test_the_order_is_that_of_positions_whatever_order_streams_came_in(
    store: StoreBuilder,
) -> None:
    for name in ("kafka:C/t/1", "file:b", "kafka:C/t/0", "file:a"):
        for _ in range(2):
            store.event("X", stream=name)
        store.commit()
    assert [json.loads(line)["event_id"] for line in _json(store)] == [
        "file:a:0",
        "file:a:10",
        "file:b:0",
        "file:b:10",
        "kafka:C/t/0:0",
        "kafka:C/t/0:10",
        "kafka:C/t/1:0",
        "kafka:C/t/1:10",
    ]


def test_a_selection_is_by_system_and_status(store: StoreBuilder) -> None:
    flow(store)
    table = _table(store)
    bank = [row for row in table if row["system_id"] == BANK.name]
    failed = [row for row in bank if row["status"] == "FAILURE"]
    assert 0 < len(failed) < len(bank) < len(table)
    lines = _json(store, Selection("bank"))
    assert [{**UNSAID, **json.loads(line)} for line in lines] == bank
    assert _read_csv("".join(_csv(store, Selection("bank", "FAILURE")))) == failed
    assert _json(store, Selection("nobody")) == []


def test_an_empty_store_is_a_header(store: StoreBuilder) -> None:
    store.commit()
    assert _json(store) == []
    assert len(_csv(store)) == 1


class OneStream:
    """A reader of one stream with rows as they are asked for; counts how many were."""

    def __init__(self, values: Sequence[dict[str, object]], rows: int = 1) -> None:
        self._values = values
        self._rows = rows
        self.pulled = 0

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> Iterator[tuple[object, ...]]:
        if "FROM stream" in sql:
            yield ("file:a",)
            return
        plain: dict[str, object] = dict.fromkeys(EXPORT_FIELDS, "x")
        plain |= {"ambiguous": 0, "seen": 1, "attributes": None}
        for _ in range(self._rows):
            for values in self._values:
                self.pulled += 1
                yield tuple((plain | values).values())


@pytest.mark.parametrize("lines", [json_lines, csv_lines])
def test_rows_stream_one_by_one(lines: object) -> None:
    assert callable(lines)
    reader = OneStream([{}], rows=1_000_000)
    made: Iterator[str] = lines(reader, ALL)
    for _ in range(3):
        next(made)
    assert 2 <= reader.pulled <= 3


FORMULAS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "\uff1d1",
    "'=1",
    "'tis",
)


@pytest.mark.parametrize("reason", FORMULAS)
def test_a_cell_cannot_begin_a_formula(reason: str) -> None:
    reader = OneStream([{"failure_reason": reason, "checkpoint_id": reason}])
    text = "".join(csv_lines(reader, ALL))
    (cells,) = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert cells[EXPORT_FIELDS.index("failure_reason")] == "'" + reason
    assert cells[EXPORT_FIELDS.index("checkpoint_id")] == "'" + reason
    assert _read_csv(text)[0]["failure_reason"] == reason


@pytest.mark.parametrize("reason", ["a=1", "plain", "a-b", "12", " x"])
def test_other_cells_are_left_alone(reason: str) -> None:
    text = "".join(csv_lines(OneStream([{"failure_reason": reason}]), ALL))
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    assert row["failure_reason"] == reason


any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(st.lists(st.fixed_dictionaries({"failure_reason": st.none() | any_text}), max_size=5))
def test_any_text_comes_back_from_both_formats(values: list[dict[str, object]]) -> None:
    text = "".join(csv_lines(OneStream(values), ALL))
    assert [row["failure_reason"] for row in _read_csv(text)] == [
        one["failure_reason"] for one in values
    ]
    for row in list(csv.reader(io.StringIO(text, newline="")))[1:]:
        assert not any(
            cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row
        )
    lines = list(json_lines(OneStream(values), ALL))
    assert [json.loads(line)["failure_reason"] for line in lines] == [
        one["failure_reason"] for one in values
    ]
    assert all(line.count("\n") == 1 for line in lines)
