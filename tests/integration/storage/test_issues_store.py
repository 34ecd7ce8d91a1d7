"""The archive on real databases: one issue per note, and what readers can see of it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest

from storage.archive.issues import Issues, MailOrder
from storage.archive.search import Search
from storage.archive.together import Unmailed
from storage.model.deliveries import DeliveryState
from storage.model.errors import Conflict, NotFound
from storage.model.issues import IssueState, Mailing
from storage.model.terms import read_query
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.store import MINUTE, Store, draft

S = DeliveryState
DAY = timedelta(days=1)


def revise(store: Store, name: str, *, slug: str | None = None, **changes: object) -> str:
    """The author changed the note; the slug of the issue afterwards."""
    issue = store.issues.by_note(name)
    assert issue is not None
    changed = draft(name, **changes)
    return store.issues.revise(issue.id, changed, updated_at=NOON + MINUTE, slug=slug).slug


# ── publishing ───────────────────────────────────────────────────────────────────────────────


def test_an_issue_is_kept_as_it_was_rendered(store: Store) -> None:
    """Every field of the draft is in the issue, tags and images in the author's order; what it says of
    its last change becomes the issue's.
    """
    store.join(2)
    wanted = draft("first", tags=("zebra", "ant"), media=("b.png", "a.png"), wiki=("x", "y"))
    published = store.issues.publish(
        wanted, published_at=NOON - MINUTE, mail=MailOrder(at=NOON + MINUTE), now=NOON
    )
    issue = published.issue
    for name in set(wanted.__dataclass_fields__) - {"changed_at"}:
        assert getattr(issue, name) == getattr(wanted, name), name
    assert (issue.state, issue.mailing, issue.mail_at) == (
        IssueState.LIVE,
        Mailing.OPEN,
        NOON + MINUTE,
    )
    assert (issue.published_at, issue.updated_at) == (NOON - MINUTE, NOON - MINUTE)
    assert (issue.revision, published.queued) == (1, 2)
    assert store.issues.get(issue.id) == store.issues.by_note("first") == issue


def test_publishing_a_note_twice_is_a_conflict(store: Store) -> None:
    """The second time says which issue there is, and mails nobody (rule G5)."""
    store.join(1)
    store.publish("first")
    with pytest.raises(Conflict, match="'first' is published already, as the issue 'first'"):
        store.publish("first")
    assert len(store.rows()) == 1


def test_a_refused_publication_leaves_no_trace(store: Store) -> None:
    """Issue, slug, marks and deliveries are one transaction."""
    store.publish("first")
    version = store.issues.version()
    with pytest.raises(Conflict):
        store.publish("first")
    assert store.issues.version() == version
    assert len(store.issues.everything()) == 1


def test_a_note_that_is_not_mailed_says_why(store: Store) -> None:
    """The reason for no mail stays with the issue."""
    order = MailOrder(at=None, reason="first seen too late")
    issue = store.issues.publish(draft(), published_at=NOON, mail=order, now=NOON).issue
    assert (issue.mailing, issue.mailing_reason) == (Mailing.OFF, "first seen too late")
    assert issue.mail_at is None


def test_many_are_published_at_once_as_one_after_the_other(store: Store) -> None:
    """Issues that nobody is mailed about and that come together have the slugs, marks and words that they
    would have had; a note that is an issue already is left alone, and what is held holds no mail of theirs.
    """
    store.join(1)
    there = store.publish("there", mail_at=None)
    store.publish("news-2", mail_at=None)
    version = store.issues.version()
    drafts = [
        draft("a", slug="news", tags=("ant", "bee"), media=("a.png",), text="Marmalade"),
        draft("there", slug="anew"),
        draft("b", slug="news"),
        draft("c", slug="news-2"),
        draft("d", slug="lone"),
        draft("e", slug="news"),
    ]
    made = store.issues.publish_unmailed(
        [Unmailed(draft=one, published_at=NOON - DAY, reason="old") for one in drafts], now=NOON
    )
    slugs = [issue.slug if issue else "" for issue in made]
    assert slugs == ["news", "", "news-3", "news-2-2", "lone", "news-4"]
    first = made[0]
    assert first is not None
    assert first == store.issues.by_slug("news")
    assert (first.tags, first.media, first.text) == (("ant", "bee"), ("a.png",), "Marmalade")
    assert (first.mailing, first.mailing_reason, first.mail_at) == (Mailing.OFF, "old", None)
    assert (first.published_at, first.updated_at, first.revision) == (NOON - DAY, NOON - DAY, 1)
    found = Search(store.database).find(read_query("marmalade"), limit=5)
    assert [issue.id for issue in found.issues] == [first.id]
    assert store.issues.by_note("there") == there
    assert store.issues.version() > version
    assert store.rows() == {}
    again = [Unmailed(draft=drafts[0], published_at=NOON, reason="")]
    assert store.issues.publish_unmailed(again, now=NOON) == [None]


# ── changing ─────────────────────────────────────────────────────────────────────────────────


def test_an_edit_updates_and_never_mails(store: Store) -> None:
    """Contents, marks and `updated` follow the note; the deliveries stay one each."""
    store.join(1)
    store.publish("first")
    revise(store, "first", html="<p>new</p>", tags=("go",))
    issue = store.issues.by_note("first")
    assert issue is not None
    assert (issue.html, issue.tags, issue.updated_at) == ("<p>new</p>", ("go",), NOON + MINUTE)
    assert (issue.published_at, issue.revision) == (NOON, 2)
    assert len(store.rows()) == 1


def test_a_new_rendering_is_no_news(store: Store) -> None:
    """When only the rendering changed, `updated` stays and caches are told all the same."""
    issue = store.publish("first")
    version = store.issues.version()
    fresh = store.issues.revise(
        issue.id, draft("first", html="<b>x</b>"), updated_at=None, slug=None
    )
    assert (fresh.html, fresh.updated_at, fresh.revision) == ("<b>x</b>", NOON, 2)
    assert store.issues.version() > version


AWAY = "the note is away"


def test_a_withdrawn_issue_leaves_archive_and_mail(store: Store) -> None:
    """Rule E10: gone from what readers see, its mail paused, still found by its slug."""
    store.join(2)
    issue = store.publish("first")
    gone = store.issues.withdraw(issue.id, AWAY, now=NOON)
    assert gone == store.issues.by_slug("first")
    assert (gone.state, gone.mailing) == (IssueState.WITHDRAWN, Mailing.PAUSED)
    assert (gone.mailing_reason, gone.revision) == (AWAY, 2)
    assert store.issues.live() == []
    assert not store.issues.serves_media("first.png")
    assert [issue.slug for issue in store.issues.everything()] == ["first"]


def test_a_restored_issue_is_not_mailed_again(store: Store) -> None:
    """Rule E10: once it was away for good, it is back in the archive under its old address, and
    nobody gets it.
    """
    store.join(2)
    issue = store.publish("first")
    store.issues.withdraw(issue.id, AWAY, now=NOON)
    (ended,) = store.absences.give_up(
        looks=2, lasting=MINUTE, reason="it stayed away", now=NOON + MINUTE
    )
    assert (ended.id, ended.mailing) == (issue.id, Mailing.CANCELLED)
    assert (
        store.absences.give_up(looks=2, lasting=MINUTE, reason="it stayed away", now=NOON + MINUTE)
        == []
    )
    back = store.issues.restore(
        issue.id, draft("first", title="Again"), updated_at=NOON + MINUTE, now=NOON
    )
    assert (back.state, back.mailing, back.title) == (
        IssueState.LIVE,
        Mailing.CANCELLED,
        "Again",
    )
    assert (back.slug, back.guid, back.published_at) == (issue.slug, issue.guid, NOON)
    assert store.claim() == []
    assert set(store.states().values()) == {S.CANCELLED}


def test_mail_goes_on_where_it_was_when_the_note_is_back(store: Store) -> None:
    """Paused by the absence it is open again; paused by the author before, it stays so."""
    store.join(2)
    issue = store.publish("first")
    store.issues.withdraw(issue.id, AWAY, now=NOON)
    assert store.claim() == []
    back = store.issues.restore(issue.id, draft("first"), updated_at=None, now=NOON)
    assert (back.mailing, back.mailing_reason) == (Mailing.OPEN, "")
    store.mailings.pause(issue.id, "by the author", now=NOON)
    store.issues.withdraw(issue.id, AWAY, now=NOON)
    back = store.issues.restore(issue.id, draft("first"), updated_at=None, now=NOON)
    assert (back.mailing, back.mailing_reason) == (Mailing.PAUSED, "by the author")


def test_withdrawing_what_was_sent_keeps_what_was_done(store: Store) -> None:
    """An issue whose mail is over stays DONE, and its deliveries keep their outcomes."""
    issue = store.publish("first")
    store.mailings.finish()
    assert store.issues.withdraw(issue.id, AWAY, now=NOON).mailing is Mailing.DONE
    assert store.absences.give_up(looks=0, lasting=MINUTE, reason="", now=NOON + MINUTE) == []


def test_mail_waits_for_a_note_that_vanished_with_many(store: Store) -> None:
    """Its page stays, no time takes its mail back, and it goes on where it was when the note is seen."""
    store.join(2)
    issue, done = store.publish("first"), store.publish("second", mail_at=None)
    (held,) = store.absences.hold({issue.path, done.path}, AWAY, now=NOON)
    assert (held.id, held.mailing, held.state) == (issue.id, Mailing.PAUSED, IssueState.LIVE)
    assert store.absences.hold({issue.path}, AWAY, now=NOON) == [], "held already"
    assert store.absences.give_up(looks=0, lasting=MINUTE, reason="", now=NOON + DAY) == []
    assert store.absences.held() == {issue.id: issue.path}
    (back,) = store.absences.end([issue.id, done.id], now=NOON + DAY)
    assert (back.id, back.mailing) == (issue.id, Mailing.OPEN)
    assert len(store.claim(now=NOON + DAY)) == 2


def test_what_vanished_with_many_and_was_meant_is_taken_back_in_time(store: Store) -> None:
    """The hour begins when its author says so."""
    store.join(2)
    issue = store.publish("first")
    store.absences.hold({issue.path}, AWAY, now=NOON)
    store.issues.withdraw(issue.id, AWAY, now=NOON + DAY)
    assert store.absences.held() == {}
    give_up = partial(store.absences.give_up, looks=1, lasting=MINUTE, reason="it stayed away")
    assert give_up(now=NOON + DAY) == []
    assert [one.mailing for one in give_up(now=NOON + DAY + MINUTE)] == [Mailing.CANCELLED]


def test_a_renamed_note_is_the_same_issue(store: Store) -> None:
    """Only the path moves."""
    issue = store.publish("first")
    store.issues.move({issue.id: "elsewhere/first.md"})
    moved = store.issues.get(issue.id)
    assert (moved.path, moved.slug, moved.note_id) == ("elsewhere/first.md", "first", "first")


def test_an_issue_that_is_not_there_is_not_found(store: Store) -> None:
    """Asking for an unknown number is an error, not an empty answer."""
    with pytest.raises(NotFound):
        store.issues.get(404)
    with pytest.raises(NotFound):
        store.issues.withdraw(404, AWAY, now=NOON)


def test_revising_what_is_not_there_is_not_found(store: Store) -> None:
    """A draft without its issue changes nothing."""
    with pytest.raises(NotFound):
        store.issues.revise(404, draft(), updated_at=None, slug="first")
    with pytest.raises(NotFound):
        store.issues.restore(404, draft(), updated_at=None, now=NOON)
    assert store.issues.version() == 0


def test_the_version_grows_with_every_visible_change(store: Store) -> None:
    """Caches that compare it never show what was withdrawn."""
    seen = [store.issues.version()]
    issue = store.publish("first")
    for change in (
        lambda: None,
        lambda: revise(store, "first"),
        lambda: store.issues.withdraw(issue.id, AWAY, now=NOON),
        lambda: store.issues.restore(issue.id, draft(), updated_at=None, now=NOON),
    ):
        change()
        seen.append(store.issues.version())
    assert seen == sorted(set(seen))


# ── reading ──────────────────────────────────────────────────────────────────────────────────


def test_live_issues_come_newest_first(store: Store) -> None:
    """Order is by publishing time, then by number; `limit` cuts after the newest."""
    for number, name in enumerate(("old", "new", "newest")):
        at = NOON + number * MINUTE
        store.issues.publish(draft(name), published_at=at, mail=MailOrder(at=None), now=at)
    twin = store.issues.publish(
        draft("twin"), published_at=NOON, mail=MailOrder(at=None), now=NOON
    ).issue
    assert [issue.slug for issue in store.issues.live()] == ["newest", "new", "twin", "old"]
    assert [issue.slug for issue in store.issues.live(limit=1)] == ["newest"]
    assert store.issues.everything()[2] == twin


def test_tags_select(store: Store) -> None:
    """A tag finds exactly the live issues that carry it, as written."""
    for name, tags in (("a", ("x", "y")), ("b", ("x",)), ("c", ("X",))):
        made = draft(name, tags=tags)
        store.issues.publish(made, published_at=NOON, mail=MailOrder(at=None), now=NOON)
    assert {issue.slug for issue in store.issues.live(tag="x")} == {"a", "b"}
    assert store.issues.live(tag="x' OR 1=1 --") == []
    assert sorted(tag for _issue, tag in store.issues.tag_spellings()) == ["X", "x", "x", "y"]


def test_a_mark_given_twice_is_one(store: Store) -> None:
    """An image shown twice, or a tag repeated, is no error."""
    made = draft("a", tags=("x", "x"), media=("a.png", "a.png"))
    issue = store.issues.publish(made, published_at=NOON, mail=MailOrder(at=None), now=NOON).issue
    assert (issue.tags, issue.media) == (("x",), ("a.png",))


def test_images_are_served_while_a_live_issue_shows_them(store: Store) -> None:
    """The site gives out images of published notes and of no others."""
    store.publish("first")
    assert store.issues.serves_media("first.png")
    assert not store.issues.serves_media("second.png")
    revise(store, "first", media=())
    assert not store.issues.serves_media("first.png")


def test_links_are_found_from_their_targets(store: Store) -> None:
    """What links to a note is known, so that it is rendered again when the note appears."""
    store.publish("first")
    revise(store, "first", wiki=("second", "third"))
    assert [store.issues.get(one).slug for one in store.issues.linking_to(["third", "x"])] == [
        "first"
    ]
    assert store.issues.linking_to([]) == []


def test_issues_rendered_otherwise_are_found(store: Store) -> None:
    """After an upgrade the poll knows which live pages are stale."""
    store.publish("stale")
    store.publish("fresh")
    gone = store.publish("gone")
    revise(store, "fresh", rendering="2")
    store.issues.withdraw(gone.id, AWAY, now=NOON)
    assert [store.issues.get(one).slug for one in store.issues.rendered_otherwise("2")] == ["stale"]


def test_names_tell_issues_without_their_contents(store: Store) -> None:
    """Completing and resolving need no bodies; withdrawn issues are named too."""
    issue = store.publish("first")
    store.issues.withdraw(issue.id, AWAY, now=NOON)
    (name,) = store.issues.names()
    assert (name.issue_id, name.note_id, name.slug, name.title, name.state) == (
        issue.id,
        "first",
        "first",
        "First",
        IssueState.WITHDRAWN,
    )


def test_a_large_archive_is_read_whole(
    store: Store, monkeypatch: pytest.MonkeyPatch, slow: bool
) -> None:
    """More issues than one portion of marks each keep their own; with --slow portions are as large as they are."""
    count = 620 if slow else 50
    if not slow:
        monkeypatch.setattr("storage.archive.rows.AT_ONCE", 20)
    for number in range(count):
        made = draft(f"note-{number}", tags=(f"tag-{number}",))
        store.issues.publish(made, published_at=NOON, mail=MailOrder(at=None), now=NOON)
    live = store.issues.live()
    assert len(live) == count
    assert all(issue.tags == (f"tag-{issue.slug.split('-')[1]}",) for issue in live)


def test_each_state_of_the_archive_has_a_time_of_its_own(store: Store) -> None:
    """However fast changes come, and if the clock goes back, a later state has a later time for those
    who compare times; the other time is when it happened.
    """
    clock = Clock(NOON)
    archive = Issues(store.database, clock)
    assert archive.state().modified is None
    seen = []
    for number, step in enumerate((0.0, 0.2, 3.0, -60.0, 0.0)):
        clock.move(seconds=step)
        archive.publish(
            draft(f"n{number}"), published_at=NOON, mail=MailOrder(at=None), now=clock.now
        )
        seen.append(archive.state())
        assert seen[-1].changed_at == clock.now.replace(microsecond=0)
    times = [state.modified for state in seen if state.modified is not None]
    assert times == sorted(set(times))
    assert len(times) == len({state.version for state in seen}) == 5
    assert archive.version() == seen[-1].version
