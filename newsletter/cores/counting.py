"""How many cores this process has: those that it may run on, and no more than its group may use up."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from newsletter.cores.keeping import allowed_cores

_GROUPS: Final = Path("/sys/fs/cgroup")
_OWN: Final = Path("/proc/self/cgroup")


def count_cores(own: Path = _OWN, groups: Path = _GROUPS) -> int:
    """At least one. `own` says which group of `groups` this process is in (cgroups, version 2): a container or a unit
    that may use half of the processor time has more cores before its eyes than it has.
    """
    there = len(allowed_cores()) or os.cpu_count() or 1
    return max(1, math.ceil(min([there, *_quotas(own, groups)])))


def _quotas(own: Path, groups: Path) -> Iterator[float]:
    """How many cores' time the group of this process may use, and each group around it that has a bound."""
    try:
        lines = own.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return  # another system
    group = next((line[3:] for line in lines if line.startswith("0::/")), "/")
    for place in (path := PurePosixPath(group), *path.parents):
        try:
            quota, period = (groups / str(place).lstrip("/") / "cpu.max").read_text("utf-8").split()
            yield int(quota) / int(period)
        except (OSError, ValueError, ZeroDivisionError):
            pass  # no bound: "max", or no such file
