"""Lists from files, pipes and standard input, in the encodings that spreadsheets write."""

from __future__ import annotations

import codecs
import os
import threading
from pathlib import Path

import pytest

from newsletter.subscribing.records import SubscriberRow
from newsletter.subscribing.source import guess_encoding, open_source
from storage.model.errors import SubscriberFileError
from tests.worlds.rows import each

TEXT = "email;name\nada@example.com;Ada Müller\nali@example.com;علی‌رضا\n"


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_a_spreadsheets_encoding_is_read(tmp_path: Path, mark: bytes, encoding: str) -> None:
    """With a byte order mark or without, every row is there and every name whole."""
    path = tmp_path / "list.csv"
    path.write_bytes(mark + TEXT.encode(encoding))
    with open_source(path) as source:
        rows = [row for row in source.read().rows if isinstance(row, SubscriberRow)]
    assert [row.name for row in rows] == ["Ada Müller", "علی‌رضا"]


def test_another_encoding_is_told(tmp_path: Path) -> None:
    """What is not Unicode is refused with what to do: no name is guessed."""
    path = tmp_path / "list.csv"
    path.write_bytes(TEXT.replace("علی‌رضا", "René").encode("cp1252"))
    told = pytest.raises(SubscriberFileError, match="not UTF-8; save it as")
    with told, open_source(path) as source:
        list(source.read().rows)


@each(
    ("text", "told"),
    [
        ("", r"list\.csv: the first line must name the columns.*nothing"),
        ("foo;bar\n1;2\n", r"list\.csv: the first line must name the columns.*foo, bar"),
        ('email\n"ada@example.com\n', r"list\.csv: line 2 cannot be read as CSV"),
    ],
)
def test_what_is_no_list_is_told_of_its_file(tmp_path: Path, text: str, told: str) -> None:
    """Whoever brings several sees which one it is."""
    path = tmp_path / "list.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(SubscriberFileError, match=told), open_source(path) as source:
        list(source.read().rows)


def test_a_pipe_is_read_as_often_as_a_file(tmp_path: Path) -> None:
    """What can be read only once is kept: the second pass finds the same rows as the first."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(TEXT, "utf-8"))
    writer.start()
    with open_source(pipe) as source:
        first = list(source.read().rows)
        second = list(source.read().rows)
    writer.join()
    assert first == second
    assert len(first) == 2


def test_a_pass_that_was_not_finished_does_not_disturb_the_next(tmp_path: Path) -> None:
    """A list may be looked into and then read from its beginning."""
    path = tmp_path / "list.csv"
    path.write_text(TEXT, "utf-8")
    with open_source(path) as source:
        first = next(source.read().rows)
        assert next(source.read().rows) == first


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With its name and the reason."""
    told = pytest.raises(SubscriberFileError, match=r"absent\.csv cannot be read: No such file")
    with told, open_source(tmp_path / "absent.csv"):
        pass


@each("head", [b"", b"a", b"\x00", b"email\n"])
def test_a_short_file_is_utf8(head: bytes) -> None:
    """Little to go by is no reason to see another encoding."""
    assert guess_encoding(head) in ("utf-8", "utf-16-be")
