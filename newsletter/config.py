"""Owns the configuration: one frozen Config from `newsletter.toml` and the environment.

Reads files, never writes one. Every problem is found in one go, and says what to write instead.
This is the only user of pydantic; how the file is read stands in
newsletter/configsource.py, and how a single value is in newsletter/values.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self, TypeAlias
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from mailer.dkim import Signer, SigningKey
from mailer.inbox import parse_mailbox
from mailer.listener import parse_listen
from mailer.signatures import check_ecdsa_key
from newsletter.configsource import (
    TomlTable,
    apply_environment,
    find_controls,
    read_toml,
    render_template,
)
from newsletter.signing import (
    KeyFile,
    find_dkim_warnings,
    load_key,
    parse_domain,
    parse_selector,
)
from newsletter.values import (
    RelayConfig,
    RelayKind,
    Tls,
    is_loopback,
    nearest,
    parse_bounce_address,
    parse_duration,
    parse_language,
    parse_links,
    parse_list,
    parse_network,
    parse_path,
    parse_postal,
    parse_relay,
    parse_sender,
    parse_site,
    parse_storage,
    parse_timezone,
    parse_topic,
    parse_web_address,
    sender_domain,
    sender_name,
)
from storage.errors import ConfigError
from storage.records import Identity

__all__ = ["Config", "Doubt", "RelayConfig", "RelayKind", "Tls", "load_config", "render_template"]

# ── the sections, key by key ─────────────────────────────────────────────────────────────────


def _no_flag(value: object) -> object:
    """True is no number, though Python and pydantic count it as 1."""
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic collects ValueErrors alone
    return value


def _below_folder(value: object, info: ValidationInfo) -> object:
    return _folder(info) / parse_path(value)


def _storage_url(value: object, info: ValidationInfo) -> str:
    return parse_storage(value, _folder(info))


def _relay_url(value: str, info: ValidationInfo) -> str:
    parse_relay(value, _folder(info))
    return value


def _folder(info: ValidationInfo) -> Path:
    folder: Path = info.context["folder"] if info.context else Path.cwd()
    return folder


def _is_signing(info: ValidationInfo) -> bool:
    return info.context is None or info.context.get("signing", True)


def _positive(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("must be longer than 0")
    return value


def _not_available(value: str) -> str:
    if value:
        raise ValueError("is not available in this version")
    return value


def _empty_or_web(value: str) -> str:
    return value and parse_web_address(value)


def _empty_or_folder(value: object, info: ValidationInfo) -> str:
    return "" if value == "" else str(_below_folder(value, info))


def _empty_or_address(value: object) -> str:
    return "" if value == "" else parse_bounce_address(value)


def _empty_or_mailbox(value: str) -> str:
    if value:
        parse_mailbox(value)
    return value


def _empty_or_listen(value: str) -> str:
    if value:
        parse_listen(value)
    return value


def _empty_or_login(value: str) -> str:
    user, colon, password = value.partition(":")
    if value and not (user and colon and password):
        raise ValueError('must be like "user:password"')
    return value


def _empty_or_ecdsa_key(value: str) -> str:
    if value:
        check_ecdsa_key(value)
    return value


Line: TypeAlias = Annotated[str, Field(strict=True)]
Count: TypeAlias = Annotated[int, BeforeValidator(_no_flag)]
Duration: TypeAlias = Annotated[timedelta, BeforeValidator(parse_duration)]
Period: TypeAlias = Annotated[Duration, AfterValidator(_positive)]
FilePath: TypeAlias = Annotated[Path, BeforeValidator(_below_folder)]


class _Section(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, validate_default=True
    )


class NewsletterSection(_Section):
    """`[newsletter]`: who writes, and where it lives."""

    title: Annotated[Line, Field(min_length=1, max_length=200)]
    url: Annotated[str, BeforeValidator(parse_site)]
    sender: Annotated[str, BeforeValidator(parse_sender)]
    author: Line = ""
    description: Line = ""
    language: Annotated[str, BeforeValidator(parse_language)] = "en"
    timezone: Annotated[str, BeforeValidator(parse_timezone)] = "UTC"
    postal_address: Annotated[Line, BeforeValidator(parse_postal)] = ""
    links: Annotated[tuple[tuple[str, str], ...], BeforeValidator(parse_links)] = ()


class NotesSection(_Section):
    """`[notes]`: the folder that is watched."""

    path: FilePath = Path("notes")
    poll: Period = timedelta(seconds=30)
    publish_key: Annotated[Line, Field(min_length=1)] = "publish"


class ScheduleSection(_Section):
    """`[schedule]`: what happens when."""

    hold: Duration = timedelta(minutes=5)
    grace: Duration = timedelta(hours=24)
    slots: Annotated[Line, AfterValidator(_not_available)] = ""


class StorageSection(_Section):
    """`[storage]`: the database. Its URL may hold a password and is never shown."""

    url: Annotated[str, BeforeValidator(_storage_url)] = Field(
        default="sqlite:///newsletter.db", repr=False
    )


class SmtpSection(_Section):
    """`[smtp]`, or one of several `[[smtp]]`."""

    url: Annotated[Line, AfterValidator(_relay_url)] = Field(default="outbox:outbox", repr=False)
    connections: Annotated[Count, Field(ge=1, le=1000)] = 10
    rate: Annotated[float, BeforeValidator(_no_flag), Field(ge=0, allow_inf_nan=False)] = 0.0


class Doubt(StrEnum):
    """What to do with a message whose acceptance is unknown (RFC 1047)."""

    RESEND = "resend"
    """Rather twice than never; the Message-ID is the same."""
    HOLD = "hold"
    """Wait for the author."""


class DispatchSection(_Section):
    """`[dispatch]`: patience."""

    retry: Annotated[tuple[Period, ...], BeforeValidator(parse_list), Field(min_length=1)] = tuple(
        parse_duration(wait) for wait in ("1m", "5m", "15m", "1h", "4h", "8h", "16h")
    )
    expire: Period = timedelta(hours=48)
    lease: Period = timedelta(seconds=60)
    doubt: Doubt = Doubt.RESEND
    domain_connections: Annotated[Count, Field(ge=0, le=1000)] = 0
    """Connections busy with one domain at a time; 0 = no bound (rule B17)."""


def _key_file(value: object, info: ValidationInfo) -> KeyFile:
    return value if isinstance(value, KeyFile) else load_key(_folder(info) / parse_path(value))


class DkimSection(_Section):
    """`[dkim]`: what mail is signed with; nothing, if it is empty (rules A29 to A33)."""

    domain: Annotated[str, BeforeValidator(parse_domain)] = ""
    """Empty: the sender's."""
    selector: Annotated[
        tuple[Annotated[str, BeforeValidator(parse_selector)], ...], BeforeValidator(parse_list)
    ] = ()
    key: Annotated[
        tuple[Annotated[KeyFile, PlainValidator(_key_file)], ...], BeforeValidator(parse_list)
    ] = ()

    @model_validator(mode="after")
    def _check_pairs(self, info: ValidationInfo) -> Self:
        """Each selector names one key. A domain alone signs nothing, and was meant to."""
        if self.domain and not (self.selector or self.key) and _is_signing(info):
            raise ValueError("needs a selector and a key; `newsletter dkim new` makes one")
        if len(self.selector) != len(self.key):
            raise ValueError(
                f"needs one key for each selector: there are {len(self.selector)} in selector and "
                f"{len(self.key)} in key"
            )
        if len(set(self.selector)) != len(self.selector):
            raise ValueError("names a selector twice: each key needs one of its own")
        return self


class BouncesSection(_Section):
    """`[bounces]`: where reports come in, and when soft ones are enough (rules C6, C16)."""

    address: Annotated[str, BeforeValidator(_empty_or_address)] = ""
    """What return paths are made of; empty: the sender's."""
    maildir: Annotated[str, BeforeValidator(_empty_or_folder)] = ""
    """Absolute once it was read; empty = none."""
    imap: Annotated[Line, AfterValidator(_empty_or_mailbox)] = Field(default="", repr=False)
    poll: Annotated[Period, Field(ge=timedelta(seconds=1))] = timedelta(minutes=1)
    listen: Annotated[Line, AfterValidator(_empty_or_listen)] = ""
    """Where `run` takes mail by SMTP or LMTP; empty = nowhere."""
    complaints_from: Annotated[
        tuple[Annotated[str, BeforeValidator(parse_domain)], ...], BeforeValidator(parse_list)
    ] = ()
    """Domains whose signature a complaint must have; empty = none is looked at (rule C10)."""
    soft_count: Annotated[Count, Field(ge=1)] = 5
    soft_span: Duration = timedelta(days=14)
    soft_reset: Period = timedelta(days=30)


class WebhooksSection(_Section):
    """`[webhooks]`: services that tell by HTTP what became of mail, and how each proves itself."""

    ses: Annotated[
        tuple[Annotated[str, BeforeValidator(parse_topic)], ...], BeforeValidator(parse_list)
    ] = ()
    postmark: Annotated[Line, AfterValidator(_empty_or_login)] = Field(default="", repr=False)
    mailgun: Line = Field(default="", repr=False)
    sendgrid: Annotated[Line, AfterValidator(_empty_or_ecdsa_key)] = Field(default="", repr=False)


class FeedsSection(_Section):
    """`[feeds]`: how much of the archive they hold, and who is told of it."""

    items: Annotated[Count, Field(ge=1, le=1000)] = 30
    hub: Annotated[Line, AfterValidator(_empty_or_web)] = ""


class SubscribersSection(_Section):
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


class WebSection(_Section):
    """`[web]`: where the site listens, and the secret behind its links."""

    host: Annotated[Line, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[Count, Field(ge=0, le=65535)] = 8000
    """0 = any free port."""
    trusted_proxies: Annotated[
        tuple[Annotated[str, BeforeValidator(parse_network)], ...], BeforeValidator(parse_list)
    ] = ()
    secret_file: FilePath = Path("secret")


class _File(_Section):
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


SECTIONS: Final[Mapping[str, type[_Section]]] = {
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


# ── the configuration ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that the author decides. Its repr shows no password."""

    source: Path
    """The file it was read from, absolute."""
    newsletter: NewsletterSection
    notes: NotesSection
    schedule: ScheduleSection
    storage: StorageSection
    relays: tuple[RelayConfig, ...]
    """What `[smtp]` says; at least one, in the author's order."""
    dispatch: DispatchSection
    dkim: DkimSection
    bounces: BouncesSection
    webhooks: WebhooksSection
    feeds: FeedsSection
    subscribers: SubscribersSection
    web: WebSection
    warnings: tuple[str, ...]
    """Sentences about what is allowed and probably not meant."""

    @property
    def identity(self) -> Identity:
        """Who writes and where it lives, as mail, archive and feeds know it."""
        who = self.newsletter
        return Identity(
            title=who.title,
            url=who.url,
            sender=who.sender,
            author=who.author or sender_name(who.sender) or who.title,
            description=who.description,
            language=who.language,
            timezone=who.timezone,
            postal_address=who.postal_address,
            links=who.links,
        )

    @property
    def signing_domain(self) -> str:
        """The domain that signs: what `[dkim]` says, else the sender's."""
        return _signing_domain(self.dkim, self.newsletter)

    @property
    def signer(self) -> Signer | None:
        """What signs every mail; None without a key."""
        pairs = zip(self.dkim.selector, self.dkim.key, strict=True)
        keys = [
            SigningKey(domain=self.signing_domain, selector=selector, private=file.private)
            for selector, file in pairs
        ]
        return Signer(keys) if keys else None

    @property
    def takes_mail(self) -> bool:
        """Whether mail to the return paths is read, so that readers may leave by mail (rule C11)."""
        bounces = self.bounces
        return bool(bounces.address or bounces.maildir or bounces.imap or bounces.listen)

    @property
    def has_outbox(self) -> bool:
        """Whether any mail goes to the embedded outbox."""
        return any(relay.kind is RelayKind.OUTBOX for relay in self.relays)

    @property
    def check_dns(self) -> bool:
        """Whether sign-ups are looked up in the DNS: as told, but never with the outbox."""
        return self.subscribers.check_dns and not self.has_outbox


def load_config(path: Path, environ: Mapping[str, str], *, signing: bool = True) -> Config:
    """Reads the file, and over it the variables `NEWSLETTER_SECTION__KEY` of `environ`.

    Without `signing` the keys of `[dkim]` are left out, for the command that makes them.

    Relative paths, also those in variables, are relative to the file's folder. Raises ConfigError
    with one sentence for every problem there is: bad TOML with its line, an unknown section, key or
    variable with the nearest known one, a missing key, a value that cannot be used.
    """
    source = path.absolute()
    raw = read_toml(source)
    keys = {name: tuple(section.model_fields) for name, section in SECTIONS.items()}
    problems = [
        *apply_environment(raw, environ, source.parent, keys),
        *find_controls(raw),
    ]
    is_smtp_missing = "smtp" not in raw
    _complete(raw)
    if not signing:
        _take_out_keys(raw)
    try:
        file = _File.model_validate(raw, context={"folder": source.parent, "signing": signing})
    except ValidationError as error:
        raise ConfigError(str(path), [*problems, *_sentences(error)]) from error
    relays = tuple(_relay(section, source.parent) for section in file.smtp)
    problems += _missing_files(relays)
    if problems:
        raise ConfigError(str(path), problems)
    return Config(
        source=source,
        newsletter=file.newsletter,
        notes=file.notes,
        schedule=file.schedule,
        storage=file.storage,
        relays=relays,
        dispatch=file.dispatch,
        dkim=file.dkim,
        bounces=file.bounces,
        webhooks=file.webhooks,
        feeds=file.feeds,
        subscribers=file.subscribers,
        web=file.web,
        warnings=(
            *_site_warnings(file),
            *_relay_warnings(relays, is_smtp_missing),
            *find_dkim_warnings(
                file.dkim.key,
                signing_domain=_signing_domain(file.dkim, file.newsletter),
                sender_domain=_sender_domain(file.newsletter),
            ),
        ),
    )


def _take_out_keys(raw: TomlTable) -> None:
    if isinstance(section := raw["dkim"], dict):
        raw["dkim"] = {name: value for name, value in section.items() if name == "domain"}


def _complete(raw: TomlTable) -> None:
    for name in SECTIONS:
        raw.setdefault(name, {})
    if isinstance(raw["smtp"], dict):
        raw["smtp"] = [raw["smtp"]]


def _signing_domain(dkim: DkimSection, newsletter: NewsletterSection) -> str:
    return dkim.domain or _sender_domain(newsletter)


def _sender_domain(newsletter: NewsletterSection) -> str:
    return sender_domain(newsletter.sender).encode("idna").decode().lower()


def _relay(section: SmtpSection, folder: Path) -> RelayConfig:
    relay = parse_relay(section.url, folder)
    return replace(relay, connections=section.connections, rate=section.rate)


# ── problems ─────────────────────────────────────────────────────────────────────────────────

_HINTS: Final = {
    "title": "what readers call it",
    "url": 'where readers find the site, like "https://notes.example.com"',
    "sender": 'the From of every mail, like "Working Notes <notes@example.com>"',
}


def _sentences(error: ValidationError) -> Iterator[str]:
    for detail in error.errors(include_url=False, include_input=False):
        yield _sentence(detail["type"], detail["loc"], detail["msg"])


def _sentence(kind: str, location: tuple[int | str, ...], message: str) -> str:
    section, *rest = location
    keys = [part for part in rest if isinstance(part, str)]
    if kind == "extra_forbidden" and not keys:
        return f"[{section}]: unknown section{nearest(str(section), SECTIONS)}"
    where = " ".join([_heading(location), *keys[:1]])
    if kind == "extra_forbidden":
        return f"{where}: unknown key{nearest(keys[0], SECTIONS[str(section)].model_fields)}"
    if kind == "missing":
        return f"{where}: missing: {_HINTS[keys[0]]}"
    if kind in {"model_type", "tuple_type"} and not keys:
        return f"{where}: must be a section"
    plain = message.removeprefix("Value error, ").replace("Input should be", "must be")
    return f"{where}: {plain[:1].lower()}{plain[1:]}"


def _heading(location: tuple[int | str, ...]) -> str:
    """`[web]`, or `[[smtp]] 2` for the second relay."""
    match location:
        case ("smtp", int(index), *_) if index:
            return f"[[smtp]] {index + 1}"
        case _:
            return f"[{location[0]}]"


def _missing_files(relays: tuple[RelayConfig, ...]) -> Iterator[str]:
    for relay in relays:
        if relay.ca is not None and not relay.ca.is_file():
            yield f"[smtp] url: there is no file {relay.ca}"


def _site_warnings(file: _File) -> Iterator[str]:
    url = file.newsletter.url
    if url.startswith("http://") and not is_loopback(urlsplit(url).hostname or ""):
        yield "[newsletter] url: http:// shows readers' links to everybody on the way, and mail programs refuse its one-click unsubscribe; use https://"
    if not file.newsletter.postal_address:
        yield "[newsletter] postal_address: empty; commercial mail needs one in many countries"


def _relay_warnings(relays: tuple[RelayConfig, ...], is_missing: bool) -> Iterator[str]:
    if is_missing:
        yield "[smtp]: missing; mail goes to the embedded outbox and never leaves this machine"
    for relay in relays:
        if relay.tls is Tls.NONE and not relay.is_local:
            what = "mail and the password travel" if relay.password else "mail travels"
            yield f"[smtp] url: tls=none to {relay.host}: {what} in clear"
