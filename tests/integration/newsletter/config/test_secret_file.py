"""The secret file: made once, for its owner alone, and the same for everybody who asks."""

from __future__ import annotations

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from newsletter.secret import load_secret
from storage.model.errors import ConfigError


def test_a_missing_secret_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    """The first start writes a fresh secret with mode 0600; the next one reads the same."""
    path = tmp_path / "secret"
    first = load_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_secret(path) == first
    assert load_secret(tmp_path / "other") != first
    assert sorted(file.name for file in tmp_path.iterdir()) == ["other", "secret"]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    """Whoever loses the race to make the secret takes the winner's."""
    path = tmp_path / "secret"
    with ThreadPoolExecutor(8) as pool:
        keyrings = set(pool.map(lambda _: load_secret(path), range(8)))
    assert len(keyrings) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_secret_that_others_can_read_is_told(tmp_path: Path) -> None:
    """An exposed secret works, and the log says so without showing it."""
    path = tmp_path / "secret"
    path.write_text("11" * 32)
    path.chmod(0o644)
    with capture_logs() as logs:
        load_secret(path)
    assert [line["event"] for line in logs] == ["secret.exposed"]
    assert "1111" not in str(logs)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"short"])
def test_an_unusable_secret_is_named(tmp_path: Path, content: bytes) -> None:
    """A damaged secret file is never replaced silently: readers hold links made with it."""
    path = tmp_path / "secret"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match="secret"):
        load_secret(path)
    assert path.read_bytes() == content


def test_a_secret_of_somebody_else_is_told_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever runs it as another user learns that this is what is wrong."""

    def refuse(_path: Path, _encoding: str) -> str:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    path = tmp_path / "secret"
    load_secret(path)
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ConfigError, match="Permission denied; run this as the user whose file it"):
        load_secret(path)


def test_a_secret_needs_its_folder(tmp_path: Path) -> None:
    """A path that cannot be written is a configuration problem."""
    with pytest.raises(ConfigError, match="cannot be used"):
        load_secret(tmp_path / "missing" / "secret")
