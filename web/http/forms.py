"""What the body of a POST says: urlencoded forms, multipart forms and JSON become fields. Pure.

The caller bounds the size of a body. A body that cannot be read has no fields: what is asked of
the routes here must not depend on how somebody's program writes its forms.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Final
from urllib.parse import parse_qsl

from web.http.negotiation import bare_type

MAX_BODY: Final = 64 * 1024
"""Bytes of a request; the longest honest one is an address and two words."""

_MAX_FIELDS: Final = 20


def parse_fields(body: bytes, content_type: str) -> Mapping[str, str]:
    """The fields of a body, the first value of each name; without a known type it is a form's."""
    kind = bare_type(content_type)
    if kind == "application/json":
        return _json_fields(body)
    if kind == "multipart/form-data":
        return _multipart_fields(body, content_type)
    return _urlencoded_fields(body)


def _urlencoded_fields(body: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MAX_FIELDS
        )
    except ValueError:
        return {}
    return _first_of_each(pairs)


def _multipart_fields(body: bytes, content_type: str) -> Mapping[str, str]:
    """RFC 7578, with the standard library's MIME parser, which never refuses (rule A7)."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    pairs: list[tuple[str, str]] = []
    for part in list(message.iter_parts())[:_MAX_FIELDS] if message.is_multipart() else []:
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            pairs.append((name, payload.decode("utf-8", "replace").strip("\r\n")))
    return _first_of_each(pairs)


def _json_fields(body: bytes) -> Mapping[str, str]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def _first_of_each(pairs: list[tuple[str, str]]) -> Mapping[str, str]:
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields
