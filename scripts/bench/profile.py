"""Where one run spends its processor time: every thread's functions, without the waiting."""

from __future__ import annotations

import cProfile
import pstats
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final, TextIO

_SHOWN: Final = 30
_ORDER: Final = "tottime"


@contextmanager
def profiling(output: Path) -> Iterator[None]:
    """Profile this thread and all that it starts; write the table to the file at the end.

    Times are processor seconds of the thread that ran the function. They include the profiler's
    own cost, which makes small functions look dearer than they are.
    """
    profiles: list[cProfile.Profile] = []

    def begin(_frame: FrameType, _event: str, _argument: object) -> None:
        profile = cProfile.Profile(time.thread_time)
        profiles.append(profile)
        profile.enable()

    threading.setprofile(begin)
    main = cProfile.Profile(time.thread_time)
    main.enable()
    try:
        yield
    finally:
        main.disable()
        threading.setprofile(None)
        with output.open("w", encoding="utf-8") as out:
            for title, group in (("event loop", [main]), ("other threads", profiles)):
                out.write(f"\n── {title} ──\n")
                _write(group, out)


def _write(profiles: list[cProfile.Profile], out: TextIO) -> None:
    if not profiles:
        return
    stats = pstats.Stats(profiles[0], stream=out)
    for profile in profiles[1:]:
        stats.add(profile)
    stats.strip_dirs().sort_stats(_ORDER).print_stats(_SHOWN)
