"""The file of a backup: what is written is read, and what is damaged is never believed."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.keeping.copyfile import CopyReader, Manifest, writing
from storage.model import BackupError
from tests.conftest import NOON
from tests.sizes import every

CELLS = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(st.characters(exclude_categories=["Cs"])),
    st.binary(max_size=40),
)
ROWS = st.lists(st.tuples(CELLS, CELLS), max_size=5)


def write(path: Path, rows: list[tuple[object, ...]]) -> Manifest:
    """A backup with one table of two columns."""
    with writing(path) as writer:
        writer.table("people", ("a", "b"), rows)  # type: ignore[arg-type]
        return writer.finish(
            secret=b"s3cret\n",
            made_at=NOON,
            program="1",
            schema="0001",
            engine="sqlite",
            numbers={"people": 7},
        )


def read(path: Path) -> tuple[Manifest, bytes, list[tuple[object, ...]]]:
    """All of it."""
    with CopyReader(path) as reader:
        return reader.manifest, reader.secret(), list(reader.rows("people"))


@given(ROWS)
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]]
) -> None:
    """Every value that a database keeps comes back as it was, of the same kind."""
    path = tmp_path_factory.mktemp("copy") / "a.zip"
    manifest = write(path, rows)
    assert read(path) == (manifest, b"s3cret\n", rows)
    assert manifest.rows == len(rows)


def test_every_damage_is_noticed(tmp_path: Path) -> None:
    """Cut off at any octet, or with any octet changed: refused, or the same as before."""
    path = tmp_path / "a.zip"
    write(path, [(1, "ada@example.com"), (2, b"octets")])
    whole, before = path.read_bytes(), read(path)
    step = every(11)
    for at in range(0, len(whole), step):
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :]):
            path.write_bytes(content)
            try:
                assert read(path) == before
            except BackupError as error:
                assert str(path) in str(error)  # noqa: PT017 - either is right


@given(st.binary(max_size=300))
def test_what_is_no_backup_is_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Any octets, alone or as the manifest of an archive, are refused in words."""
    path = tmp_path_factory.mktemp("copy") / "a.zip"
    path.write_bytes(content)
    with pytest.raises(BackupError):
        CopyReader(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("manifest.json", content)
    path.write_bytes(buffer.getvalue())
    with pytest.raises(BackupError):
        CopyReader(path)


def test_a_failure_leaves_nothing_and_spoils_nothing(tmp_path: Path) -> None:
    """Whatever goes wrong while it is written, the file that was there stays and no other is left."""
    path = tmp_path / "a.zip"
    path.write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), writing(path) as writer:
        writer.table("people", ("a",), ((1 // 0,) for _ in range(2)))
    assert [(one.name, one.read_bytes()) for one in tmp_path.iterdir()] == [("a.zip", b"before")]


def test_it_is_its_owners_only(tmp_path: Path) -> None:
    """The secret and every address stand in it."""
    path = tmp_path / "a.zip"
    write(path, [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
