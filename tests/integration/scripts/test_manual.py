"""Every console example of the documents runs, and shows what the document shows."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.worlds.commands import Run
from tests.worlds.consoles import Shell, Step, steps_of

ROOT: Final = Path(__file__).parents[3]
PAGES: Final = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
STEPS: Final = {path: list(steps_of(path.read_text("utf-8"))) for path in PAGES}
EMPTY: Final = "<!-- console: begins in an empty folder -->"


def _to_run(steps: list[Step]) -> list[Step]:
    return [step for step in steps if not step.reason]


@pytest.mark.parametrize(
    "page",
    [path for path in PAGES if _to_run(STEPS[path])],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_the_console_examples_of_a_page_run(
    page: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, in a newsletter that was just begun, or in an empty folder where the page says so."""
    home = tmp_path / "newsletter"
    home.mkdir()
    monkeypatch.chdir(home)
    if EMPTY not in page.read_text("utf-8"):
        assert run("init").code == 0
        config = home / "newsletter.toml"
        text = config.read_text("utf-8").replace('timezone = "UTC"', 'timezone = "Europe/Berlin"')
        config.write_text(text.replace('hold = "5m"', 'hold = "0s"'), "utf-8")
    shell = Shell(run, monkeypatch)
    for step in _to_run(STEPS[page]):
        shell.play(step)


def test_examples_are_few_that_do_not_run() -> None:
    """Each says why; what it says is for whoever reads the document's source."""
    steps = [step for found in STEPS.values() for step in found if not step.is_hidden]
    skipped = [step for step in steps if step.reason]
    told = f"{len(steps) - len(skipped)} commands run, {len(skipped)} do not"
    assert len(skipped) < len(steps) / 2, told
    assert all(len(step.reason) > 10 for step in skipped)
