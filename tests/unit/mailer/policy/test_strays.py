"""When so many readers of one domain are said to be gone that the domain is not believed."""

from __future__ import annotations

from mailer.policy.strays import GONE_LIMIT, Strays, is_astray, is_host_astray
from mailer.replies.outcome import Phase, parse_reply
from storage.model.reports import Losses
from tests.worlds.rows import each

GONE = parse_reply(550, "5.1.1 user unknown", phase=Phase.RCPT)
TAKEN = parse_reply(250, "ok", phase=Phase.DOT)
LATER = parse_reply(450, "4.2.1 later", phase=Phase.RCPT)


def test_a_domain_that_refuses_everybody_is_paused() -> None:
    """25 of one domain are enough, whatever other domains accept in between (rule B5)."""
    strays, reasons = Strays(), []
    for number in range(300):
        strays.learn(f"host{number}.example", TAKEN)
        if reason := strays.learn("one.example", GONE):
            reasons.append((number, reason))
    assert reasons[0][0] == GONE_LIMIT - 1
    assert "25 of 25 readers do not exist" in reasons[0][1]
    assert "--domain one.example" in reasons[0][1]


def test_a_small_domain_that_died_is_cleaned() -> None:
    """Fewer than that are believed: they are gone, and never mailed again (rule C6)."""
    strays = Strays()
    assert [strays.learn("small.example", GONE) for _ in range(GONE_LIMIT - 1)] == [None] * 24


def test_an_old_list_at_a_large_host_is_cleaned() -> None:
    """A tenth who are gone is what old lists have: the host is believed."""
    strays = Strays()
    for _ in range(400):
        assert strays.learn("large.example", GONE) is None
        for _ in range(9):
            strays.learn("large.example", TAKEN)


def test_half_of_a_domain_is_too_many() -> None:
    """A host whose table is half broken is stopped as well."""
    strays, asked = Strays(), 0
    while strays.learn("half.example", GONE) is None:
        strays.learn("half.example", TAKEN)
        asked += 1
    assert asked == GONE_LIMIT - 1


def test_what_may_pass_says_nothing() -> None:
    """Replies that put off are no answer."""
    strays = Strays()
    for _ in range(GONE_LIMIT - 1):
        assert strays.learn("busy.example", GONE) is None
        assert strays.learn("busy.example", LATER) is None
    assert strays.learn("busy.example", GONE) is not None
    assert not is_astray(24, 24)


@each(
    ("losses", "mailed", "astray"),
    [
        (Losses(gone=30, known=30, domains=30), 300, True),
        (Losses(gone=300, known=0, domains=300), 1000, True),
        (Losses(gone=300, known=3, domains=300), 10_000, False),
        (Losses(gone=30, known=24, domains=30), 300, False),
        (Losses(gone=60, known=60, domains=60), 100_000, False),
        (Losses(gone=600, known=600, domains=400), 100_000, True),
        (Losses(gone=200, known=200, domains=4), 300, False),
    ],
)
def test_one_host_of_many_small_domains(losses: Losses, mailed: int, astray: bool) -> None:
    """Who read last week is not gone in dozens, nor a third of a list at one host; the dead of an old
    list, which took no issue yet, are. Few domains are counted each for itself (rule B5).
    """
    assert is_host_astray(losses, mailed=mailed) is astray
