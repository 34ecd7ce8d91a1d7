"""docs/python.md: its examples run, and its table is that of the verbs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter import Newsletter
from scripts.cli import main
from scripts.examples import schedule_a_send

DOCUMENT = (Path(__file__).parents[3] / "docs" / "python.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh newsletter, and the script in it."""
    with pytest.raises(SystemExit):
        main(["init", str(tmp_path / "home")])
    monkeypatch.chdir(tmp_path / "home")
    return tmp_path / "home"


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_every_example_runs(number: int, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As it stands, in a new newsletter."""
    exec(compile(EXAMPLES[number], f"docs/python.md, example {number + 1}", "exec"), {})
    if "frist-note" in EXAMPLES[number]:
        assert "did you mean 'first-note.md'" in capsys.readouterr().out


def test_the_table_has_every_verb() -> None:
    """No public verb is missing, and none is invented."""
    named = set(re.findall(r"`(\w+)\(", DOCUMENT.partition("## The verbs")[2]))
    verbs = {
        name
        for name in dir(Newsletter)
        if not name.startswith("_") and callable(getattr(Newsletter, name))
    }
    assert named <= verbs, named - verbs
    for verb in ("schedule", "queue", "plan", "mail", "stats", "calendar", "send", "check"):
        assert verb in named


def test_the_example_script_says_what_goes_wrong(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sentence and a number for the shell, and no traceback."""
    config = str(home / "newsletter.toml")
    assert schedule_a_send.main(config, "first-note.md") == 0
    assert "The first note" in capsys.readouterr().out
    assert schedule_a_send.main(config, "frist-note.md") == 1
    assert "did you mean" in capsys.readouterr().err
    assert schedule_a_send.main(str(home / "nothing.toml"), "first-note.md") == 1
