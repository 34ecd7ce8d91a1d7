"""What to know about a note before it goes out: errors and warnings, with their lines. Pure.

    note, its draft, its mail, the files it names  →  findings

Errors are what readers would stumble over; warnings are for the author to judge.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from email.message import EmailMessage
from enum import StrEnum
from html import escape
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import urlsplit

from feeds.markdown import (
    LinkResolver,
    Reference,
    ReferenceKind,
    clean_text,
    find_headings,
    find_prose,
    find_references,
    find_title,
    link_key,
)
from feeds.notes import Note, parse_front_matter
from mailer.compose import (
    CLIP,
    WARN,
    Skeleton,
    fields_in_tags,
    has_gap,
    is_shown,
    loose_braces,
    public_text,
    unknown_fields,
    visible_text,
)
from newsletter.publishing import NoteLinks
from storage.model import IssueDraft, NoteError

LONG_SUBJECT: Final = 100
"""Characters of a subject above which every mail program cuts it."""
RELAYS_TAKE: Final = 10_000_000
"""Octets of a message; Postfix as it is installed takes a little more (message_size_limit)."""
LARGE_PICTURE: Final = 1_000_000
"""Bytes of a picture above which readers on the road wait for it."""

_RARELY_SHOWN: Final = frozenset({".avif", ".webp"})
"""Outlook on Windows shows none of these (rule D5)."""

_MARK: Final = re.compile(r"\b(?:TODO|FIXME|XXX)\b")
_LINE: Final = re.compile(r"\bline (\d+)")
_SHORTENED: Final = "the mail ends early"
"""What the warning of a mail that was cut says; tests hold the two together."""
_TAGS_LIMIT: Final = "HTML tags are read"


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """Readers would stumble over it; `newsletter check` ends with 1."""
    WARNING = "warning"
    """Allowed, and probably not meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about a note."""

    severity: Severity
    code: str
    """A lasting name of this kind of finding, such as `dead-link`; for scripts."""
    message: str
    """A sentence that says what to do."""
    line: int | None = None
    """In the file, from 1; None when it is about the whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedNote:
    """A note and what was found, in the order of its lines."""

    note: str
    """Its path below the notes folder."""
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether it should not go out like this."""
        return any(finding.severity is Severity.ERROR for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """All that is looked at; whoever asks has read the files before."""

    source: str
    """The whole file."""
    note: Note
    draft: IssueDraft
    warnings: tuple[str, ...]
    """What rendering said."""
    skeleton: Skeleton
    """The mail as readers get it, not a test copy."""
    sample: bytes
    """That mail, filled for somebody."""
    links: NoteLinks
    site_url: str
    note_keys: AbstractSet[str]
    """Link keys of all notes of the folder, published or not: of their paths and their names."""
    pictures: Mapping[str, int | None]
    """Bytes of the draft's own pictures; None for one that is missing or cannot be served."""


def check_note(proof: Proof) -> CheckedNote:
    """Everything there is to say about a note (rules A3, D5, D6, D11, D12, D14, D18)."""
    found = [
        *_check_title(proof),
        *_check_text(proof),
        *_check_headings(proof),
        *_check_references(proof),
        *_check_fields(proof),
        *_check_marks(proof),
        *(_check_mail(proof) if proof.note.email else ()),
        *(_warn("time", sentence) for sentence in proof.note.warnings),
        *(_warn("html", sentence) for sentence in proof.warnings if _TAGS_LIMIT in sentence),
    ]
    return CheckedNote(note=proof.note.path, findings=tuple(sorted(found, key=_order)))


def report_unusable(error: NoteError) -> CheckedNote:
    """The report of a note that cannot even be read."""
    named = _LINE.search(error.reason)
    line = int(named[1]) if named else None
    return CheckedNote(note=error.path, findings=(_error("unusable", error.reason, line),))


def _order(finding: Finding) -> tuple[int, str]:
    return (finding.line or 0, finding.code)


def _error(code: str, message: str, line: int | None = None) -> Finding:
    return Finding(severity=Severity.ERROR, code=code, message=message, line=line)


def _warn(code: str, message: str, line: int | None = None) -> Finding:
    return Finding(severity=Severity.WARNING, code=code, message=message, line=line)


# ── title and text ───────────────────────────────────────────────────────────────────────────


def _check_title(proof: Proof) -> Iterator[Finding]:
    title = proof.note.title
    fields = parse_front_matter(clean_text(proof.source), proof.note.path).fields
    if "title" not in fields and not find_title(proof.note.body):
        yield _warn(
            "no-title",
            f"The note has no title, so its file name becomes the subject, {title!r}; write "
            "`title:` or a `# heading`.",
        )
    length = len(public_text(title))
    if length > LONG_SUBJECT:
        yield _warn(
            "long-subject",
            f"The title has {length} characters and is cut off in lists of mails; stay below "
            f"{LONG_SUBJECT}.",
            _line_of(proof, title),
        )


def _check_text(proof: Proof) -> Iterator[Finding]:
    if not visible_text(proof.draft.html):
        what = "only pictures" if "<img" in proof.draft.html else "nothing"
        yield _error("no-text", f"There is no text to read, {what}; write some.")


def _check_headings(proof: Proof) -> Iterator[Finding]:
    """Below the title, which is the only h1, no level may be left out (rule D11)."""
    offset, before = _body_offset(proof), 1
    for heading in find_headings(proof.note.body):
        if heading.level == 1 and heading.text == proof.note.title:
            continue
        level = max(2, heading.level)
        if level > before + 1:
            yield _warn(
                "skipped-heading",
                f"The heading {heading.text!r} is of level {level} below one of level {before}; "
                f"readers who listen miss a step: write {'#' * (before + 1)}.",
                heading.line + offset,
            )
        before = level


def _check_fields(proof: Proof) -> Iterator[Finding]:
    draft = proof.draft
    for name in unknown_fields(draft.html, draft.title, draft.summary):
        yield _warn(
            "merge-field",
            f"{{{{ {name} }}}} is no merge field and will be read as it stands; there are name and "
            "email.",
            _line_matching(proof.source, re.compile(rf"\{{\{{\s*{re.escape(name)}\b")),
        )

    if has_gap(draft.title):
        yield _warn(
            "merge-field",
            "The title lacks something for readers without a name; say what stands there instead, "
            "as in `{{ name | everybody }}`.",
            _line_of(proof, draft.title),
        )
    for loose in loose_braces(draft.html, draft.title, draft.summary):
        yield _warn(
            "merge-field",
            f"With `{loose}` no merge field begins, so it will be read as it stands; a field is "
            "`{{ name | there }}`, with neither braces nor a second bar in it.",
            _line_of(proof, loose.partition(" ")[0]),
        )
    for field in fields_in_tags(draft.html):
        yield _warn(
            "merge-field",
            f"The merge field `{field}` stands in an address, a title or an alternative text, where "
            "nothing is filled in.",
            _line_of(proof, field),
        )


def _check_marks(proof: Proof) -> Iterator[Finding]:
    offset = _body_offset(proof)
    for line in _line_numbers(proof):
        yield _warn(
            "todo", "A mark of unfinished work is left; finish or remove it.", line + offset
        )
    if _MARK.search(proof.note.title):
        where = _line_of(proof, proof.note.title)
        yield _warn("todo", "The title has a mark of unfinished work; remove it.", where)


def _line_numbers(proof: Proof) -> list[int]:
    """Lines of the body on which a mark stands, each once; the title has its own finding."""
    title = proof.note.title
    lines = {
        prose.line + prose.text.count("\n", 0, mark.start())
        for prose in find_prose(proof.note.body)
        if prose.text.strip() != title
        for mark in _MARK.finditer(prose.text)
    }
    return sorted(lines)


# ── links and pictures ───────────────────────────────────────────────────────────────────────


def _check_references(proof: Proof) -> Iterator[Finding]:
    offset = _body_offset(proof)
    for reference in find_references(proof.note.body):
        placed = replace(reference, line=reference.line + offset)
        match reference.kind:
            case ReferenceKind.LINK:
                yield from _check_link(proof, placed)
            case ReferenceKind.WIKI:
                yield from _check_wiki(proof, placed)
            case ReferenceKind.PICTURE | ReferenceKind.EMBED:
                yield from _check_picture(proof, placed)


def _check_link(proof: Proof, link: Reference) -> Iterator[Finding]:
    resolver = LinkResolver(proof.note.path, proof.links)
    if resolver.link(link.target) is not None:
        return
    shown = f"`{link.target}`"
    if not link.target or link.target.startswith("#"):
        yield _warn(
            "local-link",
            f"The link {shown} leads to a place within the note, where mail programs do not go.",
            link.line,
        )
    elif not _is_relative(link.target):
        yield _error(
            "bad-link",
            f"The link {shown} is none that readers can open; use https:// or mailto:.",
            link.line,
        )
    elif any(key in proof.note_keys for key in resolver.targets):
        yield _warn(
            "unpublished-link",
            f"The link {shown} leads to a note that is not published; readers see only its words.",
            link.line,
        )
    else:
        yield _error(
            "dead-link",
            f"The link {shown} leads to no note; correct it. Only notes and pictures are served.",
            link.line,
        )


def _check_wiki(proof: Proof, link: Reference) -> Iterator[Finding]:
    resolver = LinkResolver(proof.note.path, proof.links)
    if resolver.wiki(link.target) is not None:
        return
    is_there = link_key(link.target) in proof.note_keys
    why = "is not published" if is_there else "is not there"
    yield _warn(
        "wiki-link",
        f"The note of [[{link.target}]] {why}; readers see only the words.",
        link.line,
    )


def _check_picture(proof: Proof, picture: Reference) -> Iterator[Finding]:
    resolver = LinkResolver(proof.note.path, proof.links)
    is_embed = picture.kind is ReferenceKind.EMBED
    url = resolver.embed(picture.target) if is_embed else resolver.image(picture.target)
    shown = f"`{picture.target}`"
    if url is None:
        yield _error("bad-picture", f"{_sentence(resolver.warnings)}; use another.", picture.line)
        return
    if picture.label is None:
        yield _warn(
            "no-alt",
            f"The picture {shown} has no alternative text; say what it shows.",
            picture.line,
        )
    is_mailed = is_shown(url, proof.site_url)
    if is_mailed and not picture.has_width and not _is_sized(proof, url):
        yield _warn(
            "no-width",
            f"Nobody knows how wide the picture {shown} is, and Outlook shows it in its full size. "
            "Write it after the alternative text, as in `![A bridge|600](bridge.jpg)`.",
            picture.line,
        )
    if (suffix := PurePosixPath(urlsplit(url).path).suffix.lower()) in _RARELY_SHOWN:
        yield _warn(
            "picture-type",
            f"The picture {shown} is of a type, {suffix[1:]}, that some mail programs do not show; "
            "use PNG, JPEG or GIF.",
            picture.line,
        )
    if resolver.media:
        yield from _check_file(proof, resolver.media[0], picture)
    elif not is_mailed:
        yield _report_unshown(url, shown, picture.line)


def _report_unshown(url: str, shown: str, line: int) -> Finding:
    instead = "so the mail has a link in its place"
    if url.startswith("http://"):
        why = f"The picture {shown} comes over http://, {instead}; use https://."
        return _warn("insecure-picture", why, line)
    why = f"The picture {shown} is an SVG, which mail programs do not show, {instead}; use PNG."
    return _warn("picture-type", why, line)


def _check_file(proof: Proof, path: str, picture: Reference) -> Iterator[Finding]:
    size = proof.pictures.get(path)
    if size is None:
        yield _error(
            "missing-picture",
            f"The picture `{picture.target}` is not in the notes folder; add it or correct the path.",
            picture.line,
        )
    elif size > LARGE_PICTURE:
        yield _warn(
            "large-picture",
            f"The picture `{picture.target}` has {size / 1e6:.1f} MB; make it smaller than 1 MB.",
            picture.line,
        )


def _is_sized(proof: Proof, url: str) -> bool:
    """Whether the width was read from the file itself."""
    picture = re.compile(rf'<img[^>]* src="{re.escape(escape(url))}"[^>]* width="')
    return picture.search(proof.draft.html) is not None


def _is_relative(target: str) -> bool:
    return not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", target)


def _sentence(warnings: Sequence[str]) -> str:
    text = warnings[0] if warnings else "the picture cannot be shown"
    return text[:1].upper() + text[1:]


# ── the mail ─────────────────────────────────────────────────────────────────────────────────


def _check_mail(proof: Proof) -> Iterator[Finding]:
    yield from _check_size(proof)
    message = email.message_from_bytes(proof.sample, policy=email.policy.default)
    if not can_unsubscribe(message):
        yield _error(
            "no-unsubscribe",
            "The mail has no working way to leave (RFC 8058); report this as a fault of the program.",
        )


def _check_size(proof: Proof) -> Iterator[Finding]:
    """Against what Gmail shows and what relays take (rules D6, A40); pictures are not in the mail."""
    size = proof.skeleton.html_size
    if proof.skeleton.size > RELAYS_TAKE:
        yield _error(
            "too-large",
            f"The mail has {proof.skeleton.size / 1e6:.1f} MB, and many relays take no more than "
            f"{RELAYS_TAKE / 1e6:.0f} MB (`newsletter doctor` asks yours). Make the note shorter.",
        )
    if any(_SHORTENED in sentence for sentence in proof.skeleton.warnings):
        yield _error(
            "clipped",
            f"The HTML passes the {CLIP // 1000} kB at which Gmail cuts a mail off; it would be "
            "mailed shortened, with a link to the rest. Make it shorter, or two issues of it.",
        )
    elif size > WARN:
        yield _warn(
            "large",
            f"The HTML has {size // 1000} kB; Gmail cuts a mail off at {CLIP // 1000} kB.",
        )


def can_unsubscribe(message: EmailMessage) -> bool:
    """Whether a mail can be left with one click and by a link in each part (RFC 8058 3.1, A3)."""
    fields = message.get_all("List-Unsubscribe", [])
    posts = message.get_all("List-Unsubscribe-Post", [])
    if len(fields) != 1 or [str(post).strip() for post in posts] != ["List-Unsubscribe=One-Click"]:
        return False
    urls = re.findall(r"<(https?://[^<>\s]+)>", str(fields[0]))
    return len(urls) == 1 and all(urls[0] in _part(message, kind) for kind in ("plain", "html"))


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content()) if part is not None else ""


# ── lines ────────────────────────────────────────────────────────────────────────────────────


def _body_offset(proof: Proof) -> int:
    """Lines of the file before its Markdown begins."""
    text = clean_text(proof.source)
    return text.count("\n", 0, max(len(text) - len(proof.note.body), 0))


def _line_of(proof: Proof, words: str) -> int | None:
    return _line_matching(proof.source, re.compile(re.escape(words)))


def _line_matching(source: str, pattern: re.Pattern[str]) -> int | None:
    found = pattern.search(clean_text(source))
    return clean_text(source).count("\n", 0, found.start()) + 1 if found else None
