"""What an issue's mail waits for, told to a person and as JSON."""

from __future__ import annotations

from scripts.console import Json, local
from storage.model import Allowance, CohortStep, Step, Waiting, stamp


def tell_waiting(waiting: Waiting, zone: str) -> str:
    """One sentence: how many wait, for what, until when."""
    who = f"{waiting.readers} reader{'s wait' if waiting.readers != 1 else ' waits'}"
    until = f" until {local(waiting.until, zone)}" if waiting.until is not None else ""
    if waiting.allowance is not None:
        return f"{who}{until}: {_tell_allowance(waiting.allowance)}"
    if waiting.cohort is not None:
        return f"{who}{until}: {_tell_cohort(waiting.cohort)}"
    return f"{who}{until}"


def _tell_allowance(allowance: Allowance) -> str:
    return (
        f"the warm-up allows {allowance.most} today ({allowance.used} used), "
        f"and {allowance.then} then"
    )


def _tell_cohort(cohort: CohortStep) -> str:
    numbers = f"{cohort.accepted} accepted, {cohort.refused} refused"
    if cohort.step is Step.FILL:
        return f"for the cohort of {cohort.size}: {cohort.tried} tried, {numbers}"
    missing = "" if cohort.until is not None else "; outcomes are missing"
    return f"for the cohort of {cohort.tried}: {numbers}{missing}"


def waiting_json(waiting: Waiting) -> dict[str, Json]:
    """The same for programs: `cause` is `warm-up` or `cohort`."""
    known: dict[str, Json] = {"readers": waiting.readers, "until": stamp(waiting.until)}
    if (allowance := waiting.allowance) is not None:
        return {
            "cause": "warm-up",
            **known,
            "allowed": allowance.most,
            "used": allowance.used,
            "allowed_then": allowance.then,
        }
    if (cohort := waiting.cohort) is not None:
        return {
            "cause": "cohort",
            **known,
            "size": cohort.size,
            "tried": cohort.tried,
            "accepted": cohort.accepted,
            "refused": cohort.refused,
        }
    return known
