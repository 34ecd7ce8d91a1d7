"""What the costliest request that a stranger can make of each route costs the event loop."""

from scripts.bench.strangers.measuring import Cost, measure

__all__ = ["Cost", "measure"]
