"""What became of a message on its way, read from a copy that arrived (rules A1, A5, A6, A34).

Whether the signature covers what one-click needs and still fits, whether the receiver believed it, and
from which address it came: only an arrived message shows that. Pure but for the resolver it is given. What stands
in a message is anybody's: it is read, bounded and never believed further than for this diagnosis.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from email import message_from_bytes
from email.message import Message
from email.utils import parseaddr
from typing import Final

from mailer.authentication import DnsSilence, Resolver, SpfResult, check_spf, find_dmarc, parse_tags
from mailer.authentication.verifier import ALGORITHM, Signature, verify_signatures
from mailer.inbound import PARSER_FAULTS
from mailer.replies import clean_reply
from newsletter.doctor.diagnosis import Diagnosis, failed, passed, skipped, warned
from newsletter.doctor.senders import add_to_spf

_MAX_OCTETS: Final = 262_144
_MAX_SIGNATURES: Final = 10
_ONE_CLICK: Final = ("list-unsubscribe", "list-unsubscribe-post")
_ALGORITHMS: Final = frozenset({"rsa-sha256", "ed25519-sha256"})


_NO_FIELDS: Final = "A test copy has no List-Unsubscribe, as it has nobody to unsubscribe."
_TAKE_AN_ISSUE: Final = "Subscribe yourself, and save an issue as it arrived."


def examine_received(raw: bytes, *, domain: str, resolver: Resolver) -> Iterator[Diagnosis]:
    """A copy of an issue as a reader's host stored it; `domain` is the sender's. Never raises: what
    the standard library's parser chokes on is told.
    """
    try:
        yield from _examine(raw, domain, resolver)
    except PARSER_FAULTS as error:
        yield failed(
            "message",
            f"This cannot be read as a message ({type(error).__name__}).",
            "Save one of its messages with all header fields, as it arrived.",
        )


def _examine(raw: bytes, domain: str, resolver: Resolver) -> Iterator[Diagnosis]:
    message = message_from_bytes(_normal(raw))
    sender = _domain_of(_first(message, "from"))
    if sender != domain.lower():
        yield failed(
            "message",
            f"This is no message from {domain}: its From is of {sender or 'nobody'}.",
            "Save one of its messages with all header fields, as it arrived.",
        )
        return
    yield passed("message", f"It is from {domain}.")
    is_test = _first(message, "message-id").startswith("<test.")
    yield (
        skipped("one-click fields", _NO_FIELDS, _TAKE_AN_ISSUE)
        if is_test
        else _examine_fields(message)
    )
    usable = _usable_signatures(message)
    aligned = [tags for tags in usable if _is_aligned(tags["d"].lower(), domain, resolver)]
    yield from _examine_signatures(usable, aligned, domain)
    results = _results(message)
    if usable:
        counting = aligned or usable
        yield (
            skipped("signature covers", _NO_FIELDS, _TAKE_AN_ISSUE)
            if is_test
            else _examine_cover(counting)
        )
        domains = {tags["d"].lower() for tags in counting}
        yield _examine_fit(raw, domains, resolver, is_believed=results.get("dkim") in _GOOD)
    yield _examine_results(results)
    yield from _examine_path(message, domain, resolver)


def _normal(raw: bytes) -> bytes:
    return raw[:_MAX_OCTETS].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n")


def _first(message: Message, name: str) -> str:
    return next(iter(_all(message, name)), "")


def _all(message: Message, name: str) -> list[str]:
    found = [str(value) for value in message.get_all(name, [])]
    return [" ".join(value.split())[:10_000] for value in found]


def _domain_of(value: str) -> str:
    domain = parseaddr(value)[1].rpartition("@")[2].lower().strip("[]<> ")
    return domain if domain.isprintable() else ""


# ── the fields of one-click ──────────────────────────────────────────────────────────────────


def _examine_fields(message: Message) -> Diagnosis:
    """Both fields once, readable, with an HTTPS address (RFC 8058 3.1, rule A3)."""
    links, posts = _all(message, _ONE_CLICK[0]), _all(message, _ONE_CLICK[1])
    if len(links) != 1 or len(posts) != 1:
        return failed(
            "one-click fields",
            f"It arrived with {len(links)} List-Unsubscribe and {len(posts)} List-Unsubscribe-Post "
            "fields; there must be one of each.",
            "Have the relay leave the header fields of a message alone.",
        )
    if "=?" in links[0] or not re.search(r"<https?://[^>\s]+>", links[0]):
        return failed(
            "one-click fields",
            "List-Unsubscribe arrived changed: it holds no plain link in angle brackets.",
            "Have the relay leave the header fields of a message alone.",
        )
    return passed("one-click fields", "List-Unsubscribe and List-Unsubscribe-Post arrived whole.")


# ── signatures ───────────────────────────────────────────────────────────────────────────────


def _usable_signatures(message: Message) -> list[Mapping[str, str]]:
    signatures = [_tags(value) for value in _all(message, "dkim-signature")[:_MAX_SIGNATURES]]
    return [tags for tags in signatures if tags.get("d") and tags.get("h")]


def _examine_signatures(
    usable: Sequence[Mapping[str, str]], aligned: Sequence[Mapping[str, str]], domain: str
) -> Iterator[Diagnosis]:
    if not usable:
        yield failed(
            "signature",
            "It arrived without a DKIM signature.",
            f"Run `newsletter dkim new s1` to sign here, or have the relay sign for {domain}.",
        )
    elif not aligned:
        names = ", ".join(sorted({clean_reply(tags["d"]) for tags in usable}))
        yield failed(
            "signature",
            f"It is signed by {names}, which does not count for mail from {domain} (DMARC).",
            f"Have the relay sign for {domain}, or run `newsletter dkim new s1` to sign here.",
        )


def _examine_cover(signatures: Sequence[Mapping[str, str]]) -> Diagnosis:
    """One signature must cover both fields of one-click, or there is no button (RFC 8058 4)."""
    lacking = [(_missing(tags), tags) for tags in signatures]
    missing, tags = min(lacking, key=lambda pair: len(pair[0]))
    who = _who(tags["d"], tags.get("s", ""))
    if missing:
        names = " and ".join(name.title() for name in missing)
        return failed(
            "signature covers",
            f"{names} not signed: {who} leaves that out, and mail programs then show no button "
            "(RFC 8058 4).",
            "Have the relay sign them too (OpenDKIM: SignHeaders *,+List-Unsubscribe-Post), or sign "
            "here: `newsletter dkim new s1`.",
        )
    if tags.get("a", "").lower() not in _ALGORITHMS:
        return failed(
            "signature covers",
            f"{who} is made with {clean_reply(tags.get('a', 'nothing'))}, which receivers ignore "
            "(RFC 8301 3.1).",
            "Have the relay sign with rsa-sha256.",
        )
    if "l" in tags:
        return warned(
            "signature covers",
            f"{who} covers only a part of the text (l=), so anybody can add to it (RFC 6376 8.2).",
            "Have the relay sign without l=.",
        )
    return passed("signature covers", f"List-Unsubscribe and its Post are signed: {who}.")


def _examine_fit(
    raw: bytes, domains: Collection[str], resolver: Resolver, *, is_believed: bool
) -> Diagnosis:
    """Whether a signature that counts still fits the message (RFC 6376 6)."""
    name = "signature fits"
    signatures = verify_signatures(raw, resolver, wanted=domains.__contains__)
    if valid := _first_with(signatures, is_valid=True):
        return passed(name, f"It is as it was signed: {valid}.")
    if not (broken := _first_with(signatures, is_valid=False)):
        if any(one.algorithm == ALGORITHM for one in signatures):
            return warned(name, "The DNS gave no answer about the key.", "Try again.")
        return skipped(name, "It has no RSA signature that could be verified here.")
    if is_believed:
        return warned(
            name,
            f"{broken} does not fit this copy, though the host that took the message believed it: "
            "the copy was changed when it was saved.",
            "Save it as it arrived: mail programs call that original, source or raw message.",
        )
    return failed(
        name,
        f"{broken} does not fit: the message was changed after it was signed, or the key in the DNS "
        "is another one.",
        "Have the relay sign after all that changes messages; `newsletter doctor` compares your own "
        "key with its record.",
    )


def _first_with(signatures: Sequence[Signature], *, is_valid: bool) -> str:
    found = (_who(one.domain, one.selector) for one in signatures if one.is_valid is is_valid)
    return next(found, "")


def _who(domain: str, selector: str) -> str:
    return f"the signature of {clean_reply(domain)} (selector {clean_reply(selector)})"


def _missing(tags: Mapping[str, str]) -> list[str]:
    signed = {name.strip().lower() for name in tags["h"].split(":")}
    return [name for name in _ONE_CLICK if name not in signed]


def _tags(value: str) -> Mapping[str, str]:
    try:
        return parse_tags(value)
    except ValueError:
        return {}


def _is_aligned(signing: str, domain: str, resolver: Resolver) -> bool:
    """The same domain, or unless DMARC is strict, the same organisation (RFC 9989 4.4)."""
    if signing == domain:
        return True
    try:
        ours = find_dmarc(domain, resolver)
        if ours.record is not None and ours.record.is_strict:
            return False
        return find_dmarc(signing, resolver).organisation == ours.organisation
    except (ValueError, DnsSilence):
        return signing.endswith(f".{domain}") or domain.endswith(f".{signing}")


# ── what the receiver made of it ─────────────────────────────────────────────────────────────

_RESULT: Final = re.compile(r"\b(dkim|spf|dmarc)\s*=\s*([a-z]+)", re.IGNORECASE)
_GOOD: Final = frozenset({"pass", "bestguesspass"})


def _results(message: Message) -> dict[str, str]:
    """The uppermost Authentication-Results: whoever took the message last wrote it (RFC 8601)."""
    given = _first(message, "authentication-results")
    results: dict[str, str] = {}
    for method, result in _RESULT.findall(given):
        # Several signatures give several results; one that passes is enough.
        if results.get(method.lower()) not in _GOOD:
            results[method.lower()] = result.lower()
    return results


def _examine_results(results: Mapping[str, str]) -> Diagnosis:
    if not results:
        return skipped(
            "receiver", "It has no Authentication-Results: the host that took it does not say."
        )
    told = ", ".join(f"{method} {result}" for method, result in sorted(results.items()))
    if results.get("dmarc", "pass") in _GOOD and _GOOD & set(results.values()):
        return passed("receiver", f"The host that took it says: {told}.")
    return failed(
        "receiver",
        f"The host that took it says: {told}.",
        "Mend what is told of signature and SPF here and by `newsletter doctor`; then send another.",
    )


# ── where it came from ───────────────────────────────────────────────────────────────────────

_FROM_ADDRESS: Final = re.compile(r"\[(?:IPv6:)?([0-9a-fA-F:.]{3,45})\]|\(([0-9a-fA-F:.]{7,45})\)")


def _examine_path(message: Message, domain: str, resolver: Resolver) -> Iterator[Diagnosis]:
    path = _domain_of(_first(message, "return-path"))
    if not path:
        yield skipped(
            "return path", "It has no Return-Path: save it as the reader's host stored it."
        )
    elif path == domain:
        yield passed("return path", f"Bounces come back to {domain}.")
    else:
        yield warned(
            "return path",
            f"The relay put a return path of {path} in place of ours: bounces go there, and "
            "`newsletter` never learns of them.",
            f"Have the relay keep the sender's return path (MAIL FROM of {domain}), or let it hand "
            "bounces on.",
        )
    address = _find_address(message)
    if address is None:
        yield skipped("spf sender", "Its Received fields tell no public address that it came from.")
        return
    try:
        yield _judge_address(path or domain, address, resolver, is_ours=path in {"", domain})
    except DnsSilence as silence:
        yield warned("spf sender", f"The DNS gave no answer about {silence}.", "Try again.")


def _judge_address(path: str, address: str, resolver: Resolver, *, is_ours: bool) -> Diagnosis:
    result = check_spf(path, address, resolver)
    if result is SpfResult.PASS:
        return passed(
            "spf sender", f"It came from {address}, which the SPF record of {path} lets send."
        )
    told = f"It came from {address}, and no SPF record of {path} lets that send ({result})."
    if is_ours:
        return failed("spf sender", told, record=add_to_spf(path, address, resolver))
    return failed("spf sender", told, "Tell whoever runs the relay.")


def _find_address(message: Message) -> str | None:
    """The public address in the uppermost Received that tells one: who gave it to the reader's host."""
    for received in _all(message, "received")[:20]:
        sender = re.split(r"\bby\b", received)[0]
        for bracketed, bare in _FROM_ADDRESS.findall(sender):
            try:
                address = ipaddress.ip_address(bracketed or bare)
            except ValueError:
                continue
            if address.is_global:
                return str(address)
    return None
