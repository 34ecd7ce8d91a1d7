"""All that an operator is told by, in one hand."""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.service import Pulse
from newsletter.watching.figures import Counting
from newsletter.watching.readiness import Readiness
from newsletter.watching.watch import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """Of one newsletter, in one process."""

    pulse: Pulse
    """What the running service feels of itself."""
    watch: Watch
    """Troubles, told in the log and by mail."""
    readiness: Readiness
    figures: Counting
