"""How long a sending takes, at the limits that are set."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from newsletter.authoring.plan import Limits, how_long
from storage.model.gates import Allowance
from tests.worlds.rows import each

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def limits(
    *, rate: float = 0, cohort: int = 0, allowance: tuple[int, int, int] | None = None
) -> Limits:
    """With a warm-up of (most, used, then) and a cohort's wait of ten minutes."""
    given = None
    if allowance is not None:
        most, used, then = allowance
        given = Allowance(most=most, used=used, until=MIDNIGHT, then=then)
    return Limits(rate=rate, hold=MINUTE, cohort=cohort, cohort_wait=10 * MINUTE, allowance=given)


@each(
    ("mails", "bounds", "wanted"),
    [
        (0, limits(rate=5), None),
        (1000, limits(), None),
        (600, limits(rate=5), 2 * MINUTE),
        (600, limits(rate=5, cohort=100), 12 * MINUTE),
        (100, limits(cohort=100), None),
        (50, limits(allowance=(50, 0, 100)), None),
        (50, limits(allowance=(50, 10, 100)), 720 * MINUTE),
        (450, limits(allowance=(50, 0, 100)), (720 + 2 * 1440) * MINUTE),
        (450, limits(rate=10, allowance=(50, 0, 100)), (720 + 2 * 1440) * MINUTE + timedelta(seconds=10)),
    ],
)  # fmt: skip
def test_how_long_a_sending_takes(mails: int, bounds: Limits, wanted: timedelta | None) -> None:
    """By the rate, the days of the warm-up, each twice the one before, and the cohort's wait."""
    assert how_long(mails, bounds, NOW) == wanted
