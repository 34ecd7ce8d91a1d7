"""Owns what an operator has done with a newsletter: run it, and see what stands in its way."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial

from mailer.authentication import Dns
from newsletter.config import may_reload
from newsletter.doctor import Diagnosis, Surroundings, examine, examine_copy, find_own_address
from newsletter.parts import Parts
from newsletter.service import Ending, Site, kept_to_one, run_in_loop, serve
from newsletter.working import duties
from storage.database import sorts_otherwise


def run_service(
    parts: Parts,
    look: Callable[[], None],
    *,
    site: Site | None,
    scheduling: bool,
    ready: Callable[[str], None],
) -> bool:
    """Runs until a signal; `look` is the poll as a tick. True when it is to begin again, because SIGHUP
    asked for a changed configuration. Raises Conflict when another process schedules on SQLite.
    """
    work = duties(parts, look)
    # A site and ticks have more to do than one core can.
    keeps = parts.config.keeps_to_one_core and not scheduling
    with (
        Ending(partial(may_reload, parts.config, os.environ)) as ending,
        kept_to_one(wanted=keeps),
    ):
        run_in_loop(lambda: serve(work, ending, site=site, scheduling=scheduling, ready=ready))
        return ending.is_reload


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
        feed=parts.follower.standing(),
    )
    if received is not None:
        return examine_copy(received, parts.config, around)
    return examine(parts.config, around)
