"""When a note is published, as its author says it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from feeds.notes.note import parse_note
from feeds.notes.timing import NOW
from storage.model import NoteError
from tests.unit.feeds.notes.test_note import parse
from tests.worlds.rows import each


@each(
    ("line", "publish"),
    [
        ("publish: now", NOW),
        ("Publish: NOW", NOW),
        ("publish:", None),
        ("publish: ''", None),
        ("publish: false", None),
        ("date: now", None),
    ],
)
def test_publish(line: str, publish: object) -> None:
    """Only a time or `now` opts a note in; an empty or denied wish leaves it private."""
    assert parse(f"---\n{line}\n---\n").publish == publish


def test_another_publish_key() -> None:
    """An existing blog's key takes the place of `publish`, which then means nothing."""
    assert parse("---\ndate: now\npublish: soon\n---\n", key="date").publish is NOW


def test_a_skipped_time_is_told() -> None:
    """A publish time that clocks skip is resolved and said to the author (rule G1)."""
    note = parse("---\npublish: 2026-03-29 02:30\n---\n")
    assert note.publish == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    (told,) = note.warnings
    assert "read as 03:30" in told.sentence


def test_a_drawing_is_no_note() -> None:
    """Excalidraw keeps its drawings as notes."""
    assert parse("---\npublish: 2026-12-01\nexcalidraw-plugin: parsed\n---\nx").kept


@each("word", ["Last Modified", "git Last Modified", "Created"])
def test_a_date_may_be_that_of_the_file(word: str) -> None:
    """Eleventy's words; the author is told which time that is."""
    written = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    source = f"---\npublish: {word}\n---\nx".encode()
    note = parse_note(source, "a.md", zone=ZoneInfo("UTC"), written=lambda: written)
    assert note.publish == written
    assert any("2026-03-01" in one.sentence for one in note.warnings)


@each(
    "line",
    [
        *(
            "published: 0",
            "hidden: 1",
            "secret: yes",
            "archived: true",
            "show: off",
            "dg-publish: false",
        ),
        *(
            "status: [draft]",
            "status: in progress",
            "state: In-Review",
            "status: Entwurf",
            "stage: 草稿",
        ),
        *(
            "extra: {draft: true}",
            "params: {private: true}",
            "meta: {status: wip}",
            "custom: {visible: no}",
        ),
        *("tier: paid", "type: template", "layout: draft", "render: never", "Unpublish: true"),
    ],
)
def test_what_hides_a_note_has_many_names(line: str) -> None:
    """Numbers and lists, states in other languages and keys within others count as the plain ones."""
    note = parse(f"---\npublish: 2026-12-01\n{line}\n---\nx")
    assert note.kept
    assert note.publish is None


@each(
    "line",
    [
        *(
            "status: published",
            "status: scheduled",
            "published: 1",
            "hidden: 0",
            "type: post",
            "layout: page",
        ),
        *(
            "extra: {x: 1}",
            "template: page.html",
            "state: done",
            "published: 2026-01-01",
            "tags: [draft]",
        ),
    ],
)
def test_what_says_no_such_thing_hides_nothing(line: str) -> None:
    """The same keys with what they mostly hold."""
    assert not parse(f"---\npublish: 2026-12-01\n{line}\n---\nx").kept


@each("key", ["publish_date", "publishAt", "embargo_until", "scheduled", "not-before", "pubDate"])
def test_not_before_has_many_names(key: str) -> None:
    """The latest of them counts, whatever the others say."""
    note = parse(f"---\npublishDate: 2026-12-02\n{key}: 2099-01-01\n---\nx")
    assert note.not_before == datetime(2098, 12, 31, 23, tzinfo=UTC)


@each("key", ["expires", "expirationDate", "unpublish", "expires-at"])
def test_not_after_has_many_names(key: str) -> None:
    """An end by any of them is one."""
    assert parse(f"---\n{key}: 2020-01-01\n---\nx").expires == datetime(
        2019, 12, 31, 23, tzinfo=UTC
    )


@each(
    "line",
    [
        "publishDate: 31.12.28",
        "embargo: 12/01/2028",
        "expiryDate: in May",
        "unpublish: '31.02.2027'",
    ],
)
def test_a_limit_that_cannot_be_read_keeps_the_note(line: str) -> None:
    """Nobody knows whether its time has come, and a mail cannot be called back; a private note has a remark."""
    with pytest.raises(NoteError, match=f"`{line.replace(chr(39), '')}`") as told:
        parse(f"---\npublish: now\n{line}\n---\nx")
    assert told.value.line == 3
    (remark,) = parse(f"---\n{line}\n---\nx").warnings
    assert remark.code == "key-value"


@each("word", ["never", "false", "yes", '""', "none", "~"])
def test_a_limit_that_is_none_limits_nothing(word: str) -> None:
    """What such keys hold where no time is meant."""
    note = parse(f"---\npublish: now\nembargo: {word}\nexpires: {word}\n---\nx")
    assert (note.not_before, note.expires) == (None, None)


def test_limits_are_written_as_publish_is() -> None:
    """As Obsidian links a day, and as Quarto orders one."""
    assert parse("---\npublish: now\nembargo: '[[2027-01-02]]'\n---\nx").not_before == datetime(
        2027, 1, 1, 23, tzinfo=UTC
    )
    assert parse(
        "---\npublish: now\nexpires: 01/02/2027\n---\nx", path="a.qmd"
    ).expires == datetime(2027, 1, 1, 23, tzinfo=UTC)
