"""Addresses: parsed, normalised and compared. The only user of email-validator and idna.

Pure, but for `check_domain`, which asks the DNS through the resolver that it is given.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from storage.model import AddressError

if TYPE_CHECKING:
    import dns.resolver
    from email_validator import EmailNotValidError, EmailUndeliverableError, ValidatedEmail

RESOLV_CONF: Final = "/etc/resolv.conf"
DNS_TIMEOUT: Final = 5
"""Seconds that all questions about one domain may take together (rule F13)."""

ROLES: Final = frozenset(
    {
        *("abuse", "hostmaster", "mailer-daemon", "noc", "no-reply", "noreply", "postmaster"),
        *("root", "security", "spam", "usenet", "uucp", "webmaster"),
    }
)
"""Mailboxes of a machine or an office (RFC 2142 4 and 5). Those of a business, such as info@ or
sales@, are read by people who do subscribe, and are not among them."""

_MAILBOX: Final = re.compile(
    r"""(?:\s*"(?P<quoted>(?:[^"\\]|\\.)*)"\s*|(?P<plain>[^<>]*))<(?P<address>[^<>]*)>\s*""",
    re.DOTALL,
)
"""A name that is a quoted string may hold anything, brackets too (RFC 5322 3.2.4)."""
_USUAL: Final = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*")
"""Names before the @-sign of which nothing has to be asked: nothing is changed in them."""
_USUAL_LONGEST: Final = 200
"""Characters of an address with such a name; of a longer one every bound is looked at."""
_USUAL_DOMAIN: Final = re.compile(
    r"(?=.{4,190}\Z)(?:(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!arpa\Z|local\Z|onion\Z|test\Z|"
    r"invalid\Z|localhost\Z)[a-z]{2,63}"
)
"""Domains of which nothing has to be asked either: names of hosts in ASCII below a name of letters that is
not set aside (RFC 6761). email-validator says the same of each, and takes long to load."""
_ANYBODY: Final = "anybody"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_LONGEST_LOCAL: Final = 64
"""Octets of a local part (RFC 5321 4.5.3.1.1)."""
_LOST: Final = "\ufffd"
"""What stands for octets that were no UTF-8: nobody's mailbox is called so, and a mail would bounce."""
_QUOTED_PAIR: Final = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An address that mail can be sent to."""

    display: str
    """As given, normalised: NFC, the domain in lower case and in its own script."""
    ascii: str
    """For envelope and headers: the domain as A-labels (rule A28). Only a local part outside ASCII
    is left as it is, and then `needs_smtputf8` is set."""
    key: str
    """Two addresses are one subscriber if their keys are equal: NFC, case-folded, `+tag` and dots
    kept (rule F14). Never mailed to."""
    domain: str
    """A-labels, lower case."""
    needs_smtputf8: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A display name and an address (RFC 5322 3.4)."""

    name: str
    """Without quotes; empty when there is none."""
    address: Address


class DomainVerdict(StrEnum):
    """What the DNS says about a domain and mail."""

    ACCEPTS = "accepts"
    """It has a mail exchanger, or a public address to fall back on (RFC 5321 5.1)."""
    REFUSES = "refuses"
    """It does not exist, or says that it takes no mail (null MX, RFC 7505)."""
    UNKNOWN = "unknown"
    """The DNS did not answer. That is no fault of the address: treat it as accepted."""


def parse_address(text: str, *, allow_test_domains: bool = False) -> Address:
    """The address in `text`, which is nothing but one address.

    Quoted local parts, address literals, display names, spaces and special-use domains are
    refused (rule F15). `allow_test_domains` lets .test through, and domains of one label, for a
    demo or an intranet; example.com is a domain like any other, .local and localhost never are.

    Raises AddressError with a sentence that repeats nothing of the input.
    """
    local, at, domain = text.rpartition("@")
    is_short = len(local) <= _LONGEST_LOCAL and len(text) <= _USUAL_LONGEST
    if at and is_short and _USUAL.fullmatch(local):
        if _is_usual_domain(domain):
            return _plain(local, domain)
        return _at(local, _parse(f"{_ANYBODY}@{domain}", allow_test_domains))
    return _validate(text, allow_test_domains)


@lru_cache(maxsize=4096)
def _is_usual_domain(domain: str) -> bool:
    return _USUAL_DOMAIN.fullmatch(domain) is not None


@lru_cache(maxsize=4096)
def _parse(text: str, allow_test_domains: bool) -> Address:
    """A domain is looked at once for all who are there: `text` is somebody's address."""
    return _validate(text, allow_test_domains)


def _plain(local: str, domain: str) -> Address:
    """Whoever has a usual name at a usual domain: nothing of it is changed."""
    text = f"{local}@{domain}"
    return Address(display=text, ascii=text, key=text, domain=domain, needs_smtputf8=False)


def _at(local: str, somebody: Address) -> Address:
    """Whoever has a usual name where somebody's address is."""
    return Address(
        display=f"{local}{somebody.display[len(_ANYBODY) :]}",
        ascii=f"{local}@{somebody.domain}",
        key=f"{local}@{somebody.domain}",
        domain=somebody.domain,
        needs_smtputf8=False,
    )


def _validate(text: str, allow_test_domains: bool) -> Address:
    from email_validator import EmailNotValidError, validate_email

    if _LOST in text:
        raise AddressError("The email address has lost a letter in its encoding.")
    try:
        valid = validate_email(
            text,
            check_deliverability=False,
            test_environment=allow_test_domains,
            globally_deliverable=not allow_test_domains,
        )
    except EmailNotValidError as error:
        raise AddressError(_reason(error)) from error
    if len(valid.local_part.encode()) > _LONGEST_LOCAL:
        raise AddressError("The email address is too long before the @-sign.")
    return _address(valid)


def strip_unseen(text: str) -> str:
    """`text` without what nobody sees around it: blanks, tabs, no-break and zero-width spaces, marks
    of direction, byte order marks. They come along when an address is copied.
    """
    if text[:1].isalnum() and text[-1:].isalnum() and text.isascii():
        return text
    begin, end = 0, len(text)
    while begin < end and _is_unseen(text[begin]):
        begin += 1
    while end > begin and _is_unseen(text[end - 1]):
        end -= 1
    return text[begin:end]


_WIDE: Final = {number: number - 0xFEE0 for number in range(0xFF01, 0xFF5F)} | {0xFF61: ord(".")}
"""Letters and signs of double width, as an input method for Japanese or Chinese writes them, to their usual form."""
_JOINED: Final = dict.fromkeys(
    [0xAD, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x206A), 0xFEFF]
)
"""What is never seen between two letters: places for a hyphen or a line's end, marks of direction."""
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs, for Unicode, that look like a blank."""


def tidy_address(text: str) -> str:
    """An address as a person typed or copied it, as they meant it: without what nobody sees around it or
    between its letters, and of usual width. A blank within it stays, and so do the joiners of Persian names.
    """
    if text.isascii():
        return strip_unseen(text)
    return strip_unseen(text).translate(_WIDE).translate(_JOINED)


def _is_unseen(character: str) -> bool:
    is_blank = character.isspace() or character in _BLANK_LETTERS
    return is_blank or unicodedata.category(character) in _UNSEEN


def ascii_address(address: str) -> str:
    """The envelope's form of an address that was parsed before: its domain as A-labels (A28).

    Cheap for the usual address, which is ASCII: it is asked for with every message.
    """
    if address.isascii():
        return address
    return parse_address(address, allow_test_domains=True).ascii


def ascii_domain(domain: str) -> str:
    """A domain or a host name as A-labels in lower case (RFC 5891, rule A28).

    The conversion that addresses get, and the only one there is: `straße.de` and `strasse.de` are
    two domains, as they are for browsers and for the DNS (UTS 46, nontransitional). What is ASCII
    already is not looked into. Raises AddressError when the name cannot be converted.
    """
    if domain.isascii():
        return domain.lower()
    import idna

    try:
        return idna.encode(domain, uts46=True).decode()
    except UnicodeError as error:
        raise AddressError("The domain is no international domain name (RFC 5891).") from error


def parse_mailbox(text: str, *, allow_test_domains: bool = False) -> Mailbox:
    """The one mailbox in `text`: `Working Notes <notes@example.com>`, or an address alone.

    The name may be quoted, and need not be: a comma or a letter outside ASCII is no mistake in a
    line that a person wrote. Raises AddressError.
    """
    match = _MAILBOX.fullmatch(strip_unseen(text))
    if match is None:
        return Mailbox(name="", address=_parse_stripped(text, allow_test_domains))
    quoted = match["quoted"]
    name = match["plain"].strip() if quoted is None else _QUOTED_PAIR.sub(r"\1", quoted)
    return Mailbox(name=name, address=_parse_stripped(match["address"], allow_test_domains))


def is_role(address: Address) -> bool:
    """Whether it is the mailbox of a machine or an office, which nobody subscribes (rule F18)."""
    local = address.key.rpartition("@")[0]
    return local.partition("+")[0] in ROLES


def server_mark() -> tuple[int, int] | None:
    """Changes when this host is told to ask other DNS servers, as by another network. dnspython reads that once, and a
    process that runs for years would ask the first ones for ever.
    """
    try:
        found = Path(RESOLV_CONF).stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def open_resolver() -> dns.resolver.Resolver:
    """A resolver that remembers answers; share one among all checks until `server_mark` changes (rule F13)."""
    from email_validator import caching_resolver

    return caching_resolver(timeout=DNS_TIMEOUT, dns_resolver=configured_resolver())


def configured_resolver() -> dns.resolver.Resolver:
    """One that asks as this host is told to now. Without any DNS configured it knows no server, and has no answer."""
    import dns.resolver  # one sign-up in a process needs it, and most processes have none

    try:
        return dns.resolver.Resolver(RESOLV_CONF)
    except dns.resolver.NoResolverConfiguration:
        return dns.resolver.Resolver(configure=False)


def check_domain(address: Address, resolver: dns.resolver.Resolver) -> DomainVerdict:
    """Whether the domain takes mail. Blocks for as long as the resolver may take; never raises.

    Only for a sign-up, never for an import or while sending (rule F13). A timeout, SERVFAIL or
    any other trouble of the DNS itself is UNKNOWN.
    """
    from email_validator import EmailNotValidError, EmailUndeliverableError, validate_email

    try:
        found = validate_email(
            address.display,
            check_deliverability=True,
            globally_deliverable=False,
            dns_resolver=resolver,
        )
    except EmailUndeliverableError as error:
        return DomainVerdict.REFUSES if _is_answer(error) else DomainVerdict.UNKNOWN
    except EmailNotValidError:
        return DomainVerdict.REFUSES
    answered = hasattr(found, "mx")  # the library leaves it out when the DNS did not answer
    return DomainVerdict.ACCEPTS if answered else DomainVerdict.UNKNOWN


def _address(valid: ValidatedEmail) -> Address:
    domain = (valid.ascii_domain or valid.domain).lower()
    local = unicodedata.normalize("NFC", valid.local_part.casefold())
    return Address(
        display=valid.normalized,
        ascii=f"{valid.local_part}@{domain}",
        key=f"{local}@{domain}",
        domain=domain,
        needs_smtputf8=not valid.local_part.isascii(),
    )


def _parse_stripped(text: str, allow_test_domains: bool) -> Address:
    return parse_address(tidy_address(text), allow_test_domains=allow_test_domains)


def _reason(error: EmailNotValidError) -> str:
    """The library's sentence up to where it begins to quote what was typed."""
    sentence = re.split(r" \(|: ", str(error))[0].rstrip(".")
    if "After Unicode normalization" in sentence:
        sentence = "The email address contains characters that do not survive normalization"
    return f"{sentence}."


def _is_answer(error: EmailUndeliverableError) -> bool:
    """Whether the DNS answered. The library raises the same error when it failed in a new way."""
    import dns.resolver

    return error.__cause__ is None or isinstance(
        error.__cause__, dns.resolver.NXDOMAIN | dns.resolver.NoAnswer
    )
