"""A fresh newsletter in a folder, and commands run in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from scripts.cli import main
from storage.model import prepare_log
from tests.worlds.commands import Ran, Run


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs a command line to its exit code; logging is as it was afterwards."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def call(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        code = ended.value.code
        return Ran(code=code if isinstance(code, int) else 0, out=out, err=err)

    yield call
    prepare_log(0, structlog.reset_defaults)
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def folder(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh newsletter, and the shell in it."""
    home = tmp_path / "home"
    assert run("init", home).code == 0
    monkeypatch.chdir(home)
    text = (home / "newsletter.toml").read_text("utf-8")
    (home / "newsletter.toml").write_text(text.replace('hold = "5m"', 'hold = "0s"'), "utf-8")
    return home


@pytest.fixture
def sent(run: Run, folder: Path) -> Path:
    """A newsletter with two readers and one issue that both have got."""
    for reader in ("ada@example.com", "bob@example.com"):
        assert run("subscribers", "add", reader, "--consent", "fair").code == 0
    assert run("schedule", "first-note.md", "--now").code == 0
    assert run("send").code == 0
    return folder
