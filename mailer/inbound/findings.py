"""Owns what a delivery report's fields mean (RFC 3464): a group for a recipient → Finding. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final, TypedDict

from mailer.inbound.mime import Fields, ReportParts
from mailer.inbound.report import Finding, ReportKind
from mailer.replies import clean_reply, find_causes, find_code, judge, parse_status


def find_findings(parts: ReportParts) -> Iterator[Finding]:
    """A finding for each recipient that a report tells of; its words for people where it has no more."""
    told = [group for group in parts.groups if _is_about_somebody(group)]
    for group in told:
        found = _finding(group, parts, parts.text if len(told) == 1 else "")
        inner = _nested_finding(parts) if len(told) == 1 and _is_vague(found) else None
        yield replace(found, **inner) if inner else found


def _is_about_somebody(group: Fields) -> bool:
    """Whether a group tells what became of a recipient, named or not (RFC 3464 2.3 wants both)."""
    is_named = "final-recipient" in group or "original-recipient" in group
    is_told = "status" in group and "diagnostic-code" in group
    return (is_named or is_told) and bool(_action(group))


def _finding(group: Fields, parts: ReportParts, text: str) -> Finding:
    field = group.get("diagnostic-code", "")
    diagnostic = re.sub(r"^\s*[\w-]+\s*;\s*", "", field)
    status = parse_status(group.get("status", ""))
    in_prose = not diagnostic and (status is None or status[1:] == (0, 0))
    if in_prose:
        # Some hosts say the reason to people only; with one recipient it can be nobody else's.
        diagnostic = field = quote_reason(text)
    names = ("original-recipient", "x-original-to", "final-recipient")
    recipients = tuple(
        dict.fromkeys(parse_typed_address(group[name]) for name in names if name in group)
    )
    action = _action(group)
    if action != "failed":
        kind, found, counts = ReportKind.DELAYED, status, False
    else:
        called = tuple(address.rpartition("@")[0] for address in recipients)
        judged = judge(status, diagnostic, ours=parts.ours, names=called, in_prose=in_prose)
        kind, found, counts = ReportKind(judged.severity), judged.status, judged.counts
        if kind is ReportKind.HARD and _LOCAL_AGENT.match(field) and judged.cause is None:
            kind, counts = ReportKind.SOFT, True  # a program of the host's failed, and says no more
    return Finding(
        kind=kind,
        recipients=tuple(filter(None, recipients)),
        action=action,
        status=str(found) if found else "",
        diagnostic=clean_reply(diagnostic),
        counts=counts,
    )


_LOCAL_AGENT: Final = re.compile(r"\s*x-unix\b", re.IGNORECASE)


def _is_vague(finding: Finding) -> bool:
    """Whether a failure says neither by its code nor by its words why."""
    is_open = not finding.status or finding.status.endswith(".0.0")
    return finding.kind is ReportKind.SOFT and is_open and not find_causes(finding.diagnostic)


def _nested_finding(parts: ReportParts) -> _Judged | None:
    """What the one failure of a bounce within the bounce says; a host that passed mail on sends such."""
    told = [group for group in parts.nested if _is_about_somebody(group)]
    if len(told) != 1 or _action(told[0]) != "failed":
        return None
    found = _finding(told[0], parts, "")
    return {
        "kind": found.kind,
        "status": found.status,
        "diagnostic": found.diagnostic,
        "counts": found.counts,
    }


class _Judged(TypedDict):
    kind: ReportKind
    status: str
    diagnostic: str
    counts: bool


def _action(group: Fields) -> str:
    word = re.match(r"[a-z]+", group.get("action", "").strip().lower())
    if word is None:
        status = parse_status(group.get("status", ""))
        return "failed" if status is not None and status.kind == 5 else ""
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
