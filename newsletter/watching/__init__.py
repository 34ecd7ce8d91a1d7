"""What an operator is told: whether all is well, what is not, by mail too, and the figures."""

from newsletter.watching.figures import Counting, Figures
from newsletter.watching.readiness import Check, Readiness
from newsletter.watching.troubles import Trouble, TroubleKind
from newsletter.watching.watch import Faults, Watch
from newsletter.watching.watching import Watching

__all__ = [
    "Check",
    "Counting",
    "Faults",
    "Figures",
    "Readiness",
    "Trouble",
    "TroubleKind",
    "Watch",
    "Watching",
]
