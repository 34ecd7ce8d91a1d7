"""What the DNS says about mail from this newsletter, and what to publish where it says too little.

Asks only the resolver it is given (rules A1, A2, A29, A33).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from mailer.authentication import (
    MAX_LOOKUPS,
    DmarcWalk,
    DnsSilence,
    Resolver,
    count_lookups,
    find_dmarc,
    find_key_problem,
    is_testing,
    parse_spf,
)
from mailer.dkim import SigningKey


class Verdict(StrEnum):
    """How something stands."""

    OK = "ok"
    WARNING = "warning"
    """It works, and could work better or longer."""
    ERROR = "error"
    """Mail does not arrive, or readers cannot leave; `newsletter doctor` ends with 1."""
    SKIPPED = "skipped"
    """Not looked at; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing that was looked at."""

    name: str
    verdict: Verdict
    message: str
    """A sentence."""
    advice: str = ""
    """What to change, or the DNS record to publish as a line of a zone file."""


def passed(name: str, message: str) -> Diagnosis:
    """All is well."""
    return Diagnosis(name=name, verdict=Verdict.OK, message=message)


def skipped(name: str, message: str) -> Diagnosis:
    """Not looked at."""
    return Diagnosis(name=name, verdict=Verdict.SKIPPED, message=message)


def warned(name: str, message: str, advice: str = "") -> Diagnosis:
    """It could be better."""
    return Diagnosis(name=name, verdict=Verdict.WARNING, message=message, advice=advice)


def failed(name: str, message: str, advice: str) -> Diagnosis:
    """It does not work."""
    return Diagnosis(name=name, verdict=Verdict.ERROR, message=message, advice=advice)


def examine_domain(
    domain: str, keys: Sequence[SigningKey], resolver: Resolver, *, own_address: str | None
) -> Iterator[Diagnosis]:
    """The sender's domain, which return paths use too.

    `own_address` is the public address of this host if it is the one that mail leaves from.
    """
    yield _asked("domain", domain, lambda: _examine_name(domain, resolver))
    yield _asked("spf", domain, lambda: _examine_spf(domain, resolver, own_address))
    walk: list[DmarcWalk] = []
    yield _asked("dmarc", domain, lambda: _examine_dmarc(domain, resolver, walk))
    yield from _examine_keys(domain, keys, resolver, walk[0] if walk else None)
    yield _asked("bounces", domain, lambda: _examine_exchangers(domain, resolver))
    if own_address is not None:
        yield _asked("ptr", domain, lambda: _examine_pointer(own_address, resolver))


def _asked(name: str, domain: str, look: Callable[[], Diagnosis]) -> Diagnosis:
    """The diagnosis, or that the DNS was silent: nothing can be said then."""
    try:
        return look()
    except DnsSilence as silence:
        return warned(
            name,
            f"The DNS gave no answer about {silence}, so {domain} was not checked.",
            "Try again.",
        )


def record_line(name: str, text: str) -> str:
    """A TXT record as a line of a zone file, in strings of at most 255 characters (RFC 1035 3.3)."""
    strings = [text[at : at + 255] for at in range(0, len(text), 255)]
    return f"{name}. IN TXT " + " ".join(f'"{one}"' for one in strings)


# ── the domain and its exchangers ────────────────────────────────────────────────────────────


def _examine_name(domain: str, resolver: Resolver) -> Diagnosis:
    found = resolver.exists(domain)
    if found is None:
        raise DnsSilence(domain)
    if not found:
        return failed(
            "domain",
            f"The sender's domain {domain} does not exist, and receivers refuse its mail.",
            "Register it, or correct [newsletter] sender.",
        )
    return passed("domain", f"The sender's domain {domain} exists.")


def _examine_exchangers(domain: str, resolver: Resolver) -> Diagnosis:
    hosts = _known(resolver.mx(domain), domain)
    if hosts == [""]:
        return failed(
            "bounces",
            f"{domain} says that it takes no mail (RFC 7505), so bounces and answers are lost.",
            f"{domain}. IN MX 10 HOST-THAT-TAKES-YOUR-MAIL.",
        )
    if hosts:
        lost = [host for host in hosts if not _known(resolver.addresses(host), host)]
        if len(lost) < len(hosts):
            return passed("bounces", f"Bounces to {domain} go to {hosts[0]}.")
        return failed(
            "bounces",
            f"The mail exchangers of {domain} have no address: {', '.join(lost)}.",
            f"{lost[0]}. IN A ADDRESS-OF-THAT-HOST",
        )
    advice = f"{domain}. IN MX 10 HOST-THAT-TAKES-YOUR-MAIL."
    if _known(resolver.addresses(domain), domain):
        return warned(
            "bounces", f"{domain} has no MX; bounces go to its address (RFC 5321 5.1).", advice
        )
    return failed("bounces", f"{domain} has no MX and no address: bounces are lost.", advice)


def _examine_pointer(address: str, resolver: Resolver) -> Diagnosis:
    names = _known(resolver.names(address), address)
    if any(address in (resolver.addresses(name) or ()) for name in names):
        return passed("ptr", f"{address} points to {names[0]}, and that name back to it.")
    what = f"points to {names[0]}, which does not point back" if names else "points to no name"
    return failed(
        "ptr",
        f"Mail leaves from {address}, which {what}; large receivers refuse that.",
        f"Ask whoever gave you {address} for a PTR record with the name of this host, and publish "
        "an address record of that name.",
    )


def _known(answer: list[str] | None, name: str) -> list[str]:
    if answer is None:
        raise DnsSilence(name)
    return answer


# ── who may send ─────────────────────────────────────────────────────────────────────────────


def _examine_spf(domain: str, resolver: Resolver, own_address: str | None) -> Diagnosis:
    allowed = "include:NAME-YOUR-RELAY-TELLS-YOU"
    if own_address is not None:
        allowed = f"ip{6 if ':' in own_address else 4}:{own_address}"
    advice = record_line(domain, f"v=spf1 {allowed} ~all")
    try:
        record = parse_spf(_known(resolver.txt(domain), domain))
        if record is None:
            return failed("spf", f"{domain} has no SPF record.", advice)
        lookups = count_lookups(record, resolver)
    except ValueError as error:
        return failed("spf", f"The SPF record of {domain} is void: {error}.", advice)
    if lookups > MAX_LOOKUPS:
        return failed(
            "spf",
            f"The SPF record of {domain} asks the DNS more than {MAX_LOOKUPS} times and is void.",
            "Take out what you do not send through.",
        )
    if record.policy == "+":
        return failed("spf", f"The SPF record of {domain} lets everybody send (+all).", advice)
    if not record.names_senders:
        return failed("spf", f"The SPF record of {domain} lets nobody send.", advice)
    return passed(
        "spf",
        f"{domain} has an SPF record that can be evaluated. Whether it names the hosts your relay "
        "sends from, only a test mail shows.",
    )


def _examine_dmarc(domain: str, resolver: Resolver, walk: list[DmarcWalk]) -> Diagnosis:
    advice = record_line(f"_dmarc.{domain}", "v=DMARC1; p=none")
    try:
        found = find_dmarc(domain, resolver)
    except ValueError as error:
        return failed("dmarc", f"The DMARC record for {domain} is void: {error}.", advice)
    walk.append(found)
    if found.record is None:
        return failed(
            "dmarc", f"{domain} has no DMARC record; large receivers ask for one.", advice
        )
    return passed("dmarc", f"DMARC of {found.record.name} says p={found.record.policy}.")


# ── signatures ───────────────────────────────────────────────────────────────────────────────


def _examine_keys(
    domain: str, keys: Sequence[SigningKey], resolver: Resolver, walk: DmarcWalk | None
) -> Iterator[Diagnosis]:
    if not keys:
        yield warned(
            "dkim",
            "Mail is not signed here; if your relay signs it, List-Unsubscribe and "
            "List-Unsubscribe-Post must be among what it signs (RFC 8058 4).",
            "Run `newsletter dkim new`, or look at the DKIM-Signature of a mail that arrived.",
        )
    for key in keys:
        yield _asked(f"dkim {key.selector}", domain, partial(_examine_key, key, resolver))
    if keys and walk is not None:
        yield _asked(
            "alignment", domain, lambda: _examine_alignment(domain, keys[0].domain, walk, resolver)
        )


def _examine_key(key: SigningKey, resolver: Resolver) -> Diagnosis:
    name = f"dkim {key.selector}"
    records = _known(resolver.txt(key.record_name), key.record_name)
    problem = find_key_problem(records, kind=key.private.type.value, public=key.private.public)
    if problem:
        return failed(
            name,
            f"At {key.record_name}: {problem}.",
            record_line(key.record_name, key.private.record()),
        )
    if is_testing(records):
        return warned(
            name,
            f"The record at {key.record_name} says t=y: receivers may ignore the signature.",
            record_line(key.record_name, key.private.record()),
        )
    return passed(name, f"The key at {key.record_name} is the one that signs.")


def _examine_alignment(domain: str, signing: str, walk: DmarcWalk, resolver: Resolver) -> Diagnosis:
    """RFC 9989 4.4: the same domain, or unless it is strict, the same organisation."""
    is_strict = walk.record is not None and walk.record.is_strict
    is_aligned = domain == signing
    if not is_aligned and not is_strict:
        try:
            is_aligned = find_dmarc(signing, resolver).organisation == walk.organisation
        except ValueError:
            is_aligned = False  # a void record makes no organisation
    if is_aligned:
        return passed("alignment", f"Signatures of {signing} count for mail from {domain}.")
    return failed(
        "alignment",
        f"Signatures of {signing} do not count for mail from {domain} (DMARC).",
        f'Sign with [dkim] domain = "{domain}".',
    )
