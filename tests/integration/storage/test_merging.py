"""What issues are found by is merged into one piece on SQLite, a little at a time, whatever is written meanwhile."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive.issues import MailOrder
from storage.archive.merging import MOST_PIECES, Merging
from storage.archive.search import Search
from storage.database.engine import Database
from storage.model.terms import read_query
from tests.conftest import NOON
from tests.sizes import examples
from tests.worlds.store import Store, draft

WORDS = ("tea", "coffee", "sea", "light", "harbour", "日本", "الشاي", "salt")
QUERIES = ("tea", "sea light", '"tea sea"', "harb", "日本", "شاي", "nothing")


def publish(store: Store, numbers: range) -> None:
    """Issues of some of the words, a transaction each."""
    for number in numbers:
        chance = random.Random(number)
        rare = [f"{chance.randrange(10**6):x}" for _ in range(200)]
        text = " ".join([*chance.choices(WORDS, k=30), *rare])
        at = NOON + timedelta(minutes=number)
        made = draft(f"n{number}", title=f"{chance.choice(WORDS)} {number}", text=text)
        store.issues.publish(made, published_at=at, mail=MailOrder(at=None, reason="x"), now=at)


def found(database: Database) -> list[tuple[int, list[str]]]:
    """What each query finds, in its order."""
    asked = [Search(database).find(read_query(query), limit=200) for query in QUERIES]
    return [(hits.total, [issue.note_id for issue in hits.issues]) for hits in asked]


def test_what_is_found_is_the_same_when_it_is_merged(store: Store) -> None:
    """In few pieces nothing is done; too many become one, over several transactions, and each query finds
    the same issues in the same order. PostgreSQL has no pieces.
    """
    publish(store, range(2))
    merging = Merging(store.database, pages=1)
    assert merging.run() == 0
    publish(store, range(2, 12))
    pieces, before = merging.pieces(), found(store.database)
    assert (pieces > MOST_PIECES) == store.database.is_sqlite
    assert (merging.run() > 1) == store.database.is_sqlite
    assert merging.pieces() < MOST_PIECES
    assert found(store.database) == before
    assert merging.run() == 0


def test_all_become_one_where_those_of_a_size_are_too_few(store: Store) -> None:
    """Of whatever sizes the pieces are, there are never more than were asked for."""
    publish(store, range(3))
    merging = Merging(store.database, most_pieces=1, pages=1)
    before = found(store.database)
    assert (merging.run() > 0) == store.database.is_sqlite
    assert merging.pieces() == (1 if store.database.is_sqlite else 0)
    assert found(store.database) == before


@given(pages=st.integers(1, 40), most=st.integers(1, 4), cut=st.integers(1, 12))
@settings(max_examples=examples(8), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_begun_goes_on(database: Database, pages: int, most: int, cut: int) -> None:
    """A run that ended in the middle is taken up, with what came, changed and went meanwhile."""
    store = Store(database)
    start = len(store.issues.everything())
    publish(store, range(start, start + cut))
    merging = Merging(database, most_pieces=most, pages=pages)
    merging.run(steps=1)
    publish(store, range(start + cut, start + cut + 3))
    newest = store.issues.by_note(f"n{start}")
    assert newest is not None
    changed = draft(f"n{start}", title="Tea", text="tea salt")
    store.issues.revise(newest.id, changed, updated_at=NOON, slug=None)
    before = found(database)
    merging.run()
    assert merging.pieces() <= most
    assert found(database) == before
