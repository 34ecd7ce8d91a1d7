"""One mail of each kind as a reader gets it, with an issue that holds all a note can hold."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from feeds.markdown import size_pictures
from feeds.markdown.links import NoteSource
from feeds.markdown.picture import Size
from feeds.notes.note import parse_note
from feeds.notes.rendering import render_note
from mailer.compose import digest, letters, message
from mailer.compose.skeleton import Recipient, Skeleton
from storage.model.issues import Issue, Mailing
from tests.conftest import NOON
from tests.worlds.files import beside
from tests.worlds.publishing.issues import an_issue
from tests.worlds.sending.composed import IDENTITY

NOTE = Path(__file__).parents[2] / "fixtures" / "looks" / "everything.md"
FORMS = Path(__file__).parents[3] / "docs" / "notes.md"
MEDIA = "https://notes.example.com/media/"
SIZES: Mapping[str, Size] = {
    f"{MEDIA}lamps.png": Size(width=1600, height=640),
    f"{MEDIA}wick.png": Size(width=24, height=24),
}


class _Site:
    """Where the note's links and pictures are."""

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        return None

    def media_url(self, path: str) -> str:
        return f"{MEDIA}{path}"

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """Every file is there."""
        return beside(written, folder)

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """Nothing can be embedded."""
        return None


def sample_issue() -> Issue:
    """The note of the fixture, published."""
    note = parse_note(NOTE.read_bytes(), "everything.md", zone=ZoneInfo("UTC"))
    rendered = render_note(note, _Site())
    return an_issue(
        note_id=note.note_id,
        path=note.path,
        guid="urn:uuid:0b0c3f4e-0d9b-5d5e-9b59-3a7f0d6c2a11",
        slug="lighthouse",
        title=note.title,
        summary=rendered.summary,
        html=size_pictures(rendered.html, SIZES),
        text=rendered.text,
        mailing=Mailing.OPEN,
        mail_at=NOON,
    )


def every_form() -> Issue:
    """What docs/notes.md shows of the forms that a note may have, one after the other."""
    text = FORMS.read_text("utf-8").partition("\n## Forms\n")[2]
    examples = re.findall(
        r"^````markdown\n(.*?)\n````\n\n````text$", text, re.MULTILINE | re.DOTALL
    )
    note = parse_note("\n\n".join(examples).encode(), "forms.mdx", zone=ZoneInfo("UTC"))
    rendered = render_note(note, _Site())
    return replace(
        sample_issue(), slug="forms", title="Forms", html=rendered.html, text=rendered.text
    )


def a_reader(date: datetime = NOON) -> Recipient:
    """One reader, whose links are as long as real ones."""
    token = "0123456789a" * 4
    return Recipient(
        address="ada@example.org",
        ascii="ada@example.org",
        name="Ada",
        message_token="1",
        return_path="notes+i1.s1.000000000000@example.com",
        unsubscribe_token=token,
        preferences_token=token,
        confirm_token=token,
        date=date,
    )


def html_of(skeleton: Skeleton) -> str:
    """The HTML part for one reader."""
    content = skeleton.fill(a_reader()).content
    parsed = email.message_from_bytes(content, policy=email.policy.default)
    body = parsed.get_body(("html",))  # type: ignore[attr-defined]
    return str(body.get_content())


def all_mails() -> dict[str, str]:
    """The HTML of each kind of mail."""
    return {name: html_of(skeleton) for name, skeleton in all_skeletons().items()}


def all_skeletons() -> dict[str, Skeleton]:
    """Each kind of mail, to be filled."""
    issue = sample_issue()
    arabic = replace(IDENTITY, language="ar", title="دفتر المنارة")
    second = replace(issue, title="A second one", summary="", slug="second")
    third = replace(issue, title="رسالة من المنارة", language="ar", slug="third")
    coded = replace(issue, language="ar", html=f"{issue.html}<p>كلمة <code>read()</code>.</p>")
    long = replace(issue, html=issue.html + "<p>And it goes on and on.</p>" * 2_000)
    return {
        "issue": message.compile_issue(issue, IDENTITY),
        "every form": message.compile_issue(every_form(), IDENTITY),
        "test copy": message.compile_issue(issue, IDENTITY, test_copy=True),
        "shortened": message.compile_issue(long, IDENTITY),
        "right to left": message.compile_issue(coded, arabic),
        "confirmation": letters.compile_confirmation(IDENTITY),
        "notice": letters.compile_notice(IDENTITY),
        "digest": digest.compile_digest(issue, [issue, second, third], IDENTITY),
        "welcome": message.compile_own(second, IDENTITY),
        "goodbye": message.compile_own(second, IDENTITY, leaving=True),
        "change": letters.compile_change(IDENTITY),
        "moved": letters.compile_moved(IDENTITY),
    }
