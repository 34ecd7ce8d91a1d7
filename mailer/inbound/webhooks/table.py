"""The one table of the services that are understood. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from mailer.inbound.webhooks.events import Adapter, Keys
from mailer.inbound.webhooks.mailgun import read_mailgun
from mailer.inbound.webhooks.postmark import read_postmark
from mailer.inbound.webhooks.sendgrid import read_sendgrid
from mailer.inbound.webhooks.ses import read_ses

ADAPTERS: Final[Mapping[str, Adapter]] = MappingProxyType(
    {
        "ses": read_ses,
        "postmark": read_postmark,
        "mailgun": read_mailgun,
        "sendgrid": read_sendgrid,
    }
)
"""Each service by the last part of the address that it is to POST to."""


def usable(keys: Keys) -> tuple[str, ...]:
    """The services that can prove themselves: those with a key."""
    proofs = {
        "ses": keys.ses,
        "postmark": keys.postmark,
        "mailgun": keys.mailgun,
        "sendgrid": keys.sendgrid,
    }
    return tuple(name for name in ADAPTERS if proofs[name])
