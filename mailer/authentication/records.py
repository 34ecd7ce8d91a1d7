"""What the DNS says of a domain that sends mail: DKIM and DMARC records read. Pure.

Records come in as texts; questions go to the Resolver that is given, which tests replace. SPF has a
module of its own, mailer/authentication/spf.py.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mailer.authentication.resolver import Resolver, answer

_MAX_WALK: Final = 8
"""Names that a tree walk asks for (RFC 9989 4.10)."""


# ── DKIM (RFC 6376) ──────────────────────────────────────────────────────────────────────────


def parse_tags(text: str) -> Mapping[str, str]:
    """The tags of `k=rsa; p=…` (RFC 6376 3.2), blanks within values removed. Raises ValueError."""
    tags: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not re.fullmatch(r"[A-Za-z]\w*", name):
            raise ValueError(f"{part!r} is no tag")
        if name in tags:
            raise ValueError(f"the tag {name} stands twice")
        tags[name] = "".join(value.split())
    return tags


def find_key_problem(records: Sequence[str], *, kind: str, public: bytes) -> str:
    """Why receivers cannot verify with these records what the key signed; empty if they can.

    `kind` is "rsa" or "ed25519", `public` the key's public part as in `p=` (RFC 6376 3.6.1).
    """
    keys = [text for text in records if re.search(r"(?:^|;)\s*p\s*=", text)]
    if not keys:
        return "there is no key"
    if len(keys) > 1:
        return f"there are {len(keys)} keys, and receivers may take either (RFC 6376 3.6.2.2)"
    try:
        tags = parse_tags(keys[0])
        published = b64decode(tags.get("p", ""), validate=True)
    except (ValueError, binascii.Error) as error:
        return f"the record cannot be read: {error}"
    if not published:
        return "the key is revoked: its p= is empty"
    return _find_tag_problem(tags, kind) or (
        "" if published == public else "the key is another than the one that signs"
    )


def _find_tag_problem(tags: Mapping[str, str], kind: str) -> str:
    if tags.get("v", "DKIM1") != "DKIM1":
        return f"the record's version is {tags['v']!r}, not DKIM1"
    if tags.get("k", "rsa") != kind:
        return f"the record says k={tags.get('k', 'rsa')}, but the key is {kind}"
    if "sha256" not in tags.get("h", "sha256").split(":"):
        return "the record does not allow sha256"
    if not {"*", "email"} & set(tags.get("s", "*").split(":")):
        return "the record is not for mail (s=)"
    return ""


def is_testing(records: Sequence[str]) -> bool:
    """Whether the key's record says that signatures are to be ignored (t=y, RFC 6376 3.6.1)."""
    return any(re.search(r"(?:^|;)\s*t\s*=[^;]*\by\b", text) for text in records)


# ── DMARC (RFC 9989) ─────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcRecord:
    """What receivers are to do with mail that is not authenticated."""

    name: str
    """The domain it stands at, below `_dmarc`."""
    policy: str
    """none, quarantine or reject; for a domain below `name`, what is said of those."""
    is_strict: bool
    """Whether a signature must be of exactly the sender's domain (adkim=s)."""
    has_reports: bool
    """Whether somebody gets the reports (rua)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcWalk:
    """What the tree walk found for a domain (RFC 9989 4.10)."""

    organisation: str
    """The organisational domain; the domain itself where no record tells."""
    record: DmarcRecord | None


def find_dmarc(domain: str, resolver: Resolver) -> DmarcWalk:
    """The record that holds for mail From a domain, and the organisational domain.

    Raises ValueError when there is none but one that cannot be used, and DnsSilence.
    """
    found: list[tuple[str, Mapping[str, str]]] = []
    void: ValueError | None = None
    for name in _walk(domain):
        try:
            tags = _read_dmarc(answer(resolver.txt, f"_dmarc.{name}"))
        except ValueError as error:
            void = void or error
            continue
        if tags is None:
            continue
        found.append((name, tags))
        if tags.get("psd") == "n" or (tags.get("psd") == "y" and name != domain):
            break
    organisation = _organisation(domain, found)
    by_name = dict(found)
    for name in (domain, organisation, *by_name):
        if name in by_name:
            record = _dmarc_record(name, by_name[name], is_own=name == domain)
            return DmarcWalk(organisation=organisation, record=record)
    if void is not None:
        raise void
    return DmarcWalk(organisation=organisation, record=None)


def _walk(domain: str) -> list[str]:
    labels = domain.split(".")
    names = [".".join(labels[at:]) for at in range(len(labels))]
    return [names[0], *names[1:][-(_MAX_WALK - 1) :]]


def _organisation(domain: str, found: Sequence[tuple[str, Mapping[str, str]]]) -> str:
    for name, tags in found:
        if tags.get("psd") == "n":
            return name
        if tags.get("psd") == "y" and name != domain:
            labels = domain.split(".")
            return ".".join(labels[-name.count(".") - 2 :])
    return found[-1][0] if found else domain


def _read_dmarc(records: Sequence[str]) -> Mapping[str, str] | None:
    found = [text for text in records if re.match(r"v\s*=\s*DMARC1\s*(?:;|$)", text)]
    if len(found) > 1:
        raise ValueError(f"there are {len(found)} DMARC records, and receivers then use none")
    return parse_tags(found[0]) if found else None


def _dmarc_record(name: str, tags: Mapping[str, str], *, is_own: bool) -> DmarcRecord:
    own = tags.get("p", "none" if "rua" in tags else "").lower()
    policy = own if is_own else tags.get("sp", own).lower()
    if policy not in {"none", "quarantine", "reject"}:
        raise ValueError(f"its policy is {policy!r}: p= must be none, quarantine or reject")
    return DmarcRecord(
        name=name,
        policy=policy,
        is_strict=tags.get("adkim", "r").lower() == "s",
        has_reports="rua" in tags,
    )
