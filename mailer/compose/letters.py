"""Mails to one person because of what they did: a confirmation, a notice. Pure."""

from __future__ import annotations

from mailer.compose import headers, skeleton
from mailer.compose.layout import COPY_FIELDS, compile_parts, render, speech, title_of
from mailer.compose.skeleton import Fill, Marks, Personal, Skeleton
from storage.model import Identity


def compile_confirmation(identity: Identity) -> Skeleton:
    """The mail that asks for the second step of double opt-in; its slot is `confirm_url`.

    It names the list, says why it came and that ignoring it is enough, and holds nothing that the
    person who filled in the form could choose (rule F7). Nobody is subscribed yet, so it has no
    List-* field (rule A16); a form caused it, so it is auto-generated (RFC 3834 5).
    """
    words = speech(identity)
    subject = words.say("Confirm your subscription to {list}", list=title_of(identity))
    return _compile_letter("confirmation", subject, identity)


def compile_notice(identity: Identity) -> Skeleton:
    """The mail to a reader who asked again for what they get already (rule F5)."""
    subject = speech(identity).say("You already get {list}", list=title_of(identity))
    return _compile_letter("notice", subject, identity)


def compile_change(identity: Identity) -> Skeleton:
    """The mail to the new address of a reader, who asked for it; its slot is `confirm_url`.

    Like a confirmation it says why it came, and that ignoring it is enough (rule F7).
    """
    subject = speech(identity).say("Confirm your new address for {list}", list=title_of(identity))
    return _compile_letter("change", subject, identity)


def compile_moved(identity: Identity) -> Skeleton:
    """The mail to the address that a reader had until now; it is the last one there."""
    subject = speech(identity).say("{list} goes to another address now", list=title_of(identity))
    return _compile_letter("moved", subject, identity)


def _compile_letter(template: str, subject: str, identity: Identity) -> Skeleton:
    """A mail that is no list mail: to one person, because of what they did."""
    marks = Marks(template, subject, str(identity))
    fields: list[bytes | Fill] = [
        skeleton.bare_to_field,
        headers.text_field("Subject", subject),
        *COPY_FIELDS,
        headers.token_field("Auto-Submitted", "auto-generated"),
    ]
    context: dict[str, object] = {
        "subject": subject,
        "confirm_url": marks.put(Personal.CONFIRM),
        "unsubscribe_url": marks.put(Personal.UNSUBSCRIBE),
        "preferences_url": marks.put(Personal.PREFERENCES),
    }
    text = render(f"{template}.txt", identity, context)
    html = render(f"{template}.html", identity, context)
    return compile_parts(identity, marks, fields, text, html, [])
