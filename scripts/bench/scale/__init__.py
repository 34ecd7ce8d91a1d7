"""What a newsletter costs that has grown: years of issues, and many readers."""

from scripts.bench.scale.importing import measure_import

__all__ = ["measure_import"]
