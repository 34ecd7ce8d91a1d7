"""Owns what a host's words mean: a text → the causes that it gives. Pure.

The vocabulary is in mailer/replies/vocabulary.py, mailer/replies/languages.py, mailer/replies/circumstances.py and
mailer/replies/absence.py.

The order in which causes are looked for is the safety of the whole: words about the sender, about
quota and about time come first, so that a text which mentions any of them never counts as proof
that a mailbox does not exist (rule C5).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

from mailer.replies import absence, circumstances, languages, vocabulary


class Cause(StrEnum):
    """Why a host says that it did not deliver. The values are for people."""

    BUSY = "the mailbox gets too much at once"
    SENDER = "refused by policy"
    """Authentication, spam, blocking, reputation, rate: our fault, or called so."""
    OURS = "about the sender's own name"
    """Our address, domain, host or header does not please; nothing is said of a reader."""
    SIZE = "message too large"
    FULL = "mailbox full"
    TIME = "out of time"
    """Expiry, timeouts, and whatever a host calls temporary."""
    LOCAL = "the host's own trouble"
    """A file, a program or a database of the host's did not work."""
    MAILBOX = "no such mailbox"
    DOMAIN = "no such domain"


_ORDER: Final = (
    (Cause.BUSY, (vocabulary.BUSY,)),
    (Cause.SENDER, (vocabulary.SENDER, languages.SENDER)),
    (Cause.FULL, (vocabulary.FULL, languages.FULL, circumstances.FULL)),
    (Cause.TIME, (vocabulary.TIME, languages.TIME, circumstances.TIME)),
    (Cause.SIZE, (vocabulary.SIZE,)),
    (Cause.LOCAL, (languages.LOCAL, circumstances.LOCAL)),
    (Cause.MAILBOX, (vocabulary.MAILBOX, absence.MAILBOX)),
    (Cause.DOMAIN, (vocabulary.DOMAIN, absence.DOMAIN)),
)

WORDS_LIMIT: Final = 4000
"""Characters of a text that are looked at: a reason stands near its beginning."""

_RUN: Final = re.compile(r"(\S{128})(?=\S)")
"""Where a run without a space is cut. No word, address or host of a reason is longer, and a pattern that
starts anew at each letter of a run would take the square of its length."""

TOP_DOMAIN: Final = (
    r"(?:com|net|org|info|biz|edu|gov|mil|arpa|cloud|email|online|local|example|test|invalid"
    r"|(?!(?:as|is|me|my|no|of|on|or|so|to|we)\b)[a-z]{2})"
)
_NOISE: Final = re.compile(
    r"https?://\S+"  # a link's words are its host's, not the reason
    r"|[^\s<>()\[\]\"',;:]+[@＠](?:[\w.-]+|\[[^\]\s]*\])"
    # Host names such as mx.spamfilter.example. A dot may as well end a sentence that nobody put a
    # space behind, as in "blocked.User unknown": what is not surely a host's name stays.
    rf"|\b[a-z][a-z0-9_-]*\.(?:[a-z0-9_-]+\.)+{TOP_DOMAIN}\b(?=[\s:,;)\]\[>\"']|$)"
    r"|\bin reply to (?:end of )?(?:mail from|mail|rcpt to|rcpt|data|ehlo|helo|lhlo|starttls|auth(?: [a-z]+)?|rset|quit|xforward|bdat) command|unknown address error|\bunknown mailer error\b"
    r"|\bx-(?:postfix|spam)[\w-]*"
    r"|\[\S{1,64} IP: [\d.:a-f]{3,40}\]"  # QQ's mark of a session
    # A code that is repeated where a reply goes on: its words belong together.
    r"|(?<=[^\s;:])\s+[245]\d\d[- ]#?[245]\.\d{1,3}\.\d{1,3}(?=\s)"
    r"|\b(?:from|to|proto|helo)=<?[^\s>]*>?",
    re.IGNORECASE,
)
_SEAM: Final = re.compile(r"_|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
"""Where words are put together as programs do: `SPF_FAIL`, `MailboxFull`, `SPFFail`."""


_SHORT: Final = 400
"""Characters of a refusal. In one, whoever is mentioned is meant; a longer text tells a story, in which
there are senders, headers and addresses of all kinds."""
_NEAR: Final = 60
"""Characters between a name and what is said of it, in a longer text."""

_OUR_PATH: Final = re.compile(r"\+i[0-9]{1,18}\.s[0-9]{1,18}\.[0-9a-f]{12}@", re.IGNORECASE)
"""A return path as newsletter/tokens.py makes them: no reader has one."""
_BLOCKLISTS: Final = re.compile(
    r"spamhaus|spamcop|sorbs\.|barracuda|uceprotect|abuseat|invaluement|surbl|uribl|senderscore|dnsbl"
    r"|(?:^|[/.@])[rsdxzp]?bl\d?\.|mailspike|backscatterer|psbl|truncate\.gbudb|spfbl|blocklist|blacklist",
    re.IGNORECASE,
)
"""In a link or the name of a host; a host of a reader is seldom called so."""
_LINK: Final = re.compile(r"(?:https?://|www\.)\S+|\S+\?\S*=\S*", re.IGNORECASE)
_ADDRESS: Final = re.compile(r"[^\s<>@]@[\w-]+\.")
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")
_AFTER_COMMAND: Final = re.compile(
    r"(?:in reply to|in response to|after|to|during|at|to the) (?:the )?(?:(?:initial )?(?P<connect>connection|greeting|banner)"
    r"|(?P<ehlo>ehlo|helo|lhlo)|(?P<tls>starttls)|(?P<auth>auth)|(?P<mail>mail(?: from)?)"
    r"|(?P<rcpt>rcpt(?: to)?)|(?P<dot>end of (?:data|message)|(?:final )?dot|data|message body|message content))\b[: <]*(?:\S+@\S+)? *(?:command|:|\)|$|phase|stage)"
    r"|>>> *(?:(?P<ehlo2>ehlo|helo)|(?P<mail2>mail) from|(?P<rcpt2>rcpt) to|(?P<dot2>data|\.)\b)",
    re.IGNORECASE,
)
"""How Postfix, Exim, Sendmail and others say what the host answered to."""


def bound_words(text: str) -> str:
    """The beginning of a text, with its endless words in pieces: what any pattern may be run on."""
    return _RUN.sub(r"\1 ", text[:WORDS_LIMIT])


@lru_cache(maxsize=16)
def find_phase(text: str) -> str:
    """The command that a quoted reply answered: `rcpt`, `dot` (also DATA), or an earlier one; or empty.

    Of several it is the last: what stands before it went well.
    """
    told = ""
    for match in _AFTER_COMMAND.finditer(bound_words(text)):
        told = (match.lastgroup or "").rstrip("2")
    return told


def find_causes(text: str, ours: Sequence[str] = ()) -> tuple[Cause, ...]:
    """Every cause that a host's words give, the one to believe first; empty when they give none.

    `ours` are names of ours, domains, hosts or IP addresses; they are for a host's own reply, not for a text that
    tells people of our message. Names of other hosts, links and addresses are not
    looked at, but for those of blocklists: they say nothing about the reason.
    """
    text = bound_words(text)
    plain = strip_noise(text)
    said, names_sender = _read(plain)
    if _is_blocklist(text, said) and Cause.SENDER not in said:
        said = (Cause.SENDER, *said)
    if names_sender or _is_about_us(text, ours):
        said = (Cause.OURS, *said)
    return tuple(sorted(said, key=_RANK.__getitem__))


@lru_cache(maxsize=512)
def _read(plain: str) -> tuple[tuple[Cause, ...], bool]:
    """What the words alone say: the causes, and whether they speak of whom mail is from.

    Without addresses, hosts and links, a host's words are the same for all its readers.
    """
    said = (cause for cause, words in _ORDER if any(each.are_in(plain) for each in words))
    return tuple(said), _names_sender(plain)


_RANK: Final = {
    cause: rank
    for rank, cause in enumerate(
        (
            Cause.BUSY,
            Cause.SENDER,
            Cause.FULL,
            Cause.TIME,
            Cause.OURS,
            Cause.SIZE,
            Cause.LOCAL,
            Cause.MAILBOX,
            Cause.DOMAIN,
        )
    )
}


def names_reader(text: str) -> bool:
    """Whether the words are about somebody's mailbox, and not about just any address or domain."""
    return bool(_ADDRESS.search(bound_words(text)) or languages.READER.are_in(strip_noise(text)))


def _is_blocklist(text: str, said: Sequence[Cause]) -> bool:
    """A link into a blocklist, or nothing but a link, is about who sends."""
    text = bound_words(text)
    links = _LINK.findall(text)
    if any(_BLOCKLISTS.search(link) for link in links):
        return True
    return bool(links) and not said and not _LETTERS.search(_LINK.sub(" ", _NOISE.sub(" ", text)))


def _is_about_us(text: str, ours: Sequence[str]) -> bool:
    if find_phase(text) in {"connect", "ehlo", "tls", "auth", "mail"}:
        return True
    if not ours or len(text) > _SHORT:
        return False
    return bool(_OUR_PATH.search(text)) or _names_any(text, ours)


def _names_sender(plain: str) -> bool:
    for match in (*languages.OURS.find_all(plain), *circumstances.OURS.find_all(plain)):
        if len(plain) <= _SHORT:
            return True
        around = plain[max(0, match.start() - _NEAR) : match.end() + _NEAR]
        if languages.REFUSED_HERE.are_in(around):
            return True
    return False


def _names_any(text: str, ours: Sequence[str]) -> bool:
    """Whether a text speaks of one of these names, and not of an address or a host below it."""
    pattern = _naming(tuple(ours))
    return pattern is not None and pattern.search(_LOGGED.sub(" ", text.lower())) is not None


@lru_cache(maxsize=64)
def _naming(ours: tuple[str, ...]) -> re.Pattern[str] | None:
    """Any of these names as a word of its own; an IP address also as blocklists are asked for it."""
    names = [name.strip().lower() for name in ours if name.strip()]
    if not names:
        return None
    plain = "|".join(map(re.escape, names))
    turned = [".".join(reversed(name.split("."))) for name in names if _IPV4.fullmatch(name)]
    listed = "".join(rf"|(?<![\w.-]){re.escape(name)}\.[a-z]" for name in turned)
    return re.compile(rf"(?<![\w@.-])(?:{plain})(?![\w-]|\.\w){listed}")


_LOGGED: Final = re.compile(r"\b(?:from|helo)=<[^\s>]*>")
"""Where a line of a log says whose turn it was; that is no reason."""
_IPV4: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


def strip_noise(text: str) -> str:
    """The words of a text on one line, without hosts, links and addresses.

    Letters that only look different (full-width ones) become the usual ones, what is not to be seen
    goes, and words that were put together come apart: nobody can hide a word from its reader that way.
    """
    return _strip(text[:WORDS_LIMIT])


@lru_cache(maxsize=16)
def _strip(text: str) -> str:
    """The last ones are kept, for one text is asked what it says, whom it names and whether all of it is known."""
    seen = bound_words(text if text.isascii() else _unify(text))
    return " ".join(_SEAM.sub(" ", _NOISE.sub(" ", seen)).split())


def _unify(text: str) -> str:
    usual = unicodedata.normalize("NFKC", text).replace("’", "'")
    return "".join(char for char in usual if unicodedata.category(char) != "Cf")
