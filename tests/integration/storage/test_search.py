"""Issues found by their words, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.archive.issues import MailOrder
from storage.archive.search import MOST_FOUND, Search
from storage.database import schema
from storage.database.engine import Database
from storage.model.terms import read_query
from tests.conftest import NOON
from tests.sizes import examples
from tests.worlds.store import MINUTE, Store, draft

OFF = MailOrder(at=None, reason="not mailed")


def publish(store: Store, name: str, **changes: object) -> int:
    """An issue nobody is mailed; its id. Each is a minute younger than the one before."""
    at = NOON + timedelta(minutes=len(store.issues.everything()))
    made = draft(name, **changes)
    return store.issues.publish(made, published_at=at, mail=OFF, now=at).issue.id


def found(store: Store, query: str, *, limit: int = 10, offset: int = 0) -> list[str]:
    """The names of the issues, the best first."""
    hits = Search(store.database).find(read_query(query), limit=limit, offset=offset)
    return [issue.note_id for issue in hits.issues]


@pytest.fixture
def archive(store: Store) -> Store:
    """Issues in several languages."""
    publish(store, "tea", title="On tea", text="Tea is grown in Darjeeling. Coffee is not.")
    publish(store, "coffee", title="Coffee", text="Coffee, coffee and Café au lait; no leaves.")
    publish(store, "japan", title="日本のお茶", text="静岡のお茶は日本で有名です。", tags=("緑茶",))
    publish(store, "arabic", title="الشاي", text="يُشرَب الشاي في المَغرِب", summary="نعناع")
    return store


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("darjeeling", ["tea"]),
        ("coff", ["coffee", "tea"]),
        ("cafe", ["coffee"]),
        ("tea coffee", ["tea"]),
        ('"au lait"', ["coffee"]),
        ('"lait au"', []),
        ("お茶", ["japan"]),
        ("日本", ["japan"]),
        ("緑茶", ["japan"]),
        ("本日", []),
        ("المغرب", ["arabic"]),
        ("نعناع", ["arabic"]),
        ("nothing", []),
        ("", []),
    ],
)
def test_issues_are_found_by_their_words(archive: Store, query: str, names: list[str]) -> None:
    """By title, tags, summary and text; those with the word in their title first."""
    assert found(archive, query) == names


def test_the_index_follows_the_issue(archive: Store) -> None:
    """Revised, withdrawn, restored and deleted, it is found by what it says then."""
    tea = archive.issues.by_note("tea")
    assert tea is not None
    archive.issues.revise(
        tea.id, draft("tea", text="Only mate now."), updated_at=NOON + MINUTE, slug=None
    )
    assert found(archive, "darjeeling") == []
    assert found(archive, "mate") == ["tea"]
    archive.issues.withdraw(tea.id, "gone", now=NOON)
    assert found(archive, "mate") == []
    archive.issues.restore(tea.id, draft("tea", text="Oolong."), updated_at=None, now=NOON)
    assert found(archive, "oolong") == ["tea"]
    with archive.database.transaction() as connection:
        connection.execute(sa.delete(schema.issue_words))
    assert found(archive, "oolong") == []


def test_pages_follow_each_other(store: Store) -> None:
    """The newest first among equals; each issue on one page; the total counts all."""
    for number in range(7):
        publish(store, f"n{number}", text="common words")
    search, phrases = Search(store.database), read_query("common")
    pages = [search.find(phrases, limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    assert [page.total for page in pages] == [7] * 4
    names = [issue.note_id for page in pages for issue in page.issues]
    assert names == [f"n{number}" for number in reversed(range(7))]
    assert MOST_FOUND > 100


@given(query=st.text(max_size=120) | st.text("\"'*()&|!:<>-^ aéה日本", max_size=60))
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_is_an_error(archive: Store, query: str) -> None:
    """Operators of either engine, quotes, unpaired surrogates, controls: found or not, answered."""
    Search(archive.database).find(read_query(query), limit=5)


def test_an_archive_of_before_is_found_at_once(database: Database) -> None:
    """The migration writes the words of issues that are there, tags included."""
    from importlib import import_module

    store = Store(database)
    publish(store, "old", text="Antediluvian words.", tags=("ancient",))
    with database.transaction() as connection:
        connection.execute(sa.delete(schema.issue_words))
        name = "storage.database.migrations.versions.0015_what_issues_are_found_by"
        import_module(name)._fill(connection)
    assert found(store, "antediluvian ancient") == ["old"]
