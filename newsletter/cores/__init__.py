"""Which cores of the machine the threads of a process run on, and how many it has."""

from newsletter.cores.counting import count_cores
from newsletter.cores.keeping import kept_to_one, on_every_core, spread

__all__ = ["count_cores", "kept_to_one", "on_every_core", "spread"]
