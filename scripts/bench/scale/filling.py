"""Years of a newsletter, made in SQL: readers, issues and a delivery of each issue to each reader.

The rows are what sending leaves behind. Only the notes are real: they were published by a poll, long ago.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final

from newsletter import Newsletter
from scripts.bench.house import House
from storage.database import Cursor, Database, cursor_of, to_micros

_WEEK: Final = timedelta(weeks=1)
_BOUNCED: Final = 500
"""One delivery in so many has bounced, one was refused and one was put off once."""
_UNIQUE: Final = "uq_deliveries_issue_id_subscriber_id"

Say = Callable[[str], None]


def fill(house: House, *, issues: int, readers: int, say: Say) -> None:
    """Have so many issues in the archive, mailed to so many readers, one a week until last week."""
    _write_notes(house, issues)
    with house.open() as newsletter, _in_haste(newsletter.parts.database):
        newsletter.poll()
        say(f"{issues:,} issues published")
        add_readers(newsletter.parts.database, readers)
        say(f"{readers:,} readers")
        _add_deliveries(newsletter, readers, say)
        newsletter.parts.database.direct(lambda cursor: cursor.execute("ANALYZE"))
        say("analysed")
    house.count_readers(readers)


@contextmanager
def _in_haste(database: Database) -> Iterator[None]:
    """PostgreSQL need not bring what is made here through a power cut; what is measured afterwards must."""
    if database.is_sqlite:
        yield
        return
    settings = {
        "fsync": "off",
        "full_page_writes": "off",
        "max_wal_size": "'8GB'",
        "autovacuum": "off",
    }
    for name, value in settings.items():
        _tell_server(database, f"ALTER SYSTEM SET {name} = {value}")
    _tell_server(database, "SELECT pg_reload_conf()")
    yield
    _tell_server(database, "CHECKPOINT")
    _tell_server(database, "ALTER SYSTEM RESET ALL")
    # It would begin at once with all that was made, and be measured beside what is asked.
    _tell_server(database, "ALTER SYSTEM SET autovacuum = off")
    _tell_server(database, "SELECT pg_reload_conf()")


def _tell_server(database: Database, command: str) -> None:
    database.direct(lambda cursor: cursor.execute(command))


def _write_notes(house: House, issues: int) -> None:
    now = datetime.now(UTC)
    for number in range(issues):
        day = now - _WEEK * (issues - number)
        front = f"title: Week {number}\npublish: {day:%Y-%m-%d %H:%M}\nsummary: Of week {number}"
        house.write_note(f"week-{number}.md", front, f"What happened in week {number}.")


def add_readers(database: Database, count: int) -> None:
    """That many readers who confirmed; every second one has a name. There are none before."""
    now = to_micros(datetime.now(UTC) - timedelta(days=3650))
    text = f"""
        INSERT INTO subscribers (id, address, address_key, address_hash, name, tags, tag_keys, state,
            nonce, consent, created_at, confirmed_at, topics, pace, language, zone, feed_key)
        SELECT n, 'reader' || n || '@example.org', 'reader' || n || '@example.org',
            substr('00000000000000000000000000000000' || n, -32),
            CASE WHEN n % 2 = 1 THEN 'Reader ' || n ELSE '' END, '', '', 'active',
            'nonce' || n, 'for the benchmark', {now} + n, {now} + n, '', 'each', '', '', ''
        FROM {_series(database, count)}"""  # noqa: S608 - numbers of our own
    if not database.is_sqlite:
        text = text.replace(
            "substr('00000000000000000000000000000000' || n, -32)", "lpad(n::text, 32, '0')"
        )
    with _writing(database) as cursor:
        cursor.execute(text)
        if not database.is_sqlite:
            _go_on_numbering(cursor, "subscribers")


def _series(database: Database, last: int) -> str:
    """The numbers from one to `last` as rows `n`."""
    if not database.is_sqlite:
        return f"generate_series(1, {last}) AS series (n)"
    steps = f"SELECT 1 AS n UNION ALL SELECT n + 1 FROM steps WHERE n < {last}"  # noqa: S608
    return f"(WITH RECURSIVE steps (n) AS ({steps}) SELECT n FROM steps) AS series"  # noqa: S608


def _add_deliveries(newsletter: Newsletter, readers: int, say: Say) -> None:
    """Each issue in a transaction; on PostgreSQL the index is made when all rows are there.

    Rows are numbered here, so that nothing that was made has to be looked for again.
    """
    database = newsletter.parts.database
    issues = [issue.issue for issue in newsletter.issues()]
    numbers = sorted(issue.id for issue in issues)
    now = datetime.now(UTC)
    if not database.is_sqlite:
        _tell_server(database, f"ALTER TABLE deliveries DROP CONSTRAINT {_UNIQUE}")
    for place, issue_id in enumerate(numbers):
        mailed = to_micros(now - _WEEK * (len(numbers) - place))
        with _writing(database) as cursor:
            for statement in _rows_of(database, issue_id, place * readers, mailed, readers):
                cursor.execute(statement)
        if not (place + 1) % 50:
            say(f"{(place + 1) * readers:,} deliveries")
    if not database.is_sqlite:
        with _writing(database) as cursor:
            cursor.execute(
                f"ALTER TABLE deliveries ADD CONSTRAINT {_UNIQUE} UNIQUE (issue_id, subscriber_id)"
            )
            _go_on_numbering(cursor, "deliveries")
        say("index made")


def _rows_of(
    database: Database, issue_id: int, before: int, at: int, readers: int
) -> tuple[str, ...]:
    """An issue mailed then, to readers 1 to `readers`: its deliveries are numbered after those `before`."""
    state = f"CASE (n + {issue_id}) % {_BOUNCED} WHEN 0 THEN 'bounced' WHEN 1 THEN 'rejected' ELSE 'accepted' END"
    every = _series(database, readers)
    return (
        f"""
        INSERT INTO deliveries (id, kind, issue_id, subscriber_id, state, attempts, doubts, queued_at,
            first_tried_at, settled_at, code, status, reply, reason)
        SELECT {before} + n, 'issue', {issue_id}, n, {state}, 1, 0, {at}, {at} + n, {at} + n, 250,
            '2.0.0', 'Ok: queued as 4bNzK' || n, ''
        FROM {every}""",  # noqa: S608 - numbers of our own
        f"""
        INSERT INTO attempts (delivery_id, number, at, state, code, status, reply, reason)
        SELECT {before} + n, 1, {at}, 'deferred', 451, '4.7.1', 'Try again later', ''
        FROM {every} WHERE n % {_BOUNCED} = 2""",  # noqa: S608
        f"""
        INSERT INTO moves (issue_id, before, after, count)
        SELECT {issue_id}, '', {state}, count(*) FROM {every} GROUP BY 3""",  # noqa: S608
        f"UPDATE issues SET mailing = 'done', mail_at = {at} WHERE id = {issue_id}",  # noqa: S608
    )


def _go_on_numbering(cursor: Cursor, table: str) -> None:
    """PostgreSQL numbers the next row after those that were made here."""
    cursor.execute(
        f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608
    )


@contextmanager
def _writing(database: Database) -> Iterator[Cursor]:
    """A transaction that trusts its rows: looking each reader and issue up is half of the time."""
    with database.transaction() as connection:
        cursor = cursor_of(connection)
        if not database.is_sqlite:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        yield cursor
