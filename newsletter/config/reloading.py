"""Owns what a running service may take of a changed configuration, and what it may not. Reads files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from newsletter.config.config import Config, load_config
from newsletter.config.sections import SECTIONS
from storage.model import ConfigError, Log

log = Log()

_FIXED: Final = ("storage.url", "web.secret_file")
"""What everything stands on: whoever changes these starts anew."""


def _find_changes(config: Config, environ: Mapping[str, str]) -> tuple[Config, tuple[str, ...]]:
    """The configuration as it is now, read anew from the same file, and the keys, as `section.key`, that differ.

    Raises ConfigError when it cannot be used as it is now, or when a key changed that only a restart takes.
    """
    found = load_config(config.source, environ)
    changed = tuple(_changed(config, found))
    if fixed := [key for key in _FIXED if key in changed]:
        raise ConfigError(
            str(config.source),
            [f"{key} has changed, which only a restart takes" for key in fixed],
        )
    return found, changed


def _changed(old: Config, new: Config) -> Iterator[str]:
    for name, section in SECTIONS.items():
        if name == "smtp":
            if old.relays != new.relays:
                yield "smtp"
            continue
        before, after = getattr(old, name), getattr(new, name)
        for key in section.model_fields:
            if getattr(before, key) != getattr(after, key):
                yield f"{name}.{key}"


def take_changes(config: Config, environ: Mapping[str, str]) -> Config | None:
    """The changed configuration, to go on with as it was judged, whatever the file says by then; None where it cannot
    be taken. The log says what changed, or why not.
    """
    try:
        found, changed = _find_changes(config, environ)
    except ConfigError as error:
        log.error("reload.refused", problems=list(error.problems))  # noqa: TRY400 - the author's
        return None
    log.info("reload.taken", changed=list(changed))
    return found
