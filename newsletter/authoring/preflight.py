"""What to know about a note before it goes out: errors and warnings, with their lines. Pure.

    note, its draft, its mail, the files it names  →  findings

Errors are what readers would stumble over; warnings are for the author to judge. What its words lack
is in newsletter/authoring/wording.py, links and pictures are in newsletter/authoring/references.py; the mail is here.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.message import Message
from typing import Final

from feeds.markdown import EMBED, FORM, MATHS, PLAYER, TEMPLATE, TOO_MANY_TAGS
from feeds.notes import CLOCK_CHANGE, KEY_VALUE, NO_TIME, RELATIVE_TIME, UNKNOWN_KEY
from feeds.notes.folders import FOLDER_PROGRAM
from mailer.compose import CLIP, SHORTENED, WARN
from newsletter.authoring.checks import check_around, check_manners
from newsletter.authoring.findings import (
    CheckedNote,
    Finding,
    Fix,
    Proof,
    body_offset,
    error,
    line_matching,
    line_of,
    warn,
)
from newsletter.authoring.references import check_references
from newsletter.authoring.wording import check_wording
from storage.model import NoteError, Remark

RELAYS_TAKE: Final = 10_000_000
"""Octets of a message; Postfix as it is installed takes a little more (message_size_limit)."""

_DRAFT: Final = "it is a draft"
_MISSING_FILE: Final = "missing-file"
"""Told of a player's file; of a link it is told that it is dead."""
_PICTURES: Final = frozenset({"missing-picture", "bad-picture"})
"""Told of the preview picture alone, which a key names: those of the body are looked at one by one."""
_NOT_PUBLISHED: Final = "is no published note"
_AUDIENCE: Final = re.compile(r"^[\"']?audience\b", re.IGNORECASE | re.MULTILINE)
_MEANT: Final = re.compile(r"^`(?P<old>[^`:]+?)(?::[^`]*)?` .*did you mean `(?P<new>[^`]+)`")
_MOVING: Final = re.compile(r"^`[^`:]+: (?P<old>[^`]+)` .*, as (?P<new>[-0-9]+ [:0-9]+);")
_PASSED_ON: Final = frozenset(
    {
        CLOCK_CHANGE,
        FOLDER_PROGRAM,
        FORM,
        KEY_VALUE,
        MATHS,
        NO_TIME,
        PLAYER,
        RELATIVE_TIME,
        TOO_MANY_TAGS,
        UNKNOWN_KEY,
    }
)
"""Codes of remarks that nothing here looks for again; of the others there are findings with lines."""


def check_note(proof: Proof) -> CheckedNote:
    """Everything there is to say about a note (rules A3, D5, D6, D11, D12, D14, D18)."""
    found = [
        *check_wording(proof),
        *check_references(proof),
        *check_manners(proof),
        *check_around(proof),
        *(_check_mail(proof) if proof.note.email else ()),
        *_pass_on(proof),
        *_check_kept(proof),
    ]
    dead = {one.line for one in found if one.code == "dead-link"}
    told = [one for one in found if not (one.code == _MISSING_FILE and one.line in dead)]
    return CheckedNote(note=proof.note.path, findings=tuple(sorted(told, key=_order)))


def _check_kept(proof: Proof) -> Iterator[Finding]:
    """Why it stays private whatever it says; of a draft its author knows."""
    kept = proof.note.kept
    if kept and kept != _DRAFT:
        yield warn("kept", f"{kept[:1].upper()}{kept[1:]}, so it is not published.")


def _pass_on(proof: Proof) -> Iterator[Finding]:
    """A generator's language is an error, since a mail with it waits for its author."""
    for remark in proof.warnings:
        end = "" if remark.sentence.endswith("?") else "."
        sentence = f"{remark.sentence[:1].upper()}{remark.sentence[1:]}{end}"
        if remark.code == TEMPLATE:
            why = " A new issue's mail is held until you `newsletter resume` it; mend or remove it."
            yield error(remark.code, sentence + why, remark.line)
        elif remark.code in _PASSED_ON:
            is_placed = remark.line is not None or remark.code != MATHS
            line = remark.line if is_placed else _line_of_quoted(proof, remark)
            yield warn(remark.code, sentence, line, _mend(remark))
        elif remark.code == EMBED and _NOT_PUBLISHED not in remark.sentence:
            yield warn(remark.code, sentence, _line_of_quoted(proof, remark))
        elif remark.code == _MISSING_FILE:
            yield error(remark.code, sentence, _line_of_quoted(proof, remark))
        elif remark.code in _PICTURES:
            line = _line_of_quoted(proof, remark)
            if line is not None and line <= body_offset(proof):
                yield error(remark.code, f"{sentence} Correct the path, or take the key out.", line)


def _line_of_quoted(proof: Proof, remark: Remark) -> int | None:
    """The line of what a remark names."""
    named = re.search(r"`([^`]+)`|!\[\[([^\]]+)\]\]", remark.sentence)
    return line_of(proof, (named[1] or named[2]).rstrip("…")) if named else None


def _mend(remark: Remark) -> Fix | None:
    """A key that is nearly one of ours, and a time that moves, can be written as they are meant."""
    key = _MEANT.search(remark.sentence)
    if remark.code == UNKNOWN_KEY and key:
        return Fix(old=f"{key['old']}", new=key["new"])
    time = _MOVING.search(remark.sentence)
    if remark.code == RELATIVE_TIME and time:
        return Fix(old=time["old"], new=time["new"])
    return None


def report_unusable(fault: NoteError) -> CheckedNote:
    """The report of a note that cannot even be read."""
    return CheckedNote(note=fault.path, findings=(error("unusable", fault.fault, fault.line),))


def _order(finding: Finding) -> tuple[int, str]:
    return (finding.line or 0, finding.code)


# ── the mail ─────────────────────────────────────────────────────────────────────────────────


def _check_mail(proof: Proof) -> Iterator[Finding]:
    yield from _check_size(proof)
    yield from _check_audience(proof)
    if not can_unsubscribe(email.message_from_bytes(proof.sample)):
        yield error(
            "no-unsubscribe",
            "The mail has no working way to leave (RFC 8058); report this as a fault of the program.",
        )


def _check_audience(proof: Proof) -> Iterator[Finding]:
    if proof.meant is not None and not proof.meant.readers:
        named = " and ".join(f"`{tag}`" for tag in proof.meant.unknown)
        why = f"; no reader has the tag {named}" if named else ""
        yield warn(
            "audience",
            f"Nobody who reads is in its audience, `{proof.note.audience}`, so it would be mailed to "
            f"nobody{why}.",
            line_matching(proof.source, _AUDIENCE),
        )


def _check_size(proof: Proof) -> Iterator[Finding]:
    """Against what Gmail shows and what relays take (rules D6, A40); pictures are not in the mail."""
    size = proof.skeleton.html_size
    if proof.skeleton.size > RELAYS_TAKE:
        yield error(
            "too-large",
            f"The mail has {proof.skeleton.size / 1e6:.1f} MB, and many relays take no more than "
            f"{RELAYS_TAKE / 1e6:.0f} MB (`newsletter doctor` asks yours). Make the note shorter.",
        )
    if any(remark.code == SHORTENED for remark in proof.skeleton.warnings):
        yield error(
            "clipped",
            f"The HTML passes the {CLIP // 1000} kB at which Gmail cuts a mail off; it would be "
            "mailed shortened, with a link to the rest. Make it shorter, or two issues of it.",
        )
    elif size > WARN:
        yield warn(
            "large",
            f"The HTML has {size // 1000} kB; Gmail cuts a mail off at {CLIP // 1000} kB.",
        )


def can_unsubscribe(message: Message) -> bool:
    """Whether a mail can be left with one click and by a link in each part (RFC 8058 3.1, A3)."""
    fields = message.get_all("List-Unsubscribe", [])
    posts = message.get_all("List-Unsubscribe-Post", [])
    if len(fields) != 1 or [str(post).strip() for post in posts] != ["List-Unsubscribe=One-Click"]:
        return False
    urls = re.findall(r"<(https?://[^<>\s]+)>", str(fields[0]))
    return len(urls) == 1 and all(urls[0] in part_of(message, kind) for kind in ("plain", "html"))


def part_of(message: Message, subtype: str) -> str:
    """The text of a mail's html or plain part; empty without one."""
    for part in message.walk():
        if part.get_content_type() == f"text/{subtype}":
            text = part.get_payload(decode=True)
            return text.decode("utf-8", "replace") if isinstance(text, bytes) else ""
    return ""
