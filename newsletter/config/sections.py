"""Owns the sections of the configuration, key by key.

What was read is kept as it was read. The kinds of values stand in newsletter/config/fields.py, the
sentences about what is wrong in newsletter/config/problems.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from mailer.inbound import ImapMailbox, ListenAddress, parse_imap, parse_listen
from mailer.inbound.webhooks import EcdsaKey, parse_ecdsa_key
from mailer.smtp import Login, Outbox, Relay, Timeouts
from newsletter.config.fields import (
    Count,
    DatabaseUrl,
    Duration,
    FilePath,
    Key,
    KeyFiles,
    Line,
    Networks,
    OptionalPath,
    Period,
    Section,
    Size,
    Suffix,
    folder_of,
    is_signing,
    no_flag,
    unless_empty,
)
from newsletter.config.keyfiles import parse_domain, parse_selector
from newsletter.config.problems import SectionProblems, tell_problem
from newsletter.config.relays import parse_login, parse_relay
from newsletter.config.source import TomlTable
from newsletter.config.uris import parse_site, parse_web_address
from newsletter.config.values import (
    Late,
    parse_bounce_address,
    parse_duration,
    parse_greeting_name,
    parse_language,
    parse_links,
    parse_list,
    parse_postal,
    parse_sender,
    parse_timezone,
    parse_title,
    parse_topic,
)


def _relay_url(value: object, info: ValidationInfo) -> Relay | Outbox:
    if isinstance(value, Outbox):
        return replace(value, directory=folder_of(info) / value.directory)
    if isinstance(value, Relay):
        return value
    return parse_relay(value, folder_of(info))


def _not_available(value: str) -> str:
    if value:
        raise ValueError("is not available in this version")
    return value


def _empty_or_web(value: str) -> str:
    return value and parse_web_address(value)


def _empty_or_address(value: object) -> str:
    return "" if value == "" else parse_bounce_address(value)


def _empty_or_login(value: str) -> str:
    user, colon, password = value.partition(":")
    if value and not (user and colon and password):
        raise ValueError('must be like "user:password"')
    return value


class NewsletterSection(Section):
    """`[newsletter]`: who writes, and where it lives."""

    title: Annotated[Line, Field(min_length=1, max_length=200), AfterValidator(parse_title)]
    url: Annotated[str, BeforeValidator(parse_site)]
    sender: Annotated[str, BeforeValidator(parse_sender)]
    author: Line = ""
    description: Line = ""
    language: Annotated[str, BeforeValidator(parse_language)] = "en"
    timezone: Annotated[str, BeforeValidator(parse_timezone)] = "UTC"
    postal_address: Annotated[Line, BeforeValidator(parse_postal)] = ""
    links: Annotated[tuple[tuple[str, str], ...], BeforeValidator(parse_links)] = ()


class NotesSection(Section):
    """`[notes]`: the folder that is watched."""

    path: FilePath = Path("notes")
    poll: Period = timedelta(seconds=30)
    date_keys: Annotated[tuple[Key, ...], BeforeValidator(parse_list), Field(min_length=1)] = (
        "publish",
    )
    date_from_name: bool = True
    publish_all: bool = False
    publish_key: Line = ""
    suffixes: Annotated[tuple[Suffix, ...], BeforeValidator(parse_list), Field(min_length=1)] = (
        ".md",
        ".markdown",
        ".mdown",
        ".mkd",
        ".mdx",
        ".qmd",
        ".Rmd",
    )
    include: Annotated[tuple[Line, ...], BeforeValidator(parse_list)] = ()
    exclude: Annotated[tuple[Line, ...], BeforeValidator(parse_list)] = ()
    static: Annotated[tuple[Line, ...], BeforeValidator(parse_list)] = (
        "static",
        "public",
        "assets",
    )
    inline_tags: bool = False
    languages: Annotated[
        tuple[Annotated[str, BeforeValidator(parse_language)], ...], BeforeValidator(parse_list)
    ] = ()


class ScheduleSection(Section):
    """`[schedule]`: what happens when."""

    hold: Duration = timedelta(minutes=5)
    grace: Duration = timedelta(hours=24)
    late: Late = Late.HOLD
    slots: Annotated[Line, AfterValidator(_not_available)] = ""


class StorageSection(Section):
    """`[storage]`: the database. Its URL may hold a password and is never shown."""

    url: DatabaseUrl = Field(default="sqlite:///newsletter.db", repr=False)


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
    """`[dispatch]`: patience."""

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


class BouncesSection(Section):
    """`[bounces]`: where reports come in, and when soft ones are enough (rules C6, C16)."""

    address: Annotated[str, BeforeValidator(_empty_or_address)] = ""
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


class FeedsSection(Section):
    """`[feeds]`: how much of the archive they hold, and who is told of it."""

    items: Annotated[Count, Field(ge=1, le=1000)] = 30
    hub: Annotated[Line, AfterValidator(_empty_or_web)] = ""


class SubscribersSection(Section):
    """`[subscribers]`: how far a sign-up is trusted (rules F3, F5, F6, F13)."""

    check_dns: bool = True
    confirm_within: Annotated[Period, Field(le=timedelta(days=30))] = timedelta(days=7)
    limit_address: Annotated[Count, Field(ge=1)] = 3
    """Confirmation mails to one address in a day."""
    limit_ip: Annotated[Count, Field(ge=1)] = 10
    """Sign-ups from one IPv4 address or IPv6 /64 in an hour."""
    limit_domain: Annotated[Count, Field(ge=1)] = 100
    """Sign-ups of addresses at one domain in an hour."""
    limit_total: Annotated[Count, Field(ge=1)] = 1000
    """Sign-ups in an hour."""


class WebSection(Section):
    """`[web]`: where the site listens, and the secret behind its links."""

    host: Annotated[Line, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[Count, Field(ge=0, le=65535)] = 8000
    """0 = any free port."""
    admin_port: Annotated[Count, Field(ge=0, le=65535)] | None = None
    """Of `/healthz`, `/readyz` and `/metrics`, on loopback alone; None = the one after `port`."""
    trusted_proxies: Networks = ()
    secret_file: FilePath = Path("secret")
    max_header: Annotated[Size, Field(ge=1000, le=1_000_000)] = 64_000
    """Octets of a request before its body."""
    max_body: Annotated[Size, Field(ge=1000)] = 64_000
    """Octets of a form."""
    idle: Annotated[Period, Field(ge=timedelta(seconds=1))] = timedelta(seconds=15)
    """How long a peer may take over a request, and between two."""
    connections: Annotated[Count, Field(ge=1, le=100_000)] = 500


class File(Section):
    """The whole file. Sections that are missing in it are empty here, and so get their defaults."""

    newsletter: NewsletterSection
    notes: NotesSection
    schedule: ScheduleSection
    storage: StorageSection
    smtp: tuple[SmtpSection, ...]
    dispatch: DispatchSection
    dkim: DkimSection
    bounces: BouncesSection
    webhooks: WebhooksSection
    feeds: FeedsSection
    subscribers: SubscribersSection
    web: WebSection


SECTIONS: Final[Mapping[str, type[Section]]] = {
    "newsletter": NewsletterSection,
    "notes": NotesSection,
    "schedule": ScheduleSection,
    "storage": StorageSection,
    "smtp": SmtpSection,
    "dispatch": DispatchSection,
    "dkim": DkimSection,
    "bounces": BouncesSection,
    "webhooks": WebhooksSection,
    "feeds": FeedsSection,
    "subscribers": SubscribersSection,
    "web": WebSection,
}
"""Every section and, as `model_fields`, every key: documentation is tested against it."""


def parse_sections(raw: TomlTable, folder: Path, *, signing: bool) -> File:
    """The document as sections. Raises SectionProblems with every problem there is.

    Without `signing` a `[dkim]` that names no key yet is no problem.
    """
    try:
        return File.model_validate(raw, context={"folder": folder, "signing": signing})
    except ValidationError as error:
        keys = {name: tuple(section.model_fields) for name, section in SECTIONS.items()}
        details = error.errors(include_url=False, include_input=False)
        raise SectionProblems(
            [tell_problem(one["type"], one["loc"], one["msg"], keys) for one in details]
        ) from error
