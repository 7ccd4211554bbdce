"""From a document of the right shape to a System, with what makes no sense as findings."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache
from typing import Final

from engine.diagnostics import Location
from engine.model import Join, RecordKind, System, Template
from engine.spec.digest import digest_of
from engine.spec.findings import Findings, did_you_mean
from engine.spec.join import build_join, check_ids, event_fields
from engine.spec.kinds import (
    Common,
    build_common,
    build_kind,
    build_shape,
    has_what_they_name,
)
from engine.spec.mapping_checks import Kind
from engine.spec.names_above import are_event_fields, check_names_above
from engine.spec.order import check_order
from engine.spec.readings import build_readings
from engine.spec.redactions import build_redactions
from engine.spec.samples import build_samples
from engine.spec.shape import Path as Place
from engine.spec.template_lists import parsed
from engine.spec.template_syntax import first_line_of
from engine.spec.yaml_nodes import (
    ListNode,
    MapNode,
    Node,
    ScalarNode,
    entries_of,
    texts_in,
)

_ABOVE: Final = ("header", "types", "where", "read", "fields", "key_values", "csv")
"""What stands above the kinds and tells how they are read."""

_OF_BOTH: Final = frozenset({"E202", "E303", "E307", "E308"})
"""What is found in a kind because of what stands, or does not stand, above it."""


@cache
def _timezones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


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
    _unread: set[str] = field(default_factory=set)
    """The kinds of which it is not known what they have."""
    _names: set[str] = field(default_factory=set)
    """What any of the kinds has."""
    _has_any_key: bool = False
    """Whether there is a kind that can have any key."""

    def build(self) -> System | None:
        """Build every part, so that each tells its findings."""
        before = len(self.findings.diagnostics)
        timezone = self._timezone()
        intact = {key: one for key, one in self.root.items.items() if self._is_usable(key)}
        self.root = replace(self.root, items=intact)
        self.common = build_common(self.root, self.findings)
        kinds, ignored = self._kinds()
        check_order(self.root, self.findings)
        join = self._join(kinds)
        check_ids(join, kinds, self.findings)
        merge = self._merge()
        redact = self.root.items.get("redact") if self._is_intact("redact") else None
        redactions, raw = build_redactions(redact, self.findings)
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
        known = _timezones()
        if self._is_intact("timezone") and node.text not in known:
            message = f'there is no timezone "{node.text}"'
            otherwise = "an IANA name such as Europe/Berlin"
            self.findings.add(
                "E314", node.location, message, did_you_mean(node.text, known, otherwise)
            )
        return node.text

    def _is_usable(self, key: str) -> bool:
        """Whether the kinds can be built with what stands under a key."""
        return key not in _ABOVE or self._is_intact(key)

    def _is_told(self, key: str) -> bool:
        """Whether it is known what the spec says under a key: it is neither broken nor misspelt."""
        is_misspelt = key not in self.root.items and self._stands_misspelt(key)
        return self._is_intact(key) and not is_misspelt

    def _stands_misspelt(self, key: str) -> bool:
        """Whether there is an unknown key that could be meant for this one."""
        unknown = [str(one[0]) for one in self.broken if len(one) == 1]
        return bool(unknown and get_close_matches(key, unknown))

    # --- record kinds ---------------------------------------------------------------------------

    def _kinds(self) -> tuple[dict[str, RecordKind | None], list[RecordKind]]:
        """The kinds, and the ignored ones. What is wrong above them is told there and once."""
        above, self.findings = self.findings, Findings()
        kinds, ignored = self._record_kinds(), self._ignored()
        of_kinds, self.findings = self.findings, above
        hidden: frozenset[str] = frozenset()
        if not are_event_fields(self.root.items.get("fields"), self.findings) or not all(
            map(self._is_told, _ABOVE)
        ):
            hidden = _OF_BOTH
        elif not self._check_common_fields():
            hidden = frozenset({"E308"})
        elif not self._has_any_key and not self._unread and self._is_intact("redact"):
            check_names_above(self.root, self._names, self.findings)
        told = {(one.code, one.location) for one in above.diagnostics}
        for one in of_kinds.diagnostics:
            if one.code not in hidden and (one.code, one.location) not in told:
                above.diagnostics.append(one)
            if one.code == "E307":
                told.add((one.code, one.location))
        return kinds, ignored

    def _record_kinds(self) -> dict[str, RecordKind | None]:
        """Every kind by its name; None for one that has findings."""
        records = self.root.items["records"]
        assert isinstance(records, MapNode)
        details = self._details(records)
        self._unread |= set(records.items)
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
        if join is None and self._stands_misspelt("join"):
            return None
        sides = [set(texts_in(entries_of(join).get(side))) for side in ("event", "detail")]
        is_clear = sides[0] | sides[1] <= set(records.items) and not sides[0] & sides[1]
        return frozenset(sides[1]) if is_clear else None

    def _record_kind(
        self, name: str, node: Node, location: Location, details: frozenset[str] | None
    ) -> RecordKind | None:
        """The kind; without knowing which are details (a broken join) it is only looked at."""
        samples = build_samples(entries_of(node).get("samples"), self.findings)
        common = self.common.of_kind(node)
        shape = build_shape(name, node, common, self.findings)
        if shape is None:
            return None
        self._unread.remove(name)
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
                *common.readings,
                *build_readings(entries_of(node).get("read"), self.common.types, self.findings),
            ),
            self.common.absent,
        )
        if kind.names is None:
            self._has_any_key = True
        self._names |= set(kind.names or ())
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

    def _check_common_fields(self) -> bool:
        """Find mappings above the kinds that no kind could use; whether there are none."""
        common = self.root.items.get("fields")
        unused = {
            target: location
            for target, location in (common.keys if isinstance(common, MapNode) else {}).items()
            if target not in self._used and not self._unread
        }
        for target, location in unused.items():
            message = f'no record kind has what "{target}" is to come from'
            named = texts_in(entries_of(common)[target])
            otherwise = "name a field that one of the kinds has"
            help_text = did_you_mean((*named, target)[0], self._names, otherwise)
            self.findings.add("E307", location, message, help_text)
        return not unused

    def _taken(self) -> tuple[str, ...]:
        return texts_in(entries_of(self.root.items["join"]).get("take"))

    def _ignored(self) -> list[RecordKind]:
        node = self.root.items.get("ignore")
        if not isinstance(node, ListNode) or not self._is_intact("ignore"):
            return []
        kinds = []
        for index, item in enumerate(node.items):
            name = f"ignore[{index}]"
            is_template = isinstance(item, ScalarNode)
            key = "template" if is_template else "where"
            described = MapNode({key: item}, {key: item.location}, item.location)
            common = self.common.in_format("text") if is_template else self.common
            shape = build_shape(name, described, common, self.findings)
            if shape is not None:
                template, where = shape
                flat = tuple(one for one in common.readings if one.is_flat)
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

    def _first_line(self) -> Template | None:
        node = self.root.items.get("first_line")
        if not isinstance(node, ScalarNode) or not self._is_intact("first_line"):
            return None
        return parsed(node, self.findings, lambda text: first_line_of(text, self.common.types))
