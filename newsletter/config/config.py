"""Owns the configuration: one frozen Config from `newsletter.toml` and the environment.

Reads files, never writes one. Every problem is found in one go, and says what to write instead.
The sections are in newsletter/config/sections/, how the file is read in newsletter/config/source.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from urllib.parse import urlsplit

from mailer.authentication import Signer, SigningKey
from mailer.smtp import Outbox, Relay, Timeouts, Tls, is_loopback
from newsletter.config.keyfiles import find_dkim_warnings
from newsletter.config.problems import SectionProblems
from newsletter.config.sections import (
    LOGO_PLACE,
    SECTIONS,
    BouncesSection,
    DeskSection,
    DispatchSection,
    DkimSection,
    Doubt,
    FeedsSection,
    File,
    NewsletterSection,
    NotesSection,
    ScheduleSection,
    SitePicture,
    SiteSection,
    StorageSection,
    SubscribersSection,
    WebhooksSection,
    WebSection,
    parse_sections,
)
from newsletter.config.source import (
    TomlTable,
    apply_environment,
    find_controls,
    read_toml,
    render_template,
)
from newsletter.config.values import sender_domain, sender_name
from storage.model import ConfigError, Identity, Look, Remark, palette_of
from words import speaks

__all__ = [
    "LOGO_PLACE",
    "SECTIONS",
    "Config",
    "Doubt",
    "SitePicture",
    "load_config",
    "render_template",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that the author decides. Its repr shows no password."""

    source: Path
    """The file it was read from, absolute."""
    newsletter: NewsletterSection
    notes: NotesSection
    schedule: ScheduleSection
    storage: StorageSection
    relays: tuple[Relay | Outbox, ...]
    """What `[smtp]` says; at least one, in the author's order."""
    dispatch: DispatchSection
    dkim: DkimSection
    bounces: BouncesSection
    webhooks: WebhooksSection
    feeds: FeedsSection
    subscribers: SubscribersSection
    web: WebSection
    desk: DeskSection
    site: SiteSection
    warnings: tuple[Remark, ...]
    """What is allowed and probably not meant; each sentence begins with its section and key."""

    @property
    def identity(self) -> Identity:
        """Who writes and where it lives, as mail, archive and feeds know it."""
        who = self.newsletter
        return Identity(
            title=who.title,
            url=who.url,
            sender=who.sender,
            letters_sender=self.subscribers.sender,
            reply_to=who.reply_to,
            headers=who.headers,
            author=who.author or sender_name(who.sender) or who.title,
            description=who.description,
            language=who.language,
            timezone=who.timezone,
            postal_address=who.postal_address,
            links=who.links,
            words=self.site.words,
            look=Look(
                accent=self.site.accent,
                logo=self.site.logo.within(*LOGO_PLACE) if self.site.logo else None,
            ),
        )

    @property
    def keeps_to_one_core(self) -> bool:
        """Whether a sender does: not one that signs, whose event loop could not evade the threads that do."""
        return self.dispatch.own_core and not self.dkim.key

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
    def outboxes(self) -> tuple[Outbox, ...]:
        """The embedded outboxes among the relays."""
        return tuple(one for one in self.relays if isinstance(one, Outbox))

    @property
    def servers(self) -> tuple[Relay, ...]:
        """The relays that are servers of their own, not outboxes."""
        return tuple(one for one in self.relays if isinstance(one, Relay))

    @property
    def has_outbox(self) -> bool:
        """Whether any mail goes to the embedded outbox."""
        return bool(self.outboxes)

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
        file = parse_sections(raw, source.parent, signing=signing)
    except SectionProblems as error:
        raise ConfigError(str(path), [*problems, *error.sentences]) from error
    relays = tuple(section.relay for section in file.smtp)
    used = [one.relay if isinstance(one, Outbox) else one for one in relays]
    problems += [*_missing_files(used), *_missing_shares(used), *_shared_ports(file)]
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
        desk=file.desk,
        site=file.site,
        warnings=(
            *_site_warnings(file),
            *_letter_warnings(file),
            *_relay_warnings(used, is_smtp_missing),
            *_dkim_warnings(file),
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
    return dkim.domain or sender_domain(newsletter.sender)


# ── what is wrong, and what is unwise ────────────────────────────────────────────────────────


def _missing_files(relays: Sequence[Relay]) -> Iterator[str]:
    for relay in relays:
        if relay.ca is not None and not relay.ca.is_file():
            yield f"[smtp] url: there is no file {relay.ca}"
        if relay.client_cert is not None and not relay.client_cert.is_file():
            yield f"[smtp] client_cert: there is no file {relay.client_cert}"
        if relay.client_cert is not None and relay.tls is Tls.NONE:
            yield "[smtp] client_cert: is never shown, for this relay is used without TLS"


def _missing_shares(relays: Sequence[Relay]) -> Iterator[str]:
    if any(relay.share for relay in relays):
        for number, relay in enumerate(relays, start=1):
            if not relay.share:
                yield (
                    f"[[smtp]] {number} share: missing: when one relay has a share, each needs one"
                )


def _shared_ports(file: File) -> Iterator[str]:
    """Of what `run` listens at: the second would find its port taken, and nothing would start."""
    web, listen = file.web, file.bounces.listen
    doors = [
        ("[web] port", web.host, web.port),
        ("[web] admin_port", "127.0.0.1", web.admin_port or 0),
        *([("[bounces] listen", listen.host, listen.port)] if listen is not None else []),
    ]
    for (first, host, port), (second, its_host, its_port) in combinations(doors, 2):
        if port and port == its_port and _meet(host, its_host):
            yield f"{second}: {port} is that of {first}, too; each needs a port of its own"


def _meet(host: str, other: str) -> bool:
    """Whether one program cannot listen at the same port of both: they are one, or one is all addresses of its kind."""
    one, two = ("127.0.0.1" if name == "localhost" else name for name in (host, other))
    everywhere = {"0.0.0.0": ".", "::": ":"}  # noqa: S104 - compared, not listened at
    return one == two or any(everywhere.get(a, "\0") in b for a, b in ((one, two), (two, one)))


def _site_warnings(file: File) -> Iterator[Remark]:
    accent = file.site.accent
    if accent and (used := palette_of(accent).light["accent"]) != accent:
        yield Remark(
            code="accent",
            sentence=f"[site] accent: {accent} is too light to be read as a link; {used} is used by day",
        )
    if not speaks(file.newsletter.language, file.site.words):
        yield Remark(
            code="no-words",
            sentence=f"[newsletter] language: pages and mails have no words in "
            f"{file.newsletter.language} and are in English; a catalogue in [site] words adds them",
        )
    url = file.newsletter.url
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        yield Remark(
            code="site-in-clear",
            sentence="[newsletter] url: http:// shows readers' links to everybody on the way, and "
            "mail programs refuse its one-click unsubscribe; use https://",
        )
    is_trial = any(isinstance(section.relay, Outbox) for section in file.smtp)
    if is_trial and is_loopback(parts.hostname or "") and (parts.port or 80) != file.web.port:
        yield Remark(
            code="other-port",
            sentence=f"[newsletter] url: {url} is on this machine, where [web] port is {file.web.port}: "
            "links in mail and feeds lead there only through a web server in front",
        )
    if not file.newsletter.postal_address:
        yield Remark(
            code="no-postal-address",
            sentence="[newsletter] postal_address: empty; commercial mail needs one in many countries",
        )


def _letter_warnings(file: File) -> Iterator[Remark]:
    wished, notes = file.subscribers, file.notes.path
    for name, path in (("welcome", wished.welcome), ("goodbye", wished.goodbye)):
        if path is not None and not path.is_file() and not (notes / path.name).is_file():
            yield Remark(
                code="no-letter",
                sentence=f"[subscribers] {name}: there is no file {path}, and none of that name in the notes "
                "folder, so nothing is mailed",
            )


def _dkim_warnings(file: File) -> Iterator[Remark]:
    senders = filter(None, (file.newsletter.sender, file.subscribers.sender))
    return find_dkim_warnings(
        file.dkim.key,
        signing_domain=_signing_domain(file.dkim, file.newsletter),
        sender_domains=dict.fromkeys(map(sender_domain, senders)),
    )


def _relay_warnings(relays: Sequence[Relay], is_missing: bool) -> Iterator[Remark]:
    if is_missing:
        yield Remark(
            code="no-relay",
            sentence="[smtp]: missing; mail goes to the embedded outbox and never leaves this machine",
        )
    for relay in relays:
        if relay.tls is Tls.NONE and not relay.is_local:
            what = "mail and the password travel" if relay.password else "mail travels"
            yield Remark(
                code="relay-in-clear",
                sentence=f"[smtp] url: tls=none to {relay.host}: {what} in clear",
            )
        yield from _hasty(relay.timeouts)


def _hasty(timeouts: Timeouts) -> Iterator[Remark]:
    """A remark for each time limit below that of RFC 5321 4.5.3.2: a slow relay would be cut off (rule B1)."""
    least = Timeouts()
    for name in ("greeting", "mail", "rcpt", "data", "block", "dot"):
        if getattr(timeouts, name) < getattr(least, name):
            consequence = "; a relay slower than that may get messages twice" * (name == "dot")
            yield Remark(
                code="hasty",
                sentence=f"[smtp] timeout_{name}: shorter than the {getattr(least, name):g} s of "
                f"RFC 5321 4.5.3.2{consequence}",
            )
