"""Owns reports that people are meant to read: whether a mail without fields is a bounce, and which. Pure.

Told by its sender, its subject and its words, in that order of trust.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.inbound.findings import parse_typed_address, quote_reason
from mailer.inbound.mime import Fields, ReportParts
from mailer.inbound.report import MAX_RECIPIENTS, Finding, ReportKind
from mailer.replies import (
    AUTO_REPLY_SUBJECTS,
    BOUNCE_SUBJECTS,
    DELAY_WORDS,
    FAILURE_WORDS,
    FINAL_WORDS,
    Status,
    clean_reply,
    judge,
    parse_status,
)

_DAEMONS: Final = re.compile(
    r"mailer-?daemon|<>|^$|(?:^|[<\"\s])(?:postmaster|mdaemon|double-bounce|no-?reply-bounce"
    r"|microsoftexchange\w*)(?:@|[>\"\s]*$)",
    re.IGNORECASE,
)
"""Addresses, at times names, that no person and no answering machine of a person has."""
_MAIL_SYSTEMS: Final = re.compile(
    r"mail ?deliver|mail (?:sub)?system|delivery (?:sub)?system|postmaster|mdaemon", re.IGNORECASE
)
"""Names under which bounces come, and under which shops and parcel services write as well."""
_ANSWERS: Final = re.compile(
    r"\s*(?:re|aw|antw|antwort|sv|vs|rép|res|odp|отв(?:ет)?|回复|回覆|答复|返信)(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
"""What stands before the subject that an answer repeats."""


_QUOTED_FIELDS: Final = re.compile(
    r"^[ \t>]*(?:subject|from|(?:original )?sender|sent|date|betreff|von|gesendet|objet|asunto|remitente|oggetto"
    r"|assunto|onderwerp|temat|ämne|konu|předmět|тема|件名|差出人|제목|主题|主旨)[ \t]*[:：].*$",
    re.IGNORECASE | re.MULTILINE,
)
"""Fields of our mail that a host repeats for people: the author's words, and no reason."""


def judge_words(parts: ReportParts) -> tuple[ReportKind, tuple[Finding, ...]]:
    """What a message without fields is, and what it found; no finding for what is no bounce."""
    subject = parts.headers.get("subject", "")
    if not _is_bounce(parts, subject):
        return (ReportKind.AUTO_REPLY if _is_automatic(parts, subject) else ReportKind.NONE), ()
    fields = "\n".join(group.get("diagnostic-code", "") for group in parts.groups)
    text = _QUOTED_FIELDS.sub("", f"{parts.text}\n{fields}").strip()
    if DELAY_WORDS.are_in(f"{subject}\n{text[:3000]}") and not FINAL_WORDS.are_in(
        f"{subject}\n{text[:3000]}"
    ):
        return ReportKind.DELAYED, (_worded(ReportKind.DELAYED, parts, text, None, counts=False),)
    given = next(
        (s for group in parts.groups if (s := parse_status(group.get("status", "")))), None
    )
    is_failure = given is not None and given.kind == 5
    if not is_failure and not FAILURE_WORDS.are_in(f"{subject}\n{text}"):
        return ReportKind.UNKNOWN, ()
    if not text and given is None:
        return ReportKind.UNKNOWN, ()  # cut off before it said anything
    judged = judge(given, text, ours=parts.addresses, in_prose=True)
    kind, status, counts = ReportKind(judged.severity), judged.status, judged.counts
    return kind, (_worded(kind, parts, text, status, counts=counts),)


def _worded(
    kind: ReportKind, parts: ReportParts, text: str, status: Status | None, *, counts: bool
) -> Finding:
    return Finding(
        kind=kind,
        recipients=tuple(_worded_recipients(parts, text)),
        status=str(status) if status else "",
        diagnostic=clean_reply(quote_reason(text)),
        counts=counts,
    )


def _is_bounce(parts: ReportParts, subject: str) -> bool:
    """A machine wrote it about mail that it had: by its sender, and by its subject or its words.

    An answer repeats the subject of our mail, whatever that is about, and its words are a person's:
    neither makes it a bounce. Hosts mark their bounces as automatic, too; those are told by their
    sender, or by having our message with them (rule C8).
    """
    headers = parts.headers
    if "x-failed-recipients" in headers or parts.groups:
        return True
    is_answer = bool(_ANSWERS.match(subject)) or AUTO_REPLY_SUBJECTS.begin(subject)
    titled = BOUNCE_SUBJECTS.are_in(subject) and not is_answer
    is_null = headers.get("return-path", "<>") == "<>"
    is_daemon = bool(_DAEMONS.search(headers.get("from", "")))
    if _is_marked(headers) and not parts.is_report:
        is_returned = titled and parts.is_returning and is_null
        if is_answer or not (is_daemon or is_returned):
            return False
    if titled and parts.is_returning:
        return True  # whoever sent it, it says so and has our message with it
    if AUTO_REPLY_SUBJECTS.are_in(subject):
        return False
    if not is_daemon and not (is_null and _MAIL_SYSTEMS.search(headers.get("from", ""))):
        # People's own programs answer with the null sender, too (RFC 3834 3.3).
        return headers.get("return-path") == "<>" and (parts.is_report or titled)
    words = f"{subject}\n{parts.text[:3000]}"
    return parts.is_report or titled or FAILURE_WORDS.are_in(words) or DELAY_WORDS.are_in(words)


def is_from_daemon(parts: ReportParts) -> bool:
    """Whether a mail system wrote it, whatever it says: by its name, or by its null sender.

    People's own programs answer with the null sender, too, but mark that or say so (RFC 3834 3.3).
    """
    headers = parts.headers
    if parts.is_receipt or AUTO_REPLY_SUBJECTS.are_in(headers.get("subject", "")):
        return False
    is_null = headers.get("return-path") == "<>" and not _is_marked(headers)
    return is_null or bool(_DAEMONS.search(headers.get("from", "")))


def _is_automatic(parts: ReportParts, subject: str) -> bool:
    return _is_marked(parts.headers) or AUTO_REPLY_SUBJECTS.are_in(subject)


def _is_marked(headers: Fields) -> bool:
    """RFC 3834 2 and 5, and the fields that were used before it."""
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    return (
        submitted != "no"
        or headers.get("precedence", "").strip().lower() in {"auto_reply", "auto-reply", "junk"}
        or any(name in headers for name in ("x-autoreply", "x-autorespond", "x-autoreply-from"))
    )


ADDRESS: Final = re.compile(r"[^\s<>()\[\]\",;:'`|\\]{1,64}@[^\s<>()\[\]\",;:'`|\\=]{1,255}")


_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef"
    "\U00020000-\U0003ffff"
)
"""Scripts whose words stand right before and behind an address, and their punctuation."""
_WORDS_BEFORE: Final = re.compile(rf".*[{_UNSPACED}](?=[!-~]+@)")
_WORDS_BEHIND: Final = re.compile(
    rf"(@[A-Za-z0-9-]{{1,63}}(?:\.[A-Za-z0-9-]{{1,63}}){{0,9}}\.[A-Za-z]{{2,24}})[{_UNSPACED}][^.]*\.?\Z"
)


def _without_words(address: str) -> str:
    """An address in ASCII without the words of a script without blanks around it, as `アドレスada@example.comへ`;
    one that is of that script itself is left whole.
    """
    if address.isascii():
        return address
    return _WORDS_BEHIND.sub(r"\1", _WORDS_BEFORE.sub("", address))


def _worded_recipients(parts: ReportParts, text: str) -> Iterator[str]:
    named = parts.headers.get("x-failed-recipients", "")
    written_to = {parse_typed_address(address).casefold() for address in parts.recipients}
    ours = written_to | {re.sub(r"\+[^@]*@", "@", address) for address in written_to}
    found = ADDRESS.findall(named) or ADDRESS.findall(text[:5000])
    for address in dict.fromkeys(_without_words(one).rstrip(".") for one in found[:MAX_RECIPIENTS]):
        is_ours = address.casefold() in ours or _DAEMONS.search(address)
        if address.isprintable() and not is_ours:
            yield address
