"""What mail services tell by HTTP of mail that was submitted to them."""

from mailer.inbound.webhooks.events import METADATA, Event, Keys, Post, unknown
from mailer.inbound.webhooks.signatures import EcdsaKey, parse_ecdsa_key
from mailer.inbound.webhooks.table import ADAPTERS, usable

__all__ = [
    "ADAPTERS",
    "METADATA",
    "EcdsaKey",
    "Event",
    "Keys",
    "Post",
    "parse_ecdsa_key",
    "unknown",
    "usable",
]
