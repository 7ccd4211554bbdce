"""A draft as the text of a spec."""

from __future__ import annotations

from engine.infer.drafts import KindDraft, SpecDraft
from engine.infer.yaml_text import comment_lines, entry, flow, quoted, scalar


def spec_text(draft: SpecDraft) -> str:
    """The YAML of a draft."""
    lines = comment_lines(draft.notes, 0)
    behind = f"  # {draft.name_comment}" if draft.name_comment else ""
    lines += [f"system: {scalar(draft.system)}{behind}", f"format: {draft.format}"]
    if draft.has_timezone:
        lines.append("timezone: UTC  # of times without a zone")
    for key, value in draft.options.items():
        lines += [f"{key}: {flow(value)}"]
    lines += ["", "records:"]
    for kind in draft.kinds:
        lines += _kind(kind)
    if draft.ignore:
        lines += ["", "ignore:"]
        lines += [
            f"  - {flow(one) if isinstance(one, dict) else quoted(one)}" for one in draft.ignore
        ]
    if draft.join is not None:
        lines += ["", *comment_lines(draft.join_notes, 0), "join:"]
        for key, value in draft.join.items():
            lines += entry(key, value, 2)
    return "\n".join(lines) + "\n"


def _kind(kind: KindDraft) -> list[str]:
    lines = [f"  {scalar(kind.name)}:", *comment_lines(kind.notes, 4)]
    if kind.template is not None:
        lines.append(f"    template: {quoted(kind.template)}")
    if kind.where:
        lines += entry("where", kind.where, 4)
    if kind.after:
        lines += entry("after", kind.after if len(kind.after) > 1 else kind.after[0], 4)
    if kind.fields:
        lines += _fields(kind)
    if kind.samples:
        lines.append("    samples:")
        for sample in kind.samples:
            lines.append(f"      - record: {quoted(sample.record)}")
            lines += entry("gives", dict(sample.gives), 8)
    return lines


def _fields(kind: KindDraft) -> list[str]:
    if len(kind.fields) == 1:
        ((name, only),) = kind.fields.items()
        return entry("fields", {name: only.value}, 4, only.comment)
    lines = ["    fields:"]
    for name, one in kind.fields.items():
        lines += entry(name, one.value, 6, one.comment)
    return lines
