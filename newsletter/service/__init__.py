"""The service over time: ticks, duties, workers, an orderly stop."""

from newsletter.service.loops import run_in_loop
from newsletter.service.service import Duties, Site, drain, serve
from newsletter.service.stopping import Ending
from newsletter.service.upkeep import Upkeep
from newsletter.service.workers import worker_name

__all__ = ["Duties", "Ending", "Site", "Upkeep", "drain", "run_in_loop", "serve", "worker_name"]
