"""What is worth waking somebody for, and how often."""

from __future__ import annotations

import itertools
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from newsletter.watching.troubles import (
    AGAIN,
    DIGEST,
    Mailed,
    Seen,
    Trouble,
    TroubleKind,
    choose_told,
    find_troubles,
)
from tests.conftest import NOON
from tests.worlds.rows import each

DAY = timedelta(days=1)
FINE = Mailed(slug="a", taken=1000, refused=3, bounced=10, complained=1)


@each(
    ("seen", "kinds", "words"),
    [
        (Seen(), [], ""),
        (Seen(mailed=[FINE], disks=[("/srv", 10**10)], relays=2), [], ""),
        (Seen(paused=[("a", "refused")]), ["paused"], "newsletter resume a"),
        (Seen(in_doubt=3), ["doubt"], "3 messages wait for you that may or may not have arrived:"),
        (Seen(in_doubt=1), ["doubt"], "1 message waits for you that may or may not have arrived:"),
        (Seen(feed="it answers 404"), ["feed"], "it answers 404."),
        (Seen(signups_waiting=7), ["signups"], "7 sign-ups wait for room: `limit_total`"),
        (Seen(signups_waiting=1), ["signups"], "1 sign-up waits for room: `limit_total`"),
        (Seen(relays_down=[("r:25", timedelta(minutes=4), "no route")]), [], ""),
        (
            Seen(relays_down=[("r:25", timedelta(hours=3), "no route")]),
            ["relay"],
            "For 3 hours the relay",
        ),
        (
            Seen(relays_down=[("r:25", timedelta(hours=3), "no")], relays=2),
            ["relay"],
            "other relays go on",
        ),
        (
            Seen(mailed=[Mailed(slug="a", taken=100, refused=4, bounced=4, complained=0)]),
            ["bounces"],
            "status a",
        ),
        (Seen(mailed=[Mailed(slug="a", taken=9, refused=9, bounced=0, complained=0)]), [], ""),
        (
            Seen(mailed=[Mailed(slug="a", taken=500, refused=0, bounced=0, complained=2)]),
            ["complaints"],
            "spam",
        ),
        (Seen(database_away=(timedelta(minutes=4), "it does not answer")), [], ""),
        (
            Seen(database_away=(timedelta(minutes=6), "it does not answer")),
            ["database"],
            "For 6 minutes the database could not be used: it does not answer.",
        ),
        (Seen(unstartable=(timedelta(minutes=4), "no key")), [], ""),
        (Seen(unstartable=(timedelta(minutes=6), "no key")), ["start"], "again: no key"),
        (Seen(secret=["One.", "Two."]), ["secret"], "One.\nTwo."),
        (Seen(disks=[("/srv", 10**8)]), ["disk"], "100 MB"),
        (Seen(certificate=("h", NOON + 13 * DAY)), ["certificate"], "2026-12-05"),
        (Seen(certificate=("h", NOON + 15 * DAY)), [], ""),
        (Seen(certificate=("h", None)), ["certificate"], "not valid"),
        (Seen(backup=NOON - 9 * DAY, backup_age=8 * DAY), ["backup"], "2026-11-13"),
        (Seen(backup=NOON - 7 * DAY, backup_age=8 * DAY, began=NOON - 99 * DAY), [], ""),
        (Seen(began=NOON - 9 * DAY, backup_age=8 * DAY), ["backup"], "no backup"),
        (Seen(began=NOON - 9 * DAY), [], ""),
        (Seen(mailboxes=[(timedelta(minutes=59), "no login")]), [], ""),
        (
            Seen(mailboxes=[(timedelta(hours=26), "the login was refused")]),
            ["mailbox"],
            "For 26 hours no bounce and no complaint could be read: the login was refused.",
        ),
        (Seen(overdue={"poll": 7200.0}), ["ticks"], "poll has not been done for 2 hours"),
    ],
)
def test_what_is_a_trouble(seen: Seen, kinds: list[str], words: str) -> None:
    """Each kind has its threshold, and says what to do."""
    found = find_troubles(seen, NOON)
    assert [one.kind for one in found] == kinds
    assert words in "".join(one.sentence for one in found)


def test_several_of_a_kind_are_one() -> None:
    """Ten issues that are paused are one trouble with ten lines."""
    found = find_troubles(Seen(paused=[(f"i{n}", "refused") for n in range(10)]), NOON)
    assert [len(one.sentence.splitlines()) for one in found] == [10]


@given(
    st.lists(
        st.tuples(
            st.integers(min_value=-3, max_value=90),
            st.sets(st.sampled_from(list(TroubleKind))),
        ),
        max_size=60,
    )
)
def test_each_kind_is_told_once_a_day(looks: list[tuple[int, set[TroubleKind]]]) -> None:
    """However troubles come and go, and the clock steps: in a day that runs forward no kind is told twice,
    and no two mails come within the digest's time.
    """
    told: dict[str, object] = {}
    now, mails = NOON, []
    for minutes, kinds in looks:
        if minutes < 0:
            continue
        now += timedelta(minutes=minutes)
        troubles = [Trouble(kind=kind, sentence="x") for kind in sorted(kinds)]
        due = choose_told(troubles, told, now)  # type: ignore[arg-type]
        told |= {one.kind.value: now for one in due}
        mails += [(now, one.kind) for one in due]
    times = sorted({at for at, _ in mails})
    assert all(later - earlier >= DIGEST for earlier, later in itertools.pairwise(times))
    for kind in TroubleKind:
        own = [at for at, one in mails if one is kind]
        assert all(later - earlier >= AGAIN for earlier, later in itertools.pairwise(own))


def test_a_clock_that_was_set_back_does_not_silence() -> None:
    """What was told in the future is told again."""
    trouble = Trouble(kind=TroubleKind.DISK, sentence="x")
    assert choose_told([trouble], {"disk": NOON + 99 * DAY}, NOON) == [trouble]
