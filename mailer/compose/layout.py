"""What all mails have in common: templates, words, inline styles, the parts put together. Pure.

The only user of css-inline. The looks are in templates/mail.css.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from css_inline import CSSInliner
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from mailer.address import parse_mailbox
from mailer.compose import headers, quoted, skeleton
from mailer.compose.skeleton import Assembly, Marks, Part, Personal, Skeleton
from storage.model import Identity, Remark, direction_seen, palette_of
from words import Words, words_of

LIST_LABEL: Final = "newsletter"
"""Left part of the List-Id: constant, whatever the list is called (RFC 2919 2, rule A15)."""


_LOADER: Final = PackageLoader("mailer.compose")
_COLOUR: Final = re.compile(r"\{\{ (?:light|dark)\['([a-z-]+)'\] \}\}")
"""A place for a colour in a style sheet."""


_EDGES: Final = {"ltr": "\u200e", "rtl": "\u200f"}
"""Marks that nobody sees: behind a title of the other direction they keep the date that follows whole."""


def render(template: str, identity: Identity, context: dict[str, object]) -> str:
    """A template in the newsletter's words; a page has its styles written on its elements (rule D1)."""
    words = speech(identity)
    is_page = template.endswith(".html")
    spoken = {
        "_": words.html if is_page else words.say,
        "_n": words.html_count if is_page else words.say_count,
        "gap": words.gap,
    }
    text = _templates().get_template(template).render(_common(identity) | spoken | context)
    return _inline(text, identity.look.accent) if is_page else text


def speech(identity: Identity) -> Words:
    """The words of the newsletter's language."""
    return words_of(identity.language, identity.words)


def list_id(identity: Identity) -> str:
    """`label.namespace` below the host of the site; a new title does not change it (rule A15)."""
    return f"{LIST_LABEL}.{host_of(identity)}"


def copy_fields(identity: Identity) -> tuple[Part, ...]:
    """The fields that make a copy a message of its own. Raises AddressError when the sender is no mailbox."""
    sender = parse_mailbox(identity.sender, allow_test_domains=True).address
    return (skeleton.date_field, *skeleton.message_id_field(sender.ascii.rpartition("@")[2]))


def personal_link(identity: Identity, what: Personal) -> str:
    """A link of a reader's own, up to the token that ends it."""
    return f"{identity.url}/{what}/"


def personal_links(identity: Identity, marks: Marks) -> dict[str, object]:
    """The links of a reader's own, as templates call them."""
    links = (Personal.UNSUBSCRIBE, Personal.PREFERENCES, Personal.CONFIRM)
    return {f"{what}_url": personal_link(identity, what) + marks.put(what) for what in links}


def own_fields(identity: Identity) -> list[bytes]:
    """What the author adds to the header of every mail."""
    return [headers.own_field(name, text) for name, text in identity.headers]


def _reply_fields(identity: Identity) -> list[bytes]:
    """Where answers go, if not to the sender (RFC 5322 3.6.2)."""
    if not identity.reply_to:
        return []
    to = parse_mailbox(identity.reply_to, allow_test_domains=True)
    return [headers.mailbox_field("Reply-To", to.name, to.address.ascii)]


def compile_parts(
    identity: Identity,
    marks: Marks,
    fields: Sequence[Part],
    text: str,
    html: str,
    warnings: list[Remark],
) -> Skeleton:
    """A message of a text and a page. Raises AddressError when the sender is no mailbox."""
    sender = parse_mailbox(identity.sender, allow_test_domains=True)
    assembly = Assembly(marks)
    assembly.head(
        [
            headers.mailbox_field("From", sender.name, sender.address.ascii),
            *_reply_fields(identity),
            *fields,
            *own_fields(identity),
            headers.token_field("MIME-Version", "1.0"),
            headers.parameter_field(
                "Content-Type", "multipart/alternative", boundary=skeleton.boundary(marks)
            ),
        ]
    )
    html_size = assembly.alternatives(text, html)
    return assembly.finish(
        html_size=html_size, smtputf8=sender.address.needs_smtputf8, warnings=warnings
    )


def _common(identity: Identity) -> dict[str, object]:
    """What every template may say."""
    title = title_of(identity)
    return {
        "list_title": title,
        "edge": ""
        if direction_seen(title, "") == identity.direction
        else _EDGES[identity.direction],
        "author": headers.one_line(identity.author),
        "description": headers.one_line(identity.description),
        "site_url": identity.url,
        "dark_style": _style("dark.css", palette_of(identity.look.accent).dark),
        "logo": identity.look.logo,
        "postal_address": [
            line.strip()
            for line in quoted.clean_body(identity.postal_address).splitlines()
            if line.strip()
        ],
        "language": identity.language or "en",
        "direction": identity.direction,
    }


def title_of(identity: Identity) -> str:
    """The newsletter's title on one line."""
    return headers.one_line(identity.title).strip()


def host_of(identity: Identity) -> str:
    """The site's host as a dot-atom (RFC 2919 3): A-labels, and no colons of an IPv6 literal."""
    return (urlsplit(identity.url).hostname or "localhost").replace(":", "-")


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=_LOADER,
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@lru_cache(maxsize=8)
def _inliner(accent: str) -> CSSInliner:
    """It fetches nothing, whatever a note links to, and keeps @media (rule D8)."""
    return CSSInliner(
        load_remote_stylesheets=False,
        keep_at_rules=True,
        extra_css=_style("mail.css", palette_of(accent).light),
    )


def _style(name: str, colours: Mapping[str, str]) -> str:
    """A style sheet in these colours; as a template it would take each process a tenth of a second to compile."""
    text = _LOADER.get_source(_templates(), name)[0]
    return _COLOUR.sub(lambda place: colours[place[1]], text)


def _inline(page: str, accent: str) -> str:
    """The page with every rule written on its elements (rule D1).

    The charset goes back to the front, where a reader must find it (HTML 4.2.5.4): the inliner
    puts what is left of the style before it.
    """
    charset = '<meta charset="utf-8">'
    inlined = _inliner(accent).inline(page).replace(charset, "", 1)
    return inlined.replace("<head>", f"<head>{charset}", 1) + "\n"
