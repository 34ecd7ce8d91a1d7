"""The author's Python API: one object that opens, polls, publishes, sends and tells."""

from __future__ import annotations

import io
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import feedparser
import pytest

from feeds.syndication.ids import FeedFormat
from newsletter import Newsletter
from newsletter.mailing.results import SendReport
from newsletter.publishing import as_readers_see
from newsletter.subscribing.files import read_rows
from storage.model.deliveries import DeliveryState
from storage.model.errors import Conflict, NotFound, SecretMismatch
from storage.model.issues import Issue, Mailing
from tests.worlds.clock import Clock
from tests.worlds.publishing.notes import Folder

CONFIG = """
[newsletter]
title = "Working Notes"
url = "https://notes.example.com"
sender = "Working Notes <notes@example.com>"
timezone = "Europe/Berlin"
[schedule]
hold = "{hold}"
[storage]
url = "{storage}"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty notes folder beside the configuration."""
    root = tmp_path / "notes"
    root.mkdir()
    return Folder(root)


def configure(folder: Folder, storage: str, hold: str = "0s") -> Path:
    """A configuration that sends to the embedded outbox."""
    file = folder.root.parent / "newsletter.toml"
    file.write_text(CONFIG.format(storage=storage, hold=hold))
    return file


def open_at(config: Path, clock: Clock) -> Newsletter:
    """The newsletter, its time being the test's."""
    return Newsletter.open(config, environ={}, clock=clock)


@pytest.fixture
def newsletter(database_url: str, folder: Folder) -> Iterator[Newsletter]:
    """A newsletter with one reader called Bob, on each engine."""
    with open_at(configure(folder, database_url), folder.clock) as opened:
        opened.subscriptions.add("bob@example.com", name="Bob", consent="told me so")
        yield opened


def mails(newsletter: Newsletter) -> list[str]:
    """The plain text of each mail in the outbox."""
    outbox = newsletter.publication.outbox()
    assert outbox is not None
    found = []
    for file in sorted((outbox / "new").iterdir()):
        message = message_from_bytes(file.read_bytes(), policy=policy.default)
        part = message.get_body(("plain",))  # type: ignore[attr-defined]
        found.append(f"{message['Subject']}\n{part.get_content()}")
    return found


# ── opening ──────────────────────────────────────────────────────────────────────────────────


def test_another_secret_is_refused(database_url: str, folder: Folder) -> None:
    """Links already sent would stop working, so a wrong or lost secret is said at once."""
    config = configure(folder, database_url)
    open_at(config, folder.clock).close()
    secret = folder.root.parent / "secret"
    kept = secret.read_text()
    secret.unlink()
    with pytest.raises(SecretMismatch, match="is missing"):
        open_at(config, folder.clock)
    secret.write_text("ab" * 32 + "\n")
    secret.chmod(0o600)
    with pytest.raises(SecretMismatch, match="not the one"):
        open_at(config, folder.clock)
    secret.write_text(kept)
    open_at(config, folder.clock).close()


def test_feed_ids_survive_a_new_address(folder: Folder, tmp_path: Path) -> None:
    """The site may move: the ids of issues stay what they were (rule E7)."""
    folder.write("note.md", publish="2026-11-22")
    config = configure(folder, f"sqlite:///{tmp_path}/n.db")
    with open_at(config, folder.clock) as before:
        before.poll()
        guid = before.status("note").issue.guid
    config.write_text(config.read_text().replace("notes.example.com", "elsewhere.example.org"))
    folder.write("late.md", "See [[note]].", publish="2026-11-22")
    with open_at(config, folder.clock) as after:
        after.poll()
        assert after.status("note").issue.guid == guid
        assert "https://elsewhere.example.org/issues/note" in after.status("late").issue.html


# ── sending ──────────────────────────────────────────────────────────────────────────────────


def test_send_does_all_that_is_due(newsletter: Newsletter, folder: Folder) -> None:
    """Polls, publishes, queues and delivers; a second one finds nothing left to do."""
    folder.write("note.md", "# Hello\n\nDear {{ name | reader }}.", publish="now")
    report = newsletter.send()
    assert (report.published, report.queued, report.accepted) == (("note",), 1, 1)
    assert report.problems == ()
    assert report.seconds > 0
    (mail,) = mails(newsletter)
    assert mail.startswith("Hello\n")
    assert "Dear Bob." in mail
    again = newsletter.send()
    assert (again.published, again.queued, again.accepted) == ((), 0, 0)
    assert newsletter.status("note").issue.mailing is Mailing.DONE


def test_who_leaves_during_a_send_is_counted(newsletter: Newsletter, folder: Folder) -> None:
    """Whoever leaves, claimed or not yet, is in the report: it accounts for all who were queued."""
    rows = io.StringIO("email\n" + "".join(f"reader{i}@example.com\n" for i in range(1100)))
    newsletter.subscriptions.import_rows(read_rows(rows), consent="told me so")
    leaving = [f"reader{number}@example.com" for number in (900, 1090, 1099)]

    def leave(_: SendReport) -> None:
        while leaving:
            newsletter.subscriptions.unsubscribe_address(leaving.pop())

    folder.write("note.md", "# Hello\n\nWords.", publish="now")
    done = newsletter.send(progress=leave)
    assert (done.queued, done.accepted, done.suppressed) == (1101, 1098, 3)


def test_a_display_that_fails_does_not_hang_the_send(
    newsletter: Newsletter, folder: Folder
) -> None:
    """The author's own progress function may raise: the send ends, and what was sent is known."""

    def fail(_: SendReport) -> None:
        raise ZeroDivisionError

    folder.write("note.md", "# Hello\n\nWords.", publish="now")
    with pytest.raises(ZeroDivisionError):
        newsletter.send(progress=fail)
    assert newsletter.send().accepted == 0
    assert len(mails(newsletter)) == 1


def test_a_missing_folder_is_a_problem_and_mail_goes_on(
    newsletter: Newsletter, folder: Folder
) -> None:
    """What is queued is sent although the notes cannot be looked at."""
    folder.write("note.md", publish="now")
    newsletter.poll()
    folder.root.rename(folder.root.with_name("gone"))
    report = newsletter.send()
    assert report.accepted == 1
    assert "cannot be read" in report.problems[0]


def test_a_relay_that_is_not_there_is_a_problem(folder: Folder, tmp_path: Path) -> None:
    """Nothing is lost and nobody's attempts are used when the relay refuses connections."""
    config = configure(folder, f"sqlite:///{tmp_path}/n.db")
    config.write_text(config.read_text() + '[smtp]\nurl = "smtp://127.0.0.1:1"\n')
    folder.write("note.md", "# Note\n\nWords.", publish="now")
    with open_at(config, folder.clock) as newsletter:
        newsletter.subscriptions.add("bob@example.com", consent="told me so")
        report = newsletter.send()
        assert report.accepted == 0
        assert report.problems
        status = newsletter.status("note")
        assert status.tally[DeliveryState.QUEUED] == 1
        (delivery,) = newsletter.parts.overview.deliveries(status.issue.id)
        assert delivery.attempts == 0


def test_pause_resume_and_cancel(database_url: str, folder: Folder) -> None:
    """In flight: stopped where it is, gone on with, taken back; each says when it cannot."""
    config = configure(folder, database_url, hold="5m")
    folder.write("note.md", "# Note\n\nWords.", publish="now")
    with open_at(config, folder.clock) as newsletter:
        newsletter.subscriptions.add("bob@example.com", consent="told me so")
        newsletter.send()
        assert mails_sent(newsletter) == 0
        assert newsletter.pause("note", "a typo").mailing_reason == "a typo"
        folder.clock.move(minutes=6)
        assert newsletter.send().accepted == 0
        with pytest.raises(Conflict, match="not under way"):
            newsletter.pause("note")
        assert newsletter.resume("note").mailing is Mailing.OPEN
        with pytest.raises(Conflict, match="not paused"):
            newsletter.resume("note")
        assert newsletter.cancel("note") == 1
        assert newsletter.send().accepted == 0
        with pytest.raises(Conflict, match="cancelled already"):
            newsletter.cancel("note")
        with pytest.raises(NotFound, match="did you mean 'note'"):
            newsletter.cancel("nota")
        assert newsletter.issues()[0].tally[DeliveryState.CANCELLED] == 1


def mails_sent(newsletter: Newsletter) -> int:
    """How many messages any issue has brought so far."""
    return newsletter.parts.overview.tally()[DeliveryState.ACCEPTED]


# ── for the site ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("feed_format", list(FeedFormat))
def test_feeds_read_as_everybody_may(
    newsletter: Newsletter, folder: Folder, feed_format: FeedFormat
) -> None:
    """A merge field is its default in title, summary and body; code stays as written."""
    folder.write(
        "note.md",
        "# News for {{ name | everybody }}\n\nDear {{ name | reader }}, type `{{ name }}`.",
        publish="now",
    )
    newsletter.poll()
    document = newsletter.publication.feed(feed_format)
    assert document is not None
    text = document.body.decode()
    assert "News for everybody" in text
    assert "Dear reader" in text
    assert "{{ name | " not in text
    assert "{{ name }}" in text
    assert newsletter.status("note").issue.title == "News for {{ name | everybody }}"


def test_a_feed_is_built_once_per_change(newsletter: Newsletter, folder: Folder) -> None:
    """The same document until readers could see something new; a tag nobody wears has none."""
    folder.write("one.md", publish="2026-11-21", tags="[kept]")
    newsletter.poll()
    first = newsletter.publication.feed(FeedFormat.RSS)
    assert newsletter.publication.feed(FeedFormat.RSS) is first
    newsletter.poll()
    assert newsletter.publication.feed(FeedFormat.RSS) is first
    assert newsletter.publication.feed(FeedFormat.RSS, "kept") is newsletter.publication.feed(
        FeedFormat.RSS, "kept"
    )
    assert newsletter.publication.feed(FeedFormat.RSS, "unknown") is None
    folder.write("two.md", publish="now")
    newsletter.poll()
    second = newsletter.publication.feed(FeedFormat.RSS)
    assert second is not None
    assert first is not None
    assert second.etag != first.etag
    assert [entry.title for entry in feedparser.parse(second.body).entries] == ["two", "one"]


def test_an_edit_keeps_its_entry(newsletter: Newsletter, folder: Folder) -> None:
    """Under the same id, at the same date, `updated` later (rules E7 to E9)."""
    folder.write("note.md", "Once.", publish="2026-11-22")
    newsletter.poll()
    before = entries(newsletter)
    folder.clock.move(hours=2)
    folder.write("note.md", "Twice.", publish="2026-11-22")
    newsletter.poll()
    (was,), (now,) = before, entries(newsletter)
    assert (was.id, was.published) == (now.id, now.published)
    assert now.updated > was.updated
    folder.remove("note.md")
    newsletter.poll()
    assert entries(newsletter) == []


def entries(newsletter: Newsletter) -> list[feedparser.FeedParserDict]:
    """What a feed reader finds in the Atom feed."""
    document = newsletter.publication.feed(FeedFormat.ATOM)
    assert document is not None
    found: list[feedparser.FeedParserDict] = feedparser.parse(document.body).entries
    return found


def test_only_pictures_of_live_issues_are_served(newsletter: Newsletter, folder: Folder) -> None:
    """Others in the folder stay private, also those of private and of withdrawn notes (E10)."""
    for name in ("shown.png", "private.png", "unused.png", "me.png"):
        (folder.root / name).write_bytes(b"\x89PNG")
    folder.write("note.md", "![a](shown.png)", publish="now")
    folder.write("private.md", "![a](private.png)")
    newsletter.poll()
    found = newsletter.publication.media("shown.png")
    assert found is not None
    assert found.file.read_bytes() == b"\x89PNG"
    for name in ("private.png", "unused.png", "me.png", "note.md", "../secret", "missing.png"):
        assert newsletter.publication.media(name) is None
    folder.write("about.md", "![me](me.png)")
    assert newsletter.publication.media("me.png") is not None
    folder.remove("note.md")
    newsletter.poll()
    assert newsletter.publication.media("shown.png") is None


def test_readable_is_for_everybody(newsletter: Newsletter, folder: Folder) -> None:
    """What a page shows of an issue has no merge field left."""
    folder.write("note.md", "# Note\n\nDear {{ name | reader }}.", publish="now")
    newsletter.poll()
    issue: Issue = newsletter.status("note").issue
    assert "Dear reader." in as_readers_see(issue).html
    assert "Dear reader." in as_readers_see(issue).text
    assert "{{" in issue.html


def test_the_about_page_is_no_note(newsletter: Newsletter, folder: Folder) -> None:
    """It is rendered for readers, is never published, and may be missing."""
    assert newsletter.publication.about() is None
    folder.save("about.md", "# Who I am\n\nI am {{ name | somebody }}. ![me](me.png)")
    newsletter.poll()
    page = newsletter.publication.about()
    assert page is not None
    assert page.title == "Who I am"
    assert "I am somebody." in page.html
    assert page.media == ("me.png",)
    assert newsletter.issues() == []


def _spoil(kind: str, file: Path) -> None:
    """Have the file of the About page be of no use."""
    match kind:
        case "folder":
            file.mkdir()
        case "dangling":
            file.symlink_to("nowhere.md")
        case "outward":
            file.symlink_to("/etc/passwd")
        case "circle":
            file.symlink_to(file.name)
        case "empty":
            file.write_bytes(b" \n")
        case "binary":
            file.write_bytes(bytes(range(256)))
        case "latin":
            file.write_bytes("Grüße".encode("latin-1"))
        case "large":
            file.write_bytes(b"a" * 1_000_001)
        case "front":
            file.write_bytes(b"---\ntitle: [\n---\nHello")


SPOILT = [
    "folder",
    "dangling",
    "outward",
    "circle",
    "empty",
    "binary",
    "latin",
    "large",
    "front",
]


@pytest.mark.parametrize("kind", SPOILT)
def test_an_about_page_of_no_use_harms_nothing(
    newsletter: Newsletter, folder: Folder, kind: str
) -> None:
    """There is no page of it, pictures are served as ever, `check` says what it is; once mended it
    is there.
    """
    file = folder.root / "about.md"
    _spoil(kind, file)
    for _ in range(2):
        assert newsletter.publication.about() is None
        assert newsletter.publication.media("me.png") is None
    (found,) = newsletter.check()
    assert (found.note, found.has_errors) == ("about.md", True)
    assert "mend it or remove it" in found.findings[0].message
    file.rmdir() if kind == "folder" else file.unlink()
    file.write_text("# Who I am\n\nHello.")
    page = newsletter.publication.about()
    assert page is not None
    assert page.title == "Who I am"
    assert newsletter.check() == []
