"""How a mail looks to those who get many: its subject, its summary, its links. Pure.

Rules of thumb that mail hosts, screen readers and tired eyes share; every one is a warning. What it looks like is
in newsletter/authoring/checks/shape.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from feeds.markdown import EMPTY_LINK, is_download, is_picture, name_wordless
from mailer.address import parse_address
from mailer.compose import public_text
from newsletter.authoring.checks.rendered import Seen, look_at
from newsletter.authoring.checks.shape import check_shape
from newsletter.authoring.findings import Finding, Fix, Proof, find_link_lines, line_of, warn
from storage.model import AddressError

MANY_WORDS: Final = 100
"""Of a text that is more than its own summary."""
LONG_SUMMARY: Final = 300
MANY_LINKS: Final = 100
LONG_WORD: Final = 60
_VAGUE: Final = frozenset(
    {
        "here", "click here", "link", "this", "this link", "read more", "more", "learn more", "click",
        "hier", "hier klicken", "mehr", "weiterlesen", "ici", "cliquez ici", "lire la suite", "aquí",
        "haga clic aquí", "leer más", "qui", "clicca qui", "aqui", "clique aqui", "klik hier", "lees meer",
        "こちら", "ここ", "点击这里", "这里", "هنا",
    }
)  # fmt: skip
_SPAM: Final = re.compile(
    r"\b(?:act now|buy now|order now|click (?:here|below|now)|100 ?% free|risk[- ]free|no obligation|"
    r"winner|you have been selected|cash bonus|earn money|make money|extra income|work from home|"
    r"cheap|viagra|casino|lottery|miracle|limited time|urgent|congratulations|free gift|free money|"
    r"double your|once in a lifetime|satisfaction guaranteed|weight loss)\b|[$€£]{2,}",
    re.IGNORECASE,
)
_REPLY: Final = re.compile(r"\s*(?:re|fwd?|aw|wg|tr|rv|sv|vs)\s*:", re.IGNORECASE)
_LOUD: Final = re.compile(r"[!?]{2,}|!.*!")
_PICTOGRAM: Final = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_UNSEEN: Final = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\u00ad]")
_SHORTENERS: Final = frozenset(
    {"bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "rb.gy",
     "rebrand.ly", "shorturl.at", "tiny.cc", "lnkd.in"}
)  # fmt: skip
_TRACKING: Final = re.compile(
    r"utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|_hs(?:enc|mi)|vero_id|oly_\w+_id"
)


def check_manners(proof: Proof) -> Iterator[Finding]:
    """All of it, for a note that is mailed or only shown."""
    seen = look_at(proof.draft.html)
    yield from _check_subject(proof)
    yield from _check_summary(proof)
    yield from _check_links(proof, seen)
    yield from check_shape(proof, seen)


# ── the subject and what stands beside it ────────────────────────────────────────────────────


def _check_subject(proof: Proof) -> Iterator[Finding]:
    subject = public_text(proof.draft.subject or proof.draft.title)
    line = line_of(proof, proof.draft.subject or proof.draft.title)
    letters = [one for one in subject if one.isalpha() and one.upper() != one.lower()]
    if len(letters) >= 8 and all(one.isupper() for one in letters):
        yield warn(
            "shouting", "The subject is all in capitals, as spam is; write it as a sentence.", line
        )
    if _LOUD.search(subject):
        yield warn(
            "loud-subject", "The subject has several ! or ?; mail hosts take that for spam.", line
        )
    if found := _SPAM.search(subject):
        yield warn(
            "spam-words",
            f"The subject says {found[0]!r}, which filters know from spam; say it in other words.",
            line,
        )
    if _REPLY.match(subject):
        yield warn(
            "fake-reply", "The subject looks like an answer to somebody; leave `Re:` out.", line
        )
    if len(_PICTOGRAM.findall(subject)) > 2:
        yield warn("many-emoji", "The subject has more than two pictograms; one is enough.", line)
    if _UNSEEN.search(subject):
        yield warn("unseen", "The subject has characters that nobody sees; type it anew.", line)


def _check_summary(proof: Proof) -> Iterator[Finding]:
    summary = proof.note.summary
    if not summary:
        if len(proof.draft.text.split()) < MANY_WORDS:
            return
        yield warn(
            "no-summary",
            "There is no `summary:`, so lists of mails, feeds and previews show how the text begins.",
        )
        return
    line = line_of(proof, summary)
    if len(summary) > LONG_SUMMARY:
        yield warn(
            "long-summary",
            f"The summary has {len(summary)} characters; stay below {LONG_SUMMARY}.",
            line,
        )
    elif summary.casefold().strip(" .") == proof.draft.title.casefold().strip(" ."):
        yield warn(
            "same-summary", "The summary only repeats the title; say more, or leave it out.", line
        )


# ── links and pictures ───────────────────────────────────────────────────────────────────────


def _check_links(proof: Proof, seen: Seen) -> Iterator[Finding]:
    outward = [(address, words) for address, words in seen.links if not address.startswith("#")]
    if len(outward) > MANY_LINKS:
        yield warn(
            "many-links",
            f"The note has {len(outward)} links; filters distrust more than {MANY_LINKS}.",
        )
    wordless = {remark.sentence for remark in proof.warnings if remark.code == EMPTY_LINK}
    find = find_link_lines(proof.source, proof.note.body)
    for address, words in dict.fromkeys(outward):
        line = find(address) or line_of(proof, address.removeprefix("mailto:"))
        line = line or line_of(proof, words or address)
        shown = "" if name_wordless(address) in wordless else words
        yield from _check_words(address, shown, line)
        yield from _check_address(proof, address, line, is_found=find(address) is not None)


def _check_words(address: str, words: str, line: int | None) -> Iterator[Finding]:
    if not words:
        yield warn(
            "empty-link",
            f"The link to {_short(address)} has no words; readers are told the end of its address instead.",
            line,
        )
    elif words.casefold().strip(" .!:»›→>") in _VAGUE:
        yield warn(
            "link-text",
            f"The link says {words!r}, which tells nobody where it leads; name the thing itself.",
            line,
        )
    elif words == address and len(words) > LONG_WORD:
        yield warn(
            "long-url",
            f"A link shows its whole address of {len(words)} characters; give it words.",
            line,
        )
    elif _is_other_host(address, words) and not (is_download(words) or is_picture(words)):
        yield warn(
            "misleading-link",
            f"The link says {words!r} and leads to another host, as in phishing; filters punish that.",
            line,
        )


def _check_address(
    proof: Proof, address: str, line: int | None, *, is_found: bool
) -> Iterator[Finding]:
    """`is_found` tells that it stands on that line to lead there, and so may be mended."""
    if address.startswith("mailto:"):
        yield from _check_mailto(address, line)
        return
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return
    if parts.scheme not in {"http", "https"}:
        return
    site = urlsplit(proof.site_url)
    if (parts.scheme, parts.netloc) != (site.scheme, site.netloc):
        # No note can help where its own site stands: `doctor` looks at that.
        yield from _check_place(address, parts.scheme, host, line)
    if host in _SHORTENERS:
        yield warn(
            "short-link",
            f"The link goes through {host}; many filters refuse shortened links.",
            line,
        )
    if (clean := _untracked(address)) != address:
        yield warn(
            "tracking-link",
            f"The link to {_short(address)} tells where readers came from (utm_… and its like).",
            line,
            Fix(old=address, new=clean) if is_found else None,
        )


def _check_place(address: str, scheme: str, host: str, line: int | None) -> Iterator[Finding]:
    """Whether readers can open it, and over a line that nobody else reads."""
    if _is_local(host):
        yield warn(
            "local-address",
            f"The link leads to {host}, which only your own network can open.",
            line,
        )
    elif _is_ip(host):
        yield warn(
            "ip-link",
            f"The link leads to the bare number {host}, as in phishing; use a name.",
            line,
        )
    elif scheme == "http":
        yield warn(
            "insecure-link",
            f"The link to {_short(address)} goes over http://; use https:// if it has that.",
            line,
        )


def _check_mailto(address: str, line: int | None) -> Iterator[Finding]:
    for one in filter(None, urlsplit(address).path.split(",")):
        try:
            parse_address(one, allow_test_domains=True)
        except AddressError:
            yield warn("bad-mailto", f"The link {_short(address)} holds no mail address.", line)


# ── small facts ──────────────────────────────────────────────────────────────────────────────


def _untracked(address: str) -> str:
    """The address without what tells where its reader came from."""
    parts = urlsplit(address)
    if not parts.query:
        return address
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in pairs if not _TRACKING.fullmatch(name)]
    return address if len(kept) == len(pairs) else urlunsplit(parts._replace(query=urlencode(kept)))


def _is_other_host(address: str, words: str) -> bool:
    """Whether the words are an address of another host than the link's."""
    shown = re.fullmatch(
        r"(?:https?://)?(?P<host>(?:[a-z0-9-]+\.)+[a-z]{2,})(?:/\S*)?", words.lower()
    )
    if not shown or "://" not in address:
        return False
    try:
        host = (urlsplit(address).hostname or "").lower()
    except ValueError:
        return False
    mine, theirs = shown["host"].removeprefix("www."), host.removeprefix("www.")
    is_file = mine.rpartition(".")[2] in {"py", "md", "sh", "js", "rs", "ts", "pl", "so", "zip"}
    return not is_file and not (
        mine == theirs or theirs.endswith(f".{mine}") or mine.endswith(f".{theirs}")
    )


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith((".local", ".internal", ".lan", ".localhost")):
        return True
    return _is_ip(host) and not ip_address(host.strip("[]")).is_global


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _short(address: str) -> str:
    return address if len(address) <= 60 else f"{address[:57]}…"
