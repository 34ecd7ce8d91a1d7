"""How commands explain themselves: `--help`, and what is told of a line that cannot be used.

typer shows types of Python and the sentences of pydantic; here are the words of docs/commands.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

_TYPE: Final = re.compile(r" <([^<>]*)>$")
_RANGE: Final = re.compile(r"(\d+)<=x<=(\d+)")
_LEAST: Final = re.compile(r"x>=(\d+)")
_MISUSES: Final = MappingProxyType(
    {
        r"^Invalid value: ": "",
        r"^Invalid value for '?[\[{]*([\w-]+)[\]}.]*'?: (?:Value error, )?": r"\1: ",
        r"Input should be a valid integer.*": "must be a whole number",
        r"Input should be a valid number.*": "must be a number",
        r"Input should be greater than or equal to (\d+)": r"must be \1 or more",
        r"Input should be less than or equal to (\d+)": r"must be \1 or less",
        r"file '(.*)' does not exist\.": r"there is no file \1",
        r"^Missing (?:argument|option) '([\w-]+)'\.": r"\1 is missing",
        r"^Option '([\w-]+)' requires an argument\.": r"\1 needs a value",
        r"^No such option: ": "there is no option ",
        r"^No such command '(.*?)'\.": r"there is no command '\1';",
        r"; Did you mean (.+)\?$": r"; did you mean \1?",
        r" \(Possible options: (.+)\)$": r"; did you mean \1?",
        r"^Got unexpected extra arguments? ?(?:\(s\) )?\((.*)\)": r"not understood: \1",
        r"[;.]$": "",
    }
)
"""What typer says, and what is said instead; each is tried in this order."""


class HelpedCommand(TyperCommand):
    """A command whose help names its arguments as the documents do."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`NOTE`, `[NOTE...]`, `[FILE]`."""
        return [_piece(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments and options, each once, without types."""
        _write_options(self.get_params(ctx), ctx, formatter)


class HelpedGroup(TyperGroup):
    """A group that lists its commands with their whole first sentence."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The options, then the commands."""
        _write_options(self.get_params(ctx), ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - typer gives it
        """As they were registered."""
        with formatter.section("Commands"):
            formatter.write_dl(rows_of(self.commands.items()))


def rows_of(commands: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    """For each command its name and its sentence: whole, for lines are wrapped."""
    return [(name, command.get_short_help_str(500)) for name, command in commands]


def explain(app: typer.Typer) -> None:
    """Has all commands of an application, and of its groups, explain themselves like this."""
    for command in app.registered_commands:
        command.cls = HelpedCommand
    for group in app.registered_groups:
        if group.typer_instance is not None:
            group.typer_instance.info.cls = HelpedGroup
            explain(group.typer_instance)


def misuse(error: Exception) -> str:
    """What is told of a command line that cannot be used: what is wrong, and where help is."""
    said = error.format_message() if isinstance(error, typer.TyperException) else str(error)
    if said.startswith("Usage: "):
        return said  # a group without a command: its help
    for words, ours in _MISUSES.items():
        said = re.sub(words, ours, said)
    context: Any = getattr(error, "ctx", None)
    if context is None:
        return f"newsletter: {said}"
    path = context.command_path
    return f"{path}: {said}\n{context.get_usage()}\n`{path} --help` explains it"


def _write_options(parameters: Iterable[Any], ctx: Any, formatter: Any) -> None:
    rows = rows_of_options(parameters, ctx)
    for title, is_option in (("Arguments", False), ("Options", True)):
        some = [row for row in rows if row[0].startswith("-") is is_option]
        if some:
            with formatter.section(title):
                formatter.write_dl(some)


def rows_of_options(parameters: Iterable[Any], ctx: Any) -> list[tuple[str, str]]:
    """Arguments, then options: how each is written, and what it is for."""
    rows: dict[str, list[tuple[str, str]]] = {"argument": [], "option": []}
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is not None:
            kind = parameter.param_type_name
            rows[kind].append(_row(record[0], record[1], kind))
    return rows["argument"] + rows["option"]


def _row(name: str, about: str, kind: str) -> tuple[str, str]:
    if kind == "argument":
        name = _piece(_TYPE.sub("", name)).strip("[]")
    name = _TYPE.sub(lambda found: f" {found[1].replace('int range', 'N')}", name)
    return name, _LEAST.sub(r"\1 or more", _RANGE.sub(r"\1 to \2", about))


def _piece(written: str) -> str:
    """`{NOTE}` is `NOTE`, `[[NOTE]...]...` is `[NOTE...]`."""
    name = written.strip("{}[].")
    if "..." in written:
        name += "..."
    return f"[{name}]" if written.startswith("[") else name
