"""Owns what a delivery report's fields mean (RFC 3464): a group for a recipient → Finding. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mailer.inbound.mime import Fields
from mailer.inbound.report import Finding, ReportKind
from mailer.replies import clean_reply, find_code, judge, parse_status


def find_findings(groups: Sequence[Fields], text: str) -> Iterator[Finding]:
    """A finding for each recipient that a report tells of; `text` is what it says to people."""
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
        diagnostic = quote_reason(text)
    names = ("original-recipient", "x-original-to", "final-recipient")
    recipients = tuple(
        dict.fromkeys(parse_typed_address(group[name]) for name in names if name in group)
    )
    if action != "failed":
        kind, found, counts = ReportKind.DELAYED, status, False
    else:
        judged = judge(status, diagnostic)
        kind, found, counts = ReportKind(judged.severity), judged.status, judged.counts
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


def quote_reason(text: str) -> str:
    """The lines around a reply code, else the beginning."""
    at = find_code(text)
    start = max(0, text.rfind("\n", 0, at + 1))
    return text[start : start + 1000]
