"""What SQLite calls an I/O error, told apart."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

import pytest

from storage.database.place import Place
from storage.database.refusals import explain
from storage.model import DatabaseFull


def refused(kind: str) -> sqlite3.OperationalError:
    """As the driver says it."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorname = kind
    return error


def failing(code: int) -> None:
    """A write for good that the system refuses."""
    raise OSError(code, os.strerror(code))


def test_a_quota_that_is_used_up_is_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So it is waited for, as for room: the system says EDQUOT, of which SQLite makes an I/O error."""
    place = Place(tmp_path / "n.db")
    monkeypatch.setattr("storage.database.place.os.fsync", lambda _: failing(errno.EDQUOT))
    told = explain(refused("SQLITE_IOERR_WRITE"), place)
    assert isinstance(told, DatabaseFull)
    assert "quota" in str(told)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fails_is_named_with_what_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or with what stands in the way, where a look tells: the system makes a disk read-only for its faults."""
    place = Place(tmp_path / "n.db")
    told = str(explain(refused("SQLITE_IOERR_FSYNC"), place))
    assert str(place.path) in told
    assert "dmesg" in told
    monkeypatch.setattr(Place, "hindrance", lambda _: "the disk is mounted read-only")
    assert "read-only" in str(explain(refused("SQLITE_IOERR_WRITE"), place))
