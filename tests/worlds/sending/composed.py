"""An issue, its publication and a reader as they are composed, and a composed mail as a mail program takes it apart."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

from mailer.compose import message
from mailer.compose.skeleton import Recipient
from mailer.envelope import Envelope
from storage.model.fields import guard
from storage.model.issues import Identity, Mailing
from tests.worlds.publishing.issues import an_issue

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


IDENTITY = Identity(
    title="Working Notes",
    url="https://notes.example.com",
    sender="Working Notes <notes@example.com>",
    author="Ada Example",
    description="Field notes on shipping things",
    postal_address="12 Harbour Street\n12345 Seatown",
)


ISSUE = an_issue(
    id=7,
    note_id="lamps",
    path="lamps.md",
    guid="urn:uuid:0b0c3f4e-0d9b-5d5e-9b59-3a7f0d6c2a11",
    slug="lamps",
    title="Lamps",
    summary="A keeper’s first duty is the light.",
    html=(
        "<p>Hello {{ name | friend }}. A keeper’s first duty is the light. See "
        '<a href="https://example.com/a?b=1&amp;c=2">this</a>.</p>\n'
        '<pre><code><span class="hl-k">def</span> f(): "{{ name }}"</code></pre>'
        '<table><thead><tr><th scope="col">Lamp</th></tr></thead></table>'
        '<p><img src="https://notes.example.com/media/a.png" alt="A lamp"></p>'
    ),
    text=(
        "Hello {{ name | friend }}. A keeper’s first duty is the light. See this [1].\n\n"
        f'    def f(): "{guard("{{ name }}")}"\n\n.hidden dot\nFrom the tower\n\n'
        "[1] https://example.com/a?b=1&c=2\n[2] https://notes.example.com/media/a.png\n"
    ),
    mailing=Mailing.OPEN,
    published_at=datetime(2026, 11, 23, 3, 0, tzinfo=UTC),
    mail_at=NOON,
)


ADA = Recipient(
    address="ada@example.org",
    ascii="ada@example.org",
    name="Ada Lovelace",
    message_token="i7s14f3a",
    return_path="bounce+i7.s1.4f3a@notes.example.com",
    unsubscribe_token="t0ken" * 12,
    preferences_token="own" * 20,
    date=NOON,
    confirm_token="c0nfirm" * 13,
)

UNSUBSCRIBE_URL = f"{IDENTITY.url}/unsubscribe/{ADA.unsubscribe_token}"
PREFERENCES_URL = f"{IDENTITY.url}/preferences/{ADA.preferences_token}"
CONFIRM_URL = f"{IDENTITY.url}/confirm/{ADA.confirm_token}"

GREETING = message.compile_issue(replace(ISSUE, title="For {{ name | you }}"), IDENTITY)
"""An issue that calls its reader by name in its subject."""


def parse(envelope: Envelope) -> EmailMessage:
    """What a mail program reads."""
    parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def parts(envelope: Envelope) -> tuple[str, str]:
    """Text and HTML, as a mail program decodes them."""
    text, html = parse(envelope).iter_parts()
    return (
        text.get_payload(decode=True).decode().replace("\r\n", "\n"),  # type: ignore[union-attr]
        html.get_payload(decode=True).decode().replace("\r\n", "\n"),  # type: ignore[union-attr]
    )
