"""A mail to the operator: short, plain, past the queue, by whichever relay takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Final

from mailer.address import parse_mailbox
from mailer.authentication import Signer, sign_envelope
from mailer.compose import own_fields
from mailer.envelope import Envelope
from mailer.smtp import Outbox, Relay, Session, Timeouts
from newsletter.mailing import open_relays
from newsletter.watching.troubles import Trouble
from storage.model import Identity, Log, NewsletterError, show

log = Log()

_PATIENCE: Final = Timeouts(
    greeting=15, tls=15, auth=15, mail=15, rcpt=15, data=15, block=15, dot=30
)
_ENDING: Final = "Each kind of trouble is told once a day at most, as long as it lasts. The log and /readyz say more."
_LIMIT_S: Final = 60.0
"""For one relay, whatever it does."""


def write_alert(
    troubles: Sequence[Trouble],
    identity: Identity,
    to: str,
    now: datetime,
    signer: Signer | None = None,
) -> Envelope:
    """One mail about all of these."""
    sender = parse_mailbox(identity.sender, allow_test_domains=True).address
    kinds = ", ".join(one.kind.value for one in troubles)
    message = EmailMessage(policy=SMTP)
    message["From"] = identity.sender
    message["To"] = to
    message["Subject"] = show(f"[{identity.title}] needs you: {kinds}")
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=sender.domain)
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 5
    paragraphs = [show(line) for one in troubles for line in one.sentence.splitlines()]
    message.set_content(
        "\n\n".join(
            [
                *paragraphs,
                _ENDING,
            ]
        )
        + "\n"
    )
    content = b"".join(own_fields(identity)) + message.as_bytes()
    envelope = Envelope(sender=sender.ascii, recipient=to, content=content)
    return sign_envelope(envelope, signer, now) if signer else envelope


def send_alert(envelope: Envelope, relays: Sequence[Relay | Outbox]) -> str | None:
    """Hand it to the first relay that takes it; its name, or None when none did. Not for an event loop."""
    return asyncio.run(_send(envelope, relays))


async def _send(envelope: Envelope, relays: Sequence[Relay | Outbox]) -> str | None:
    for one in relays:
        name = "outbox" if isinstance(one, Outbox) else f"{one.host}:{one.port}"
        try:
            async with asyncio.timeout(_LIMIT_S), open_relays([one]) as (relay,):
                session = await Session.open(relay, _PATIENCE)
                try:
                    outcome = await session.send(envelope)
                finally:
                    await session.close()
        except (NewsletterError, OSError, TimeoutError) as error:
            log.warning("alert.refused", relay=name, reason=str(error) or type(error).__name__)
            continue
        if outcome.accepted:
            return name
        log.warning("alert.refused", relay=name, code=outcome.code)
    return None
