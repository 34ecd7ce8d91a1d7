"""Owns what a report means: bytes of a DSN, a complaint or an old bounce → BounceReport. Pure.

Never raises, whatever comes (rule C12). What a report says is hostile: texts are cleaned before they
leave here, and an address in it is information, never an identity (rule C2).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Final

from mailer.inbound.mime import MAX_OCTETS, Fields, ReportParts, normalise, read_parts
from mailer.replies import (
    AUTO_REPLY_SUBJECTS,
    BOUNCE_SUBJECTS,
    DELAY_WORDS,
    FAILURE_WORDS,
    FINAL_WORDS,
    ReportKind,
    Status,
    clean_reply,
    find_code,
    judge,
    parse_status,
)

__all__ = ["BounceReport", "Finding", "ReportKind", "parse_report"]

MAX_RECIPIENTS: Final = 20
"""Recipients of one report that are told; our messages have one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What became of one recipient (RFC 3464 2.3)."""

    kind: ReportKind
    recipients: tuple[str, ...] = ()
    """The address we wrote to first, then the one that it led to."""
    action: str = ""
    """`failed`, `delayed`, `delivered`, `relayed`, `expanded`; empty without a DSN."""
    status: str = ""
    """Enhanced status code (RFC 3463), the most telling one there is."""
    diagnostic: str = ""
    """What the host wrote, one line, without addresses."""
    counts: bool = False
    """Whether a soft one says something about the mailbox, and nothing about the sender."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceReport:
    """What a report says."""

    kind: ReportKind
    event_id: str
    """Equal for copies of the same report, however they came (rule C13). 64 hex digits."""
    status: str = ""
    diagnostic: str = ""
    recipients: tuple[str, ...] = ()
    """Addresses that it is about. Information only."""
    findings: tuple[Finding, ...] = ()
    envelopes: tuple[str, ...] = ()
    """Addresses and envelope ids that the report itself came to, the most trustworthy first. One of
    them names our delivery, if its key is right (rule C2)."""
    tokens: tuple[str, ...] = ()
    """For complaints: keyed parts of the returned message, return path first (RFC 6590)."""
    feedback_type: str = ""
    """As RFC 5965 3.1, RFC 6430 and RFC 6591 have it: `abuse`, `not-spam`, `auth-failure`, …"""
    reported_message_id: str = ""
    sent_at: datetime | None = None
    """Its Date, in UTC; what a stranger's clock said."""

    def about(self, address: str) -> Finding | None:
        """The finding about this address; the mildest failure when none names it. None: no findings."""
        key = address.casefold()
        named = [
            finding
            for finding in self.findings
            if any(recipient.casefold() == key for recipient in finding.recipients)
        ]
        failed = [finding for finding in self.findings if finding.action in {"failed", ""}]
        return _mildest(named or failed or self.findings)


def parse_report(raw: bytes, *, envelope_to: str = "") -> BounceReport:
    """Reads one message. `envelope_to` is the recipient it was delivered to, where that is known.

    Never raises. CR, LF and CRLF give the same result (rule C14).
    """
    try:
        parts = read_parts(raw)
        return _read(parts, raw, envelope_to)
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError, RecursionError):
        # The parser is the standard library's, and the input is anybody's: what it chokes on is
        # kept for a person to look at.
        envelopes = (envelope_to,) if envelope_to else ()
        return BounceReport(
            kind=ReportKind.UNKNOWN,
            event_id=sha256(normalise(raw)).hexdigest(),
            envelopes=envelopes,
        )


def _read(parts: ReportParts, raw: bytes, envelope_to: str) -> BounceReport:
    kind, findings = _judge_parts(parts)
    first = next((finding for finding in findings if finding.kind is kind), None)
    return BounceReport(
        kind=kind,
        event_id=_event_id(parts, raw),
        status=first.status if first else "",
        diagnostic=first.diagnostic if first else "",
        recipients=_all_recipients(parts, findings, kind),
        findings=findings,
        envelopes=tuple(_envelopes(parts, envelope_to)),
        tokens=tuple(_tokens(parts)) if kind is ReportKind.COMPLAINT else (),
        feedback_type=_feedback_type(parts),
        reported_message_id=parts.returned.get("message-id", "")[:500],
        sent_at=_sent_at(parts.headers.get("date", "")),
    )


def _judge_parts(parts: ReportParts) -> tuple[ReportKind, tuple[Finding, ...]]:
    """The type of the report first, the header of automatic answers last (rule C8)."""
    if not parts.is_intact:
        return ReportKind.UNKNOWN, ()
    if feedback := _feedback_type(parts):
        return _FEEDBACK.get(feedback, ReportKind.UNKNOWN), ()
    findings = tuple(_findings(parts.groups, parts.text))
    if findings:
        worst = _mildest([one for one in findings if one.action == "failed"])
        return (worst.kind if worst else ReportKind.DELAYED), findings
    if parts.is_receipt:
        return ReportKind.AUTO_REPLY, ()
    return _judge_words(parts)


# ── complaints ───────────────────────────────────────────────────────────────────────────────

_FEEDBACK: Final = {
    "abuse": ReportKind.COMPLAINT,
    "fraud": ReportKind.COMPLAINT,
    "opt-out": ReportKind.COMPLAINT,
    "opt-out-list": ReportKind.COMPLAINT,
    "not-spam": ReportKind.NONE,
    "auth-failure": ReportKind.POLICY,
    "virus": ReportKind.POLICY,
}
"""RFC 5965 7.3 and its successors. "other" and what is not registered is left to a person."""

_UNSUBSCRIBE: Final = re.compile(r"/unsubscribe/([0-9a-f]{20,200})")


def _feedback_type(parts: ReportParts) -> str:
    given = parts.feedback.get("feedback-type", "").lower().split()
    if given:
        return clean_reply(given[0]).strip(";,")[:40]
    # Microsoft's junk mail reports have no machine-readable part, but mark what they return.
    return "abuse" if "x-hmxmroriginalrecipient" in parts.returned else ""


def _tokens(parts: ReportParts) -> Iterator[str]:
    for path in (parts.feedback.get("original-mail-from"), parts.returned.get("return-path")):
        if path:
            yield path
    yield from _UNSUBSCRIBE.findall(parts.returned.get("list-unsubscribe", "")[:2000])


# ── delivery reports ─────────────────────────────────────────────────────────────────────────


def _findings(groups: Sequence[Fields], text: str) -> Iterator[Finding]:
    told = [group for group in groups if _is_about_somebody(group)]
    for group in told:
        yield _finding(group, _action(group.get("action", "")), text if len(told) == 1 else "")


def _is_about_somebody(group: Fields) -> bool:
    is_named = "final-recipient" in group or "original-recipient" in group
    return is_named and bool(_action(group.get("action", "")))


def _finding(group: Fields, action: str, text: str) -> Finding:
    diagnostic = re.sub(r"^\s*[\w-]+\s*;\s*", "", group.get("diagnostic-code", ""))
    status = parse_status(group.get("status", ""))
    if not diagnostic and (status is None or status[1:] == (0, 0)):
        # Some hosts say the reason to people only; with one recipient it can be nobody else's.
        diagnostic = _reason_of(text)
    names = ("original-recipient", "x-original-to", "final-recipient")
    recipients = tuple(
        dict.fromkeys(parse_typed_address(group[name]) for name in names if name in group)
    )
    if action != "failed":
        kind, found, counts = ReportKind.DELAYED, status, False
    else:
        kind, found, counts, _ = judge(status, diagnostic)
    return Finding(
        kind=kind,
        recipients=tuple(filter(None, recipients)),
        action=action,
        status=str(found) if found else "",
        diagnostic=clean_reply(diagnostic),
        counts=counts,
    )


def _action(value: str) -> str:
    word = re.match(r"[a-z]+", value.strip().lower())
    if word is None:
        return ""
    return "failed" if word.group() in {"failed", "failure", "fail"} else word.group()[:20]


_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")
_UTF8_XTEXT: Final = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")


def parse_typed_address(value: str) -> str:
    """The address of `rfc822; ada@example.com` or `utf-8; …` (RFC 3464 2.3.2, RFC 6533 3)."""
    kind, semicolon, rest = value.partition(";")
    address = (rest if semicolon else kind).split("(")[0].strip().strip("<>").strip()
    if kind.strip().lower() == "utf-8":
        address = _UTF8_XTEXT.sub(_code_point, address)
    return address[:320] if address.isprintable() else ""


def _code_point(match: re.Match[str]) -> str:
    number = int(match.group(1), 16)
    return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"


# ── which recipient counts ───────────────────────────────────────────────────────────────────

_MILDNESS: Final = (
    ReportKind.DELAYED,
    ReportKind.POLICY,
    ReportKind.SOFT,
    ReportKind.UNKNOWN,
    ReportKind.HARD,
)


def _mildest(findings: Sequence[Finding]) -> Finding | None:
    """One message has one reader: if hosts disagree about it, the milder one is believed."""
    return min(findings, key=lambda finding: _MILDNESS.index(finding.kind), default=None)


# ── bounces without a machine-readable part ──────────────────────────────────────────────────

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


def _judge_words(parts: ReportParts) -> tuple[ReportKind, tuple[Finding, ...]]:
    subject = parts.headers.get("subject", "")
    if not _is_bounce(parts, subject):
        return (ReportKind.AUTO_REPLY if _is_automatic(parts, subject) else ReportKind.NONE), ()
    fields = "\n".join(group.get("diagnostic-code", "") for group in parts.groups)
    text = f"{parts.text}\n{fields}".strip()
    if DELAY_WORDS.search(f"{subject}\n{text[:3000]}") and not FINAL_WORDS.search(
        f"{subject}\n{text[:3000]}"
    ):
        return ReportKind.DELAYED, (_worded(ReportKind.DELAYED, parts, text, None, counts=False),)
    if not FAILURE_WORDS.search(f"{subject}\n{text}"):
        return ReportKind.UNKNOWN, ()
    given = next(
        (s for group in parts.groups if (s := parse_status(group.get("status", "")))), None
    )
    if not text and given is None:
        return ReportKind.UNKNOWN, ()  # cut off before it said anything
    kind, status, counts, _ = judge(given, text)
    return kind, (_worded(kind, parts, text, status, counts=counts),)


def _worded(
    kind: ReportKind, parts: ReportParts, text: str, status: Status | None, *, counts: bool
) -> Finding:
    return Finding(
        kind=kind,
        recipients=tuple(_worded_recipients(parts, text)),
        status=str(status) if status else "",
        diagnostic=clean_reply(_reason_of(text)),
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
    is_answer = bool(_ANSWERS.match(subject) or AUTO_REPLY_SUBJECTS.match(subject))
    titled = bool(BOUNCE_SUBJECTS.search(subject)) and not is_answer
    is_null = headers.get("return-path", "<>") == "<>"
    is_daemon = bool(_DAEMONS.search(headers.get("from", "")))
    if _is_marked(headers) and not parts.is_report:
        is_returned = titled and parts.is_returning and is_null
        if is_answer or not (is_daemon or is_returned):
            return False
    if titled and parts.is_returning:
        return True  # whoever sent it, it says so and has our message with it
    if AUTO_REPLY_SUBJECTS.search(subject):
        return False
    if not is_daemon and not (is_null and _MAIL_SYSTEMS.search(headers.get("from", ""))):
        # People's own programs answer with the null sender, too (RFC 3834 3.3).
        return headers.get("return-path") == "<>" and (parts.is_report or titled)
    words = f"{subject}\n{parts.text[:3000]}"
    says = parts.is_report or titled or FAILURE_WORDS.search(words) or DELAY_WORDS.search(words)
    return bool(says)


def _is_automatic(parts: ReportParts, subject: str) -> bool:
    return _is_marked(parts.headers) or bool(AUTO_REPLY_SUBJECTS.search(subject))


def _is_marked(headers: Fields) -> bool:
    """RFC 3834 2 and 5, and the fields that were used before it."""
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    return (
        submitted != "no"
        or headers.get("precedence", "").strip().lower() in {"auto_reply", "auto-reply", "junk"}
        or any(name in headers for name in ("x-autoreply", "x-autorespond", "x-autoreply-from"))
    )


_ADDRESS: Final = re.compile(r"[^\s<>()\[\]\",;:'`|\\]{1,64}@[^\s<>()\[\]\",;:'`|\\=]{1,255}")


def _worded_recipients(parts: ReportParts, text: str) -> Iterator[str]:
    named = parts.headers.get("x-failed-recipients", "")
    written_to = {parse_typed_address(address).casefold() for address in parts.recipients}
    ours = written_to | {re.sub(r"\+[^@]*@", "@", address) for address in written_to}
    found = _ADDRESS.findall(named) or _ADDRESS.findall(text[:5000])
    for address in dict.fromkeys(address.rstrip(".") for address in found[:MAX_RECIPIENTS]):
        is_ours = address.casefold() in ours or _DAEMONS.search(address)
        if address.isprintable() and not is_ours:
            yield address


def _reason_of(text: str) -> str:
    """The lines around a reply code, else the beginning."""
    at = find_code(text)
    start = max(0, text.rfind("\n", 0, at + 1))
    return text[start : start + 1000]


# ── whose it is, and whether it came before ──────────────────────────────────────────────────


def _envelopes(parts: ReportParts, envelope_to: str) -> Iterator[str]:
    """Where our keyed address may stand, the envelope first (rule C2)."""
    if envelope_to:
        yield envelope_to
    for value in parts.recipients:
        yield from _ADDRESS.findall(value)[:10]
    for group in parts.groups[:1]:
        if envelope_id := group.get("original-envelope-id", "").split(" ")[0][:500]:
            # Some hosts repeat it encoded as it was sent, others decode it (RFC 3461 4.4).
            for spelling in (envelope_id, _XTEXT.sub(_octet, envelope_id)):
                yield spelling if "@" in spelling else f"{spelling}@"


def _octet(match: re.Match[str]) -> str:
    return chr(int(match.group(1), 16))


def _all_recipients(
    parts: ReportParts, findings: Sequence[Finding], kind: ReportKind
) -> tuple[str, ...]:
    if parts.feedback:
        names = ("original-rcpt-to", "removal-recipient")
        given = [
            parse_typed_address(parts.feedback[name]) for name in names if name in parts.feedback
        ]
    else:
        given = [address for one in findings if _tells(one, kind) for address in one.recipients[:2]]
        if not findings and "x-hmxmroriginalrecipient" in parts.returned:
            given = [parts.returned["x-hmxmroriginalrecipient"].strip("<> ")]
    usable = (address for address in given if address and address.isprintable())
    return tuple(dict.fromkeys(usable))[:MAX_RECIPIENTS]


def _tells(finding: Finding, kind: ReportKind) -> bool:
    """Recipients that arrived are not what a report of a failure is about."""
    return kind is ReportKind.DELAYED or finding.action in {"failed", ""}


_TELLING: Final = MAX_OCTETS // 2
"""Octets of a body that tell a report from others. What is read of a large one ends earlier the more
trace fields stand above it; these are read of every copy."""


def _event_id(parts: ReportParts, raw: bytes) -> str:
    """A hash of what does not change on the way: no trace fields, no line ends."""
    names = ("message-id", "date", "from", "to", "subject")
    head = "\n".join(f"{name}: {parts.headers.get(name, '')}" for name in names)
    body = normalise(raw).partition(b"\n\n")[2][:_TELLING]
    return sha256(head.encode("utf-8", "replace") + b"\n\n" + body.rstrip()).hexdigest()


def _sent_at(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
        return parsed.replace(tzinfo=parsed.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
