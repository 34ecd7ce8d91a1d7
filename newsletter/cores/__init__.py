"""Which cores of the machine the threads of a process run on."""

from newsletter.cores.keeping import kept_to_one, on_every_core, spread

__all__ = ["kept_to_one", "on_every_core", "spread"]
