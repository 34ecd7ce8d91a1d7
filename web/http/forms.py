"""What the body of a POST says: urlencoded forms, multipart forms and JSON become fields. Pure.

A stranger writes these bodies, so everything is bounded before it is looked at, and each octet is
looked at a fixed number of times. No parser of mail reads them: one that forgives everything takes
the time for it. A body that cannot be read has no fields: what is asked of the routes here must
not depend on how somebody's program writes its forms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from web.http.negotiation import bare_type

MAX_FIELDS: Final = 20
"""Fields of a form; the longest honest one has an address, a name and two words."""
MAX_DEPTH: Final = 20
"""Brackets that a JSON document may open."""
MAX_TYPE: Final = 256
"""Octets of a Content-Type; a boundary has 70 at most."""
MAX_PART_HEAD: Final = 1024
"""Octets before the blank line of a part: its name, and what a browser says of it."""

_BOUNDARY: Final = re.compile(
    r";[ \t]*boundary=(?:\"([0-9A-Za-z'()+_,./:=? -]{1,70})\"|([0-9A-Za-z'()+_./:=?-]{1,70}))"
    r"[ \t]*(?=;|\Z)",
    re.IGNORECASE,
)
"""The parameter of RFC 2046 5.1.1, quoted or bare."""
_BLANK: Final = re.compile(rb"\r?\n\r?\n")
_DISPOSITION: Final = re.compile(
    rb"^content-disposition:[ \t]*form-data[ \t]*;([^\r\n]*)", re.IGNORECASE | re.MULTILINE
)
_NAME: Final = re.compile(
    rb"(?:^|;)[ \t]*name=(?:\"([^\"\r\n]{0,200})\"|([^\s\";]{1,200}))", re.IGNORECASE
)


def parse_fields(body: bytes, content_type: str) -> Mapping[str, str]:
    """The fields of a body, the first value of each name; without a known type it is a form's.

    The time is proportional to the body's length, which the caller bounds.
    """
    return {name: values[0] for name, values in parse_lists(body, content_type).items()}


def parse_lists(
    body: bytes, content_type: str, most: int = MAX_FIELDS
) -> Mapping[str, tuple[str, ...]]:
    """The same with every value of each name, of a form that may have `most` fields."""
    if len(content_type) > MAX_TYPE:
        return {}
    kind = bare_type(content_type)
    if kind == "application/json":
        pairs = _json_fields(body, most)
    elif kind == "multipart/form-data":
        pairs = _multipart_fields(body, content_type, most)
    else:
        pairs = _urlencoded_fields(body, most)
    fields: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        fields[name] = (*fields.get(name, ()), value)
    return fields


def _urlencoded_fields(body: bytes, most: int) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=most
        )
    except ValueError:
        return []


def _multipart_fields(body: bytes, content_type: str, most: int) -> list[tuple[str, str]]:
    """The parts of RFC 7578 that have a name; a part within a part is its text.

    Line ends are CRLF, as RFC 2046 4.1.1 demands and all browsers write; LF alone is taken, too.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        return []
    line = b"\n--" + (found[1] or found[2]).encode("ascii")
    _preamble, *parts = (b"\n" + body).split(line, most + 1)
    pairs: list[tuple[str, str]] = []
    for part in parts[:most]:
        if part.startswith(b"--"):  # the last delimiter
            break
        head, value = _split_part(part)
        if (name := _part_name(head)) is not None:
            pairs.append((name, value.removesuffix(b"\r").decode("utf-8", "replace")))
    return pairs


def _split_part(part: bytes) -> tuple[bytes, bytes]:
    """The header lines and the content; neither where the header lines are too long or not ended."""
    blank = _BLANK.search(part, 0, MAX_PART_HEAD)
    return (part[: blank.start()], part[blank.end() :]) if blank else (b"", b"")


def _part_name(head: bytes) -> str | None:
    disposition = _DISPOSITION.search(head)
    name = _NAME.search(disposition[1]) if disposition else None
    if name is None:
        return None
    return (name[1] if name[1] is not None else name[2]).decode("utf-8", "replace")


def _json_fields(body: bytes, most: int) -> list[tuple[str, str]]:
    """Texts, and lists of texts: as a form writes them."""
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        return []
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return []
    if not isinstance(found, dict):
        return []
    given = [
        (name, one)
        for name, value in found.items()
        for one in (value if isinstance(value, list) else [value])
    ]
    return [(name, one) for name, one in given[:most] if isinstance(one, str)]
