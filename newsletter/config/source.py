"""Owns newsletter.toml as text: reading it, laying the environment over it, and the first one.

Reads files, and knows no key: those are given. What values mean stands in newsletter/config/sections/.
"""

from __future__ import annotations

import json
import re
import string
import tomllib
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final, TypeAlias

from newsletter.config.values import has_controls, nearest
from storage.model import ConfigError

TomlTable: TypeAlias = dict[str, object]
Keys: TypeAlias = Mapping[str, Collection[str]]
"""The known keys of every section."""

_PREFIX: Final = "NEWSLETTER_"
_NOT_KEYS: Final = frozenset({"NEWSLETTER_CONFIG"})
"""Variables of this prefix that others read."""
_KUBERNETES: Final = re.compile(r"NEWSLETTER_(SERVICE_(HOST|PORT)|PORT($|_\d+_(TCP|UDP)))")
"""What Kubernetes puts into every pod beside a service called `newsletter`."""
_SECRET_KEYS: Final = frozenset(
    {
        ("smtp", "url"),
        ("storage", "url"),
        ("notes", "feed"),
        ("bounces", "imap"),
        ("webhooks", "postmark"),
        ("webhooks", "mailgun"),
    }
)
"""Keys that may hold a password, so that `…_FILE` may name a file that holds them."""


def read_toml(path: Path) -> TomlTable:
    """The document, in UTF-8 with or without a byte order mark. Raises ConfigError."""
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise ConfigError(
            str(path), ["there is no such file; `newsletter init` makes one"]
        ) from error
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read: {error.strerror}"]) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(str(path), [f"line {line} is not UTF-8 text"]) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(path), [f"not valid TOML: {error}"]) from error


def find_controls(value: object, where: str = "") -> Iterator[str]:
    """Control characters would reach headers, logs and terminals: none is let in anywhere."""
    if isinstance(value, dict):
        for key, item in value.items():
            shown = "key" if has_controls(key) else key
            yield from find_controls(key, f"{where} {shown}")
            yield from find_controls(item, f"{where} {shown}")
    elif isinstance(value, list):
        for item in value:
            yield from find_controls(item, where)
    elif isinstance(value, str):
        lines = value.replace("\n", "") if where.endswith(" postal_address") else value
        if has_controls(lines):
            section, _, key = where.strip().partition(" ")
            yield f"[{section}] {key}: must not hold control characters or line breaks"


# ── the environment ──────────────────────────────────────────────────────────────────────────


def apply_environment(
    raw: TomlTable, environ: Mapping[str, str], folder: Path, known: Keys
) -> list[str]:
    """Puts the variables `NEWSLETTER_SECTION__KEY` into the document; returns what is wrong."""
    problems: list[str] = []
    for variable in sorted(environ):
        if not _is_ours(variable):
            continue
        try:
            _apply_variable(raw, variable, environ, folder, known)
        except ValueError as error:
            problems.append(f"{variable}: {error}")
    return problems


def _is_ours(variable: str) -> bool:
    if variable in _NOT_KEYS or _KUBERNETES.match(variable):
        return False
    return variable.startswith(_PREFIX)


def _apply_variable(
    raw: TomlTable, variable: str, environ: Mapping[str, str], folder: Path, known: Keys
) -> None:
    section, _, rest = variable.removeprefix(_PREFIX).lower().partition("__")
    *index, key = rest.split("__")
    value = environ[variable]
    if key.endswith("_file") and (section, key.removesuffix("_file")) in _SECRET_KEYS:
        if variable.removesuffix("_FILE") in environ:
            raise ValueError("is given twice, by value and by file")
        key, value = key.removesuffix("_file"), _read_secret(folder / value)
    if key not in known.get(section, ()):
        raise ValueError(f"unknown variable{nearest(variable, _variables(known))}")
    _table(raw, section, index)[key] = value


def _table(raw: TomlTable, section: str, index: list[str]) -> TomlTable:
    """The table that a variable means: a section, or one of several relays."""
    tables = raw.setdefault(section, {})
    if isinstance(tables, list):
        position = int(index[0]) if len(index) == 1 and index[0].isdecimal() else -1
        if position == len(tables):
            tables.append({})
        if not 0 <= position < len(tables):
            raise ValueError("must say which relay: NEWSLETTER_SMTP__0__URL")
        tables = tables[position]
    elif index and (section != "smtp" or index != ["0"]):
        raise ValueError("names a relay that is not there: the first is NEWSLETTER_SMTP__0__URL")
    if not isinstance(tables, dict):
        raise ValueError(f"[{section}] is not a section")  # noqa: TRY004 - about what was written
    return tables


def _read_secret(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError("names a file that cannot be read") from error


def _variables(known: Keys) -> Iterator[str]:
    for section, keys in known.items():
        for key in keys:
            yield f"{_PREFIX}{section}__{key}".upper()


# ── the template ─────────────────────────────────────────────────────────────────────────────


def render_template(
    *,
    title: str,
    url: str,
    sender: str,
    author: str = "",
    description: str = "",
    postal_address: str = "",
    links: Mapping[str, str] | None = None,
    notes: str = "notes",
    poll: str = "30s",
    hold: str = "5m",
    port: int = 8000,
) -> str:
    """A newsletter.toml that explains every key; for `newsletter init` and the demo."""
    template = files("newsletter.config").joinpath("templates/newsletter.toml").read_text("utf-8")
    pairs = ", ".join(f"{_quoted(label)} = {_quoted(to)}" for label, to in (links or {}).items())
    return string.Template(template).substitute(
        title=_quoted(title),
        notes=_quoted(notes),
        url=_quoted(url),
        sender=_quoted(sender),
        author=_quoted(author),
        description=_quoted(description),
        postal_address=_quoted(postal_address),
        links=f"{{ {pairs} }}" if pairs else "{}",
        poll=_quoted(poll),
        hold=_quoted(hold),
        port=port,
    )


def _quoted(text: str) -> str:
    """A TOML basic string: JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
