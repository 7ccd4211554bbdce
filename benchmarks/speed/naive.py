"""The version that anyone writes first: templates tried in order with ``parse``, ``json.loads``,
a dictionary by correlation id, and a row at a time.

    python benchmarks/speed/naive.py --systems DIRECTORY [--sqlite] RECORDS OUTPUT

Its rows are the right ones for the workload, where no pair is ambiguous and no record is hostile;
it promises nothing beyond that. It takes nothing from the engine, whose start would be counted too.
"""

from __future__ import annotations

import argparse
import json
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import parse
import yaml

Fields = dict[str, Any]
EVENT_FIELDS = (
    "system_id",
    "checkpoint_id",
    "timestamp",
    "status",
    "correlation_id",
    "failure_reason",
)


class Normalizer:
    """Reads the specs of a folder; a record becomes its fields, or None."""

    def __init__(self, folder: Path) -> None:
        specs = [yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))]
        self.joins = {spec["system"]: spec["join"] for spec in specs if "join" in spec}
        self._templates = []
        self._kinds = []
        for spec in specs:
            # The longer template first: a failure also looks like a success with a strange id.
            kinds = sorted(
                spec["records"].items(), key=lambda kind: -len(kind[1].get("template", ""))
            )
            for name, kind in kinds:
                if "template" in kind:
                    template = parse.compile(re.sub(r":\w+}", "}", kind["template"]))
                    self._templates.append((spec["system"], name, template))
                else:
                    self._kinds.append(
                        (spec["system"], name, kind["where"], kind.get("fields", {}))
                    )

    def normalize(self, line: str) -> Fields | None:
        """The fields, with ``system_id`` and ``kind``; None for a record of no kind."""
        fields = self._of_json(line) if line.startswith("{") else self._of_text(line)
        if fields is not None and "timestamp" in fields:
            try:
                time = datetime.fromisoformat(fields["timestamp"])
            except ValueError:
                return None
            fields["timestamp"] = time.isoformat() + "Z"
        return fields

    def _of_json(self, line: str) -> Fields | None:
        try:
            document = json.loads(line)
        except ValueError:
            return None
        for system, name, where, renamed in self._kinds:
            if all(_holds(document, key, value) for key, value in where.items()):
                document |= {field: document[key] for field, key in renamed.items()}
                return {**document, "system_id": system, "kind": name}
        return None

    def _of_text(self, line: str) -> Fields | None:
        for system, name, template in self._templates:
            found = template.parse(line)
            if found:
                return {**found.named, "system_id": system, "kind": name}
        return None


def _holds(document: Fields, key: str, value: str) -> bool:
    if value in {"present", "absent"}:
        return (key in document) == (value == "present")
    return bool(document.get(key) == value)


def run(normalizer: Normalizer, records: Path, write: Callable[[Fields], None]) -> None:
    """Write each event when its reason is there, or at the end."""
    waiting: dict[tuple[str, str], Fields] = {}
    with records.open(encoding="utf-8") as lines:
        for line in lines:
            fields = normalizer.normalize(line.rstrip("\n"))
            if fields is None:
                continue
            key = fields["system_id"], fields["correlation_id"]
            join = normalizer.joins.get(fields["system_id"])
            if join is None:
                write(fields)
            elif fields["kind"] == join["detail"]:
                event = waiting.pop(key, None)
                if event is not None:
                    event["failure_reason"] = fields["failure_reason"]
                    write(event)
            elif all(fields[name] == value for name, value in join["when"].items()):
                if key in waiting:
                    write(waiting.pop(key))
                waiting[key] = fields
            else:
                write(fields)
    for event in waiting.values():
        write(event)


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--systems", type=Path, required=True)
    parser.add_argument("--sqlite", action="store_true")
    parser.add_argument("records", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    normalizer = Normalizer(arguments.systems)
    arguments.output.unlink(missing_ok=True)
    if not arguments.sqlite:
        with arguments.output.open("w", encoding="utf-8") as output:

            def write_line(event: Fields) -> None:
                output.write(json.dumps({name: event.get(name) for name in EVENT_FIELDS}) + "\n")

            run(normalizer, arguments.records, write_line)
        return
    store = sqlite3.connect(arguments.output)
    store.execute("PRAGMA journal_mode = WAL")
    store.execute(f"CREATE TABLE rows ({', '.join(EVENT_FIELDS)})")
    store.execute("CREATE INDEX by_correlation ON rows (correlation_id)")
    store.execute("CREATE INDEX by_time ON rows (timestamp)")

    def write_row(event: Fields) -> None:
        row = tuple(event.get(name) for name in EVENT_FIELDS)
        store.execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", row)

    run(normalizer, arguments.records, write_row)
    store.commit()
    store.close()


if __name__ == "__main__":
    main()
