"""Records of a file say when the file was last written: the year of times that tell none."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from engine.model import Record
from engine.sources import open_source
from engine.sources.files import FileSource

WRITTEN_US = 1_577_836_799_123_456
"""The last second of 2019."""


def _dated(path: Path, data: bytes, written_us: int = WRITTEN_US) -> Path:
    path.write_bytes(data)
    os.utime(path, ns=(0, written_us * 1000))
    return path


def _records(source: FileSource, wait_s: float = 0.0) -> list[Record]:
    return [record for advance in source.read(3, wait_s) for record in advance.records]


def test_a_file_tells_when_it_was_written(tmp_path: Path) -> None:
    plain = _dated(tmp_path / "a.log", b"one\ntwo\n")
    packed = _dated(tmp_path / "b.log.gz", gzip.compress(b"three\n", mtime=7), WRITTEN_US + 1)
    source = FileSource([plain, packed])
    source.open(lambda _: None)
    assert [(one.value, one.written_us) for one in _records(source, 5.0)] == [
        (b"one", WRITTEN_US),
        (b"two", WRITTEN_US),
        (b"three", WRITTEN_US + 1),
    ]
    source.close()


def test_what_is_appended_is_as_new_as_the_file_then_is(tmp_path: Path) -> None:
    path = _dated(tmp_path / "a.log", b"one\n")
    source = FileSource([path], follow=True)
    source.open(lambda _: None)
    (first,) = _records(source)
    with path.open("ab") as file:
        file.write(b"two\n")
    os.utime(path, ns=(0, (WRITTEN_US + 7) * 1000))
    (second,) = _records(source)
    assert (first.written_us, second.written_us) == (WRITTEN_US, WRITTEN_US + 7)
    source.close()


def test_a_given_time_stands_for_it(tmp_path: Path) -> None:
    path = _dated(tmp_path / "a.log", b"one\n")
    source = open_source([str(path)], as_written_us=5)
    source.open(lambda _: None)
    (advance,) = source.read(100, 0.0)
    assert [one.written_us for one in advance.records] == [5]
    source.close()


def test_a_pipe_has_no_date_but_a_given_one(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    for given_us in (None, 5):
        source = open_source([str(path)], as_written_us=given_us)
        source.open(lambda _: None)
        with path.open("wb") as pipe:
            pipe.write(b"one\n")
            pipe.flush()
            (advance,) = source.read(1, 1.0)
        assert [one.written_us for one in advance.records] == [given_us]
        source.close()
