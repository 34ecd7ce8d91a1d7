"""Who may send for a domain: whether its SPF record can be evaluated, and lets a relay send (rule A1).

Asks only the resolver it is given.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mailer.authentication import (
    MAX_LOOKUPS,
    MAX_VOIDS,
    DnsSilence,
    Resolver,
    SpfRecord,
    SpfResult,
    check_spf,
    parse_spf,
    survey,
)
from newsletter.doctor.diagnosis import (
    Diagnosis,
    failed,
    passed,
    record_line,
    skipped,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """From where receivers get the mail."""

    host: str
    """The relay, or a name for this machine."""
    address: str | None = None
    """Its public address, if mail surely leaves from there."""
    is_direct: bool = False
    """Whether the relay is this machine itself."""


def known(answer: list[str] | None, name: str) -> list[str]:
    """What the DNS answered about a name. Raises DnsSilence when it did not."""
    if answer is None:
        raise DnsSilence(name)
    return answer


_UNTOLD: Final = "include:NAME-YOUR-RELAY-TELLS-YOU"


def examine_spf(domain: str, resolver: Resolver, origins: Sequence[Origin]) -> Diagnosis:
    """Whether the record can be evaluated at all (RFC 7208 4.6)."""
    allowed = next((_term(one.address) for one in origins if one.address), _UNTOLD)
    advised = record_line(domain, f"v=spf1 {allowed} ~all")
    try:
        record = parse_spf(known(resolver.txt(domain), domain))
        if record is None:
            return failed("spf", f"{domain} has no SPF record.", record=advised)
        asked = survey(record, domain, resolver)
    except ValueError as error:
        return failed("spf", f"The SPF record of {domain} is void: {error}.", record=advised)
    if asked.lookups > MAX_LOOKUPS:
        return failed(
            "spf",
            f"The SPF record of {domain} asks the DNS more than {MAX_LOOKUPS} times and is void.",
            "Take out what you do not send through.",
        )
    if len(asked.voids) > MAX_VOIDS:
        return failed(
            "spf",
            f"The SPF record of {domain} asks for more than {MAX_VOIDS} names that do not exist, "
            f"and is void: {', '.join(asked.voids[:5])}.",
            "Take the terms with these names out of it.",
        )
    return _judge_policy(domain, record, advised, asked.lookups)


def _judge_policy(domain: str, record: SpfRecord, advised: str, lookups: int) -> Diagnosis:
    if record.policy == "+":
        return failed(
            "spf", f"The SPF record of {domain} lets everybody send (+all).", record=advised
        )
    if not record.names_senders:
        return failed("spf", f"The SPF record of {domain} lets nobody send.", record=advised)
    return passed(
        "spf",
        f"{domain} has an SPF record that can be evaluated, with {lookups} of the {MAX_LOOKUPS} "
        "questions to the DNS that receivers allow.",
    )


def examine_origin(domain: str, origin: Origin, resolver: Resolver, name: str) -> Diagnosis:
    """Whether the record lets the relay send, as far as that can be told from here."""
    known = _addresses(origin, resolver)
    results = {address: check_spf(domain, address, resolver) for address in known}
    if good := [address for address, result in results.items() if result is SpfResult.PASS]:
        return passed(name, f"The SPF record of {domain} lets {origin.host} send ({good[0]}).")
    if origin.is_direct and results:
        return _not_covered(domain, next(iter(results.items())), resolver, name)
    if origin.is_direct:
        return skipped(
            name,
            "It cannot be told from here which address mail leaves from: this host has no public "
            "one of its own.",
            _ASK_A_MESSAGE,
        )
    return skipped(
        name,
        f"It cannot be told from here whether the SPF record of {domain} lets {origin.host} send: "
        f"its own address is not covered, but a relay may send from others.",
        _ASK_A_MESSAGE,
    )


_ASK_A_MESSAGE: Final = (
    "Send yourself a copy (`newsletter test NOTE --to YOU`), save it as it arrived, and run "
    "`newsletter doctor --signed FILE`."
)


def _not_covered(
    domain: str, found: tuple[str, SpfResult], resolver: Resolver, name: str
) -> Diagnosis:
    address, result = found
    return failed(
        name,
        f"Mail leaves from {address}, and the SPF record of {domain} does not let that send "
        f"({result}).",
        record=add_to_spf(domain, address, resolver),
    )


def add_to_spf(domain: str, address: str, resolver: Resolver) -> str:
    """The domain's record with this address added, to publish in place of the present one."""
    records = [text for text in resolver.txt(domain) or () if text.lower().startswith("v=spf1")]
    present = records[0].split()[1:] if len(records) == 1 else ["~all"]
    return record_line(domain, " ".join(["v=spf1", _term(address), *present]))


def _addresses(origin: Origin, resolver: Resolver) -> list[str]:
    if origin.address is not None:
        return [origin.address]
    if origin.is_direct:
        return []
    try:
        return [str(ipaddress.ip_address(origin.host))]
    except ValueError:
        return known(resolver.addresses(origin.host), origin.host)


def _term(address: str) -> str:
    return f"ip{6 if ':' in address else 4}:{address}"
