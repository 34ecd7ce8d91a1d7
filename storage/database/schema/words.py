"""Owns what issues are found by: their terms as text, and over them what each engine searches in.

Triggers keep the index with the terms: an FTS5 table on SQLite, vectors on PostgreSQL, both called
`issue_terms`, which only storage/archive asks. Arabic words are found by their stems: in a column of the
vectors, and in an FTS5 table of their own, `issue_stems`. Whoever makes `issue_words` again
has to make the triggers again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Table
from sqlalchemy.engine import Connection

from storage.database.schema.columns import metadata, text_column

issue_words = Table(
    "issue_words",
    metadata,
    Column(
        "issue_id",
        ForeignKey("issues.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    text_column("title", None),
    text_column("body", None),
)
"""Terms (storage/model/terms.py) in their order, with a space between two."""

_FTS5: Final = """
CREATE VIRTUAL TABLE issue_terms USING fts5(
  title, body, content='issue_words', content_rowid='issue_id', tokenize='ascii', prefix='2 3')
"""
_FTS5_ADDED: Final = """
CREATE TRIGGER issue_words_added AFTER INSERT ON issue_words BEGIN
  INSERT INTO issue_terms (rowid, title, body) VALUES (new.issue_id, new.title, new.body);
END
"""
# Beside the terms, for their number would change how issues are compared. Whoever writes the terms writes these.
_FTS5_STEMS: Final = """
CREATE VIRTUAL TABLE issue_stems USING fts5(title, body, tokenize='ascii', prefix='2 3')
"""
_FTS5_STEMS_ADDED: Final = "INSERT INTO issue_stems (rowid, title, body) VALUES (?, ?, ?)"
_FTS5_REMOVED: Final = """
CREATE TRIGGER issue_words_removed AFTER DELETE ON issue_words BEGIN
  INSERT INTO issue_terms (issue_terms, rowid, title, body)
  VALUES ('delete', old.issue_id, old.title, old.body);
  DELETE FROM issue_stems WHERE rowid = old.issue_id;
END
"""
_VECTORS: Final = """
CREATE TABLE issue_terms (
  issue_id bigint PRIMARY KEY, vector tsvector NOT NULL, stems tsvector NOT NULL)
"""
# Both vectors lie beside the table, however small: a search reads no more of it than which issue a row is of.
_BESIDE: Final = (
    "ALTER TABLE issue_terms SET (toast_tuple_target = 128)",
    "ALTER TABLE issue_terms ALTER COLUMN vector SET STORAGE EXTERNAL, ALTER COLUMN stems SET STORAGE EXTERNAL",
)
_STEMS_ADDED: Final = (
    "ALTER TABLE issue_terms ADD COLUMN stems tsvector NOT NULL DEFAULT ''",
    """
    UPDATE issue_terms t SET stems = issue_stems(w.title || ' ' || w.body)
    FROM issue_words w WHERE w.issue_id = t.issue_id
    """,
    "ALTER TABLE issue_terms ALTER COLUMN stems DROP DEFAULT",
)
# Without fastupdate: whoever writes an issue brings it into the index, and no search has to look
# through what waits for that.
_FOUND: Final = """
CREATE INDEX issue_terms_vector ON issue_terms USING gin (vector) WITH (fastupdate = off)
"""
_STEMS_FOUND: Final = """
CREATE INDEX issue_terms_stems ON issue_terms USING gin (stems) WITH (fastupdate = off)
"""
# An Arabic word as it stands and without each of these: what is looked for is then one beginning and not 24,
# which the index would all have to go through for each issue. They are those of storage/model/terms.py.
_STEMS: Final = """
CREATE OR REPLACE FUNCTION issue_stems(terms text) RETURNS tsvector AS $$
  SELECT coalesce(string_agg(
    DISTINCT '''' || substr(t.term, length(b.before) + 1) || '''', ' '), '')::tsvector
  FROM unnest(string_to_array(terms, ' ')) AS t(term),
    unnest(string_to_array(',ال,و,وال,ب,بال,ل,لل,ك,كال,ول,ولل,وب,وبال,وك,وكال,ف,فال,فل,فلل,فب,فبال,فك,فكال', ',')) AS b(before)
  WHERE t.term COLLATE "C" >= 'ء' AND t.term COLLATE "C" < U&'\\064B'
    AND starts_with(t.term, b.before) AND t.term <> b.before
$$ LANGUAGE sql IMMUTABLE
"""
# A lexeme's place is 16383 at most; one far behind is found, but in no phrase.
_VECTOR: Final = """
CREATE OR REPLACE FUNCTION issue_vector(terms text, weight text) RETURNS tsvector AS $$
  SELECT coalesce(string_agg(
    '''' || t.term || ''':' || least(t.place, 16383) || weight, ' '), '')::tsvector
  FROM unnest(string_to_array(terms, ' ')) WITH ORDINALITY AS t(term, place) WHERE t.term <> ''
$$ LANGUAGE sql IMMUTABLE
"""
_KEPT: Final = """
CREATE OR REPLACE FUNCTION issue_words_kept() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM issue_terms WHERE issue_id = OLD.issue_id;
  ELSE
    INSERT INTO issue_terms VALUES
      (NEW.issue_id, issue_vector(NEW.title, 'A') || issue_vector(NEW.body, ''),
       issue_stems(NEW.title || ' ' || NEW.body));
  END IF;
  RETURN NULL;
END
$$ LANGUAGE plpgsql
"""
_TRIGGER: Final = """
CREATE TRIGGER issue_words_kept AFTER INSERT OR DELETE ON issue_words
FOR EACH ROW EXECUTE FUNCTION issue_words_kept()
"""
# What tells most issues in which words stand one after the other from those that only have them: a
# number for each two neighbours and one for each three. Only an index keeps it; two of them may share a number.
_NEIGHBOURS: Final = """
CREATE OR REPLACE FUNCTION issue_neighbours(terms text) RETURNS int[] AS $$
  SELECT coalesce(array_agg(hashtext(n.few) & 65535), '{}')
  FROM (SELECT string_to_array(btrim(terms), ' ') AS terms) w, LATERAL (
    SELECT one || ' ' || two FROM unnest(w.terms, w.terms[2:]) t(one, two) UNION ALL
    SELECT one || ' ' || two || ' ' || three FROM unnest(w.terms, w.terms[2:], w.terms[3:]) t(one, two, three)
  ) n(few) WHERE n.few IS NOT NULL
$$ LANGUAGE sql IMMUTABLE
"""
_NEIGHBOURS_FOUND: Final = """
CREATE INDEX IF NOT EXISTS issue_terms_neighbours ON issue_words
USING gin (issue_neighbours(title || ' ' || body)) WITH (fastupdate = off)
"""
_PAIRS_GONE: Final = (
    "DROP INDEX IF EXISTS issue_terms_pairs",
    "DROP FUNCTION IF EXISTS issue_pairs(text)",
)
_GONE: Final = ("DROP TABLE IF EXISTS issue_terms", "DROP TABLE IF EXISTS issue_stems")
_AT_ONCE: Final = (
    "ALTER INDEX issue_terms_vector SET (fastupdate = off)",
    "SELECT gin_clean_pending_list('issue_terms_vector')",
)
_INDEX: Final = {
    "sqlite": (*_GONE, _FTS5, _FTS5_STEMS, _FTS5_ADDED, _FTS5_REMOVED),
    "postgresql": (
        *(*_GONE, _VECTORS, *_BESIDE, _FOUND, _VECTOR, _STEMS, _STEMS_FOUND, _KEPT, _TRIGGER),
        *(_NEIGHBOURS, _NEIGHBOURS_FOUND),
    ),
}


def make_search_quick(connection: Connection) -> None:
    """On PostgreSQL, bring an index of revision 0015 to this program's; harmless where it is."""
    if connection.dialect.name == "postgresql":
        for statement in (_NEIGHBOURS, _NEIGHBOURS_FOUND, *_AT_ONCE):
            connection.exec_driver_sql(statement)


def find_arabic_by_stems(connection: Connection) -> None:
    """On PostgreSQL, bring an index of before revision 0021 to this program's; harmless where it is."""
    if connection.dialect.name != "postgresql":
        return
    there = "SELECT 1 FROM information_schema.columns WHERE table_name = 'issue_terms' AND column_name = 'stems'"
    if connection.exec_driver_sql(there).first() is None:
        for statement in (_STEMS, *_STEMS_ADDED, _STEMS_FOUND, _KEPT):
            connection.exec_driver_sql(statement)


def keep_vectors_beside(connection: Connection) -> None:
    """On PostgreSQL, bring the rows of before revision 0022 into a narrow table; harmless where it is one."""
    if connection.dialect.name != "postgresql":
        return
    narrow = "SELECT 1 FROM pg_class WHERE oid = 'issue_terms'::regclass AND reloptions IS NOT NULL"
    if connection.exec_driver_sql(narrow).first() is None:
        for statement in (
            "CREATE TEMPORARY TABLE wide_terms ON COMMIT DROP AS SELECT * FROM issue_terms",
            "DROP INDEX issue_terms_vector",
            "DROP INDEX issue_terms_stems",
            "TRUNCATE issue_terms",
            *_BESIDE,
            "INSERT INTO issue_terms SELECT issue_id, vector, stems FROM wide_terms",
            *(_FOUND, _STEMS_FOUND),
        ):
            connection.exec_driver_sql(statement)


def find_phrases_by_threes(connection: Connection) -> None:
    """On PostgreSQL, bring an index of before revision 0024 to this program's; harmless where it is."""
    if connection.dialect.name == "postgresql":
        for statement in (_NEIGHBOURS, _NEIGHBOURS_FOUND, *_PAIRS_GONE):
            connection.exec_driver_sql(statement)


def write_stems(connection: Connection, words: Iterable[tuple[int, str, str]]) -> None:
    """On SQLite, bring the Arabic stems of issues into their index: of each its id and the terms of its title and
    body. An issue without any takes no room there. PostgreSQL makes them of the terms by itself.
    """
    # Its rules take long to load, and most commands write no issue.
    from storage.model import find_stems

    if connection.dialect.name == "sqlite":
        rows = [(number, find_stems(title), find_stems(body)) for number, title, body in words]
        for row in rows:
            if row[1] or row[2]:
                connection.exec_driver_sql(_FTS5_STEMS_ADDED, row)


def find_stems_on_sqlite(connection: Connection) -> None:
    """On SQLite, bring an index of before revision 0023 to this program's; harmless where it is."""
    if connection.dialect.name != "sqlite":
        return
    for statement in (
        "DROP TABLE IF EXISTS issue_stems",
        _FTS5_STEMS,
        "DROP TRIGGER IF EXISTS issue_words_removed",
        _FTS5_REMOVED,
    ):
        connection.exec_driver_sql(statement)
    last = -1
    rows = "SELECT issue_id, title, body FROM issue_words WHERE issue_id > ? ORDER BY issue_id LIMIT 200"
    while found := connection.exec_driver_sql(rows, (last,)).all():
        write_stems(connection, [(row.issue_id, row.title, row.body) for row in found])
        last = found[-1].issue_id


def make_index(connection: Connection) -> None:
    """The engine's own index, empty, and what keeps it with `issue_words`."""
    for statement in _INDEX[connection.dialect.name]:
        connection.exec_driver_sql(statement)


@sa.event.listens_for(issue_words, "after_create")
def _make_index(_table: Table, connection: Connection, **_options: object) -> None:
    make_index(connection)
