"""Issues found by their words, on both databases."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.archive.issues import MailOrder
from storage.archive.search import MOST_FOUND, Search
from storage.archive.together import Unmailed
from storage.database import schema
from storage.database.engine import Database
from storage.model.terms import _BEFORE, read_query
from tests.conftest import NOON
from tests.integration.conftest import ENGINES, fresh_database
from tests.sizes import examples
from tests.worlds.store import MINUTE, Store, draft

OFF = MailOrder(at=None, reason="not mailed")


def publish(store: Store, name: str, **changes: object) -> int:
    """An issue nobody is mailed; its id. Each is a minute younger than the one before."""
    at = NOON + timedelta(minutes=len(store.issues.names()))
    made = draft(name, **changes)
    return store.issues.publish(made, published_at=at, mail=OFF, now=at).issue.id


def found(store: Store, query: str, *, limit: int = 10, offset: int = 0) -> list[str]:
    """The names of the issues, the best first."""
    hits = Search(store.database).find(read_query(query), limit=limit, offset=offset)
    return [issue.note_id for issue in hits.issues]


def fill(store: Store) -> Store:
    """Issues in several languages."""
    publish(store, "tea", title="On tea", text="Tea is grown in Darjeeling. Coffee is not.")
    publish(store, "coffee", title="Coffee", text="Coffee, coffee and Café au lait; no leaves.")
    publish(store, "japan", title="日本のお茶", text="静岡のお茶は日本で有名です。", tags=("緑茶",))
    publish(store, "arabic", title="الشاي", text="يُشرَب الشاي في المَغرِب", summary="نعناع")
    return store


@pytest.fixture
def archive(store: Store) -> Store:
    """One that a test may change."""
    return fill(store)


@pytest.fixture(scope="module", params=ENGINES)
def shelf(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """One on each engine, for who only looks."""
    folder = tmp_path_factory.mktemp("shelf")
    with fresh_database(request, request.param, folder) as url:
        database = Database.open(url)
        yield fill(Store(database))
        database.close()


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
        ("شاي", ["arabic"]),
        ("وبالشاي والمغرب", ["arabic"]),
        ("مغارب", []),
        ("nothing", []),
        ("", []),
    ],
)
def test_issues_are_found_by_their_words(shelf: Store, query: str, names: list[str]) -> None:
    """By title, tags, summary and text; those with the word in their title first."""
    assert found(shelf, query) == names


def test_a_word_is_found_where_a_line_ends_in_it(store: Store) -> None:
    """A plain text of Japanese or Chinese is broken anywhere; the ends of its paragraphs stay."""
    publish(store, "broken", text="灯台は毎晩ひ\nとつのことだけをする。\n\n海は\n- 礼")
    assert found(store, "ひとつ") == ["broken"]
    assert found(store, "海は礼") == []


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


def test_so_many_issues_are_looked_into_for_a_phrase(store: Store) -> None:
    """By PostgreSQL, the newest first; others are not looked into, however many have each three words
    of it, and that is said.
    """
    for number in range(6):
        text = "one two three four" if number in (0, 4) else "two three four; one two three"
        publish(store, f"n{number}", text=text)
    phrase, is_sqlite = read_query('"one two three four"'), store.database.is_sqlite
    for most_read in (1, 3, 5, 6):
        found = Search(store.database, most_read=most_read).find(phrase, limit=9)
        names = [issue.note_id for issue in found.issues]
        has_all = is_sqlite or most_read == 6
        assert names == [
            *(["n4"] if has_all or most_read > 1 else []),
            *(["n0"] if has_all else []),
        ]
        assert found.is_partial == (not has_all)


def test_a_title_with_the_article_counts_as_the_word(store: Store) -> None:
    """However many Arabic words are asked for, issues are compared by their most frequent forms."""
    words = ("بحر", "منارة", "سفينة", "مرفأ", "قارب", "شراع", "موج", "ملح")
    for number in range(3):
        title = " ".join(f"ال{word}" for word in words) if number == 1 else "شيء"
        publish(store, f"n{number}", title=title, text="كلام " * 5 + " و".join(words))
    for many in (1, 4, len(words)):
        assert found(store, " ".join(words[:many])) == ["n1", "n2", "n0"]


def test_an_arabic_word_is_found_whatever_is_written_before_it(store: Store) -> None:
    """Each article, preposition and conjunction, and all of them together; longer words too, and no other word."""
    for number, before in enumerate(_BEFORE):
        publish(store, f"n{number}", text=f"كلام {before}منارات.")
    publish(store, "other", text="المنابر والمناخ منا")
    everything = {f"n{number}" for number in range(len(_BEFORE))}
    for query in ("منارات", "المنار", "وبالمنار منار", '"كلام" منارات', "كلام للمنارات"):
        assert set(found(store, query, limit=99)) == everything, query
    assert found(store, "كلام منابر") == []
    assert found(store, "منابر") == ["other"]


def test_a_plan_is_made_for_the_words_that_are_asked_for(store: Store) -> None:
    """However often: one that PostgreSQL keeps for any words takes them for rare ones."""
    if store.database.is_sqlite:
        return  # it makes one each time
    for name in ("one", "two"):
        publish(store, name, text="common words")
    for _ in range(20):
        assert len(found(store, "common")) == 2
    plans = (
        "SELECT sum(custom_plans) FILTER (WHERE strpos(statement, 'issue_terms') > 0),"
        " sum(generic_plans) FILTER (WHERE strpos(statement, 'issue_terms') > 0)"
        " FROM pg_prepared_statements"
    )
    with store.database.reading() as connection:
        made, kept = connection.execute(sa.text(plans)).one()
    assert kept == 0
    assert made > 10


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


def test_of_many_issues_only_the_newest_are_compared(store: Store) -> None:
    """The count ends at its bound and says so; beyond those that are compared goes the date."""
    for number in range(12):
        often = 20 if number in (0, 5, 9) else 1
        publish(store, f"n{number}", text="common " * often + "words " * (30 - often))
    search = Search(store.database, most_found=9, most_ranked=4)
    found = search.find(read_query("common"), limit=20)
    assert (found.total, found.has_more) == (9, True)
    assert [issue.note_id for issue in found.issues][:2] == ["n9", "n11"]
    assert [issue.note_id for issue in found.issues][4:] == ["n7", "n6", "n5", "n4", "n3"]
    assert search.find(read_query("common"), limit=3).total == 9
    assert not Search(store.database, most_found=12).find(read_query("common"), limit=1).has_more


@pytest.mark.parametrize("every", [1, 2, 7])
def test_the_newest_count_in_whatever_order_they_came(store: Store, every: int) -> None:
    """By their dates, not by their numbers, which old issues get that are brought in later."""
    days = random.Random(every).sample(range(30), 30)
    new = [
        Unmailed(
            draft=draft(f"n{day}", text="common words" if number % every == 0 else "others"),
            published_at=NOON + timedelta(days=day),
            reason=OFF.reason,
        )
        for number, day in enumerate(days)
    ]
    store.issues.publish_unmailed(new, now=NOON + timedelta(days=30))
    there = sorted(days[::every], reverse=True)
    for most in (1, 3, 8, 30):
        found = Search(store.database, most_found=most).find(read_query("common"), limit=30)
        assert [issue.note_id for issue in found.issues] == [f"n{day}" for day in there[:most]]
        assert found.has_more == (len(there) > most)


def test_a_phrase_is_more_than_its_words_and_their_neighbours(store: Store) -> None:
    """One after the other, in the title or the text; one that ends the title does not go on below."""
    publish(store, "yes", title="To be or not", text="Once: to be or not to be.")
    publish(store, "pairs", title="B", text="to be here; be or there; or not; not to; be")
    publish(store, "threes", title="T", text="be or not; to be or")
    publish(store, "words", title="W", text="be to or be not")
    assert found(store, '"to be or not"') == ["yes"]
    assert found(store, '"to be or" not') == ["yes", "threes"]
    assert found(store, '"to be" "or not"') == ["yes", "pairs", "threes"]
    assert set(found(store, "to be or not")) == {"yes", "threes", "pairs", "words"}


def test_what_is_read_of_an_archive_is_its_indexes(store: Store) -> None:
    """Neither engine goes through issues or their words to find some: the planner says which way it goes."""
    statements: list[tuple[str, Any]] = []
    for number in range(3):
        publish(store, f"n{number}", text="common words other 日本語 الشاي")

    def look(*asked: Any) -> None:
        statements.append((asked[2], asked[3]))

    queries = ("common", '"common words" other', "日本語", "شاي", "شاي common")
    engine = store.database._engine
    sa.event.listen(engine, "before_cursor_execute", look)
    for most_found in (2, 9):  # of what is found so many, or fewer
        search = Search(store.database, most_found=most_found)
        for query in queries:
            assert search.find(read_query(query), limit=9).total == min(most_found, 3)
    sa.event.remove(engine, "before_cursor_execute", look)
    way = "EXPLAIN QUERY PLAN " if store.database.is_sqlite else "EXPLAIN "
    plans = []
    with store.database.reading() as connection:
        for text, values in statements:
            if "set_config" in text:
                connection.exec_driver_sql(text)
            elif re.search("issue_terms|issue_stems|INDEXED BY", text):
                rows = connection.exec_driver_sql(way + text, values)
                plans.append("\n".join(str(row[-1]) for row in rows))
    # On SQLite which have it, which of them are the newest, and how good they are: of words and of stems.
    searches = 2 * len(queries)
    assert len(plans) == (3 * searches + 2 if store.database.is_sqlite else searches)
    for plan in plans:
        assert not re.search("SCAN (i|issues|issue_words)\\b|Seq Scan", plan), plan
    assert any("issue_terms_neighbours" in plan for plan in plans) or store.database.is_sqlite


@given(query=st.text(max_size=120) | st.text("\"'*()&|!:<>-^ aéה日本", max_size=60))
@settings(max_examples=examples(60))
def test_no_query_is_an_error(shelf: Store, query: str) -> None:
    """Operators of either engine, quotes, unpaired surrogates, controls: found or not, answered."""
    Search(shelf.database).find(read_query(query), limit=5)


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


def test_arabic_words_of_before_are_found_by_their_stems(archive: Store) -> None:
    """The migration brings what is there into the index that PostgreSQL has of them; once more it does nothing."""
    with archive.database.transaction() as connection:
        if not archive.database.is_sqlite:
            connection.exec_driver_sql("ALTER TABLE issue_terms DROP COLUMN stems")
        for _ in range(2):
            schema.find_arabic_by_stems(connection)
    assert found(archive, "وبالشاي والمغرب") == ["arabic"]


def test_stems_of_before_are_found_on_sqlite(archive: Store) -> None:
    """The migration brings what is there into the index that SQLite has of them; once more it does nothing. They go
    and come with the issue.
    """
    with archive.database.transaction() as connection:
        if archive.database.is_sqlite:
            connection.exec_driver_sql("DROP TABLE issue_stems")
            connection.exec_driver_sql("DROP TRIGGER issue_words_removed")
        for _ in range(2):
            schema.find_stems_on_sqlite(connection)
    assert found(archive, "وبالشاي والمغرب") == ["arabic"]
    assert found(archive, "شاي نعناع 日本") == []
    made = archive.issues.by_note("arabic")
    assert made is not None
    changed = draft("arabic", title="البحر", text="بحر tea 日本")
    archive.issues.revise(made.id, changed, updated_at=NOON + MINUTE, slug=None)
    assert found(archive, "شاي") == []
    assert found(archive, "وبالبحر tea 日本") == ["arabic"]
    with archive.database.transaction() as connection:
        connection.execute(sa.delete(schema.issue_words))
    assert found(archive, "بحر") == []


def test_phrases_of_before_are_found_by_threes(archive: Store) -> None:
    """The migration makes PostgreSQL's index of neighbours anew; once more it does nothing."""
    old = (
        "DROP INDEX issue_terms_neighbours",
        "DROP FUNCTION issue_neighbours(text)",
        "CREATE FUNCTION issue_pairs(terms text) RETURNS int[] AS $$ SELECT '{}'::int[] $$ LANGUAGE sql IMMUTABLE",
        "CREATE INDEX issue_terms_pairs ON issue_words USING gin (issue_pairs(body))",
    )
    with archive.database.transaction() as connection:
        for statement in () if archive.database.is_sqlite else old:
            connection.exec_driver_sql(statement)
        for _ in range(2):
            schema.find_phrases_by_threes(connection)
    assert found(archive, '"café au lait"') == ["coffee"]
    assert found(archive, '"grown in"') == ["tea"]


def test_vectors_of_words_lie_beside_their_table(store: Store) -> None:
    """On PostgreSQL a row takes some sixty octets of the table that a search goes through, of new issues and, after
    the migration, of those of before; which are found as they were.
    """
    if store.database.is_sqlite:
        return  # the promise is about the other engine; on this one the migration does nothing
    for number in range(40):
        words = " ".join(f"ال{chr(0x628 + (number + n) % 26)}كت{n}" for n in range(60))
        publish(store, f"n{number}", text=f"{words} " + " ".join(f"w{n}" for n in range(150)))
    pages = "SELECT pg_relation_size('issue_terms') / 8192"
    wide = (
        "ALTER TABLE issue_terms RESET (toast_tuple_target)",
        "ALTER TABLE issue_terms ALTER COLUMN vector SET STORAGE EXTENDED, ALTER COLUMN stems SET STORAGE MAIN",
        "CREATE TEMPORARY TABLE kept AS SELECT issue_id, vector, stems FROM issue_terms",
        "TRUNCATE issue_terms",
        "INSERT INTO issue_terms SELECT * FROM kept",
        "DROP TABLE kept",
    )
    with store.database.transaction() as connection:
        assert connection.exec_driver_sql(pages).scalar() == 1
        for statement in wide:
            connection.exec_driver_sql(statement)
        assert connection.exec_driver_sql(pages).scalar() > 1
    with store.database.transaction() as connection:
        for _ in range(2):
            schema.keep_vectors_beside(connection)
        assert connection.exec_driver_sql(pages).scalar() == 1
    assert len(found(store, "w149", limit=50)) == 40
    assert len(found(store, "وكت5", limit=50)) == 0
