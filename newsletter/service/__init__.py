"""The service over time: ticks, duties, workers, an orderly stop."""

from newsletter.service.duties import Duties, Site, drain
from newsletter.service.loops import run_in_loop
from newsletter.service.pulse import Pulse, TickSeen
from newsletter.service.service import serve
from newsletter.service.spans import span
from newsletter.service.stopping import Ending, was_begun_anew
from newsletter.service.supervisor import Supervisor
from newsletter.service.upkeep import Upkeep
from newsletter.service.workers import gone_workers, worker_name

__all__ = [
    "Duties",
    "Ending",
    "Pulse",
    "Site",
    "Supervisor",
    "TickSeen",
    "Upkeep",
    "drain",
    "gone_workers",
    "run_in_loop",
    "serve",
    "span",
    "was_begun_anew",
    "worker_name",
]
