"""What the DNS says about mail from this newsletter, and what to publish where it says too little.

Asks only the resolver it is given (rules A1, A2, A29, A33).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from mailer.authentication import (
    GOOD_BITS,
    DmarcRecord,
    DmarcWalk,
    DnsSilence,
    KeyType,
    Resolver,
    SigningKey,
    find_dmarc,
    find_key_problem,
    is_testing,
)
from newsletter.doctor.diagnosis import (
    Diagnosis,
    Health,
    failed,
    passed,
    record_line,
    skipped,
    warned,
)
from newsletter.doctor.senders import Origin, examine_origin, examine_spf, known


def examine_domain(
    domain: str,
    keys: Sequence[SigningKey],
    resolver: Resolver,
    *,
    origins: Sequence[Origin],
    return_domain: str = "",
) -> Iterator[Diagnosis]:
    """The sender's domain, and that of the return paths where it is another one."""
    returning = return_domain or domain
    cure = "Correct [newsletter] sender."
    yield _asked("domain", domain, lambda: _examine_name(domain, resolver, cure))
    if returning != domain:
        cure = f"Put [bounces] address below {domain}."
        look = partial(_examine_return_domain, domain, returning, resolver, cure)
        yield _asked("return path", returning, look)
    spf = _asked("spf", returning, lambda: examine_spf(returning, resolver, origins))
    yield spf
    for origin in origins if spf.health is Health.OK else ():
        yield _asked(
            _name_of(origin, origins),
            returning,
            partial(examine_origin, returning, origin, resolver, _name_of(origin, origins)),
        )
    walk: list[DmarcWalk] = []
    yield _asked("dmarc", domain, lambda: _examine_dmarc(domain, resolver, walk))
    yield from _examine_keys(domain, keys, resolver, walk[0] if walk else None)
    yield _asked("bounces", returning, lambda: _examine_exchangers(returning, resolver))
    for origin in origins:
        if origin.is_direct:
            yield _asked("ptr", domain, partial(_examine_pointer, origin, resolver))


def examine_confirming(
    domain: str, keys: Sequence[SigningKey], resolver: Resolver, *, return_domain: str
) -> Iterator[Diagnosis]:
    """The domain of confirmations where it is not the sender's (rule A38). They are signed with the same keys and have
    the same return paths as issues, which have to count for this domain, too (rules A1, A33).
    """
    cure = "Correct [subscribers] sender: the newsletter's domain, or one below it."
    walk: list[DmarcWalk] = []
    looks: list[tuple[str, Callable[[], Diagnosis]]] = [
        ("domain", lambda: _examine_name(domain, resolver, cure)),
        ("return path", lambda: _examine_return_domain(domain, return_domain, resolver, cure)),
        ("dmarc", lambda: _examine_dmarc(domain, resolver, walk)),
    ]
    for name, look in looks:
        yield _of_confirmations(_asked(name, domain, look))
    if keys and walk:
        signing = keys[0].domain
        look = partial(_examine_alignment, domain, signing, walk[0], resolver, cure)
        yield _of_confirmations(_asked("alignment", domain, look))


def _of_confirmations(found: Diagnosis) -> Diagnosis:
    return replace(found, name=f"confirmations {found.name}")


def _name_of(origin: Origin, origins: Sequence[Origin]) -> str:
    return f"spf {origin.host}" if len(origins) > 1 else "spf relay"


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


# ── the domain and its exchangers ────────────────────────────────────────────────────────────


def _examine_name(domain: str, resolver: Resolver, cure: str) -> Diagnosis:
    found = resolver.exists(domain)
    if found is None:
        raise DnsSilence(domain)
    if not found:
        return failed(
            "domain",
            f"The sender's domain {domain} does not exist, and receivers refuse its mail.",
            f"Register it. {cure}",
        )
    return passed("domain", f"The sender's domain {domain} exists.")


def _examine_return_domain(domain: str, returning: str, resolver: Resolver, cure: str) -> Diagnosis:
    """Whether SPF, which is about the return path, aligns with From (RFC 9989, rule A33)."""
    found = resolver.exists(returning)
    if found is None:
        raise DnsSilence(returning)
    if not found:
        why = f"The domain of [bounces] address, {returning}, does not exist: its mail is refused."
        return failed("return path", why, f"Register it. {cure}")
    if _organisation(domain, resolver) == _organisation(returning, resolver):
        return passed("return path", f"Return paths at {returning} align with {domain} (SPF).")
    return warned(
        "return path",
        f"Return paths at {returning} do not align with {domain}: SPF cannot vouch for it, and "
        "DMARC rests on DKIM alone.",
        cure,
    )


def _organisation(domain: str, resolver: Resolver) -> str:
    try:
        return find_dmarc(domain, resolver).organisation
    except ValueError:  # which is told where DMARC is examined
        return domain


def _examine_exchangers(domain: str, resolver: Resolver) -> Diagnosis:
    record = f"{domain}. IN MX 10 HOST-THAT-TAKES-YOUR-MAIL."
    hosts = known(resolver.mx(domain), domain)
    if hosts == [""]:
        return failed(
            "bounces",
            f"{domain} says that it takes no mail (RFC 7505), so bounces and answers are lost.",
            record=record,
        )
    if hosts:
        lost = [host for host in hosts if not known(resolver.addresses(host), host)]
        if len(lost) < len(hosts):
            return passed("bounces", f"Bounces to {domain} go to {hosts[0]}.")
        return failed(
            "bounces",
            f"The mail exchangers of {domain} have no address: {', '.join(lost)}.",
            record=f"{lost[0]}. IN A ADDRESS-OF-THAT-HOST",
        )
    if known(resolver.addresses(domain), domain):
        return warned(
            "bounces",
            f"{domain} has no MX; bounces go to its address (RFC 5321 5.1).",
            record=record,
        )
    return failed("bounces", f"{domain} has no MX and no address: bounces are lost.", record=record)


def _examine_pointer(origin: Origin, resolver: Resolver) -> Diagnosis:
    address = origin.address
    if address is None:
        return skipped("ptr", "This host has no public address of its own that could be looked up.")
    names = known(resolver.names(address), address)
    if any(address in (resolver.addresses(name) or ()) for name in names):
        return passed("ptr", f"{address} points to {names[0]}, and that name back to it.")
    what = f"points to {names[0]}, which does not point back" if names else "points to no name"
    kind = "AAAA" if ":" in address else "A"
    told = f"Mail leaves from {address}, which {what}; large receivers refuse that."
    if names:
        return failed("ptr", told, record=f"{names[0]}. IN {kind} {address}")
    return failed(
        "ptr",
        told,
        f"Ask whoever gave you {address} for a PTR record with the name of this host, and publish "
        f"an {kind} record of that name with {address}.",
    )


# ── policy ───────────────────────────────────────────────────────────────────────────────────


_ASK_AN_ISSUE: Final = (
    "subscribe yourself, save an issue as it arrived, and run `newsletter doctor --signed FILE`."
)


def _examine_dmarc(domain: str, resolver: Resolver, walk: list[DmarcWalk]) -> Diagnosis:
    record = record_line(f"_dmarc.{domain}", "v=DMARC1; p=none")
    try:
        found = find_dmarc(domain, resolver)
    except ValueError as error:
        return failed("dmarc", f"The DMARC record for {domain} is void: {error}.", record=record)
    walk.append(found)
    if found.record is None:
        return failed(
            "dmarc", f"{domain} has no DMARC record; large receivers ask for one.", record=record
        )
    return passed("dmarc", _praise(found.record))


def _praise(record: DmarcRecord) -> str:
    told = f"DMARC of {record.name} says p={record.policy}"
    if record.policy != "none":
        return f"{told}."
    watch = "is enough for receivers and protects nobody"
    reports = "" if record.has_reports else "; without rua= you get no reports either"
    return f"{told}, which {watch} yet{reports}."


# ── signatures ───────────────────────────────────────────────────────────────────────────────


def _examine_keys(
    domain: str, keys: Sequence[SigningKey], resolver: Resolver, walk: DmarcWalk | None
) -> Iterator[Diagnosis]:
    if not keys:
        yield warned(
            "dkim",
            "Mail is not signed here; if your relay signs it, List-Unsubscribe and "
            "List-Unsubscribe-Post must be among what it signs (RFC 8058 4).",
            f"Run `newsletter dkim new s1` to sign here; or {_ASK_AN_ISSUE}",
        )
    for key in keys:
        yield _asked(f"dkim {key.selector}", domain, partial(_examine_key, key, resolver))
    if keys and walk is not None:
        cure = f'Sign with [dkim] domain = "{domain}".'
        look = partial(_examine_alignment, domain, keys[0].domain, walk, resolver, cure)
        yield _asked("alignment", domain, look)


def _examine_key(key: SigningKey, resolver: Resolver) -> Diagnosis:
    name = f"dkim {key.selector}"
    records = known(resolver.txt(key.record_name), key.record_name)
    problem = find_key_problem(records, kind=key.private.type.value, public=key.private.public)
    if problem:
        return failed(
            name,
            f"At {key.record_name}: {problem}.",
            record=record_line(key.record_name, key.private.record()),
        )
    if is_testing(records):
        return warned(
            name,
            f"The record at {key.record_name} says t=y: receivers may ignore the signature.",
            record=record_line(key.record_name, key.private.record()),
        )
    if key.private.type is KeyType.RSA and key.private.bits < GOOD_BITS:
        return warned(
            name,
            f"The key at {key.record_name} has {key.private.bits} bits; receivers ask for "
            f"{GOOD_BITS} (RFC 8301 3.2).",
            "Make a new one with `newsletter dkim new` under another selector.",
        )
    return passed(name, f"The key at {key.record_name} is the one that signs.")


def _examine_alignment(
    domain: str, signing: str, walk: DmarcWalk, resolver: Resolver, cure: str
) -> Diagnosis:
    """RFC 9989 4.4: the same domain, or unless it is strict, the same organisation."""
    is_strict = walk.record is not None and walk.record.is_strict
    is_aligned = domain == signing
    if not is_aligned and not is_strict:
        try:
            is_aligned = find_dmarc(signing, resolver).organisation == walk.organisation
        except ValueError:
            is_aligned = False  # a void record makes no organisation
    if is_aligned:
        return passed(
            "alignment",
            f"Signatures of {signing} count for mail from {domain}, and so do its return paths.",
        )
    return failed(
        "alignment",
        f"Signatures of {signing} do not count for mail from {domain} (DMARC).",
        cure,
    )
