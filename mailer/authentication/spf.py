"""Who may send for a domain: SPF records read and evaluated as receivers do (RFC 7208). Pure.

Questions go to the Resolver that is given. `parse_spf` reads one record, `survey` counts what a whole
tree of records asks for, and `check_spf` says what a receiver makes of mail from an address.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from mailer.authentication.resolver import Resolver, answer

MAX_LOOKUPS: Final = 10
"""Terms that ask the DNS, in a record and all it includes (RFC 7208 4.6.4)."""
MAX_VOIDS: Final = 2
"""Questions without an answer that a receiver puts up with (RFC 7208 4.6.4)."""
_MAX_NAMES: Final = 10
"""Exchangers of one `mx`, and names of one `ptr`, that are looked at (RFC 7208 4.6.4)."""

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NUMBER: Final = r"(?:0|[1-9]\d{0,2})"
_TERM: Final = re.compile(
    r"(?P<qualifier>[+?~-]?)(?P<name>all|include|a|mx|ptr|ip4|ip6|exists)"
    rf"(?::(?P<value>\S+?))?(?:/(?P<four>{_NUMBER}))?(?://(?P<six>{_NUMBER}))?",
    re.IGNORECASE,
)
_MODIFIER: Final = re.compile(r"(?P<name>[A-Za-z][\w.-]*)=(?P<value>\S*)")
_MACRO_ONLY: Final = r"%(?:[%_-]|\{[slodiphv]\d*r?[.\-+,/_=]*\})"
_MACRO_TEXT: Final = re.compile(rf"(?:[!-$&-~]|{_MACRO_ONLY})*", re.IGNORECASE)
_DOMAIN_END: Final = re.compile(
    r".*(?:%\{[^}]*\}|\.(?=[a-z0-9-]*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.?)",
    re.IGNORECASE | re.DOTALL,
)
_ASKING: Final = frozenset({"include", "a", "mx", "ptr", "exists"})
_WITH_VALUE: Final = frozenset({"include", "exists", "ip4", "ip6"})
_LENGTHS: Final = {"a": "46", "mx": "46", "ip4": "4", "ip6": "4"}
"""Which prefix lengths a mechanism may have: behind one slash, behind two (RFC 7208 5)."""


class SpfResult(StrEnum):
    """What a receiver makes of mail from an address (RFC 7208 2.6)."""

    PASS = "pass"  # noqa: S105 - a result, no password
    FAIL = "fail"
    """`-all`, or a term that says no."""
    SOFTFAIL = "softfail"
    """`~all`: probably not."""
    NEUTRAL = "neutral"
    """`?all`, or nothing that matches."""
    NONE = "none"
    """There is no record."""
    PERMERROR = "permerror"
    """The record is void."""


_RESULTS: Final = {
    "+": SpfResult.PASS,
    "-": SpfResult.FAIL,
    "~": SpfResult.SOFTFAIL,
    "?": SpfResult.NEUTRAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfTerm:
    """A mechanism of a record (RFC 7208 5)."""

    name: str
    """`all`, `include`, `a`, `mx`, `ptr`, `ip4`, `ip6` or `exists`."""
    qualifier: str
    """`+`, `-`, `~` or `?`."""
    value: str = ""
    """A domain, which may hold macros, or an address."""
    four: int = 32
    """Bits of an IPv4 address that must agree."""
    six: int = 128

    @property
    def asks(self) -> bool:
        """Whether it asks the DNS."""
        return self.name in _ASKING


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfRecord:
    """An SPF record that can be evaluated."""

    terms: tuple[SpfTerm, ...]
    redirect: str = ""
    """The domain whose record counts when no term matches; empty when there is `all`."""

    @property
    def policy(self) -> str:
        """The qualifier of `all`: "-", "~", "?", "+", or empty without one."""
        return next((term.qualifier for term in self.terms if term.name == "all"), "")

    @property
    def names_senders(self) -> bool:
        """Whether it has a term besides `all`: without one it lets nobody, or everybody, send."""
        return bool(self.redirect) or any(term.name != "all" for term in self.terms)

    @property
    def lookups(self) -> int:
        """Its own terms that ask the DNS."""
        return sum(term.asks for term in self.terms) + bool(self.redirect)

    @property
    def includes(self) -> tuple[str, ...]:
        """Domains whose records are evaluated with it: include and redirect."""
        named = [term.value for term in self.terms if term.name == "include"]
        return tuple([*named, self.redirect] if self.redirect else named)


def parse_spf(records: Sequence[str]) -> SpfRecord | None:
    """The SPF record among these TXT records, or None. Raises ValueError, its text a sentence, for
    more than one (RFC 7208 4.5) and for terms that make it void (4.6).
    """
    found = [text for text in records if re.match(r"v=spf1(?: |$)", text, re.IGNORECASE)]
    if len(found) > 1:
        raise ValueError(f"there are {len(found)} SPF records, and receivers then use none")
    if not found:
        return None
    if re.search(r"[^ -~]", found[0]):
        raise ValueError("it holds a character that is not ASCII")
    modifiers: dict[str, str] = {}
    terms: list[SpfTerm] = []
    for term in filter(None, found[0].split(" ")[1:]):
        if modifier := _MODIFIER.fullmatch(term):
            _keep_modifier(modifiers, modifier["name"].lower(), modifier["value"])
        else:
            terms.append(_parse_term(term))
    has_all = any(term.name == "all" for term in terms)
    return SpfRecord(terms=tuple(terms), redirect="" if has_all else modifiers.get("redirect", ""))


def _keep_modifier(kept: dict[str, str], name: str, value: str) -> None:
    """Known ones stand once and name a domain; unknown ones only have to be well-formed (6)."""
    if name not in {"redirect", "exp"}:
        if _MACRO_TEXT.fullmatch(value) is None:
            raise ValueError(f"'{name}={value}' is no modifier of SPF")
        return
    if name in kept:
        raise ValueError(f"{name}= stands twice")
    if not _is_domain(value):
        raise ValueError(f"'{name}={value}' is no modifier of SPF")
    kept[name] = value


def _is_domain(value: str) -> bool:
    """A domain that may hold macros, whose last label is no number (RFC 7208 7.1)."""
    return bool(_MACRO_TEXT.fullmatch(value) and _DOMAIN_END.fullmatch(value))


def _parse_term(term: str) -> SpfTerm:
    match = _TERM.fullmatch(term)
    if match is None:
        raise ValueError(f"{term!r} is no term of SPF")
    name, value = match["name"].lower(), match["value"] or ""
    given = "".join(digit for digit, key in (("4", "four"), ("6", "six")) if match[key])
    is_odd = (name == "all" and value) or set(given) - set(_LENGTHS.get(name, ""))
    if (name in _WITH_VALUE and not value) or is_odd:
        raise ValueError(f"{term!r} is no term of SPF")
    if name in {"ip4", "ip6"}:
        _parse_network(term, name, value, match["four"])
    elif value and not _is_domain(value):
        raise ValueError(f"{term!r} is no term of SPF: it names no domain")
    four, six = int(match["four"] or 32), int(match["six"] or 128)
    if name == "ip6":
        four, six = 32, int(match["four"] or 128)
    if four > 32 or six > 128:
        raise ValueError(f"{term!r} is no network")
    return SpfTerm(name=name, qualifier=match["qualifier"] or "+", value=value, four=four, six=six)


def _parse_network(term: str, name: str, value: str, length: str | None) -> None:
    if "/" in value or "%" in value:
        raise ValueError(f"{term!r} is no network")
    try:
        network = ipaddress.ip_network(f"{value}/{length}" if length else value, strict=False)
    except ValueError as error:
        raise ValueError(f"{term!r} is no network") from error
    if network.version != int(name[2]):
        raise ValueError(f"{term!r} is no network of that kind")


# ── what a tree of records asks for ──────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfSurvey:
    """What a receiver asks when no term matches before the end."""

    lookups: int
    voids: tuple[str, ...]
    """Names that are asked for and do not exist, or hold nothing of the kind."""


def survey(record: SpfRecord, domain: str, resolver: Resolver) -> SpfSurvey:
    """What the record and all that it includes ask the DNS for; it stops soon after MAX_LOOKUPS.

    Raises ValueError for an include that leads to no record (RFC 7208 5.2), and DnsSilence.
    """
    total = 0
    voids: list[str] = []
    todo = [(record, domain)]
    while todo and total <= MAX_LOOKUPS:
        current, name = todo.pop()
        total += current.lookups
        voids += _voids(current, name, resolver)
        for included in current.includes:
            if "%" in included:
                continue  # a macro: it depends on the message
            found = parse_spf(answer(resolver.txt, included))
            if found is None:
                raise ValueError(f"it includes {included}, which has no SPF record")
            todo.append((found, included))
    return SpfSurvey(lookups=total, voids=tuple(voids))


def _voids(record: SpfRecord, domain: str, resolver: Resolver) -> Iterator[str]:
    for term in record.terms[: MAX_LOOKUPS + 1]:
        name = term.value or domain
        if "%" in name or term.name not in {"a", "mx"}:
            continue
        ask = resolver.mx if term.name == "mx" else resolver.addresses
        if not answer(ask, name):
            yield name


# ── what a receiver makes of an address ──────────────────────────────────────────────────────


class _VoidError(Exception):
    """The record is void; `str` says why."""


@dataclass(slots=True)
class _Evaluation:
    """One check: what it is about, and how often it has asked."""

    address: Address
    sender: str
    resolver: Resolver
    lookups: int = 0
    voids: int = 0

    def count(self) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise _VoidError(f"it asks the DNS more than {MAX_LOOKUPS} times")

    def note(self, found: Sequence[str]) -> Sequence[str]:
        """Counts an answer that says nothing."""
        self.voids += not found
        if self.voids > MAX_VOIDS:
            raise _VoidError(f"it asks for more than {MAX_VOIDS} names that do not exist")
        return found


def check_spf(domain: str, address: str, resolver: Resolver, *, sender: str = "") -> SpfResult:
    """What a receiver makes of mail from this address with this domain in MAIL FROM (RFC 7208 4).

    Raises DnsSilence. A record that is void, for whatever reason, is PERMERROR.
    """
    evaluation = _Evaluation(
        address=_plain_address(address),
        sender=sender or f"postmaster@{domain}",
        resolver=resolver,
    )
    try:
        return _check_host(domain, evaluation)
    except (_VoidError, ValueError):
        return SpfResult.PERMERROR


def _plain_address(text: str) -> Address:
    """An IPv4 address in the clothes of an IPv6 one is an IPv4 address (RFC 7208 5)."""
    address = ipaddress.ip_address(text)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _check_host(domain: str, evaluation: _Evaluation) -> SpfResult:
    record = parse_spf(answer(evaluation.resolver.txt, domain))
    if record is None:
        return SpfResult.NONE
    for term in record.terms:
        if _matches(term, domain, evaluation):
            return _RESULTS[term.qualifier]
    if not record.redirect:
        return SpfResult.NEUTRAL
    evaluation.count()
    result = _check_host(_expand(record.redirect, domain, evaluation), evaluation)
    return SpfResult.PERMERROR if result is SpfResult.NONE else result


def _matches(term: SpfTerm, domain: str, evaluation: _Evaluation) -> bool:
    if term.asks:
        evaluation.count()
    name = _expand(term.value, domain, evaluation) if term.value else domain
    resolver = evaluation.resolver
    match term.name:
        case "all":
            return True
        case "ip4" | "ip6":
            return _is_within(evaluation.address, term.value, term)
        case "include":
            return _includes(name, evaluation)
        case "a":
            found = evaluation.note(answer(resolver.addresses, name))
            return any(_is_within(evaluation.address, one, term) for one in found)
        case "mx":
            return _matches_exchangers(term, name, evaluation)
        case "exists":
            found = evaluation.note(answer(resolver.addresses, name))
            return any(":" not in one for one in found)
        case _:
            return _points_below(name, evaluation)


def _includes(name: str, evaluation: _Evaluation) -> bool:
    """An include matches when its record passes; without one, or if it is void, all is void (5.2)."""
    result = _check_host(name, evaluation)
    if result in {SpfResult.NONE, SpfResult.PERMERROR}:
        raise _VoidError(f"it includes {name}, which has no usable record")
    return result is SpfResult.PASS


def _matches_exchangers(term: SpfTerm, name: str, evaluation: _Evaluation) -> bool:
    hosts = evaluation.note(answer(evaluation.resolver.mx, name))
    if len(hosts) > _MAX_NAMES:
        raise _VoidError(f"{name} has more than {_MAX_NAMES} mail exchangers")
    return any(
        _is_within(evaluation.address, one, term)
        for host in hosts
        if host
        for one in answer(evaluation.resolver.addresses, host)
    )


def _points_below(name: str, evaluation: _Evaluation) -> bool:
    """The address points to a name below this one, and that name back (RFC 7208 5.5)."""
    found = evaluation.note(answer(evaluation.resolver.names, str(evaluation.address)))
    end = f".{name}".lower()
    below = [host for host in found[:_MAX_NAMES] if f".{host}".lower().endswith(end)]
    return any(
        str(evaluation.address) in answer(evaluation.resolver.addresses, host) for host in below
    )


def _is_within(address: Address, other: str, term: SpfTerm) -> bool:
    base = ipaddress.ip_address(other)
    if base.version != address.version:
        return False
    bits = term.four if address.version == 4 else term.six
    return address in ipaddress.ip_network(f"{base}/{bits}", strict=False)


# ── macros (RFC 7208 7) ──────────────────────────────────────────────────────────────────────

_MACRO: Final = re.compile(
    r"%(?:%|_|-|\{(?P<letter>[slodiphv])(?P<count>\d*)(?P<reverse>r?)(?P<ends>[.\-+,/_=]*)\})",
    re.IGNORECASE,
)
_LITERALS: Final = {"%%": "%", "%_": " ", "%-": "%20"}


def _expand(text: str, domain: str, evaluation: _Evaluation) -> str:
    """A domain with its macros put in. Raises ValueError for what is no macro."""
    if "%" not in text:
        return text
    expanded = _MACRO.sub(lambda match: _expand_one(match, domain, evaluation), text)
    if "%" in _MACRO.sub("", text):
        raise ValueError(f"{text!r} holds something that is no macro")
    return expanded[-253:]


def _expand_one(match: re.Match[str], domain: str, evaluation: _Evaluation) -> str:
    if match["letter"] is None:
        return _LITERALS[match.group()]
    parts = re.split(f"[{re.escape(match['ends'] or '.')}]", _value(match, domain, evaluation))
    if match["reverse"]:
        parts.reverse()
    count = int(match["count"] or 0)
    return ".".join(parts[-count:] if count else parts)


def _value(match: re.Match[str], domain: str, evaluation: _Evaluation) -> str:
    local, _, sender_domain = evaluation.sender.rpartition("@")
    address = evaluation.address
    letters = {
        "s": evaluation.sender,
        "l": local,
        "o": sender_domain,
        "d": domain,
        "i": ".".join(address.exploded.replace(":", "")) if address.version == 6 else str(address),
        "p": "unknown",
        "v": "in-addr" if address.version == 4 else "ip6",
        "h": sender_domain,
    }
    return letters[match["letter"].lower()]
