"""Single mistakes, made at any place of sound specs: what a person's slips look like."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import yaml

Path = tuple[str | int, ...]

_DUMPER: Final[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
"""That of libyaml where it is there: thousands of documents are written."""

TEXT: Final = """
system: pay
format: text
timezone: Europe/Berlin
records:
  checkpoint:
    template: "{timestamp:iso} PAY: {stage} - {outcome:word} (ID: {correlation_id})"
    fields:
      checkpoint_id: stage
      status: {from: outcome, map: {OK: SUCCESS, KO: FAILURE}}
    samples:
      - record: "2025-05-04T10:32:00 PAY: CAPTURE - OK (ID: a-1)"
        gives: {checkpoint_id: CAPTURE, status: SUCCESS, correlation_id: a-1}
  refund:
    template: "{timestamp:iso} REFUND {checkpoint_id}: {status} (ID: {correlation_id})"
    samples:
      - record: "2025-05-04T10:32:00 REFUND CHECK: SUCCESS (ID: a-1)"
        gives: {checkpoint_id: CHECK, failure_reason: null}
  error:
    template: "{timestamp:iso} PAY ERROR (ID: {correlation_id}) - {failure_reason}"
    samples:
      - record: "2025-05-04T10:32:01 PAY ERROR (ID: a-1) - CARD_EXPIRED"
        gives: {correlation_id: a-1, failure_reason: CARD_EXPIRED}
join:
  event: [checkpoint, refund]
  detail: error
  when: {status: FAILURE}
  take: failure_reason
  within: 30s
  pairing: nearest
duplicates: {merge: [checkpoint_id, timestamp, correlation_id]}
ignore: ["health check from {peer:ip}"]
"""

JSON: Final = """
system: shop
format: json
records:
  checkpoint:
    where: {app: shop, stage: present, level: [info, error]}
    fields:
      checkpoint_id: stage
      status: {from: code, map: {0: SUCCESS, 1: FAILURE}}
    samples:
      - record: '{"app": "shop", "stage": "CART", "level": "info", "code": 0,
          "timestamp": "2025-05-04T10:32:00", "correlation_id": 7}'
        gives: {checkpoint_id: CART, status: SUCCESS}
  error:
    where: {app: shop, stage: absent, failure_reason: present}
    samples:
      - record: '{"app": "shop", "correlation_id": 7, "failure_reason": "EMPTY"}'
        gives: {correlation_id: 7, failure_reason: EMPTY}
join:
  event: checkpoint
  detail: [error]
  when: {status: [FAILURE]}
  take: [failure_reason]
  within: 2m
ignore: [{app: heartbeat}]
"""


HEADER: Final = """
system: gate
format: text
header: "{at:%d.%m.%Y %T} {host:name} {program:word}{?[{pid:digits}]}: {message}"
where: {program: gated, pid: present}
types:
  level: [INFO, WARN]
  order: {regex: "[A-Z]{2}[0-9]+"}
  inside: {except: "]"}
absent: ["-", none]
redact: {client: hash, context.email: mask, raw: redact}
first_line: "{:%d.%m.%Y %T} "
fields:
  correlation_id: id
  timestamp: {from: at, format: ["%d.%m.%Y %T"]}
records:
  request:
    template: ['{level:level} {client:ip} [{inside:inside}] {id:order} {context:json}{? {ms}ms}']
    where: {level: [INFO, WARN], ms: absent}
    read: {context: json, inside: {key_values: {pair: ":", between: ";"}}}
    fields:
      checkpoint_id: [context.step, {value: REQUEST}]
      status: {from: context.code, map: {2xx: SUCCESS, 4-49: FAILURE, t*: FAILURE, otherwise: null}}
      failure_reason: {from: [level, host], when: {status: FAILURE}, absent: "-", case: lower}
      attributes: [client, {user: {from: context.user, redact: hash}}, {zone: inside.zone}]
    samples:
      - record: '04.05.2025 10:30:00 a gated[7]: INFO 10.0.0.1 [zone:x] AB1 {"code": 200}'
        gives: {checkpoint_id: REQUEST, status: SUCCESS, attributes: {zone: x}}
  call:
    regex: 'called (?P<id>[A-Z]+[0-9]+): (?P<status>SUCCESS|FAILURE)'
    fields: {checkpoint_id: {value: CALL}, attributes: all}
    samples:
      - record: "04.05.2025 10:30:00 a gated[7]: called AB1: FAILURE"
        gives: {checkpoint_id: CALL, status: FAILURE}
"""

PARTS: Final = """
system: book
format: csv
csv: {columns: [{at: iso}, order, step, {code: digits}], separator: ";", quote: "'"}
fields:
  correlation_id: order
  timestamp: at
records:
  booked:
    where: {step: [BOOK, PAY]}
    fields:
      checkpoint_id: {from: step, case: upper}
      status: {from: code, map: {0: SUCCESS, otherwise: FAILURE}}
    samples:
      - record: "2025-05-04T10:30:00;A1;BOOK;0"
        gives: {checkpoint_id: BOOK, status: SUCCESS}
  stored:
    format: json
    where: {step: STORE, at: absent}
    fields:
      timestamp: {clock: record}
      checkpoint_id: {value: STORED}
      status: {value: SUCCESS}
    samples:
      - record: '{"step": "STORE", "order": "A1"}'
        gives: {checkpoint_id: STORED}
"""

KEYS: Final = """
system: door
format: key_values
key_values: {pair: ":", between: ",", quotes: "'"}
read: {peer: {template: ["{host:address}:{port:digits}", "{host:address}"]}}
records:
  opened:
    where: {step: OPEN}
    fields:
      timestamp: at
      checkpoint_id: step
      status: {value: SUCCESS}
      correlation_id: peer.host
    samples:
      - record: "at:2025-05-04T10:30:00,step:OPEN,peer:'a:1'"
        gives: {checkpoint_id: OPEN, correlation_id: a}
ignore: [{step: PING}]
"""


class Mistake(NamedTuple):
    """A document with one mistake, and what was done to it."""

    name: str
    path: Path
    document: Any

    def written(self) -> str:
        """The document as YAML."""
        text: str = yaml.dump(self.document, Dumper=_DUMPER, sort_keys=False, allow_unicode=True)
        return text


def sound(text: str) -> Any:
    """The document; every scalar as the text that stands in it, but for null."""
    return yaml.load(text, Loader=_Texts)


class _Texts(yaml.SafeLoader):
    """Scalars are text here, as they are for a spec."""


_Texts.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag == "tag:yaml.org,2002:null"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def mistakes(document: Any) -> Iterator[Mistake]:
    """Every mistake that is known here, at every place where it can be made."""
    for path, node in _places(document):
        if path:
            yield _with(document, "wrong type", path, _other_type(node))
            yield _with(document, "null", path, None)
        if isinstance(node, dict):
            yield _with(document, "unknown key", path, node | {"zzz": "x"})
            for key in node:
                yield _without(document, "missing key", (*path, key))
                yield _with(document, "misspelt key", path, _renamed(node, key))
        if isinstance(node, str):
            yield _with(document, "other text", path, f"{node}?!")
            yield _with(document, "cut short", path, node[:-1])
            yield _with(document, "empty", path, "")
            for old in ("{", "}", "_", ":", " - ", "iso"):
                if old in node:
                    yield _with(document, f"without {old}", path, node.replace(old, "", 1))
        if isinstance(node, list):
            yield _with(document, "empty", path, [])
            yield _with(document, "twice", path, [*node, copy.deepcopy(node[0])])


def _places(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, node
    steps: Mapping[Any, Any] = {}
    if isinstance(node, dict):
        steps = node
    elif isinstance(node, list):
        steps = dict(enumerate(node))
    for step, below in steps.items():
        yield from _places(below, (*path, step))


def _other_type(node: Any) -> Any:
    return {"zzz": "x"} if isinstance(node, str | list | None) else "x"


def _renamed(node: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {(f"{one[:-1]}q" if one == key else one): value for one, value in node.items()}


def _with(document: Any, name: str, path: Path, value: Any) -> Mistake:
    return Mistake(name, path, changed(document, path, value))


def _without(document: Any, name: str, path: Path) -> Mistake:
    changed = copy.deepcopy(document)
    del node_at(changed, path[:-1])[path[-1]]
    return Mistake(name, path, changed)


def changed(document: Any, path: Path, value: Any) -> Any:
    """A copy of the document with another value at the path."""
    if not path:
        return value
    changed = copy.deepcopy(document)
    node_at(changed, path[:-1])[path[-1]] = value
    return changed


def node_at(document: Any, path: Path) -> Any:
    """What stands at the path."""
    for step in path:
        document = document[step]
    return document
