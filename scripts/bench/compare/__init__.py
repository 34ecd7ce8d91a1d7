"""Two checkouts of the product, measured in turn: what one costs beside the other."""

from scripts.bench.compare.against import compare
from scripts.bench.compare.comparison import Comparison, build_comparison, build_comparisons

__all__ = ["Comparison", "build_comparison", "build_comparisons", "compare"]
