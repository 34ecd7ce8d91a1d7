"""A newsletter that mailed its reader, and mail services that tell its site what became of the mail."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import httpx
from starlette.applications import Starlette

from newsletter.app import Newsletter
from newsletter.inbound.webhookdesk import Certificates, WebhookDesk
from storage.model.deliveries import DeliveryState
from storage.model.errors import FetchError
from storage.model.readers import SubscriberState, SuppressionReason
from tests.conftest import NOON
from tests.peers.mailboxes.services import (
    LOGIN,
    MAILGUN_KEY,
    TOPIC,
    Mail,
    Said,
    amazon,
    keys,
    mailgun_event,
    postmark_bounce,
    postmark_change,
    postmark_complaint,
    say_mailgun,
    say_postmark,
    say_sendgrid,
    say_ses,
    sendgrid_event,
    sendgrid_key,
    ses_bounce,
    ses_complaint,
)
from web.site import create_app

WEBHOOKS = f"""
[webhooks]
ses = ["{TOPIC}"]
postmark = "{LOGIN}"
mailgun = "{MAILGUN_KEY}"
sendgrid = "{sendgrid_key()}"
"""
NOTE = "---\npublish: 2026-11-22T11:59:00Z\n---\n# One\n\nHello.\n"
SERVICES = ("ses", "postmark", "mailgun", "sendgrid")


def hard(service: str, mail: Mail) -> Said:
    """A mailbox that does not exist, as each service tells it."""
    return {
        "ses": lambda: say_ses(ses_bounce(mail)),
        "postmark": lambda: say_postmark(postmark_bounce(mail)),
        "mailgun": lambda: say_mailgun(mailgun_event(mail)),
        "sendgrid": lambda: say_sendgrid([sendgrid_event(mail)]),
    }[service]()


def complaint(service: str, mail: Mail) -> Said:
    """A reader who called it spam."""
    return {
        "ses": lambda: say_ses(ses_complaint(mail)),
        "postmark": lambda: say_postmark(postmark_complaint(mail)),
        "mailgun": lambda: say_mailgun(mailgun_event(mail, "complained")),
        "sendgrid": lambda: say_sendgrid([sendgrid_event(mail, "spamreport")]),
    }[service]()


def left(service: str, mail: Mail) -> Said:
    """A reader who pressed the service's own link."""
    all_of_it = {"newTopicPreferences": {"unsubscribeAll": True}}
    return {
        "ses": lambda: say_ses(
            {**ses_bounce(mail), "notificationType": "Subscription", "subscription": all_of_it}
        ),
        "postmark": lambda: say_postmark(postmark_change(mail)),
        "mailgun": lambda: say_mailgun(mailgun_event(mail, "unsubscribed")),
        "sendgrid": lambda: say_sendgrid([sendgrid_event(mail, "unsubscribe")]),
    }[service]()


class Amazon:
    """What is at Amazon's addresses; nothing is ever asked of a network."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.silent = False

    def __call__(self, url: str) -> bytes:
        """The certificate, whatever is asked for."""
        self.asked.append(url)
        if self.silent:
            raise FetchError("no answer")
        return amazon()[1]


class Reported:
    """A newsletter that has mailed its reader once, and the site in front of it."""

    def __init__(self, config: Path) -> None:
        self.newsletter = Newsletter.open(config, environ={}, clock=lambda: NOON)
        self.amazon = Amazon()
        self.newsletter.parts.webhook_desk = WebhookDesk(
            self.newsletter.report_desk,
            replace(keys(), certificate=Certificates(self.amazon)),
            fetch=self.amazon,
            clock=lambda: NOON,
        )
        self.mail = self._send()

    def _send(self) -> Mail:
        """The mail, as it was on the wire."""
        note = self.newsletter.config.notes.path / "note.md"
        note.write_text(NOTE)
        os.utime(note, (NOON.timestamp() - 600, NOON.timestamp() - 600))
        assert self.newsletter.send().accepted == 1
        outbox = self.newsletter.publication.outbox()
        assert outbox is not None
        (file,) = (outbox / "new").iterdir()
        self.wire = message_from_bytes(file.read_bytes(), policy=policy.default)
        return Mail(
            path=self.wire["X-Envelope-From"],
            message_id=self.wire["Message-ID"],
            link=self.wire["List-Unsubscribe"].split(",")[0].strip(" <>"),
        )

    def post(
        self, service: str, said: Said, method: str = "POST", app: Starlette | None = None
    ) -> httpx.Response:
        """A request from outside, to a site that just started, or to this one."""
        app = app or create_app(self.newsletter)

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://a.example") as http:
                return await http.request(
                    method, f"/webhooks/{service}", content=said.body, headers=dict(said.headers)
                )

        return asyncio.run(ask())

    @property
    def reader(self) -> SubscriberState:
        """Whether the reader is subscribed."""
        known = self.newsletter.subscribers.get(1)
        assert known is not None
        return known.state

    @property
    def reason(self) -> SuppressionReason | None:
        """Why the reader is never mailed."""
        found = self.newsletter.subscriptions.suppression("ada@example.org")
        return found.reason if found else None

    @property
    def delivery(self) -> DeliveryState:
        """How the one delivery stands."""
        (state,) = [
            state for state, count in self.newsletter.parts.overview.tally().counts.items() if count
        ]
        return state
