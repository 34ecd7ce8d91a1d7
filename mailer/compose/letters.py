"""Mails to one person because of what they did: a confirmation, a notice. Pure."""

from __future__ import annotations

from mailer.compose import headers, skeleton
from mailer.compose.layout import (
    compile_parts,
    copy_fields,
    personal_links,
    render,
    speech,
    title_of,
)
from mailer.compose.skeleton import Marks, Part, Skeleton
from storage.model import Identity


def compile_confirmation(identity: Identity) -> Skeleton:
    """The mail that asks for the second step of double opt-in; its slot is the token of the link that confirms.

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
    """The mail to the new address of a reader, who asked for it; its slot is the token of the link that confirms.

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
    fields: list[Part] = [
        skeleton.bare_to_field,
        headers.text_field("Subject", subject),
        *copy_fields(identity),
        headers.token_field("Auto-Submitted", "auto-generated"),
    ]
    context = {"subject": subject, **personal_links(identity, marks)}
    text = render(f"{template}.txt", identity, context)
    html = render(f"{template}.html", identity, context)
    return compile_parts(identity, marks, fields, text, html, [])
