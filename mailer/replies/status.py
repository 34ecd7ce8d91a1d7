"""Owns enhanced status codes: where one stands in a host's words, and its three numbers. Pure.

`5.1.1` says class, subject and detail (RFC 3463 2). Hosts put it in front of a line, behind a reply
code, in brackets or in quotes; an IP address, a version and a date are none.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

LIMIT: Final = 2000
"""Characters of a text that are looked at: a code stands near its beginning."""


class Status(NamedTuple):
    """An enhanced status code `class.subject.detail` (RFC 3463 2)."""

    kind: int
    subject: int
    detail: int

    def __str__(self) -> str:
        return f"{self.kind}.{self.subject}.{self.detail}"


_AFTER: Final = r"(?!\.?\d)"
_STATUS: Final = re.compile(
    rf"(?:^[\s\[(<#]*|\b[245]\d\d[ -]{{1,2}}#?)([245])\.(\d{{1,3}})\.(\d{{1,3}}){_AFTER}"
    rf"|(?:[(\[#;:]\s?#?|['\"])([245])\.([0-7])\.(\d{{1,3}}){_AFTER}",
    re.MULTILINE,
)
_CODE: Final = re.compile(r"(?:^|[\s:;<>'\"(])([45]\d\d)(?=[\s#-]|$)(?!-\d{3}-)")


def parse_status(text: str) -> Status | None:
    """The first enhanced status code of a reply, a field or a text (rule B4); None without one."""
    found = _STATUS.search(text[:LIMIT])
    if found is None:
        return None
    kind, subject, detail = (int(part) for part in found.groups() if part is not None)
    return Status(kind, subject, detail)


def parse_code(text: str) -> int | None:
    """The first reply code of a refusal that a text quotes (RFC 5321 4.2.1); None without one."""
    found = _CODE.search(text[:LIMIT])
    return int(found.group(1)) if found else None


def find_code(text: str) -> int:
    """Where a text quotes a reply of SMTP; 0 when it does not."""
    found = _CODE.search(text) or _STATUS.search(text)
    return found.start() if found else 0
