"""Owns what an operator has done with a newsletter: run it, and see what stands in its way."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from zoneinfo import ZoneInfo

from mailer.authentication import Dns
from newsletter.config import Config, take_changes
from newsletter.cores import kept_to_one
from newsletter.doctor import Diagnosis, Surroundings, examine, examine_copy, find_own_address
from newsletter.parts import Parts
from newsletter.service import Ending, Site, run_in_loop, serve
from newsletter.working import duties
from storage.database import lossy_settings, sorts_otherwise
from storage.model import ConfigError, Log, NewsletterError

log = Log()


def run_service(
    parts: Parts,
    look: Callable[[], None],
    *,
    site: Site | None,
    scheduling: bool,
    ready: Callable[[str], None],
) -> Config | None:
    """Runs until a signal; `look` is the poll as a tick. The configuration to begin again with, where SIGHUP asked
    for a changed one. Raises Conflict when another process schedules on SQLite.
    """
    taken: list[Config] = []
    work = duties(parts, look)
    # What serves a site lets its threads go where they sign (`working.duties`), and signs for minutes of a week.
    keeps = parts.config.dispatch.own_core if scheduling else parts.config.keeps_to_one_core
    with (
        Ending(partial(_may_begin_again, parts, taken)) as ending,
        kept_to_one(wanted=keeps),
    ):
        run_in_loop(lambda: serve(work, ending, site=site, scheduling=scheduling, ready=ready))
    if not ending.is_reload:
        return None
    ZoneInfo.clear_cache()  # what begins again takes the rules of zones that are on the disk now
    return taken[-1]


def _may_begin_again(parts: Parts, taken: list[Config]) -> bool:
    """Whether this process may end in order to begin again: with all that it would open then. Keeps what it would
    begin with.
    """
    try:
        parts.generations.refuse_unusable()
    except NewsletterError as error:
        problems = error.problems if isinstance(error, ConfigError) else [str(error)]
        log.error("reload.refused", problems=list(problems))  # noqa: TRY400 - the operator's
        return False
    found = take_changes(parts.config, os.environ)
    if found is not None:
        taken.append(found)
    return found is not None


def diagnose(
    parts: Parts, received: bytes | None, is_running: Callable[[], bool]
) -> list[Diagnosis]:
    """What stands between this machine and a reader; or what became of a copy that was received."""
    around = Surroundings(
        resolver=Dns(),
        is_scheduling=is_running,
        clock=parts.clock,
        own_address=find_own_address,
        sorts_otherwise=partial(sorts_otherwise, parts.database),
        lossy_settings=partial(lossy_settings, parts.database),
        feed=parts.follower.standing(),
        secret=parts.generations.find_faults(),
    )
    if received is not None:
        return examine_copy(received, parts.config, around)
    return examine(parts.config, around)
