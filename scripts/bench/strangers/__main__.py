"""Prints a row for each request: `python -m scripts.bench.strangers`. Nothing may take 0.1 s."""

from __future__ import annotations

import sys
from typing import Final

import structlog

from scripts.bench.strangers.measuring import measure

LIMIT_S: Final = 0.1


def main() -> int:
    """Prints the ordinary page, then the costliest first; 1 when one is beyond the limit."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    usual, *others = measure()
    print(f"{'ms':>7} {'ratio':>6} {'status':>6}  request")
    for cost in [usual, *sorted(others, key=lambda c: -c.seconds)]:
        ratio = cost.seconds / usual.seconds
        print(
            f"{cost.seconds * 1000:7.2f} {ratio:6.1f} {cost.status:6}  "
            f"{cost.request.route}: {cost.request.what}"
        )
    return int(any(cost.seconds > LIMIT_S for cost in others))


if __name__ == "__main__":
    sys.exit(main())
