"""A request of each mail service, and how it is read."""

from __future__ import annotations

from mailer.inbound.webhooks.events import Batch, Keys, Post
from mailer.inbound.webhooks.table import ADAPTERS
from tests.conftest import NOON
from tests.peers.mailboxes.services import (
    Mail,
    Said,
    keys,
    mailgun_event,
    postmark_bounce,
    say_mailgun,
    say_postmark,
    say_sendgrid,
    say_ses,
    sendgrid_event,
    ses_bounce,
)

MAIL = Mail()


SAID = {
    "ses": say_ses(ses_bounce(MAIL)),
    "postmark": say_postmark(postmark_bounce(MAIL)),
    "mailgun": say_mailgun(mailgun_event(MAIL)),
    "sendgrid": say_sendgrid([sendgrid_event(MAIL)]),
}


def read(service: str, said: Said, known: Keys | None = None) -> Batch | None:
    """What the adapter makes of a request at noon."""
    post = Post(body=said.body, headers=said.headers, at=NOON)
    return ADAPTERS[service](post, known or keys())
