"""Who may send for a domain, as its SPF record says it (RFC 7208 4.6). Pure.

`parse_spf` reads one record, `survey` counts what a whole tree of records asks the Resolver for. What a
receiver makes of mail from an address is in mailer/authentication/spfcheck.py.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from mailer.authentication.resolver import Resolver, answer

MAX_LOOKUPS: Final = 10
"""Terms that ask the DNS, in a record and all it includes (RFC 7208 4.6.4)."""
MAX_VOIDS: Final = 2
"""Questions without an answer that a receiver puts up with (RFC 7208 4.6.4)."""

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
