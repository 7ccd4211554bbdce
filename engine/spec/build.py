"""From a document of the right shape to a System, with what makes no sense as findings."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Literal, cast

from engine.diagnostics import Location
from engine.model import Join, Path, RecordKind, Sample, System, Template
from engine.spec.conditions import build_path
from engine.spec.digest import digest_of
from engine.spec.findings import Findings, did_you_mean
from engine.spec.join import build_join, event_fields
from engine.spec.kinds import (
    Common,
    build_common,
    build_kind,
    build_shape,
    has_what_they_name,
)
from engine.spec.mapping_checks import Kind
from engine.spec.order import check_order
from engine.spec.readings import build_readings
from engine.spec.shape import Path as Place
from engine.spec.template_lists import parsed
from engine.spec.template_syntax import parse_template
from engine.spec.yaml_nodes import (
    ListNode,
    MapNode,
    Node,
    ScalarNode,
    entries_of,
    texts_in,
    to_plain,
)

Redaction = Literal["hash", "mask", "drop"]
Raw = Literal["keep", "redact", "drop"]


def build_system(
    root: Node, source: str, broken: Sequence[Place], findings: Findings
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
    broken: Sequence[Place]
    findings: Findings
    common: Common = field(init=False)
    _used: set[str] = field(default_factory=set)
    """The mappings above the kinds that some kind uses."""

    def build(self) -> System | None:
        """Build every part, so that each tells its findings."""
        before = len(self.findings.diagnostics)
        timezone = self._timezone()
        self.common = build_common(self.root, self.findings)
        kinds = self._record_kinds()
        self._check_common_fields(kinds)
        check_order(self.root, self.findings)
        join = self._join(kinds)
        self._check_ids(join, kinds)
        merge = self._merge()
        ignored = self._ignored()
        redactions, raw = self._redact()
        first_line = self._first_line()
        if self.broken or len(self.findings.diagnostics) > before:
            return None
        built = [kind for kind in kinds.values() if kind is not None] + ignored
        name = self.root.items["system"]
        assert isinstance(name, ScalarNode)
        described = System(
            name=name.text,
            format=self.common.format,
            timezone=timezone,
            kinds=tuple(built),
            join=join,
            merge=merge,
            digest="",
            source=self.source,
            location=name.location,
            first_line=first_line,
            redactions=redactions,
            raw=raw,
        )
        return replace(described, digest=digest_of(described))

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
        samples = self._samples(entries_of(node).get("samples"))
        common = self.common.of_kind(node)
        shape = build_shape(name, node, common, self.findings)
        if shape is None:
            return None
        template, where = shape
        is_detail = None if details is None else name in details
        kind = Kind(
            name,
            location,
            template,
            where,
            is_detail,
            self._taken() if is_detail else (),
            (
                *self.common.readings,
                *build_readings(entries_of(node).get("read"), self.common.types, self.findings),
            ),
            self.common.absent,
        )
        node = self._with_common_fields(kind, node)
        built = build_kind(kind, node, samples or (), self.findings)
        return None if samples is None else built

    def _with_common_fields(self, kind: Kind, node: Node) -> Node:
        """The kind with the mappings that stand above the kinds, where it has what they name and
        says nothing of its own."""
        common = self.root.items.get("fields")
        if not isinstance(common, MapNode) or not self._is_intact("fields"):
            return node
        assert isinstance(node, MapNode)
        own = node.items.get("fields")
        fields = MapNode({}, {}, common.location)
        for target, value in common.items.items():
            alone = MapNode({target: value}, {target: common.keys[target]}, common.location)
            if has_what_they_name(kind, alone):
                fields.items[target], fields.keys[target] = value, common.keys[target]
                self._used.add(target)
        fields.items.update(entries_of(own))
        fields.keys.update(own.keys if isinstance(own, MapNode) else {})
        if not fields.items:
            return node
        return MapNode({**node.items, "fields": fields}, node.keys, node.location)

    def _check_common_fields(self, kinds: Mapping[str, RecordKind | None]) -> None:
        """Find mappings above the kinds that no kind could use."""
        common = self.root.items.get("fields")
        if not isinstance(common, MapNode) or None in kinds.values():
            return
        for target, location in common.keys.items():
            if target not in self._used:
                message = f'no record kind has what "{target}" is to come from'
                self.findings.add("E307", location, message)

    def _taken(self) -> tuple[str, ...]:
        return texts_in(entries_of(self.root.items["join"]).get("take"))

    def _samples(self, node: Node | None) -> tuple[Sample, ...] | None:
        samples, names_are_known = [], True
        for item in node.items if isinstance(node, ListNode) else []:
            entries = entries_of(item)
            record, gives = entries["record"], entries["gives"]
            assert isinstance(record, ScalarNode)
            assert isinstance(gives, MapNode)
            known = event_fields(gives, self.findings, with_system=True, but=("attributes",))
            names_are_known &= known is not None
            values = {
                field: None if value.is_null else value.text
                for field, value in gives.items.items()
                if isinstance(value, ScalarNode)
            }
            kept = {k: to_plain(v) for k, v in entries_of(gives.items.get("attributes")).items()}
            samples.append(Sample(record.text, values, record.location, kept))
        return tuple(samples) if names_are_known else None

    def _ignored(self) -> list[RecordKind]:
        node = self.root.items.get("ignore")
        if not isinstance(node, ListNode) or not self._is_intact("ignore"):
            return []
        kinds = []
        for index, item in enumerate(node.items):
            name = f"ignore[{index}]"
            key = "template" if self.common.format == "text" else "where"
            described = MapNode({key: item}, {key: item.location}, item.location)
            shape = build_shape(name, described, self.common, self.findings)
            if shape is not None:
                template, where = shape
                flat = tuple(one for one in self.common.readings if one.is_flat)
                kinds.append(
                    RecordKind(
                        name, "ignore", template, where, (), (), item.location, readings=flat
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

    def _check_ids(self, join: Join | None, kinds: Mapping[str, RecordKind | None]) -> None:
        """Both halves of a join need the id that joins them."""
        for name in (*join.events, *join.details) if join is not None else ():
            kind = kinds.get(name)
            ways = [one for one in kind.mappings if one.target == "correlation_id"] if kind else []
            if kind is not None and any(not one.sources for one in ways):
                message = f'"{name}" is joined, and has no correlation_id to be joined by'
                self.findings.add("E327", kind.location, message)

    def _redact(self) -> tuple[tuple[tuple[Path, Redaction], ...], Raw]:
        node = self.root.items.get("redact")
        if not isinstance(node, MapNode) or not self._is_intact("redact"):
            return (), "keep"
        found: list[tuple[Path, Redaction]] = []
        raw: Raw = "keep"
        for name, how in node.items.items():
            assert isinstance(how, ScalarNode)
            if name == "raw":
                raw = cast(Raw, how.text)
                continue
            path = build_path(name, node.keys[name], self.findings)
            if path is not None:
                found.append((path, cast(Redaction, how.text)))
        return tuple(found), raw

    def _first_line(self) -> Template | None:
        node = self.root.items.get("first_line")
        if not isinstance(node, ScalarNode):
            return None
        return parsed(node, self.findings, lambda text: parse_template(text, self.common.types))
