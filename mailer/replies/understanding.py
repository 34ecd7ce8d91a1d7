"""Owns whether a refusal is understood whole: what is left of it when all that is known is taken away. Pure.

A host that says more than that nobody is there may mean anything by it. So proof against a reader is a text of which
every clause is known: words of absence, names, codes, links, and what hosts say around them (rule C5).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from mailer.replies import absence, vocabulary
from mailer.replies.known import KNOWN, PHRASES, PIECES
from mailer.replies.patterns import fold
from mailer.replies.status import find_code, parse_code
from mailer.replies.words import TOP_DOMAIN, bound_words, strip_noise

_WHOLE: Final = 400
"""Characters of a text that is a refusal and nothing else. A longer one tells a story around it: there it is the
sentence that says so which must be understood."""
_SENTENCE: Final = re.compile(r"(?<=[.!?。！？:])\s+|\n\s*\n")
_END: Final = re.compile(r"\n\s*\n|\n?[-*#=]{2,}[^\n]*(?:\n|$)|\nGiving up on ")
"""Where a reply ends that a mail for people quotes."""
_NAMES: Final = re.compile(r"<[^<>\s]*>|\S*\w\.\w\S*")
_SAYS_NOTHING: Final = re.compile(
    r"recipients?|address(?:es)?|addressee|e?mail|mailbox|user|account|reject(?:ed)?|refused|denied|fail(?:ed|ure)?|error"
    r"|deliver(?:y|ed)?|permanent(?:ly)?|smtp|lmtp|rcpt|to|the|for|is|this|your|message|host|said|remote|server|reply"
    r"|code|status|not|no|required|bad|command|from|by|and|of|in|with|was|sorry|please|action|requested|taken"
    r"|bounced|there|an?",
    re.IGNORECASE,
)
_NAMED: Final = re.compile(r"([^\s<>()\[\]{}\",;:'=@＠]{1,64})[@＠]")
_ID: Final = re.compile(
    r"\[(?=[^\s\]]*(?:\d|[a-z][A-Z]))[^\s\]]*\]|(?<!\S)\d{8,}-(?=[\w-]*[a-z\d][A-Z])[\w-]{8,40}(?!\S)",
    re.ASCII,
)
_CODED: Final = re.compile(r"(?<![\w.])[245]\d\d-(?=\D)|[\w.#=+/-]*\d[\w.#=+/-]*", re.ASCII)
"""A word with a digit in it is a code, an id or a date; so is what has one, or a capital in its middle, in brackets, and
what has a moment in front of it, as in `1669219200-OtIBWWhDmu`."""
_NUMBERED: Final = re.compile(
    r"\b([a-z]{4,})-?\d{1,4}[a-z]{0,2}(?![\w.#=+/-])", re.ASCII | re.IGNORECASE
)
"""A word with a number behind it is still that word, as in `blocked1` and `retry300s`: an id has its digits in between."""
_DOMAIN: Final = re.compile(
    rf"(?<![\w.-])(?:[a-z0-9-]{{2,}}\.)+{TOP_DOMAIN}(?![\w-]|\.\w)", re.IGNORECASE
)
"""Also a name of two parts, which words.py leaves alone, for it may be two sentences."""
_QUOTED: Final = re.compile(
    r"[\"'][^\s\"']{1,64}[\"']|<[^\s<>]{1,64}>|(?<!\S)[^\s.]{1,64}(?=\.{3}(?!\S))"
)
"""Whom it is about, as in `"ada"`, `<ada>` and `ada...`."""
_MARKS: Final = re.compile("[\u0300-\u036f]+")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_SPACED: Final = re.compile("[a-z\u00df-\u058f\u0590-\u06ff]+")
"""A word of a script that puts spaces between its words; a letter alone is an article, an ending, or cut off."""
_PLAIN: Final = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae"})


def is_understood(text: str, names: Sequence[str] = (), *, in_prose: bool = False) -> bool:
    """Whether nothing in a refusal is of unknown meaning; also true of one that says nothing at all.

    `names` are local parts by which its reader may be called, besides those of addresses in the text. `in_prose`
    is of a mail for people: there it is the reply that it quotes, or the sentence that says so, which is asked.
    """
    text = bound_words(text)
    called = [*names, *_NAMED.findall(text)]
    if in_prose or len(text) > _WHOLE:
        reply = _quoted_reply(text)
        if not reply:
            return any(_is_proof(sentence, called) for sentence in _sentences(text))
        text = reply
    return not _has_unknown(text, called)


def says_nothing(text: str, *, in_prose: bool = False) -> bool:
    """Whether a refusal names no more than the code, the command, the recipient, and that it is one."""
    text = bound_words(text)
    reply = _quoted_reply(text) if in_prose or len(text) > _WHOLE else ""
    words = _LETTERS.findall(_NAMES.sub(" ", strip_noise(reply or text)))
    return all(len(word) == 1 or _SAYS_NOTHING.fullmatch(word) for word in words)


def _quoted_reply(text: str) -> str:
    """The first reply of SMTP that a longer text quotes; empty when it quotes none."""
    at = find_code(text)
    if not at and parse_code(text) is None:
        return ""
    return _END.split(text[at:].lstrip(), maxsplit=1)[0]


def _sentences(text: str) -> Iterator[str]:
    yield from (line for line in text.splitlines() if len(line) <= _WHOLE)
    yield from _SENTENCE.split(text)


def _is_proof(sentence: str, called: Sequence[str]) -> bool:
    """Whether a sentence says that nobody is there, and no more."""
    if _has_unknown(sentence, called):
        return False
    plain = strip_noise(sentence)
    return any(words.are_in(plain) for words in _ABSENT)


def _has_unknown(text: str, called: Sequence[str]) -> bool:
    """Whether words are left when what is known has been taken away."""
    plain = _QUOTED.sub(" ", strip_noise(_ID.sub(" ", text)))
    for name in sorted(set(filter(None, called)), key=len, reverse=True)[:8]:
        plain = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", plain, flags=re.IGNORECASE)
    plain = _NUMBERED.sub(r" \1 ", _DOMAIN.sub(" ", plain))
    words = " ".join(_CODED.sub(" ", plain).split())
    rest = PIECES.take_out(PHRASES.take_out(words))
    return next(_unknown(rest), None) is not None


_ABSENT: Final = (vocabulary.MAILBOX, absence.MAILBOX, vocabulary.DOMAIN, absence.DOMAIN)


def _unknown(rest: str) -> Iterator[str]:
    known = _known()
    for word in _LETTERS.findall(_bare(rest)):
        is_spaced = _SPACED.fullmatch(word) is not None
        if word not in known and not (is_spaced and len(word) == 1):
            yield word


def _bare(text: str) -> str:
    """Without marks: hosts of every country leave them out."""
    return _MARKS.sub("", unicodedata.normalize("NFD", text.translate(_PLAIN)))


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(_LETTERS.findall(_bare(fold(" ".join(KNOWN)))))
