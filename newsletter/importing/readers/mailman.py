"""Mailman: archives of a list as mbox. Pipermail's `2021-May.txt.gz` and `LIST.mbox`, HyperKitty's downloads.

A message that begins a thread becomes a note; an answer is left out. Pipermail's text has no MIME: what it
took out of a message begins with a line of its own.
"""

from __future__ import annotations

import gzip
import io
import re
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from typing import Final

from newsletter.importing.export import MAX_FILE, Export, decode
from newsletter.importing.posts import Found, Post
from newsletter.importing.values import read_time
from storage.model import PostsFileError

MAX_MESSAGE: Final = 5_000_000
"""Octets; what is larger is an attachment with a few words."""

_ENDINGS: Final = (".mbox", ".mbox.gz", ".txt", ".txt.gz")
_FROM: Final = re.compile(
    rb"(?m)(?:\A|(?<=\n))From [^\n]{1,200}? \w{3} \w{3} [ \d]?\d \d\d:\d\d(?::\d\d)?[^\n]{0,30} \d{4}[^\n]{0,10}\r?$"
)
_MANGLED: Final = re.compile(rb"(?m)^>(?=>*From )")
_TAKEN_OUT: Final = re.compile(r"(?m)^-{10,} next part -{10,}$")
_FOOTER: Final = re.compile(r"\n_{40,}\n(?:[^\n]*\n){0,12}[^\n]*\Z")
_PREFIX: Final = re.compile(r"\A\[[^\]\n]{1,60}\]\s*")
_ANSWER: Final = re.compile(r"\A(?:re|aw|sv|antw|r|odp|vs)\s*(?:\[\d+\])?\s*:", re.IGNORECASE)
_URL: Final = re.compile(r"<?(https?://[^\s<>\"]+[^\s<>\".,;:!?)])>?")
_WRAPPED: Final = 50
"""Characters of a line that was broken because there was no more room."""


def is_mailman(export: Export) -> bool:
    """A file that begins as an mbox does."""
    return any(_is_mbox(_head(export, name)) for name in export.named(*_ENDINGS))


def read_mailman(export: Export) -> Found:
    """Every message that is no answer, each once."""
    found, known = Found(), set[str]()
    messages = []
    for name in export.named(*_ENDINGS):
        if not _is_mbox(_head(export, name)):
            continue
        for number, octets in enumerate(_divide(_whole(export, name)), 1):
            label = f"{name} {number}"
            if len(octets) > MAX_MESSAGE:
                found.leave(label, f"the message is larger than {MAX_MESSAGE // 1_000_000} MB")
                continue
            message = message_from_bytes(octets, policy=policy.default)
            identity = _header(message, "message-id") or label
            if identity not in known:
                known.add(identity)
                messages.append((label, message))
    prefix = _common_prefix([_header(message, "subject") for _, message in messages])
    for label, message in messages:
        _take(label, message, prefix, found)
    return found


def _take(label: str, message: EmailMessage, prefix: str, found: Found) -> None:
    subject = " ".join(_header(message, "subject").removeprefix(prefix).split())
    name = f"{label} {subject}".strip()
    if _header(message, "in-reply-to") or _ANSWER.match(subject):
        found.leave(name, "an answer to another message")
        return
    html = _content(message)
    if not html.strip():
        found.leave(name, "there are no words in it")
        return
    found.posts.append(
        Post(
            name=name,
            title=subject or "No subject",
            html=html,
            published_at=read_time(_header(message, "date")),
        )
    )


def _content(message: EmailMessage) -> str:
    """The message as HTML: its own, or its text with paragraphs."""
    try:
        part = message.get_body(("html", "plain"))
        text = part.get_content() if part is not None else ""
    except (LookupError, ValueError, AttributeError, TypeError):
        part, text = None, ""
    if part is None or not isinstance(text, str):
        payload = message.get_payload(decode=True)
        text = decode(payload) if isinstance(payload, bytes) else ""
    if part is not None and part.get_content_type() == "text/html":
        return text
    if message.get("content-type") is None:  # pipermail's, in whatever it was written
        payload = message.get_payload(decode=True)
        text = decode(payload) if isinstance(payload, bytes) else text
    text = _TAKEN_OUT.split(text.replace("\r\n", "\n"))[0]
    return _paragraphs(_FOOTER.sub("", text.rstrip()))


def _paragraphs(text: str) -> str:
    """Text as HTML: paragraphs where lines are blank, lines that were only wrapped put together."""
    made = []
    for block in re.split(r"\n[ \t]*\n", text):
        lines = [line.rstrip() for line in block.split("\n") if line.strip()]
        if not lines:
            continue
        is_quoted = all(line.startswith(">") for line in lines)
        if is_quoted:
            lines = [line.lstrip("> ") for line in lines]
        is_wrapped = all(len(line) >= _WRAPPED for line in lines[:-1])
        words = (" " if is_wrapped else "<br>\n").join(map(_linked, lines))
        made.append(f"<blockquote><p>{words}</p></blockquote>" if is_quoted else f"<p>{words}</p>")
    return "\n".join(made)


def _linked(line: str) -> str:
    pieces, position = [], 0
    for found in _URL.finditer(line):
        url = escape(found[1])
        pieces += [
            escape(line[position : found.start()], quote=False),
            f'<a href="{url}">{url}</a>',
        ]
        position = found.end()
    return "".join([*pieces, escape(line[position:], quote=False)])


def _common_prefix(subjects: list[str]) -> str:
    """`[List] `, where most subjects begin with it."""
    counts = Counter(found[0] for one in subjects if (found := _PREFIX.match(one)))
    prefix, count = next(iter(counts.most_common(1)), ("", 0))
    return prefix if count * 2 > len(subjects) else ""


def _header(message: EmailMessage, name: str) -> str:
    """A header as text; empty for one that is not there, or that nobody can read."""
    try:
        return str(message.get(name, "")).strip()
    except (ValueError, IndexError, AttributeError, TypeError, LookupError):
        return ""


def _divide(data: bytes) -> Iterator[bytes]:
    """The messages of an mbox, the lines that were mangled for it as they were."""
    starts = list(_FROM.finditer(data))
    for start, following in zip(starts, [*starts[1:], None], strict=True):
        end = following.start() if following is not None else len(data)
        yield _MANGLED.sub(b"", data[start.end() : end].lstrip(b"\r\n"))


def _is_mbox(head: bytes) -> bool:
    return (
        _FROM.match(head) is not None
        and re.search(rb"(?im)^(?:message-id|date):", head) is not None
    )


def _head(export: Export, name: str) -> bytes:
    data = export.read(name)[:20_000]
    if not name.lower().endswith(".gz"):
        return data
    try:
        return gzip.GzipFile(fileobj=io.BytesIO(data)).read1(20_000)
    except (OSError, EOFError):
        return b""


def _whole(export: Export, name: str) -> bytes:
    data = export.read(name)
    if not name.lower().endswith(".gz"):
        return data
    try:
        whole = gzip.GzipFile(fileobj=io.BytesIO(data)).read(MAX_FILE + 1)
    except (OSError, EOFError) as error:
        raise PostsFileError(f"{name}: it cannot be unpacked") from error
    if len(whole) > MAX_FILE:
        raise PostsFileError(f"{name}: it has more than {MAX_FILE:,} octets")
    return whole
