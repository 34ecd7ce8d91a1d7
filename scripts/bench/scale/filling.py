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
_SLOW_INDEXES: Final = (
    "CREATE INDEX ix_deliveries_subscriber_id ON deliveries (subscriber_id)",
    "CREATE UNIQUE INDEX {unique} ON deliveries (issue_id, subscriber_id)",
)
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
    """So many readers who confirmed; every second one has a name. There are none before."""
    now = to_micros(datetime.now(UTC) - timedelta(days=3650))
    text = f"""
        INSERT INTO subscribers (id, address, address_key, address_hash, name, tags, tag_keys, state,
            nonce, consent, created_at, confirmed_at, topics, pace, language, zone, feed_key)
        SELECT n, 'reader' || n || '@example.org', 'reader' || n || '@example.org',
            substr('00000000000000000000000000000000' || n, -32),
            CASE WHEN n % 2 = 1 THEN 'Reader ' || n ELSE '' END, '', '', 'active',
            'nonce' || n, 'for the benchmark', {now} + n, {now} + n, '', 'each', '', '', ''
        FROM {_series(database, 1, count)}"""  # noqa: S608 - numbers of our own
    if not database.is_sqlite:
        text = text.replace(
            "substr('00000000000000000000000000000000' || n, -32)", "lpad(n::text, 32, '0')"
        )
    with _writing(database) as cursor:
        cursor.execute(text)
        if not database.is_sqlite:
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('subscribers', 'id'), max(id)) FROM subscribers"
            )


def _series(database: Database, first: int, last: int) -> str:
    """The numbers from first to last as rows `n`."""
    if not database.is_sqlite:
        return f"generate_series({first}, {last}) AS series (n)"
    steps = f"SELECT {first} AS n UNION ALL SELECT n + 1 FROM steps WHERE n < {last}"  # noqa: S608
    return f"(WITH RECURSIVE steps (n) AS ({steps}) SELECT n FROM steps) AS series"  # noqa: S608


def _add_deliveries(newsletter: Newsletter, readers: int, say: Say) -> None:
    """Each issue in a transaction; the indexes are made when all rows are there."""
    database = newsletter.parts.database
    issues = [issue.issue for issue in newsletter.issues()]
    numbers = sorted(issue.id for issue in issues)
    now = datetime.now(UTC)
    with _writing(database) as cursor:
        _without_indexes(cursor, is_sqlite=database.is_sqlite)
    for place, issue_id in enumerate(numbers):
        mailed = now - _WEEK * (len(numbers) - place)
        with _writing(database) as cursor:
            _add_of(cursor, issue_id, mailed, readers)
        if not (place + 1) % 50:
            say(f"{(place + 1) * readers:,} deliveries")
    with _writing(database) as cursor:
        _with_indexes(cursor, is_sqlite=database.is_sqlite)
    say("indexes made")


def _add_of(cursor: Cursor, issue_id: int, mailed: datetime, readers: int) -> None:
    at = to_micros(mailed)
    state = f"CASE (id + {issue_id}) % {_BOUNCED} WHEN 0 THEN 'bounced' WHEN 1 THEN 'rejected' ELSE 'accepted' END"
    cursor.execute(
        f"""
        INSERT INTO deliveries (kind, issue_id, subscriber_id, state, attempts, doubts, queued_at,
            first_tried_at, settled_at, code, status, reply, reason)
        SELECT 'issue', {issue_id}, id, {state}, 1, 0, {at}, {at} + id, {at} + id, 250, '2.0.0',
            'Ok: queued as 4bNzK' || id, ''
        FROM subscribers ORDER BY id"""  # noqa: S608
    )
    cursor.execute(
        f"""
        INSERT INTO attempts (delivery_id, number, at, state, code, status, reply, reason)
        SELECT id, 1, {at}, 'deferred', 451, '4.7.1', 'Try again later', '' FROM deliveries
        WHERE id > (SELECT max(id) FROM deliveries) - {readers}
            AND issue_id = {issue_id} AND subscriber_id % {_BOUNCED} = 2"""  # noqa: S608
    )
    cursor.execute(
        f"""
        INSERT INTO moves (issue_id, before, after, count)
        SELECT {issue_id}, '', state, count(*) FROM deliveries
        WHERE id > (SELECT max(id) FROM deliveries) - {readers} AND issue_id = {issue_id} GROUP BY state"""  # noqa: S608
    )
    cursor.execute(
        f"UPDATE issues SET mailing = 'done', mail_at = {at} WHERE id = {issue_id}"  # noqa: S608
    )


def _without_indexes(cursor: Cursor, *, is_sqlite: bool) -> None:
    cursor.execute("DROP INDEX ix_deliveries_subscriber_id")
    if not is_sqlite:
        cursor.execute(f"ALTER TABLE deliveries DROP CONSTRAINT {_UNIQUE}")


def _with_indexes(cursor: Cursor, *, is_sqlite: bool) -> None:
    by_reader, by_issue = _SLOW_INDEXES
    cursor.execute(by_reader)
    if not is_sqlite:
        cursor.execute(by_issue.format(unique=_UNIQUE))
        cursor.execute(
            f"ALTER TABLE deliveries ADD CONSTRAINT {_UNIQUE} UNIQUE USING INDEX {_UNIQUE}"
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
