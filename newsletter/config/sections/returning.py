"""Owns the sections about what comes back: `[bounces]` and `[webhooks]`."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
)

from mailer.inbound import ImapMailbox, ListenAddress, parse_imap, parse_listen
from mailer.inbound.webhooks import EcdsaKey, parse_ecdsa_key
from newsletter.config.fields import (
    Count,
    Duration,
    Line,
    Networks,
    OptionalPath,
    Period,
    Section,
    or_empty,
    unless_empty,
)
from newsletter.config.keyfiles import parse_domain
from newsletter.config.values import (
    parse_bounce_address,
    parse_list,
    parse_topic,
)


def _empty_or_login(value: str) -> str:
    user, colon, password = value.partition(":")
    if value and not (user and colon and password):
        raise ValueError('must be like "user:password"')
    return value


class BouncesSection(Section):
    """`[bounces]`: where reports come in, and when soft ones are enough (rules C6, C16)."""

    address: Annotated[str, BeforeValidator(or_empty(parse_bounce_address))] = ""
    """What return paths are made of; empty: the sender's."""
    maildir: OptionalPath = None
    imap: Annotated[ImapMailbox | None, PlainValidator(unless_empty(parse_imap))] = Field(
        default=None, repr=False
    )
    poll: Annotated[Period, Field(ge=timedelta(seconds=1))] = timedelta(minutes=1)
    listen: Annotated[ListenAddress | None, PlainValidator(unless_empty(parse_listen))] = None
    """Where `run` takes mail by SMTP or LMTP."""
    listen_peers: Networks = ()
    """Our own mail system, besides loopback: it finds a place when strangers have taken theirs."""
    complaints_from: Annotated[
        tuple[Annotated[str, BeforeValidator(parse_domain)], ...], BeforeValidator(parse_list)
    ] = ()
    """Domains whose signature a complaint must have; empty = none is looked at (rule C10)."""
    soft_count: Annotated[Count, Field(ge=1)] = 5
    soft_span: Duration = timedelta(days=14)
    soft_reset: Period = timedelta(days=30)


class WebhooksSection(Section):
    """`[webhooks]`: services that tell by HTTP what became of mail, and how each proves itself."""

    ses: Annotated[
        tuple[Annotated[str, BeforeValidator(parse_topic)], ...], BeforeValidator(parse_list)
    ] = ()
    postmark: Annotated[Line, AfterValidator(_empty_or_login)] = Field(default="", repr=False)
    mailgun: Line = Field(default="", repr=False)
    sendgrid: Annotated[EcdsaKey | None, PlainValidator(unless_empty(parse_ecdsa_key))] = Field(
        default=None, repr=False
    )
