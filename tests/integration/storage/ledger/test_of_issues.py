"""Deliveries of an issue without a foreign key to it: none is of an issue that is not there."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from storage.database import Database, schema
from storage.model import NotFound
from tests.conftest import NOON
from tests.worlds.store import Store


def asks_of_the_issue(database: Database) -> list[str]:
    """What the database does by itself for each row of deliveries that is inserted."""
    if database.is_sqlite:
        query = sa.text("SELECT \"table\" FROM pragma_foreign_key_list('deliveries')")
    else:
        query = sa.text(
            "SELECT tgfoid::regproc::text FROM pg_trigger WHERE tgrelid = 'deliveries'::regclass AND tgtype & 4 > 0"
        )
    with database.reading() as connection:
        return list(connection.scalars(query))


def test_queueing_asks_nothing_of_the_issue_for_each_reader(store: Store) -> None:
    """However many readers there are, the issue is looked at once: on PostgreSQL a look for each took two fifths of
    what queueing costs.
    """
    assert asks_of_the_issue(store.database) == []


def test_mail_of_an_issue_that_is_not_there_is_not_queued(store: Store) -> None:
    """No row stands for an issue that nobody can look up; one that is there gets its row."""
    store.join(2)
    there = store.publish()
    with pytest.raises(NotFound):
        store.mailings.mail_missing(there.id + 1, now=NOON, due_at=NOON)
    with store.database.reading() as connection:
        of_issues = set(connection.scalars(sa.select(schema.deliveries.c.issue_id)))
    assert of_issues == {there.id}


def test_paused_issues_are_told_with_why(store: Store) -> None:
    """Of several issues those whose mail is paused, and what paused it; not one whose mail goes on."""
    one, other = store.publish("one"), store.publish("other")
    store.mailings.pause(one.id, "by hand", now=NOON)
    assert store.overview.paused() == [(one.id, "one", "by hand")]
    assert other.id
