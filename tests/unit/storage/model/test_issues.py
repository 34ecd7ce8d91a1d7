"""How the mail of an issue may move: the second state machine, as its table says."""

from __future__ import annotations

from storage.model.issues import MAILING_TRANSITIONS, Mailing

M = Mailing


def reachable(start: Mailing) -> set[Mailing]:
    """Every state that a mailing can come to from this one."""
    found: set[Mailing] = set()
    ahead = [start]
    while ahead:
        new = MAILING_TRANSITIONS[ahead.pop()] - found
        found |= new
        ahead += new
    return found


def test_every_state_has_its_transitions() -> None:
    """The table is complete: a new state cannot be forgotten, and none leads to itself."""
    assert set(MAILING_TRANSITIONS) == set(M)
    assert all(state not in after for state, after in MAILING_TRANSITIONS.items())


def test_every_state_is_where_publishing_begins_or_is_reached_from_there() -> None:
    """No state is dead."""
    assert {M.OFF, M.OPEN} | reachable(M.OPEN) == set(M)


def test_what_is_not_mailed_and_what_was_taken_back_is_only_ever_opened() -> None:
    """An issue without mail and a cancelled one leave that state by one way: their author has them mailed."""
    assert MAILING_TRANSITIONS[M.OFF] == MAILING_TRANSITIONS[M.CANCELLED] == {M.OPEN}


def test_a_pause_ends_only_by_the_author() -> None:
    """A paused issue is never done by itself, however its deliveries ended."""
    assert MAILING_TRANSITIONS[M.PAUSED] == {M.OPEN, M.CANCELLED}
