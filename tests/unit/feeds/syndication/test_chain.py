"""A feed and its archives: nothing is lost between them, and what is full stays as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feeds.syndication.chain import build_chain
from feeds.syndication.feed import MAX_BYTES
from storage.model.issues import IssueExtent

SIZES = st.lists(st.sampled_from([0, 10, 5_000, 40_000, MAX_BYTES]), max_size=80)
ITEMS = st.integers(1, 40)


def extents(sizes: list[int]) -> list[IssueExtent]:
    """Issues of these sizes, oldest first."""
    return [IssueExtent(issue_id=n, characters=size) for n, size in enumerate(sizes)]


@given(SIZES, ITEMS)
def test_every_issue_stands_in_one_document(sizes: list[int], items: int) -> None:
    """Who reads the feed and all archives has every issue, once, in order (RFC 5005 4)."""
    chain = build_chain(extents(sizes), items)
    told = [issue_id for part in (*chain.archives, chain.current) for issue_id in part]
    assert told == list(range(len(sizes)))
    assert len(chain.current) <= items
    assert bool(chain.current) == bool(sizes)


@given(SIZES, SIZES, ITEMS)
def test_an_archive_stays_what_it_is(sizes: list[int], more: list[int], items: int) -> None:
    """However many issues follow, an archive holds what it held (rule E24)."""
    before = build_chain(extents(sizes), items).archives
    after = build_chain(extents(sizes + more), items).archives
    assert after[: len(before)] == before


@given(SIZES, ITEMS)
def test_a_document_is_no_burden(sizes: list[int], items: int) -> None:
    """A document is small enough, or one issue alone (rule E23)."""
    chain = build_chain(extents(sizes), items)
    for part in (*chain.archives, chain.current):
        assert len(part) <= 1 or sum(sizes[n] for n in part) <= MAX_BYTES // 3


def test_a_feed_is_never_nearly_empty() -> None:
    """When an archive has become full, the feed still holds most of what it may."""
    for count in range(31, 200):
        assert len(build_chain(extents([100] * count), 30).current) > 20
