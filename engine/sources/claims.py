"""Which of the files at hand is read as which stream. Two files that are one stream, a copy or a
second name, are read once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from engine.ports import GapError, Progress, ProgressLookup
from engine.sources.content import Content, Inode, Vanished, compare, signature_at
from engine.sources.identity import KnownPlace, known_places, new_places


@dataclass(frozen=True, slots=True)
class PlacedFile:
    """A file, the stream it is read as, and where reading begins."""

    path: Path
    stream: str
    beginning: str
    """See ``engine.sources.identity.Place``."""
    progress: Progress | None
    start: int


class _Holder(NamedTuple):
    path: Path
    inode: Inode


class Claims:
    """Gives every stream to one file.

    ``final``: the files grow no more, so a last line without an end counts. ``accept_gap``: a file
    that ends before its stored progress goes on at its present end, as a new generation.
    """

    def __init__(
        self,
        lookup: ProgressLookup,
        *,
        final: bool,
        accept_gap: bool,
        on_note: Callable[[str], None],
    ) -> None:
        self._lookup = lookup
        self._final = final
        self._accept_gap = accept_gap
        self._on_note = on_note
        self._holders: dict[str, _Holder] = {}
        self._copies: dict[Path, str] = {}
        self._alike: dict[tuple[Inode, Inode], int] = {}
        """Up to which offset two files were found to be the same."""
        self._told: set[str] = set()

    def place_all(
        self, paths: Iterable[Path], *, rewritten: Collection[Path] = ()
    ) -> dict[str, PlacedFile]:
        """The files that are to be read, by stream. A file with nothing to know it by yet, and
        one that went away, has none. ``rewritten`` were seen to be cut, so what they hold is new.
        Raises EnvironmentFailure (GapError among them)."""
        placed: dict[str, PlacedFile] = {}
        cut: dict[Path, list[KnownPlace]] = {}

        def place_known(content: Content) -> PlacedFile | None:
            return self._place_known(content, cut.setdefault(content.path, []))

        def place_new(content: Content) -> PlacedFile | None:
            is_rewritten = content.path in rewritten
            return self._place_new(content, cut[content.path], is_rewritten=is_rewritten)

        # Those that were read before come first: a copy never takes the place of what it copies.
        unknown = [path for path in paths if not self._place(path, placed, place_known)]
        for path in unknown:
            self._place(path, placed, place_new)
        return placed

    def release(self, stream: str) -> list[Path]:
        """Nothing reads this stream any more; the files that were copies of it, which may be
        what is left of it."""
        self._holders.pop(stream, None)
        copies = [path for path, of in self._copies.items() if of == stream]
        for path in copies:
            del self._copies[path]
        return copies

    def renamed(self, stream: str, path: Path) -> None:
        """The file that is read as this stream has another name now."""
        if (holder := self._holders.get(stream)) is not None:
            self._holders[stream] = holder._replace(path=path)

    def _place(
        self,
        path: Path,
        placed: dict[str, PlacedFile],
        choose: Callable[[Content], PlacedFile | None],
    ) -> bool:
        """Whether it is settled what this file is."""
        try:
            content = Content(path)
        except Vanished:
            if self._final:
                raise
            return True
        try:
            self._copies.pop(path, None)
            found = choose(content)
            if found is not None:
                self._holders[found.stream] = _Holder(path, content.signature().inode)
                placed[found.stream] = found
            return found is not None or path in self._copies
        finally:
            content.close()

    def _place_known(self, content: Content, cut: list[KnownPlace]) -> PlacedFile | None:
        """A file that goes on where it was read to; ``cut`` gets the streams it ends too early
        for."""
        final = self._final or content.is_packed
        for place in known_places(content, final=final, lookup=self._lookup):
            if place.is_cut:
                cut.append(place)
                continue
            contest = self._contest(content, place.stream)
            if contest == "won":
                start = place.progress.next_offset
                return PlacedFile(
                    content.path, place.stream, place.beginning, place.progress, start
                )
            if contest == "copy":
                return None
        return None

    def _place_new(
        self, content: Content, cut: Sequence[KnownPlace], *, is_rewritten: bool
    ) -> PlacedFile | None:
        start = 0
        for place in cut:
            if self._contest(content, place.stream) == "copy":
                return None
            if place.stream not in self._holders and not is_rewritten:
                start = self._go_on_after_cut(content, place.progress)
        final = self._final or content.is_packed
        for new in new_places(content, final=final, lookup=self._lookup):
            contest = self._contest(content, new.stream)
            if contest == "won":
                if new.is_another and not (start or is_rewritten):
                    self._on_note(
                        f"{content.path} begins like a file that was read before and goes on "
                        "differently: it is read as a new file"
                    )
                return PlacedFile(content.path, new.stream, new.beginning, None, start)
            if contest == "copy":
                return None
        return None

    def _go_on_after_cut(self, content: Content, progress: Progress) -> int:
        size, read = content.size(), progress.next_offset
        what = f"{content.path} ends at byte {size}, and was read up to byte {read}"
        if not self._accept_gap:
            raise GapError(
                f"{what}: it was cut, or it is another file that begins alike; "
                "to go on at its present end, add --accept-gap",
                read - size,
            )
        self._on_note(f"{what}: going on at its present end")
        return size

    def _contest(self, content: Content, stream: str) -> Literal["won", "copy", "different"]:
        """Whether this file may be read as this stream, which another file may hold."""
        path, holder = content.path, self._holders.get(stream)
        inode = content.signature().inode
        if holder is None or holder.path == path:
            return "won"
        present = signature_at(holder.path)
        if present is None or present.inode != holder.inode:
            return "won"
        if inode == holder.inode:
            self._note_copy(path, stream, f"{path} is {holder.path} by another name")
            return "copy"
        try:
            other = Content(holder.path)
        except Vanished:
            return "won"
        # Both may grow, and are compared again then, from where they were found to differ in
        # nothing.
        pair = inode, holder.inode
        try:
            relation, self._alike[pair] = compare(content, other, self._alike.get(pair, 0))
        finally:
            other.close()
        if relation == "different":
            return "different"
        if relation == "longer":
            self._note_copy(holder.path, stream, f"{holder.path} is the beginning of {path}")
            return "won"
        part = "the same as" if relation == "same" else "the beginning of"
        self._note_copy(path, stream, f"{path} is {part} {holder.path}")
        return "copy"

    def _note_copy(self, path: Path, stream: str, what: str) -> None:
        self._copies[path] = stream
        if what not in self._told:
            self._told.add(what)
            self._on_note(f"{what}: it is read once")
