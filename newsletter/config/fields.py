"""Owns how keys of the configuration are declared: the kinds of values that sections are made of.

How a single value is read stands in newsletter/config/values.py; here it is made a type of pydantic's.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
)

from newsletter.config.keyfiles import KeyFile, load_key
from newsletter.config.values import (
    Network,
    WeekTime,
    parse_duration,
    parse_list,
    parse_network,
    parse_path,
    parse_size,
    parse_storage,
    parse_week_time,
)

Networks: TypeAlias = Annotated[
    tuple[Annotated[Network, PlainValidator(parse_network)], ...], BeforeValidator(parse_list)
]
"""IP addresses and networks."""

_T = TypeVar("_T")

# It would look through all that is installed for others who want to see what is read here.
os.environ["PYDANTIC_DISABLE_PLUGINS"] = "__all__"


class Section(BaseModel):
    """What all sections have in common: nothing unknown, nothing changed later."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
        validate_default=True,
        defer_build=True,  # once, with the file that they are sections of
    )


# ── validators ───────────────────────────────────────────────────────────────────────────────


def no_flag(value: object) -> object:
    """True is no number, though Python and pydantic count it as 1."""
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic collects ValueErrors alone
    return value


def or_empty(read: Callable[[object], str]) -> Callable[[object], str]:
    """Reads a text that may be empty, and then stays so."""
    return lambda value: "" if value == "" else read(value)


def unless_empty(read: Callable[[str], _T]) -> Callable[[object], _T | None]:
    """Reads a text once and keeps what was read; nothing, if it is empty."""

    def validate(value: object) -> _T | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise ValueError("must be text in quotes")  # noqa: TRY004 - pydantic collects ValueErrors alone
        return read(value) if value else None

    return validate


def folder_of(info: ValidationInfo) -> Path:
    """The folder that paths are relative to."""
    folder: Path = info.context["folder"] if info.context else Path.cwd()
    return folder


def is_signing(info: ValidationInfo) -> bool:
    """Whether keys are wanted: not for the command that makes them."""
    return info.context is None or info.context.get("signing", True)


def _below_folder(value: object, info: ValidationInfo) -> Path:
    return folder_of(info) / parse_path(value)


def _empty_or_folder(value: object, info: ValidationInfo) -> Path | None:
    return None if value in {"", None} else _below_folder(value, info)


def _storage_url(value: object, info: ValidationInfo) -> str:
    return parse_storage(value, folder_of(info))


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("must be longer than 0")
    return value


def _empty_or_period(value: object) -> timedelta | None:
    return None if value is None or value == "" else _positive(parse_duration(value))


def _key_file(value: object, info: ValidationInfo) -> KeyFile:
    if isinstance(value, KeyFile):
        return value
    return load_key(folder_of(info) / parse_path(value))


# ── kinds of values ──────────────────────────────────────────────────────────────────────────

Line: TypeAlias = Annotated[str, Field(strict=True)]
"""Text; control characters were refused before."""
Key: TypeAlias = Annotated[str, Field(strict=True, min_length=1, max_length=60)]
"""The name of a key in the front matter of notes."""
Suffix: TypeAlias = Annotated[str, Field(strict=True, pattern=r"^\.[A-Za-z0-9]{1,10}$")]
"""The end of a file's name, with its dot."""
Count: TypeAlias = Annotated[int, BeforeValidator(no_flag)]
Duration: TypeAlias = Annotated[timedelta, BeforeValidator(parse_duration)]
Period: TypeAlias = Annotated[Duration, AfterValidator(_positive)]
"""A duration that is longer than none."""
Keeping: TypeAlias = Annotated[timedelta | None, PlainValidator(_empty_or_period)]
"""How long something is kept; None for ever."""
Size: TypeAlias = Annotated[int, BeforeValidator(parse_size)]
"""Octets."""
FilePath: TypeAlias = Annotated[Path, BeforeValidator(_below_folder)]
"""Absolute once it was read."""
OptionalPath: TypeAlias = Annotated[Path | None, PlainValidator(_empty_or_folder)]
"""Likewise; None when it is empty."""
Weekly: TypeAlias = Annotated[WeekTime, PlainValidator(parse_week_time)]
"""A weekday and a time of day."""
DatabaseUrl: TypeAlias = Annotated[str, BeforeValidator(_storage_url)]
KeyFiles: TypeAlias = Annotated[
    tuple[Annotated[KeyFile, PlainValidator(_key_file)], ...], BeforeValidator(parse_list)
]
"""Private keys, from a list of their files."""
