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


def find_changes(config: Config, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The keys, as `section.key`, that would be taken: read anew from the same file.

    Raises ConfigError when it cannot be used as it is now, or when a key changed that only a restart takes.
    """
    changed = tuple(_changed(config, load_config(config.source, environ)))
    if fixed := [key for key in _FIXED if key in changed]:
        raise ConfigError(
            str(config.source),
            [f"{key} has changed, which only a restart takes" for key in fixed],
        )
    return changed


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


def may_reload(config: Config, environ: Mapping[str, str]) -> bool:
    """Whether a changed configuration can be taken; the log says what changed, or why not."""
    try:
        changed = find_changes(config, environ)
    except ConfigError as error:
        log.error("reload.refused", problems=list(error.problems))  # noqa: TRY400 - the author's
        return False
    log.info("reload.taken", changed=list(changed))
    return True
