"""Owns the sections about what goes out: `[smtp]`, `[dispatch]`, `[dkim]`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    model_validator,
)

from mailer.smtp import Login, Outbox, Relay, Timeouts
from newsletter.config.fields import (
    Count,
    Duration,
    KeyFiles,
    Line,
    OptionalPath,
    Period,
    Section,
    folder_of,
    is_signing,
    no_flag,
    unless_empty,
)
from newsletter.config.keyfiles import parse_domain, parse_selector
from newsletter.config.relays import parse_login, parse_relay
from newsletter.config.values import (
    parse_duration,
    parse_greeting_name,
    parse_list,
)


def _relay_url(value: object, info: ValidationInfo) -> Relay | Outbox:
    if isinstance(value, Outbox):
        return replace(value, directory=folder_of(info) / value.directory)
    if isinstance(value, Relay):
        return value
    return parse_relay(value, folder_of(info))


class SmtpSection(Section):
    """`[smtp]`, or one of several `[[smtp]]`."""

    url: Annotated[Relay | Outbox, PlainValidator(_relay_url)] = Field(
        default=Outbox(directory=Path("outbox")), repr=False
    )
    """As it was read; its use is said by the other keys, see `relay`."""
    connections: Annotated[Count, Field(ge=1, le=1000)] = 10
    rate: Annotated[float, BeforeValidator(no_flag), Field(ge=0, allow_inf_nan=False)] = 0.0
    share: Annotated[Count, Field(ge=0, le=1000)] = 0
    ehlo: Annotated[Line, AfterValidator(parse_greeting_name)] = ""
    login: Annotated[Login | None, PlainValidator(unless_empty(parse_login))] = None
    """None: the first method that both know."""
    client_cert: OptionalPath = None
    pipelining: bool = True
    reuse_messages: Annotated[Count, Field(ge=1)] = 10_000
    reuse_age: Period = timedelta(minutes=5)
    timeout_greeting: Period = timedelta(minutes=5)
    timeout_tls: Period = timedelta(minutes=1)
    timeout_auth: Period = timedelta(minutes=5)
    timeout_mail: Period = timedelta(minutes=5)
    timeout_rcpt: Period = timedelta(minutes=5)
    timeout_data: Period = timedelta(minutes=2)
    timeout_block: Period = timedelta(minutes=3)
    timeout_dot: Period = timedelta(minutes=10)
    timeout_quit: Period = timedelta(seconds=5)

    @property
    def relay(self) -> Relay | Outbox:
        """What mail is submitted to, with how hard and how patiently it is used."""
        if isinstance(self.url, Outbox):
            return replace(self.url, relay=self._used(self.url.relay))
        return self._used(self.url)

    def _used(self, relay: Relay) -> Relay:
        return replace(
            relay,
            connections=self.connections,
            rate=self.rate,
            share=self.share,
            ehlo=self.ehlo,
            login=self.login,
            client_cert=self.client_cert,
            pipelining=self.pipelining,
            timeouts=self._timeouts,
        )

    @property
    def _timeouts(self) -> Timeouts:
        """How long the relay is waited for, and when a connection is worn out (rules B1, B16)."""
        waits = {
            name: getattr(self, f"timeout_{name}").total_seconds()
            for name in ("greeting", "tls", "auth", "mail", "rcpt", "data", "block", "dot", "quit")
        }
        return Timeouts(**waits, reuse=self.reuse_age.total_seconds(), messages=self.reuse_messages)


class Doubt(StrEnum):
    """What to do with a message whose acceptance is unknown (RFC 1047)."""

    RESEND = "resend"
    """Rather twice than never; the Message-ID is the same."""
    HOLD = "hold"
    """Wait for the author."""


class DispatchSection(Section):
    """`[dispatch]`: when to try again, when to give up, and how a large list is begun."""

    retry: Annotated[tuple[Period, ...], BeforeValidator(parse_list), Field(min_length=1)] = tuple(
        parse_duration(wait) for wait in ("1m", "5m", "15m", "1h", "4h", "8h", "16h")
    )
    expire: Period = timedelta(hours=48)
    lease: Period = timedelta(seconds=60)
    doubt: Doubt = Doubt.RESEND
    domain_connections: Annotated[Count, Field(ge=0, le=1000)] = 0
    """Connections busy with one domain at a time; 0 = no bound (rule B17)."""
    warmup: Annotated[Count, Field(ge=0)] = 0
    """Readers on the first day of a ramp; 0 = no ramp."""
    cohort: Annotated[Count, Field(ge=0)] = 0
    """Readers an issue goes to first; 0 = all at once."""
    cohort_wait: Duration = timedelta(minutes=10)
    cohort_refusals: Annotated[
        float, BeforeValidator(no_flag), Field(ge=0, le=1, allow_inf_nan=False)
    ] = 0.05
    """The share of the cohort that may refuse."""
    own_core: bool = True
    """Whether `run`, `send` and `worker` keep their threads to one core of several."""


class DkimSection(Section):
    """`[dkim]`: what mail is signed with; nothing, if it is empty (rules A29 to A33)."""

    domain: Annotated[str, BeforeValidator(parse_domain)] = ""
    """Empty: the sender's."""
    selector: Annotated[
        tuple[Annotated[str, BeforeValidator(parse_selector)], ...], BeforeValidator(parse_list)
    ] = ()
    key: KeyFiles = ()

    @model_validator(mode="after")
    def _check_pairs(self, info: ValidationInfo) -> Self:
        """Each selector names one key. A domain alone signs nothing, and was meant to."""
        if self.domain and not (self.selector or self.key) and is_signing(info):
            raise ValueError("needs a selector and a key; `newsletter dkim new` makes one")
        if len(self.selector) != len(self.key):
            raise ValueError(
                f"needs one key for each selector: there are {len(self.selector)} in selector and "
                f"{len(self.key)} in key"
            )
        if len(set(self.selector)) != len(self.selector):
            raise ValueError("names a selector twice: each key needs one of its own")
        return self
