"""Owns the reading of a report's bytes: MIME, fields, text and what was returned. Pure.

Nothing here judges. Everything is bounded: octets, nesting, fields, and what is hostile in a header
stays a string. The standard library's lenient policy is used because its strict one raises.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import HeaderParseError, MissingHeaderBodySeparatorDefect
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from html import unescape
from itertools import islice
from typing import Final, TypeAlias

from mailer.inbound.octets import MAX_PARTS, bound_octets, is_too_deep

MAX_TEXT: Final = 20_000
"""Characters of a part's text that are kept."""

PARSER_FAULTS: Final = (
    *(ValueError, LookupError, TypeError, AttributeError),
    *(AssertionError, RecursionError),
)
"""What the standard library's parser raises for what anybody may send."""

_MAX_FIELDS: Final = 500

Fields: TypeAlias = Mapping[str, str]
"""Field values by their lower-case names; the first of a name wins."""

_TRACE_NAMES: Final = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-rcpt-to",
    "x-delivered-to",
    "x-real-to",
    "x-forwarded-to",
    "resent-to",
    "apparently-to",
    "to",
)
_RECEIVED_FOR: Final = re.compile(r"\bfor\s+(<[^<>\s]{3,320}>)")
_REPEATED: Final = re.compile(r"[245]\d\d[ -]")
"""A reply's next line that a host forgot to fold: no field begins so."""
_DOMAIN: Final = re.compile(r"@([\w.-]{1,255})")
_CHARSETS: Final = re.compile(
    r"utf-?8|us-ascii|ascii|iso-?8859-\d{1,2}|latin-?1|windows-12\d\d|cp\d{3,4}|koi8-[ru]"
    r"|iso-2022-(?:jp|kr)(?:-\d|-ext)?|shift_?jis|sjis|euc-(?:jp|kr)|gb2312|gbk|gb18030|big5"
    r"|utf-?16(?:-?[lb]e)?",
    re.IGNORECASE,
)
"""Charsets of mail. Python knows codecs that are none, and some of them are slow or warn."""

_RETURNED_TYPES: Final = frozenset(
    {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}
)
_STATUS_TYPES: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECEIPT_TYPES: Final = frozenset(
    {"message/disposition-notification", "message/global-disposition-notification"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportParts:
    """What a report consists of. Whatever it does not have is empty."""

    headers: Fields
    recipients: tuple[str, ...] = ()
    """Whom the report was delivered to, as its trace fields say, innermost first."""
    text: str = ""
    """The words for people, in front of the returned message."""
    groups: tuple[Fields, ...] = ()
    """Fields of message/delivery-status: per message, then per recipient (RFC 3464 2.1)."""
    feedback: Fields = field(default_factory=dict)
    """Fields of message/feedback-report (RFC 5965 3)."""
    returned: Fields = field(default_factory=dict)
    """Header fields of the returned message."""
    is_returning: bool = False
    """Whether a message or its header is attached as such."""
    is_report: bool = False
    """Whether it calls itself multipart/report (RFC 6522), and is no receipt."""
    is_receipt: bool = False
    """Whether it says what a reader did with mail that arrived (RFC 8098)."""
    is_intact: bool = True
    """False when it is nested too deeply to be looked at."""
    nested: tuple[Fields, ...] = ()
    """Fields of a delivery report that is the returned message itself: a bounce within a bounce."""

    hosts: tuple[str, ...] = ()
    """Names and addresses of this house's hosts, as far as it knows them."""

    @property
    def ours(self) -> tuple[str, ...]:
        """What a host may call us: the domains that the report came to, which are ours if it is a
        report at all, our hosts, and those that passed our mail on.
        """
        found = (_DOMAIN.search(recipient) for recipient in self.recipients[:5])
        domains = (match.group(1).lower() for match in found if match)
        return tuple(dict.fromkeys((*domains, *self.hosts, *self._senders())))

    @property
    def addresses(self) -> tuple[str, ...]:
        """The IP addresses of ours alone: in words for people our names also stand for other things."""
        return tuple(host for host in self.hosts if _IP.fullmatch(host))

    @property
    def refuser(self) -> str:
        """The host that did not take the mail, as the report says (RFC 3464 2.3.5, 2.2.2)."""
        fields = [group.get(name, "") for name in _REFUSERS for group in self.groups[::-1]]
        return next(filter(None, map(_host, fields)), "")

    def _senders(self) -> Iterator[str]:
        """Hosts on our side of the one that refused (RFC 3464 2.2.2, 2.2.4, 2.3.5)."""
        message = self.groups[0] if self.groups else {}
        remote = _host(self.groups[-1].get("remote-mta", "")) if self.groups else ""
        reporting = _host(message.get("reporting-mta", ""))
        for name in (_host(message.get("received-from-mta", "")), reporting if remote else ""):
            if "." in name and name != remote:
                yield name


def _host(value: str) -> str:
    """The name of a host in a field such as `dns; mx.example.org (192.0.2.1)`."""
    found = _HOST.search(value[:300].rpartition(";")[2])
    return found.group().strip(".").lower() if found else ""


_HOST: Final = re.compile(r"[\w.-]{1,253}")
_IP: Final = re.compile(r"[0-9.]+|[0-9a-f:]*:[0-9a-f:.]*")
_REFUSERS: Final = ("remote-mta", "reporting-mta")


def read_parts(raw: bytes, hosts: tuple[str, ...] = ()) -> ReportParts:
    """Take a report apart; `hosts` are names of ours. CR, LF and CRLF mean the same (rule C14)."""
    normal = bound_octets(raw)
    if is_too_deep(normal):
        head = normal.partition(b"\n\n")[0]
        headers = parse_fields(_decode(head, None))
        fields = headers[0] if headers else {}
        to = tuple(fields[name][:1000] for name in _TRACE_NAMES if name in fields)
        return ReportParts(headers=fields, recipients=to, is_intact=False)
    message = message_from_bytes(normal)
    parts = list(_leaves(message))
    status = [part for part in parts if _type(part) in _STATUS_TYPES]
    feedback = [part for part in parts if _type(part) == "message/feedback-report"]
    returned = [part for part in parts if _type(part) in _RETURNED_TYPES]
    text, rest = _cut_returned(_human_text(parts))
    is_receipt = _is_receipt(message, parts)
    return ReportParts(
        hosts=hosts,
        headers=_header_fields(message),
        recipients=_trace_recipients(message),
        text=text,
        groups=tuple(group for part in status for group in parse_fields(_part_text(part))),
        feedback=_merge(parse_fields(_part_text(feedback[0]))) if feedback else {},
        returned=_returned_fields(returned, rest),
        is_returning=bool(returned),
        is_report=_type(message) == "multipart/report" and not is_receipt,
        is_receipt=is_receipt,
        nested=tuple(_nested_groups(returned)),
    )


def _type(part: Message) -> str:
    """The content type; what some hosts write behind it without a semicolon is not part of it."""
    return part.get_content_type().split()[0]


def _is_receipt(message: Message, parts: Sequence[Message]) -> bool:
    """By the type of the report, or of a part where that is not told."""
    named = collapse_rfc2231_value(message.get_param("report-type") or "").strip().lower()
    return named == "disposition-notification" or any(
        _type(part) in _RECEIPT_TYPES for part in parts
    )


def parse_fields(text: str) -> list[dict[str, str]]:
    """Groups of fields, separated by blank lines (RFC 3464 2.1.1); folded lines are joined."""
    groups: list[dict[str, str]] = [{}]
    name = ""
    for line in text[:MAX_TEXT].splitlines()[:_MAX_FIELDS]:
        if not line.strip():
            groups.append({})
            name = ""
        elif line[0] in " \t" or _REPEATED.match(line):
            if name:
                groups[-1][name] += f"\n{line.strip()}"
        else:
            name, value = _split_field(line)
            if name and name not in groups[-1]:
                groups[-1][name] = value
            else:
                name = ""
    return [group for group in groups if group]


def _split_field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    is_field = bool(colon) and name.isascii() and not any(map(str.isspace, name.rstrip()))
    return (name.strip().lower(), value.strip()) if is_field else ("", "")


def _leaves(message: Message, budget: int = MAX_PARTS) -> Iterator[Message]:
    """The parts of the report itself, in order; a returned message is one, whatever it holds."""
    waiting = [message]
    while waiting and budget:
        part = waiting.pop(0)
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting[:0] = [sub for sub in payload if isinstance(sub, Message)]
        else:
            budget -= 1
            yield part


def _nested_groups(returned: Sequence[Message]) -> Iterator[Fields]:
    """What the returned message says, if it is a delivery report of its own."""
    for part in returned[:1]:
        payload = part.get_payload()
        inner = payload[0] if isinstance(payload, list) and payload else None
        if isinstance(inner, Message) and inner.get_content_maintype() == "multipart":
            for leaf in _leaves(inner):
                if _type(leaf) in _STATUS_TYPES:
                    yield from parse_fields(_part_text(leaf))


# ── text ─────────────────────────────────────────────────────────────────────────────────────

_TAGS: Final = re.compile(
    r"<(?:style|script|head)\b.{0,5000}?</(?:style|script|head)\s*>|<[^>]{0,500}>",
    re.IGNORECASE | re.DOTALL,
)
_BREAKS: Final = re.compile(r"<(?:br|/p|/div|/tr|/h\d|/td|/li)\b[^>]{0,200}>", re.IGNORECASE)


def _human_text(parts: Sequence[Message]) -> str:
    """The first text/plain part; a text/html one when that is missing or empty."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            if _type(part) == kind:
                text = _part_text(part)
                if kind == "text/html":
                    text = unescape(_TAGS.sub(" ", _BREAKS.sub("\n", text)))
                if text.strip():
                    return text
    return ""


def _part_text(part: Message) -> str:
    """A part's content as text. Parts of type message/* were parsed already: they are put back."""
    payload = part.get_payload()
    if isinstance(payload, list):
        blocks = [_rewrite(sub) for sub in payload[:MAX_PARTS] if isinstance(sub, Message)]
        return _decode_transfer("\n\n".join(blocks), part)[:MAX_TEXT]
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    return _decode(content[: 4 * MAX_TEXT], part.get_content_charset())[:MAX_TEXT]


def _rewrite(block: Message) -> str:
    lines = [f"{name}: {_unescape(str(value))}" for name, value in block.raw_items()]
    content = block.get_payload(decode=True)
    if isinstance(content, bytes) and content.strip():
        # A line that is no field ends a header, too: nothing stood between, and nothing comes there.
        is_torn = any(isinstance(one, MissingHeaderBodySeparatorDefect) for one in block.defects)
        lines += ["", _decode(content, None)] if lines and not is_torn else [_decode(content, None)]
    return "\n".join(lines)


def _decode_transfer(text: str, part: Message) -> str:
    """RFC 6533 lets the fields of a report be encoded for transport; RFC 3464 does not."""
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding == "quoted-printable":
        return _decode(quopri.decodestring(text.encode("utf-8", "replace")), "utf-8")
    if encoding != "base64" or re.search(r"(?mi)^(?:action|final-recipient):", text):
        return text  # fields that can be read are not encoded, whatever is said of them
    wrapped = Message()
    wrapped["content-transfer-encoding"] = encoding
    wrapped.set_payload(text)
    content = wrapped.get_payload(decode=True)
    return _decode(content, "utf-8") if isinstance(content, bytes) else text


def _decode(content: bytes, charset: str | None) -> str:
    if charset and _CHARSETS.fullmatch(charset):
        try:
            return content.decode(charset)
        except UnicodeDecodeError:
            pass
        except LookupError:
            charset = None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        usable = charset if charset and _CHARSETS.fullmatch(charset) else "latin-1"
        return content.decode(usable, "replace")


def _unescape(text: str) -> str:
    """Octets outside ASCII, which the parser keeps as lone surrogates, as the text they are."""
    return text if text.isascii() else _decode(text.encode("utf-8", "surrogateescape"), None)


_RETURNED_BELOW: Final = re.compile(
    r"^[ \t>]*(?!\*\* (?:message|recipient)[^*\n]{1,40}\*\*)(?:[-=_*]{2,}.{0,80}(?:copy of|original|returned|message|header|nachricht|mensaje|origin).{0,80}"
    r"|original message (?:headers|follows).{0,40}"
    r"|(?:received|return-path|dkim-signature|message-id|x-\w+|mime-version):.*)$",
    re.IGNORECASE | re.MULTILINE,
)
"""Gmail sets its reasons as titles: `** Message blocked **`."""
_SENDMAIL_SECTIONS: Final = re.compile(
    r"(?:following|transcript|addresses|fatal|errors|session|subject|server message)",
    re.IGNORECASE,
)


def _cut_returned(text: str) -> tuple[str, str]:
    """The text in front of the returned message, and the rest: its words are the author's own."""
    for match in _RETURNED_BELOW.finditer(text):
        if not _SENDMAIL_SECTIONS.search(match.group()):
            return text[: match.start()], text[match.start() :]
    return text, ""


# ── fields ───────────────────────────────────────────────────────────────────────────────────


def _header_fields(message: Message) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in islice(message.raw_items(), _MAX_FIELDS):
        found.setdefault(name.lower(), decode_words(" ".join(str(value).split())))
    return found


def _trace_recipients(message: Message) -> tuple[str, ...]:
    """Fields in which hosts note whom they delivered to, then the address it is written to."""
    found = [str(value) for name in _TRACE_NAMES for value in message.get_all(name, [])[:10]]
    passed = [str(value)[:2000] for value in message.get_all("received", [])[:10]]
    found += [to for value in passed for to in _RECEIVED_FOR.findall(value)]  # RFC 5321 4.4
    return tuple(dict.fromkeys(decode_words(" ".join(value.split()))[:1000] for value in found))


def decode_words(value: str) -> str:
    """Encoded-words as what they mean (RFC 2047); as they are when they are broken."""
    if "=?" not in value:
        return _unescape(value)
    try:
        chunks = decode_header(value[:2000])
    except (HeaderParseError, ValueError):
        return _unescape(value)
    return "".join(
        chunk if isinstance(chunk, str) else _decode(chunk, charset) for chunk, charset in chunks
    )


_ENCODINGS: Final = frozenset({"base64", "quoted-printable"})
"""RFC 2046 5.2.1 allows neither for a message; hosts use them nevertheless."""


def _returned_fields(parts: Sequence[Message], rest: str) -> Fields:
    if not parts:
        return _merge(parse_fields(rest.partition("\n")[2]) if rest else [])
    part = parts[0]
    payload = part.get_payload()
    is_plain = str(part.get("content-transfer-encoding", "")).strip().lower() not in _ENCODINGS
    if is_plain and isinstance(payload, list) and payload and isinstance(payload[0], Message):
        return _header_fields(payload[0])
    return _merge(parse_fields(_part_text(part))[:1])


def _merge(groups: Sequence[Mapping[str, str]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for group in groups:
        for name, value in group.items():
            merged.setdefault(name, value)
    return merged
