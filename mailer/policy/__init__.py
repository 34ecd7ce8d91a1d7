"""What follows from an outcome: when to try again, whom to leave out, when to stop. Pure."""

from mailer.policy.cohort import Cohort
from mailer.policy.faults import FaultRuns
from mailer.policy.settlement import (
    RetryPolicy,
    decide_held_back,
    decide_settlement,
    decide_unfillable,
)
from mailer.policy.strays import (
    GONE_LIMIT,
    STRAY_PAUSE,
    WAITS_FOR_DOMAIN,
    Strays,
    is_astray,
    is_host_astray,
)
from mailer.policy.warmup import WarmUp

__all__ = [
    "GONE_LIMIT",
    "STRAY_PAUSE",
    "WAITS_FOR_DOMAIN",
    "Cohort",
    "FaultRuns",
    "RetryPolicy",
    "Strays",
    "WarmUp",
    "decide_held_back",
    "decide_settlement",
    "decide_unfillable",
    "is_astray",
    "is_host_astray",
]
