"""Records made of raw texts: objects, texts that are read further, and templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from engine.model import Json, LiteralPart, Path, RegexPart, Template
from simulator.forms import json_text, read, write
from simulator.layouts import Layout
from simulator.places import filler
from simulator.said import Said
from simulator.shapes import LaidOut, Shape
from simulator.slots import Impossible
from simulator.taking_apart import take_apart
from simulator.trees import Tree, build, completed


class Maker:
    """Makes the records of one kind. ``extras`` are keys that no spec asks for; ``is_simple`` tells
    that a template surely reads what it was made of."""

    def __init__(
        self, shape: Shape, extras: Sequence[tuple[str, object]], *, is_simple: bool
    ) -> None:
        self._shape = shape
        self._template = shape.kind.template
        self._extras = extras
        self._is_simple = is_simple

    def made(
        self, laid_out: LaidOut, raws: dict[Path, str | None], rng: Random
    ) -> tuple[str, Said, dict[str, object] | None]:
        """The record, what it holds, and its object if it is JSON. Raises Impossible."""
        parts: dict[Path, object] = {}
        fields: dict[str, object] = {}
        for tree in self._shape.trees:
            if not self._shape.is_there(tree, laid_out):
                continue
            made = self._parts(tree, laid_out, raws, rng)
            if tree.is_flat:
                fields = made
            elif made:
                parts[tree.text] = made
        if self._template is None:
            return json_text(fields, rng), Said(fields, parts), fields
        text = self._text(laid_out[()], (), raws, rng)
        captures = self._captures(self._template, text, (), raws)
        if text.lstrip().startswith("{") or text.endswith(("\r", "\n")) or not text.strip():
            raise Impossible  # it would be read as JSON, or without its end
        return text, Said({**captures, **fields}, parts), None

    def _parts(
        self, tree: Tree, laid_out: LaidOut, raws: dict[Path, str | None], rng: Random
    ) -> dict[str, object]:
        """What a tree holds; the text that says so is a raw text from now on."""
        if tree.text and (told := raws[tree.text]) is not None:
            return _read_from(tree, told)
        if isinstance(tree.form, Template):
            text = self._text(laid_out[tree.text], tree.text, raws, rng)
            raws[tree.text] = text
            return dict(self._captures(tree.form, text, tree.text, raws))
        made = completed(tree, build(tree, raws, self._extras, rng), rng)
        is_key = bool(tree.text) and self._shape.slots[tree.text].is_key
        if not tree.text or (is_key and not made):
            return made
        written = write(tree.form, made, rng)
        if not written or (not made and not isinstance(tree.form, Json)):
            raise Impossible
        raws[tree.text] = written
        return made

    def _text(
        self, layout: Layout, above: Path, raws: Mapping[Path, str | None], rng: Random
    ) -> str:
        pieces, fields = [], self._shape.fields[above]
        for piece in layout.pieces:
            part, place = piece.part, piece.place
            if isinstance(part, LiteralPart):
                pieces.append(part.text)
            elif isinstance(part, RegexPart):
                pieces.append(self._shape.regex_text(place, above, raws, rng))
            else:
                raw = filler(place, rng) if part.name is None else raws[fields[part.name]]
                if raw is None:
                    raise Impossible
                pieces.append(place.written(raw, rng))
        return "".join(pieces)

    def _captures(
        self, template: Template, text: str, above: Path, raws: Mapping[Path, str | None]
    ) -> dict[str, str]:
        """What a template captures of the text that was made. Raises Impossible where that is not
        what it was made of."""
        fields = self._shape.fields[above]
        given = {name: raw for name, path in fields.items() if (raw := raws[path]) is not None}
        if self._is_simple:
            return given
        reading = take_apart(template, text)
        if reading is None or not given.items() <= reading.captures.items():
            raise Impossible
        return reading.captures


def _read_from(tree: Tree, text: str) -> dict[str, object]:
    """What a text holds that was asked for as it stands. Raises Impossible."""
    try:
        found = read(tree.form, text)
    except ValueError:
        raise Impossible from None
    if not isinstance(found, dict):
        raise Impossible
    return found
