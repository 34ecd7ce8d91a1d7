"""What `--help` shows and what is told of a line that cannot be used, on a terminal of 80 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from scripts.cli import app, main


def commands() -> Iterator[tuple[str, Any, Any]]:
    """Every command and group: its path, itself, its context."""
    top = typer.main.get_command(app)
    todo: list[tuple[str, Any, Any]] = [("newsletter", top, None)]
    while todo:
        path, command, parent = todo.pop()
        context = command.context_class(
            command, info_name=path.rpartition(" ")[2], parent=parent, terminal_width=80
        )
        yield path, command, context
        todo += [
            (f"{path} {name}", sub, context)
            for name, sub in getattr(command, "commands", {}).items()
        ]


def test_help_has_no_types_of_python_and_is_cut_nowhere() -> None:
    """No `<list[str]>`, no doubled brackets, no `0<=x<=9`; lines end where sentences do."""
    told = {path: command.get_help(context) for path, command, context in commands()}
    assert len(told) > 40
    for path, shown in told.items():
        assert not re.search(r"<\w(?!\S*@)|\[\[|[{}]|<=|>=|\brange\b", shown), path
        assert not re.search(r"[a-z]\.\.\.$", shown, re.MULTILINE), path
        assert max(map(len, shown.splitlines())) <= 80, path


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("schedule", "newsletter schedule: NOTE is missing"),
        ("schedule a.md", "newsletter schedule: say when: either --at WHEN or --now"),
        ("schedule a.md --at", "newsletter: --at needs a value"),
        ("unschedule a.md b.md", "newsletter unschedule: not understood: b.md"),
        ("test a.md", "newsletter test: --to is missing"),
        ("stats --days x", "newsletter stats: --days: must be a whole number"),
        ("stats --days 1", "newsletter stats: --days: must be 2 or more"),
        ("stats --days 99999", "newsletter stats: --days: must be 3660 or less"),
        ("check --format x", "newsletter check: --format: 'x' is not one of 'text', "),
        ("doctor --signed /none/x", "newsletter doctor: --signed: there is no file /none/x"),
        ("status --wach", "newsletter status: there is no option --wach; did you mean --watch?"),
        ("shedule", "newsletter: there is no command 'shedule'; did you mean 'schedule'"),
        ("subscribers ad", "newsletter subscribers: there is no command 'ad'; did you mean 'add'?"),
        ("--quiet --verbose status", "newsletter: --verbose and --quiet exclude each other"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_in_plain_words(
    line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is wrong with it, and where help is; exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(told)
    assert not re.search("Invalid|Input|Value error|pars", err)


def test_a_group_alone_shows_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    """As a program that was called without a command."""
    with pytest.raises(SystemExit) as ended:
        main(["quarantine"])
    assert ended.value.code == 2
    assert "Forget some of them, as if they had never come" in capsys.readouterr().err
