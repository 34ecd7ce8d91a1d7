"""The mail of an issue. Pure.

issue, identity → marks in the places of slots → templates → inline CSS → Skeleton
"""

from __future__ import annotations

import hashlib
import re
from typing import Final
from zoneinfo import ZoneInfo

from mailer.compose import fragment, headers, merge, quoted, skeleton
from mailer.compose.formulas import Pictures, draw_formulas, say_formulas, show_formulas
from mailer.compose.layout import (
    LIST_LABEL,
    compile_parts,
    copy_fields,
    host_of,
    list_id,
    personal_link,
    personal_links,
    render,
    speech,
    title_of,
)
from mailer.compose.skeleton import Marks, Part, Personal, Skeleton, Slot
from mailer.compose.tables import wrap_tables
from storage.model import Identity, Issue, Remark, mark_stress

CLIP: Final = 102_000
"""Octets of HTML after which Gmail cuts a mail off, with the footer (rule D6)."""

WARN: Final = 90_000
"""Octets of HTML at which the author is told."""

SHORTENED: Final = "clipped"
"""The code of the remark that the mail had to be cut."""

_BUDGET: Final = 100_000
"""Octets of HTML as it is sent, links of its reader aside: what an encoding adds counts as well, and
that is a tenth for English and three times as much for Chinese."""

_COLUMN: Final = 560
"""Pixels of the text, as templates/mail.css has it; with its padding the 600 of base.html."""

_PREHEADER: Final = 150
"""Characters of the preview line (rule D16)."""

_NAME: Final = 60
"""Characters that a name takes in the preview line; hardly anybody's is longer."""

_FOOTNOTE_NUMBER: Final = re.compile(r"\[\d+\]")

_TEST_MARK: Final = "[Test] "


def compile_issue(
    issue: Issue,
    identity: Identity,
    *,
    test_copy: bool = False,
    pictures: Pictures = draw_formulas,
) -> Skeleton:
    """The mail of an issue, for everybody who gets it.

    It leads to where the issue stands first, else to `/issues/SLUG`. A test copy says so in subject
    and text and has no List-Unsubscribe, as it has nobody to unsubscribe. An issue too long for
    Gmail is cut between two paragraphs of the HTML, or within one that fills most of it, with a link
    to the rest; its text stays whole. `pictures` gives those of its formulas.

    Raises AddressError when the identity's sender is no mailbox.
    """
    marks = Marks(issue.title, issue.subject, issue.summary, issue.html, issue.text, str(identity))
    mail = _IssueMail(
        issue=issue,
        identity=identity,
        marks=marks,
        page_url=issue.canonical or f"{identity.url}/issues/{issue.slug}",
        test_copy=test_copy,
        pictures=pictures,
    )
    prefix = _TEST_MARK if test_copy else ""
    fields: list[Part] = [
        skeleton.to_field,
        skeleton.subject_field(marks.split(prefix + mail.subject)),
        *copy_fields(identity),
        *list_fields(issue, identity, one_click=not test_copy),
    ]
    return compile_parts(identity, marks, fields, mail.text(), mail.html(), mail.warnings)


def compile_own(
    letter: Issue, identity: Identity, *, leaving: bool = False, pictures: Pictures = draw_formulas
) -> Skeleton:
    """A letter in the author's own words to one reader: a welcome, or to one who is `leaving`.

    A reader can leave by a welcome as by an issue; a goodbye is the last mail, and names no list
    (rule A16). Something that the reader did caused it (RFC 3834 5).
    """
    marks = Marks(letter.title, letter.subject, letter.html, letter.text, str(identity))
    mail = _IssueMail(
        issue=letter,
        identity=identity,
        marks=marks,
        page_url="",
        test_copy=False,
        pictures=pictures,
        template="goodbye" if leaving else "welcome",
    )
    fields: list[Part] = [
        skeleton.bare_to_field if leaving else skeleton.to_field,
        skeleton.subject_field(marks.split(mail.subject)),
        *copy_fields(identity),
        headers.token_field("Auto-Submitted", "auto-generated"),
        *([] if leaving else _leave_fields(identity)),
    ]
    return compile_parts(identity, marks, fields, mail.text(), mail.html(), mail.warnings)


class _IssueMail:
    """One issue while its two parts are made."""

    def __init__(
        self,
        *,
        issue: Issue,
        identity: Identity,
        marks: Marks,
        page_url: str,
        test_copy: bool,
        pictures: Pictures,
        template: str = "issue",
    ) -> None:
        self._identity = identity
        self._template = template
        self._marks = marks
        self._page_url = page_url
        self._test_copy = test_copy
        self._date = speech(identity).day(
            issue.published_at.astimezone(ZoneInfo(identity.timezone))
        )
        self.title = self._fill_title(headers.one_line(issue.title))
        wished = headers.one_line(issue.subject)
        self.subject = self._fill_title(wished) if wished else self.title
        self._said = {
            "note_language": issue.language,
            "note_direction": issue.direction_beside(identity),
        }
        self._words = merge.in_html(say_formulas(quoted.clean_body(issue.html)), self._put)
        html, undrawn = show_formulas(quoted.clean_body(issue.html), identity.url, pictures)
        html = mark_stress(fragment.unlink_local(html))
        html = fragment.show_pictures(fragment.unfold(html), identity.url, speech(identity))
        html = fragment.fit_pictures(wrap_tables(html), _COLUMN)
        summary = headers.one_line(issue.summary).strip()
        self._summary = merge.in_text(summary, self._put)
        self._body = merge.in_html(html, self._put)
        self._text = merge.in_text(quoted.clean_body(issue.text), self._put)
        self.warnings = undrawn + [
            Remark(
                code="merge-field",
                sentence=f"{{{{ {name} }}}} is no merge field; it will be read as it is written.",
            )
            for name in merge.unknown_fields(html, issue.title, issue.subject, issue.summary)
        ]

    def text(self) -> str:
        """The plain part."""
        return self._render(".txt", body=self._text.strip("\n"), said=self._words)

    def html(self) -> str:
        """The HTML part, shortened if it must be; adds to `warnings`."""
        whole = self._page(self._body)
        size = _sent_size(whole)
        if size > _BUDGET:
            self._warn(
                SHORTENED,
                f"The HTML is {size // 1000} kB. Gmail cuts a mail off at {CLIP // 1000} kB, so the "
                "mail ends early, with a link to the rest on the web.",
            )
            return self._shortened()
        if size > WARN:
            self._warn(
                "large",
                f"The HTML is {size // 1000} kB; Gmail cuts a mail off at {CLIP // 1000} kB.",
            )
        return whole

    def _warn(self, code: str, sentence: str) -> None:
        self.warnings.append(Remark(code=code, sentence=sentence))

    def _shortened(self) -> str:
        """As many whole paragraphs as fit; if they are few, as much of the next one."""

        def size(body: str) -> int:
            return _sent_size(self._page(body, shortened=True))

        return self._page(fragment.cut(self._body, size, _BUDGET), shortened=True)

    def _page(self, body: str, *, shortened: bool = False) -> str:
        said = body if shortened else self._words
        return self._render(".html", body=body, said=said, shortened=shortened)

    def _render(self, suffix: str, *, body: str, said: str, shortened: bool = False) -> str:
        """The template with this body; `said` is the HTML in which the summary may be said already."""
        return render(
            f"{self._template}{suffix}",
            self._identity,
            {
                **self._said,
                "subject": self.subject,
                "title": self.title,
                "date": self._date,
                "summary": "" if _is_said(self._summary, said) else self._summary,
                "preheader": self._preheader(),
                "body": body,
                "shortened": shortened,
                "test_copy": self._test_copy,
                "page_url": self._page_url,
                **personal_links(self._identity, self._marks),
                "email": self._marks.put(Personal.EMAIL),
            },
        )

    def _fill_title(self, title: str) -> str:
        """The title with its fields replaced; the newsletter's for whom nothing would be left."""
        instead = "" if merge.public_text(title).strip() else title_of(self._identity)
        return merge.in_text(title, lambda name, default: self._put(name, default or instead))

    def _preheader(self) -> str:
        """The beginning of the summary, cut between two words, as long as a preview may be.

        An address may be longer than that, so it ends there; a name counts as long as most are.
        """
        line, room = "", _PREHEADER
        for piece in self._marks.split(self._summary):
            if isinstance(piece, Slot):
                shown, size = self._marks.put(piece.what, piece.default), _length(piece)
            else:
                shown, size = piece[:room], len(piece)
            if size > room:
                line += "" if isinstance(piece, Slot) else _cut_word(shown)
                break
            line, room = line + shown, room - size
        return line.rstrip(",;:… ")

    def _put(self, name: str, default: str) -> str:
        return self._marks.put(Personal(name), default)


def list_fields(issue: Issue, identity: Identity, *, one_click: bool) -> list[Part]:
    """What tells a mail program that this is a list, and how to leave it."""
    list_id_field, *leave = _leave_fields(identity)
    return [
        list_id_field,
        *(leave if one_click else ()),
        headers.bracket_field("List-Archive", f"{identity.url}/archive"),
        headers.token_field("Feedback-ID", _feedback_id(issue, identity)),
        headers.token_field("Precedence", "bulk"),
    ]


def _leave_fields(identity: Identity) -> list[Part]:
    """Which list it is, and how to leave it with one click."""
    return [
        headers.list_id_field(title_of(identity), list_id(identity)),
        *skeleton.unsubscribe_field(personal_link(identity, Personal.UNSUBSCRIBE)),
        headers.token_field("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    ]


def _feedback_id(issue: Issue, identity: Identity) -> str:
    """`issue:kind:list:SenderId`, the same for every reader (rule A35).

    Made from the guid and the host, not from the database's ids: a rebuilt one changes nothing.
    """
    number = hashlib.sha256(issue.guid.encode()).hexdigest()[:12]
    sender = hashlib.sha256(host_of(identity).encode()).hexdigest()[:10]
    return f"{number}:issue:{LIST_LABEL}:{sender}"


def _is_said(summary: str, html: str) -> bool:
    """Whether the reader comes upon the summary in the text anyway (rule D16).

    Both have their fields replaced, and of the HTML only what is mailed is given. The numbers of
    footnotes do not count: a summary is made without them.
    """
    said = _FOOTNOTE_NUMBER.sub("", fragment.visible_text(html))
    return "".join(summary.rstrip("….").split()) in "".join(said.split())


def _sent_size(page: str) -> int:
    """Octets of a page on the wire."""
    return len(quoted.encode(page))


def _length(slot: Slot) -> int:
    """Characters for which there must be room where a slot is to stand in the preview line."""
    return max(_NAME, len(slot.default)) if slot.what is Personal.NAME else _PREHEADER + 1


def _cut_word(text: str) -> str:
    """A text that was cut off somewhere, without its last word, unless it is only one."""
    return text.rpartition(" ")[0] if " " in text else text
