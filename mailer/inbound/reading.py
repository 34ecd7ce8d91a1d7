"""Owns the reading of reports: bytes of a DSN, a complaint or an old bounce → BounceReport. Pure.

Never raises, whatever comes (rule C12).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Final

from mailer.inbound.findings import find_findings, parse_typed_address
from mailer.inbound.mime import PARSER_FAULTS, ReportParts, read_parts
from mailer.inbound.octets import MAX_OCTETS, normalise
from mailer.inbound.prose import ADDRESS, is_from_daemon, judge_words
from mailer.inbound.report import (
    MAX_RECIPIENTS,
    BounceReport,
    Finding,
    ReportKind,
    mildest,
    tokens_in,
)
from mailer.replies import clean_reply


def parse_report(raw: bytes, *, envelope_to: str = "", hosts: tuple[str, ...] = ()) -> BounceReport:
    """Reads one message. `envelope_to` is the recipient it was delivered to, where that is known;
    `hosts` are the names and addresses of ours that a host may speak of.

    Never raises. CR, LF and CRLF give the same result (rule C14).
    """
    try:
        parts = read_parts(raw, hosts)
        return _read(parts, raw, envelope_to)
    except PARSER_FAULTS:
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
        is_daemon=is_from_daemon(parts),
        source=_source(parts.headers.get("from", "")),
        host=_organisation(parts.refuser),
        sent_at=_sent_at(parts.headers.get("date", "")),
    )


def _judge_parts(parts: ReportParts) -> tuple[ReportKind, tuple[Finding, ...]]:
    """The type of the report first, the header of automatic answers last (rule C8)."""
    if not parts.is_intact:
        return ReportKind.UNKNOWN, ()
    if feedback := _feedback_type(parts):
        return _FEEDBACK.get(feedback, ReportKind.UNKNOWN), ()
    findings = tuple(find_findings(parts))
    if findings:
        worst = mildest([one for one in findings if one.action == "failed"])
        return (worst.kind if worst else ReportKind.DELAYED), findings
    if parts.is_receipt:
        return ReportKind.AUTO_REPLY, ()
    return judge_words(parts)


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
    yield from tokens_in([parts.returned.get("list-unsubscribe", "")])


_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")


# ── whose it is, and whether it came before ──────────────────────────────────────────────────


def _envelopes(parts: ReportParts, envelope_to: str) -> Iterator[str]:
    """Where our keyed address may stand, the envelope first (rule C2)."""
    if envelope_to:
        yield envelope_to
    for value in parts.recipients:
        yield from ADDRESS.findall(value)[:10]
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
    """Whether a finding counts for this kind: a report of a failure is not about recipients it reached."""
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


_DOMAIN: Final = re.compile(r"@([\w.-]{1,253})")


def _source(value: str) -> str:
    """The domain of a From, without the names of single hosts in it: two labels."""
    found = _DOMAIN.search(value[:1000])
    return ".".join(found.group(1).lower().split(".")[-2:]) if found else ""


def _organisation(host: str) -> str:
    """Whose host it is: the last labels of its name, three where two are a registry's (`co.uk`)."""
    labels = host.split(".")
    is_registry = len(labels) > 2 and len(labels[-1]) == 2 and len(labels[-2]) <= 3
    return ".".join(labels[-3 if is_registry else -2 :]) if len(labels) > 1 else ""


def _sent_at(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value)
        return parsed.replace(tzinfo=parsed.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
