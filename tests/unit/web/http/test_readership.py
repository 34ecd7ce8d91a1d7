"""Followers through aggregators: their own words, read without trusting their form."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.worlds.rows import each
from web.http.readership import _AGGREGATORS, Readership


@each(
    ("agent", "totals"),
    [
        ("Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; )", {"feedly": 16}),
        ("Feedbin feed-id:1373711 - 142 subscribers", {"feedbin": 142}),
        (
            "Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 5 subscribers; )",
            {"inoreader": 5},
        ),
        ("NewsBlur Feed Fetcher - 1 subscriber - http://www.newsblur.com/x", {"newsblur": 1}),
        (
            "Mozilla/5.0 (compatible; theoldreader.com; 7 subscribers; feed-id=a)",
            {"theoldreader": 7},
        ),
        ("Unknown/1.0 (3 readers)", {"other": 3}),
        ("Feedly/1.0 (99999999 subscribers)", {}),
        ("Feedly/1.0", {}),
        ("Mozilla/5.0 (X11; Linux x86_64)", {}),
    ],
)
def test_aggregators_tell_how_many_follow(agent: str, totals: dict[str, int]) -> None:
    """The number counts under a known name; without one, or with nonsense, nothing does."""
    readership = Readership()
    readership.note("/feed.xml", agent.encode())
    assert readership.totals() == totals


def test_the_last_word_counts_for_each_feed() -> None:
    """An aggregator's feeds add up, and a later fetch replaces what an earlier one said."""
    readership = Readership()
    for path, number in (("/feed.xml", 5), ("/atom.xml", 2), ("/feed.xml", 4)):
        readership.note(path, b"Feedbin - %d subscribers" % number)
    assert readership.totals() == {"feedbin": 6}


@given(st.lists(st.tuples(st.text(), st.binary(max_size=80)), max_size=30))
def test_strangers_invent_no_labels(asked: list[tuple[str, bytes]]) -> None:
    """Whatever is sent, it counts under one of few names."""
    readership = Readership()
    for path, agent in asked:
        readership.note(path, agent + b" 1 subscribers")
    assert set(readership.totals()) <= {*_AGGREGATORS.values(), "other"}


def test_memory_is_bounded() -> None:
    """Ever new addresses push the oldest out."""
    readership = Readership()
    for number in range(3000):
        readership.note(f"/tags/{number}/feed.xml", b"Feedly 1 subscribers")
    assert readership.totals() == {"feedly": 1000}
