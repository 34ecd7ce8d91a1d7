"""A feed as a store of notes, over many looks at a server that does what servers do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from feeds.notes.habits import Habits
from newsletter.app import Newsletter
from newsletter.following.telling import shown
from storage.model.errors import Conflict
from storage.model.issues import IssueState
from storage.notes.entries import FeedEntries
from storage.notes.folder import FolderNotes
from storage.notes.joined import JoinedNotes
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.publishing.entries import HOUR, THREE, later
from tests.worlds.publishing.following import FeedServer, Following, Item, rss
from tests.worlds.publishing.notes import Folder, Room
from tests.worlds.readers.site import Author


def test_first_look_mails_nothing(database_url: str, tmp_path: Path, feed: FeedServer) -> None:
    """What is in the feed at the first look is published and mailed to nobody, however new; what comes
    later is mailed once, on either database; ids and addresses are those of the feed.
    """
    following = Following(database_url, tmp_path / "notes", feed)
    assert len(following.look(rss(*THREE)).published) == 3
    assert following.mailed() == []
    assert following.titles() == ["three", "two", "one"]
    report = following.look(rss(later("four"), *THREE))
    assert [one.title for one in report.published] == ["four"]
    assert following.mailed() == ["four"]
    issue = report.published[0]
    assert issue.guid == "tag:blog.example,2026:four"
    assert issue.canonical == "https://blog.example/four/"
    assert issue.slug == "four"
    following.look(rss(later("four"), *THREE))
    assert following.mailed() == ["four"]
    following.room.database.close()


def test_edit_never_mails(following: Following) -> None:
    """An entry that is edited is rendered anew under its id and address, and not mailed again."""
    following.look(rss(*THREE))
    following.look(rss(later("four"), *THREE))
    changed = later("four")
    changed.words = "<p>Other words.</p>"
    report = following.look(rss(changed, *THREE))
    assert [one.title for one in report.revised] == ["four"]
    assert "Other words" in report.revised[0].html
    assert report.queued == 0


def test_window(following: Following) -> None:
    """What falls off the feed's end stays; what is taken out of its middle goes, and comes back unmailed."""
    following.look(rss(*THREE))
    following.look(rss(later("five", 0.3), later("four"), THREE[0]))
    assert following.titles() == ["five", "four", "three", "two", "one"]
    report = following.look(rss(later("five", 0.3), THREE[0]))
    assert [one.title for one in report.withdrawn] == ["four"]
    assert following.titles() == ["five", "three", "two", "one"]
    report = following.look(rss(later("five", 0.3), later("four"), THREE[0]))
    assert [one.title for one in report.restored] == ["four"]
    assert report.queued == 0


def test_what_is_allowed_is_asked_for_at_once(tmp_path: Path, feed: FeedServer) -> None:
    """Whoever allows a private network after that was refused need not wait for the next time to ask."""
    feed.body = rss(*THREE)
    author = Author(tmp_path, Clock(NOON), f'[notes]\nfeed = "{feed.address}/feed.xml"\n')
    config = author.newsletter.config.source
    author.newsletter.feed.look()
    author.newsletter.close()
    allowed = {"NEWSLETTER_NOTES__FEED_PRIVATE": "true"}
    with Newsletter.open(config, environ=allowed, clock=author.clock) as newsletter:
        for _ in range(2):
            newsletter.feed.look()
        standing = newsletter.feed_standing()
    assert standing is not None
    assert (standing.is_well, standing.entries, len(feed.asked)) == (True, 3, 1)


# ── a feed that loses its mind ───────────────────────────────────────────────────────────────


def changed(*items: Item, **values: object) -> list[Item]:
    """The same entries with other values."""
    return [Item(**{**vars(one), **values}) for one in items]  # type: ignore[arg-type]


def test_ids_lost(following: Following) -> None:
    """Entries without their ids are known by their links; without links, too, by what they say."""
    following.look(rss(*THREE))
    for shape in (
        changed(*THREE, guid=None),
        [Item(one.name, one.at, guid=f"other-{one.name}") for one in THREE],
        changed(*THREE, guid=None, link=None),
        [Item(one.name, one.at, guid="", link=f"https://new.example/{one.name}") for one in THREE],
    ):
        report = following.look(rss(*shape))
        assert report.published == ()
        assert following.standing.held == ""
    assert following.mailed() == []
    assert len(following.titles()) == 3


def others(number: int = 3, at: timedelta | None = None) -> list[Item]:
    """Entries that nobody knows, whatever is looked at."""
    return [
        Item(f"other {n}", at=NOON - HOUR * n if at is None else NOON + at) for n in range(number)
    ]


def test_all_other(following: Following) -> None:
    """Where all entries are other ones nothing new is taken up, and the author is asked; once the old ones
    are back all goes on.
    """
    following.look(rss(*THREE))
    report = following.look(rss(*others()))
    assert report.published == ()
    assert following.standing.held_new == 3
    assert following.standing.examples[0] == "other 0"
    assert following.titles() == ["three", "two", "one"]
    report = following.look(rss(later("four"), *THREE))
    assert [one.title for one in report.published] == ["four"]
    assert following.standing.held == ""


def test_all_other_is_meant(following: Following, feed: FeedServer) -> None:
    """What the author says is meant is published and not mailed; the next entry is mailed."""
    feed.headers = {"ETag": '"same"'}
    following.look(rss(*THREE))
    with pytest.raises(Conflict):
        following.follower.accept()
    feed.headers = {"ETag": '"other"'}
    following.look(rss(*others()))
    following.follower.accept()
    assert len(following.room.poll().published) == 3
    assert following.mailed() == []
    feed.headers = {}
    following.look(rss(later("next", 0.9), *others()))
    assert following.mailed() == ["next"]


def test_feed_moved_on(following: Following) -> None:
    """A feed that has moved on while nobody looked is no change of ids: what is new by its dates is mailed."""
    following.look(rss(*THREE))
    following.clock.move(days=3)
    new = [Item(f"day {n}", NOON + timedelta(days=n)) for n in (3, 2, 1)]
    following.look(rss(*new))
    assert following.standing.held == ""
    assert following.mailed() == ["day 3"]


def test_flood(following: Following) -> None:
    """More new entries at once than anybody writes are held: no more mails than the author means."""
    following.look(rss(*THREE))
    many = [later(f"n{n}") for n in range(5)]
    assert following.look(rss(*many, *THREE)).published == ()
    assert "5 entries" in following.standing.held


# ── dates ────────────────────────────────────────────────────────────────────────────────────


def test_dates(following: Following) -> None:
    """Without a date, or with one to come, an entry came when it was first seen; an old one is not mailed;
    one without a date below what is known is none of news.
    """
    following.look(rss(*THREE))
    report = following.look(
        rss(Item("no date"), Item("to come", NOON + timedelta(days=400)), *THREE, Item("below"))
    )
    at = {one.title: one.published_at for one in report.published}
    assert at["to come"] <= following.clock.now
    assert following.clock.now - at["no date"] < timedelta(minutes=1)
    assert sorted(following.mailed()) == ["no date", "to come"]
    following.look(rss(Item("of old", NOON - timedelta(days=9)), *THREE))
    assert sorted(following.mailed()) == ["no date", "to come"]


# ── beside other notes ───────────────────────────────────────────────────────────────────────


def test_beside_a_folder(tmp_path: Path, feed: FeedServer) -> None:
    """A folder and a feed are one newsletter: each note is its own, and a folder that goes takes no entry."""
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    following = Following(url, tmp_path / "notes", feed, has_folder=True)
    following.room.folder.write("own.md", "Own words.", title="Own", publish="now")
    following.look(rss(*THREE))
    assert sorted(following.titles()) == ["Own", "one", "three", "two"]
    assert following.mailed() == ["Own"]
    following.room.folder.remove("own.md")
    following.look()
    assert sorted(following.titles()) == ["one", "three", "two"]
    following.room.database.close()


def test_own_feed(following: Following) -> None:
    """A feed that carries this newsletter's own issues brings none of them a second time."""
    following.look(rss(*THREE))
    own = following.room.archive.everything()[0]
    following.room.folder.clock = following.clock
    entry = Item("copy", NOON, guid=own.guid)
    assert following.look(rss(entry, *THREE[1:])).published == ()
    following.follow("https://notes.example.com/feed.xml")
    assert following.follower.ask().answer == "it is this newsletter's own feed"


def test_sanitised(following: Following) -> None:
    """Content is a note's: no scripts, whole addresses, text that reads the same, tags of its categories."""
    following.look(rss(*THREE))
    words = (
        '<p onclick="x()">Words <a href="../up">up</a> <a href="javascript:x()">no</a> and '
        '<img src="pictures/a b.png" alt="A bridge" width="600"></p><script>alert(1)</script>'
        "<p>{{ name }} costs $5 and $6, [[brackets]], <b>bold</b></p>"
    )
    entry = Item("four", NOON, words=words, tags=("Bridges", "Iron"))
    issue = following.look(rss(entry, *THREE)).published[0]
    assert 'href="https://blog.example/up"' in issue.html
    assert 'src="https://blog.example/four/pictures/a%20b.png"' in issue.html
    assert 'width="600"' in issue.html
    assert "script" not in issue.html
    assert "onclick" not in issue.html
    assert "[[brackets]]" in issue.text
    assert "$5 and $6" in issue.text
    assert issue.tags == ("Bridges", "Iron")


def test_no_password_is_shown() -> None:
    """An address is shown without what is secret in it."""
    assert shown("https://ada:pw@blog.example/feed?key=s") == "https://blog.example/feed?…"


def test_withdrawn_state(following: Following) -> None:
    """Many entries that are taken out at once are held like a folder's notes: nothing is withdrawn."""
    many = [Item(f"n{n}", NOON - HOUR * n) for n in range(1, 25)]
    following.look(rss(*many))
    report = following.look(rss(*many[:2], *many[20:]))
    assert report.withdrawn == ()
    assert report.held is not None
    states = {one.state for one in following.room.archive.everything()}
    assert states == {IssueState.LIVE}


def test_reused_id(following: Following) -> None:
    """An entry that has the id which another one had first is left out and told: programs know that by it."""
    following.look(rss(*THREE))
    following.look(rss(Item("three", THREE[0].at, guid="new id"), *THREE[1:]))
    report = following.look(
        rss(
            Item("other", NOON, guid="tag:blog.example,2026:three"),
            Item("three", THREE[0].at, guid="new id"),
            *THREE[1:],
        )
    )
    assert report.published == ()
    assert "the id that another one had before" in following.standing.remarks[0]


def test_keys_of_the_folder_are_not_the_feeds(tmp_path: Path, feed: FeedServer) -> None:
    """Whatever key says when in the folder, an entry has its own date."""
    folder, url = tmp_path / "notes", f"sqlite:///{tmp_path / 'newsletter.db'}"
    following = Following(url, folder, feed)
    following.room.database.close()
    following.room = Room(
        url,
        Folder(folder, following.clock),
        store=lambda database: JoinedNotes(
            FolderNotes(folder), FeedEntries(database), has_folder=False
        ),
        habits=Habits(date_keys=("date",)),
    )
    following.follow(f"{feed.address}/feed.xml")
    assert len(following.look(rss(*THREE)).published) == 3
    following.room.database.close()


def test_two_notes_with_one_guid(following: Following, tmp_path: Path) -> None:
    """A note whose `guid` another issue has is told and holds nothing else up."""
    following.look(rss(*THREE))
    own = Room(f"sqlite:///{tmp_path / 'newsletter.db'}", Folder(tmp_path / "own", following.clock))
    own.folder.write("a.md", title="A", publish="now", guid="tag:blog.example,2026:three")
    own.folder.write("b.md", title="B", publish="now")
    report = own.poll()
    assert [one.title for one in report.published] == ["B"]
    assert "is that of another issue" in report.faults[0].reason
    own.database.close()
