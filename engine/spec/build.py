"""From a document of the right shape to a System, with what makes no sense as findings."""

from __future__ import annotations

import hashlib
import json
import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from engine.diagnostics import Location
from engine.model import Condition, Join, RecordKind, Sample, System, Template
from engine.spec.findings import Findings, did_you_mean
from engine.spec.join import build_join, event_fields, scalars_in, texts_in
from engine.spec.mappings import Kind, build_mappings
from engine.spec.order import check_order
from engine.spec.shape import Path
from engine.spec.template_syntax import TemplateError, parse_template
from engine.spec.yaml_nodes import ListNode, MapNode, Node, ScalarNode, entries_of


def build_system(
    root: Node, source: str, broken: Sequence[Path], findings: Findings
) -> System | None:
    """The system that a document describes; None if anything in it is wrong.

    ``broken`` are the places that have not the shape of a spec: what depends on them is passed
    over, so that one mistake is one finding.
    """
    if not isinstance(root, MapNode) or not {"format", "records"} <= set(root.items):
        return None
    if any(path in {(), ("format",), ("records",)} for path in broken):
        return None
    return _SystemBuilder(root, source, broken, findings).build()


@dataclass(slots=True)
class _SystemBuilder:
    root: MapNode
    source: str
    broken: Sequence[Path]
    findings: Findings

    def build(self) -> System | None:
        """Build every part, so that each tells its findings."""
        before = len(self.findings.diagnostics)
        timezone = self._timezone()
        kinds = self._record_kinds()
        check_order(self.root, self.findings)
        join = self._join(kinds)
        merge = self._merge()
        ignored = self._ignored()
        if self.broken or len(self.findings.diagnostics) > before:
            return None
        built = [kind for kind in kinds.values() if kind is not None] + ignored
        name = self.root.items["system"]
        assert isinstance(name, ScalarNode)
        described = System(
            name=name.text,
            format="json" if self._is_json else "text",
            timezone=timezone,
            kinds=tuple(built),
            join=join,
            merge=merge,
            digest="",
            source=self.source,
            location=name.location,
        )
        return replace(described, digest=_digest(described))

    @property
    def _is_json(self) -> bool:
        node = self.root.items["format"]
        return isinstance(node, ScalarNode) and node.text == "json"

    def _is_intact(self, *path: str | int) -> bool:
        """Whether nothing at the path, above or below it is broken."""
        return not any(one[: len(path)] == path or path[: len(one)] == one for one in self.broken)

    def _timezone(self) -> str:
        node = self.root.items.get("timezone")
        if not isinstance(node, ScalarNode):
            return "UTC"
        known = zoneinfo.available_timezones()
        if self._is_intact("timezone") and node.text not in known:
            message = f'there is no timezone "{node.text}"'
            otherwise = "an IANA name such as Europe/Berlin"
            self.findings.add(
                "E314", node.location, message, did_you_mean(node.text, known, otherwise)
            )
        return node.text

    # --- record kinds ---------------------------------------------------------------------------

    def _record_kinds(self) -> dict[str, RecordKind | None]:
        """Every kind by its name; None for one that has findings."""
        records = self.root.items["records"]
        assert isinstance(records, MapNode)
        details = self._details(records)
        return {
            name: self._record_kind(name, node, records.keys[name], details)
            if self._is_intact("records", name)
            else None
            for name, node in records.items.items()
        }

    def _details(self, records: MapNode) -> frozenset[str] | None:
        """The names of the kinds that complete events; None where the join leaves it open."""
        join = self.root.items.get("join")
        if not (self._is_intact("join", "event") and self._is_intact("join", "detail")):
            return None
        unknown = [str(one[0]) for one in self.broken if len(one) == 1]
        if join is None and get_close_matches("join", unknown):
            return None  # it is there, misspelt
        sides = [set(texts_in(entries_of(join).get(side))) for side in ("event", "detail")]
        is_clear = sides[0] | sides[1] <= set(records.items) and not sides[0] & sides[1]
        return frozenset(sides[1]) if is_clear else None

    def _record_kind(
        self, name: str, node: Node, location: Location, details: frozenset[str] | None
    ) -> RecordKind | None:
        """The kind; without knowing which are details (a broken join) it is only looked at."""
        entries = entries_of(node)
        template = None if self._is_json else self._template(entries["template"])
        samples = self._samples(entries.get("samples"))
        if template is None and not self._is_json:
            return None
        where = _conditions(entries.get("where"))
        is_detail = None if details is None else name in details
        taken = self._taken() if is_detail else ()
        kind = Kind(name, location, template, where, is_detail, taken)
        mappings = build_mappings(kind, entries.get("fields"), self.findings)
        after = {one.text: one.location for one in scalars_in(entries.get("after"))}
        if mappings is None or samples is None or is_detail is None:
            return None
        return RecordKind(
            name=name,
            role="detail" if is_detail else "event",
            template=template,
            where=where,
            mappings=mappings,
            samples=samples,
            location=location,
            after=after,
        )

    def _taken(self) -> tuple[str, ...]:
        return texts_in(entries_of(self.root.items["join"]).get("take"))

    def _template(self, node: Node) -> Template | None:
        assert isinstance(node, ScalarNode)
        try:
            return parse_template(node.text)
        except TemplateError as error:
            at = node.text_location
            place = Location(at.file, at.line, at.column + error.offset)
            self.findings.add(error.code, place, str(error), error.help)
            return None

    def _samples(self, node: Node | None) -> tuple[Sample, ...] | None:
        samples, names_are_known = [], True
        for item in node.items if isinstance(node, ListNode) else []:
            entries = entries_of(item)
            record, gives = entries["record"], entries["gives"]
            assert isinstance(record, ScalarNode)
            assert isinstance(gives, MapNode)
            names_are_known &= event_fields(gives, self.findings, with_system=True) is not None
            values = {
                field: None if value.is_null else value.text
                for field, value in gives.items.items()
                if isinstance(value, ScalarNode)
            }
            samples.append(Sample(record.text, values, record.location))
        return tuple(samples) if names_are_known else None

    def _ignored(self) -> list[RecordKind]:
        node = self.root.items.get("ignore")
        if not isinstance(node, ListNode) or not self._is_intact("ignore"):
            return []
        kinds = []
        for index, item in enumerate(node.items):
            template = None if self._is_json else self._template(item)
            if template is None and not self._is_json:
                continue
            kinds.append(
                RecordKind(
                    name=f"ignore[{index}]",
                    role="ignore",
                    template=template,
                    where=_conditions(item) if self._is_json else (),
                    mappings=(),
                    samples=(),
                    location=item.location,
                )
            )
        return kinds

    # --- what holds for all kinds -----------------------------------------------------------------

    def _join(self, kinds: Mapping[str, RecordKind | None]) -> Join | None:
        node = self.root.items.get("join")
        if not isinstance(node, MapNode) or ("join",) in self.broken:
            return None
        intact = {key: one for key, one in node.items.items() if self._is_intact("join", key)}
        return build_join(intact, kinds, self.findings)

    def _merge(self) -> tuple[str, ...] | None:
        merge = entries_of(self.root.items.get("duplicates")).get("merge")
        if merge is None or not self._is_intact("duplicates"):
            return None
        return event_fields(merge, self.findings)


def _conditions(node: Node | None) -> tuple[Condition, ...]:
    conditions = []
    for key, value in entries_of(node).items():
        if isinstance(value, ScalarNode) and value.text == "present":
            conditions.append(Condition(key, "present"))
        elif isinstance(value, ScalarNode) and value.text == "absent":
            conditions.append(Condition(key, "absent"))
        else:
            conditions.append(Condition(key, "one_of", texts_in(value)))
    return tuple(conditions)


# --- digest -----------------------------------------------------------------------------------


def _digest(system: System) -> str:
    """SHA-256 of what the spec says; samples, positions, layout and comments say nothing."""
    said = {
        "system": system.name,
        "format": system.format,
        "timezone": system.timezone,
        "kinds": [
            {
                "name": kind.name,
                "role": kind.role,
                "template": kind.template and kind.template.source,
                "where": [[one.key, one.test, list(one.values)] for one in kind.where],
                "after": sorted(kind.after),
                "mappings": [
                    [one.target, one.source, one.constant, one.values and dict(one.values)]
                    for one in kind.mappings
                ],
            }
            for kind in system.kinds
        ],
        "join": system.join
        and [
            system.join.events,
            system.join.details,
            {field: list(values) for field, values in system.join.when.items()},
            system.join.take,
            system.join.within_us,
            system.join.pairing,
        ],
        "merge": system.merge,
    }
    text = json.dumps(said, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
