"""The console examples of the documents: found, run line by line in a folder, compared with what they show."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from tests.worlds.commands import Run

_BLOCK: Final = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^\n]+) -->\n)?```console\n(?P<shown>.*?)\n```$"
    r"|^<!-- console\n(?P<hidden>.*?)\n-->$",
    re.DOTALL | re.MULTILINE,
)
_LOOSE: Final = (
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?: ?[A-Z]{1,5})?)?"), "TIME"),
    (re.compile(r"\d\d? (?:January|February|March|April|May|June|July|August|September|October"
                r"|November|December) \d{4}"), "TIME"),
    (re.compile(r"\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b"), "DAY"),
    (re.compile(r"\bat \d\d:\d\d [A-Z]{1,5}\b"), "at TIME"),
    (re.compile(r"\bC?E?S?T\b|\bUTC\b"), "ZONE"),
    (re.compile(r"\bin (?:\d+ \w+(?: and \d+ \w+)?)"), "in A WHILE"),
    (re.compile(r"\d+\.\d s\b"), "N s"),
    (re.compile(r"\b[0-9a-f]{16,}\b"), "HASH"),
    (re.compile(r"(?<=/)[\w-]{20,}"), "TOKEN"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), "PORT"),
    (re.compile(r"(?<=queued as )\w+"), "NAME"),
    (re.compile(r"\d+\.M\w+\S*"), "FILE"),
    (re.compile(r"\s+"), " "),
)  # fmt: skip
"""What is another one each time."""
_HASH: Final = re.compile(r"\b[0-9a-f]{16}\b")
"""A plan's; a command that names one means the last that was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of an example, and the lines that are shown of it."""

    line: int
    command: str
    shown: tuple[str, ...]
    is_hidden: bool = False
    reason: str = ""
    """Why it is not run."""


def steps_of(document: str) -> Iterator[Step]:
    """The commands of a document's console examples, in order; hidden ones stand in comments."""
    for block in _BLOCK.finditer(document):
        text = block["shown"] if block["hidden"] is None else block["hidden"]
        line = document.count("\n", 0, block.start(0)) + 1
        for command, shown in _commands(text.split("\n")):
            yield Step(
                line=line,
                command=command,
                shown=tuple(shown),
                is_hidden=block["hidden"] is not None,
                reason=block["reason"] or "",
            )


def _commands(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    command, shown, end = "", list[str](), ""
    for line in lines:
        if end:
            command += f"\n{line}"
            end = "" if line == end else end
        elif command.endswith("\\"):
            command = command[:-1] + line.lstrip("> ")
        elif line.startswith("$ "):
            if command:
                yield command, shown
            command, shown = line[2:], []
            here = re.search(r"<<'(\w+)'$", command)
            end = here[1] if here else ""
        else:
            assert command, f"no command before {line!r}"
            shown.append(line)
    yield command, shown


class Shell:
    """Runs a document's commands in this folder: ours in this process, others by sh."""

    def __init__(self, run: Run, patch: pytest.MonkeyPatch) -> None:
        self._run = run
        self._patch = patch
        self._hash = ""

    def play(self, step: Step) -> None:
        """Runs a step. Fails if it fails in silence, or shows something else."""
        code, said = self._do(step.command)
        if step.is_hidden:
            assert code == 0, f"line {step.line}: {step.command}\n{said}"
            return
        place = f"line {step.line}: {step.command}"
        assert code != 2, f"{place} cannot be used:\n{said}"
        assert code == 0 or step.shown, f"{place} fails:\n{said}"
        told = [loose(line) for line in said.splitlines() if line.strip()]
        shown = [loose(line) for line in step.shown if line.strip()]
        if shown or "newsletter" not in step.command.split():
            missing = [line for line in shown if not any(_fits(line, one) for one in told)]
            assert not missing, f"{place} does not say {missing}, but\n{said}"
        if shown and "…" not in shown:
            assert len(shown) == len(told), f"{place} says more:\n{said}"

    def _do(self, command: str) -> tuple[int, str]:
        code, said = self._call(_HASH.sub(self._hash, command) if self._hash else command)
        told = _HASH.search(said)
        self._hash = told[0] if told else self._hash
        return code, said

    def _call(self, command: str) -> tuple[int, str]:
        words = [] if "<<" in command else shlex.split(command, comments=True)
        if "&&" in words:
            first, _, rest = command.partition(" && ")
            code, said = self._call(first)
            return (code, said) if code else _add(said, self._call(rest))
        match words:
            case ["cd", where]:
                os.chdir(where)
                return 0, ""
            case ["export", setting]:
                self._patch.setenv(*setting.split("=", 1))
                return 0, ""
            case ["unset", variable]:
                self._patch.delenv(variable)
                return 0, ""
            case ["newsletter", *arguments]:
                ours = arguments[: arguments.index("|")] if "|" in arguments else arguments
                ran = self._run(*ours)
                if ours is arguments:
                    return ran.code, ran.out + ran.err
                return _sh(command.partition(" | ")[2], ran.out)
            case _:
                return _sh(command)


def _add(said: str, ran: tuple[int, str]) -> tuple[int, str]:
    return ran[0], said + ran[1]


def _sh(command: str, given: str = "") -> tuple[int, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    ran = subprocess.run(
        ["/bin/sh", "-c", command],
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PATH": path},
    )
    _rest()
    return ran.returncode, ran.stdout + ran.stderr


def _rest() -> None:
    """A file counts once it has rested for a moment, and whoever types gives it that."""
    for path in Path.cwd().rglob("*.md"):
        at = path.stat().st_mtime_ns
        if at > time.time_ns() - 5_000_000_000:
            os.utime(path, ns=(at, at - 60_000_000_000))


def loose(line: str) -> str:
    """A line without what is another one each time."""
    for pattern, name in _LOOSE:
        line = pattern.sub(name, line)
    return line.strip()


def _fits(shown: str, told: str) -> bool:
    """`…` within a shown line stands for anything."""
    pattern = ".*".join(re.escape(part) for part in shown.split("…"))
    return shown == "…" or re.fullmatch(pattern, told) is not None
