"""Owns one SMTP session: opening, TLS, login, and one message after the other (RFC 5321).

aiosmtplib connects, greets, upgrades and logs in; nothing else uses it. From then on the session
speaks for itself, because only so it knows in which phase a connection died (rule B8): in groups
where the relay takes them, else one command at a time (rule B12).
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

import aiosmtplib

from mailer.envelope import Envelope
from mailer.outcome import Fault, Outcome, Phase, Verdict, build_lost, clean_reply, parse_reply
from mailer.wire import Wire, WireLost
from storage.errors import RelayError


class Tls(StrEnum):
    """How the connection is protected (RFC 8314, rule A36). There is no "if offered"."""

    NONE = "none"
    """Not at all: loopback, or the author's explicit wish. Never with a login, but to loopback."""
    STARTTLS = "starttls"
    """Mandatory STARTTLS; no mail without it."""
    IMPLICIT = "implicit"
    """TLS from the first byte (port 465)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """The SMTP server we submit to, and how hard we may use it."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Tls = Tls.STARTTLS
    ca: Path | None = None
    """Certificates to trust instead of the system's."""
    connections: int = 10
    rate: float = 0.0
    """Messages per second over all connections; 0 is as fast as the relay takes them."""
    ehlo: str = ""
    """Our name: a FQDN or an address literal (rule B21). Empty: this host's."""

    @property
    def loopback(self) -> bool:
        """Whether the relay is on this machine, where nobody listens in between."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait; the defaults are the least that RFC 5321 4.5.3.2 allows (rule B1)."""

    greeting: float = 300
    """TCP and the greeting; also EHLO, which the RFC does not name."""
    tls: float = 60
    auth: float = 300
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    block: float = 180
    """For the relay to read on while content is being written."""
    dot: float = 600
    quit: float = 5
    """A courtesy; the mail is already taken (rule B22)."""
    reuse: float = 300
    """Age at which a connection is replaced (rule B16)."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one exchange with the relay told of two messages."""

    settled: Outcome | None
    """What became of the one whose content was sent."""
    announced: Outcome | None
    """Whether the other was let in: accepted means that its content is awaited."""


class Session:
    """One open session. Made by `Session.open`; used by one task."""

    def __init__(
        self,
        wire: Wire,
        extensions: Mapping[str, str],
        timeouts: Timeouts,
        clock: Callable[[], float],
    ) -> None:
        self._wire = wire
        self._extensions = extensions
        self._timeouts = timeouts
        self._steps = (
            (Phase.MAIL, timeouts.mail),
            (Phase.RCPT, timeouts.rcpt),
            (Phase.DATA, timeouts.data),
        )
        self._clock = clock
        self._born = clock()
        self._limit = _mail_limit(extensions)
        self._unclean = False
        self.sent = 0
        """Messages the relay has answered for in this session, either way."""

    @classmethod
    async def open(cls, relay: Relay, timeouts: Timeouts | None = None) -> Session:
        """Connects, protects and logs in.

        Raises RelayError, a sentence without credentials, when any of it is refused: nothing has
        been said about a message then, and no reader is touched (rules A36, B20).
        """
        timeouts = timeouts or Timeouts()
        if relay.username and relay.tls is Tls.NONE and not relay.loopback:
            raise RelayError(f"{relay.host}: a login is never sent without TLS (RFC 4954 4)")
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=relay.ehlo or "[127.0.0.1]",  # what is really said is in _greet
            use_tls=relay.tls is Tls.IMPLICIT,
            start_tls=False,
            timeout=timeouts.greeting,
            tls_context=None if relay.tls is Tls.NONE else _tls_context(relay.ca),
        )
        try:
            await _enter(client, relay, timeouts)
            transport = cast("asyncio.Transport", client.transport)
            extensions = MappingProxyType(dict(client.esmtp_extensions))
            return cls(Wire(transport), extensions, timeouts, asyncio.get_running_loop().time)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            raise RelayError(f"{relay.host}:{relay.port}: {_explain(error)}") from error
        except asyncio.CancelledError:
            client.close()
            raise

    @property
    def usable(self) -> bool:
        """Whether another message may be sent here: open, in step, not worn out (rule B16)."""
        fresh = self._clock() - self._born < self._timeouts.reuse
        return fresh and self.sent < self._limit and self._wire.usable

    async def send(self, envelope: Envelope) -> Outcome:
        """Sends one message and says what became of it; never raises because of the peer.

        Whatever is refused here, before a word to the relay, has no reply code.
        """
        if (refusal := self.examine(envelope)) is not None:
            return refusal
        announced = (await self.exchange(None, envelope)).announced
        if announced is None or not announced.accepted:
            return announced or build_lost(Phase.MAIL, "nothing was said")
        return (await self.exchange(envelope, None)).settled or announced

    async def exchange(self, ready: Envelope | None, following: Envelope | None) -> Exchange:
        """Sends the content of the message announced last, and announces the following one.

        `ready` is the envelope that the last exchange announced, and must be given if that was
        accepted. Where the relay offers PIPELINING all of it is one group and takes one round
        trip (RFC 2920 3.1, rule B12); elsewhere each command waits for its reply. Never raises
        because of the peer. `following` has been examined.
        """
        if "pipelining" in self._extensions:
            return await self._in_one_group(ready, following)
        settled = await self._send_content(ready.content) if ready is not None else None
        announced = await self._announce(following) if following is not None else None
        return Exchange(settled, announced)

    def abandon(self) -> None:
        """Ends the session without a word: a message was announced that must not be sent."""
        self._wire.drop("the session was abandoned")

    async def close(self) -> None:
        """Says QUIT and waits for the answer, but not for long (rule B22). Never raises."""
        try:
            self._wire.write(b"QUIT\r\n")
            await self._wire.reply(self._timeouts.quit)
        except WireLost:
            pass
        finally:
            self._wire.close()

    # ── one exchange, in one group ───────────────────────────────────────────────────────

    async def _in_one_group(self, ready: Envelope | None, following: Envelope | None) -> Exchange:
        reset = self._unclean
        commands = self._opening(following) if following is not None else b""
        settled = None
        if ready is not None:
            settled = await self._send_content_and(ready.content, commands)
        else:
            with suppress(WireLost):  # which the first reply asked for will tell
                self._wire.write(commands)
        announced = await self._read_answers(reset=reset) if following is not None else None
        return Exchange(settled, announced)

    def _opening(self, following: Envelope) -> bytes:
        """The commands that announce a message; DATA closes the group (RFC 2920 3.1)."""
        commands = [command for _, command, _ in self._commands(following)]
        return b"".join([b"RSET\r\n" if self._unclean else b"", *commands])

    async def _send_content_and(self, content: bytes, commands: bytes) -> Outcome:
        """Content may open a group (RFC 2920 3.1); what became of it."""
        phase = Phase.CONTENT
        try:
            if self._wire.spoke:
                return await self._interrupted()
            self._wire.write(b"".join([_stuff(content), b".\r\n", commands]))
            phase = Phase.DOT
            with suppress(WireLost):  # what the relay said before it went is still to be read
                await self._wire.drain(self._timeouts.block)
            return self._answered(await self._reply(phase, self._timeouts.dot))
        except WireLost as lost:
            return build_lost(phase, f"{lost} ({phase})")

    async def _read_answers(self, *, reset: bool) -> Outcome:
        """Reads the replies to [RSET,] MAIL, RCPT and DATA: all, whatever the first one says.

        The first refusal counts, also when the connection ends behind it.
        """
        answers: list[Outcome] = []
        phase = Phase.MAIL
        try:
            if reset:
                self._check_reset(await self._reply(phase, self._timeouts.mail))
            for phase, timeout_s in self._steps:
                answers.append(await self._reply(phase, timeout_s))
        except WireLost as lost:
            answers.append(build_lost(phase, f"{lost} ({phase})"))
        refusal = next((answer for answer in answers if not answer.accepted), None)
        if refusal is None:
            return answers[-1]
        self._unclean = answers[0].accepted
        if answers[-1].accepted:
            await self._end_empty()
        return self._answered(refusal)

    async def _end_empty(self) -> None:
        """The relay awaits content though it refused who gets it (RFC 2920 3.1): a dot alone ends
        it, and reaches nobody.
        """
        try:
            self._wire.write(b".\r\n")
            await self._reply(Phase.DOT, self._timeouts.dot)
        except WireLost:
            return
        self._unclean = False

    # ── one exchange, step by step ───────────────────────────────────────────────────────

    async def _announce(self, envelope: Envelope) -> Outcome:
        phase = Phase.MAIL
        outcome = build_lost(phase, "nothing was said")
        try:
            if self._unclean:
                self._wire.write(b"RSET\r\n")
                self._check_reset(await self._reply(phase, self._timeouts.mail))
            for phase, command, timeout_s in self._commands(envelope):
                self._wire.write(command)
                outcome = await self._reply(phase, timeout_s)
                if not outcome.accepted:
                    self._unclean = phase is not Phase.MAIL
                    return self._answered(outcome)
        except WireLost as lost:
            return build_lost(phase, f"{lost} ({phase})")
        return outcome

    async def _send_content(self, content: bytes) -> Outcome:
        phase = Phase.CONTENT
        try:
            if not self._wire.spoke:
                self._wire.write(_stuff(content))
                await self._wire.drain(self._timeouts.block)
            if self._wire.spoke:
                return await self._interrupted()
            self._wire.write(b".\r\n")
            phase = Phase.DOT
            return self._answered(await self._reply(phase, self._timeouts.dot))
        except WireLost as lost:
            return build_lost(phase, f"{lost} ({phase})")

    # ── parts of both ────────────────────────────────────────────────────────────────────

    def _commands(self, envelope: Envelope) -> tuple[tuple[Phase, bytes, float], ...]:
        encoding = "utf-8" if _needs_utf8(envelope) else "ascii"
        sender, recipient = envelope.sender.encode(encoding), envelope.recipient.encode(encoding)
        mail = b"MAIL FROM:<%b>%b\r\n" % (sender, self._mail_parameters(envelope))
        rcpt = b"RCPT TO:<%b>%b\r\n" % (recipient, self._rcpt_parameters(envelope))
        return (
            (Phase.MAIL, mail, self._timeouts.mail),
            (Phase.RCPT, rcpt, self._timeouts.rcpt),
            (Phase.DATA, b"DATA\r\n", self._timeouts.data),
        )

    def _mail_parameters(self, envelope: Envelope) -> bytes:
        """Only what the relay offered (RFC 1870, 6152, 6531, 3461)."""
        parameters = []
        if "size" in self._extensions:
            parameters.append(f"SIZE={len(envelope.content)}")
        if "8bitmime" in self._extensions and not envelope.content.isascii():
            parameters.append("BODY=8BITMIME")
        if _needs_utf8(envelope):
            parameters.append("SMTPUTF8")
        if "dsn" in self._extensions:
            # The return path is made per delivery, so its local part names this message.
            parameters.append(f"RET=HDRS ENVID={_xtext(envelope.sender.rpartition('@')[0])}")
        return "".join(f" {parameter}" for parameter in parameters).encode("ascii")

    def _rcpt_parameters(self, envelope: Envelope) -> bytes:
        if "dsn" not in self._extensions:
            return b""
        notify = b" NOTIFY=FAILURE,DELAY"
        if not envelope.recipient.isascii():
            return notify
        return notify + f" ORCPT=rfc822;{_xtext(envelope.recipient)}".encode("ascii")

    async def _reply(self, phase: Phase, timeout_s: float) -> Outcome:
        code, text = await self._wire.reply(timeout_s)
        outcome = parse_reply(code, text, phase=phase)
        if code == 421 or (outcome.fault is Fault.RELAY and outcome.code is None):
            # The relay is going away (rule B6), or it and we no longer mean the same command.
            self._wire.drop("the relay ended the session")
        return outcome

    def _check_reset(self, outcome: Outcome) -> None:
        """RSET clears the relay's envelope after a refusal in its middle (RFC 5321 4.1.1.5)."""
        if not outcome.accepted:
            self._wire.drop("the relay refused RSET")
            raise WireLost("the relay refused RSET")
        self._unclean = False

    async def _interrupted(self) -> Outcome:
        """The relay refused in the middle of the content: the dot is kept back, and so the mail."""
        outcome = await self._reply(Phase.CONTENT, 0)
        self._wire.drop("the relay interrupted the content")
        return outcome

    def _answered(self, outcome: Outcome) -> Outcome:
        self.sent += outcome.code not in (None, 421)
        return outcome

    # ── before a word is said ────────────────────────────────────────────────────────────

    def examine(self, envelope: Envelope) -> Outcome | None:
        """Refuses what must not, or cannot, be said to this relay (rules A28, B14, B25)."""
        if not _is_safe(envelope.recipient) or not envelope.recipient:
            return _refuse(Fault.RECIPIENT, "the address cannot stand in an SMTP command")
        if not _is_safe(envelope.sender):
            return _refuse(Fault.SENDER, "the return path cannot stand in an SMTP command")
        if _needs_utf8(envelope) and "smtputf8" not in self._extensions:
            return _hold("the address needs SMTPUTF8, which the relay does not offer (RFC 6531)")
        return self._examine_content(envelope.content)

    def _examine_content(self, content: bytes) -> Outcome | None:
        limit = _size_limit(self._extensions)
        if limit and len(content) > limit:
            text = f"the message has {len(content)} octets, the relay takes {limit} (RFC 1870)"
            return _refuse(Fault.CONTENT, text)
        lines = content.count(b"\r\n")
        if content.count(b"\n") != lines or content.count(b"\r") != lines:
            return _refuse(Fault.CONTENT, "the message has a bare CR or LF (RFC 5321 2.3.8)")
        if not content.isascii() and "8bitmime" not in self._extensions:
            return _refuse(Fault.CONTENT, "the relay does not take 8-bit content (RFC 6152)")
        return None


# ── opening ──────────────────────────────────────────────────────────────────────────────────


async def _enter(client: aiosmtplib.SMTP, relay: Relay, timeouts: Timeouts) -> None:
    await client.connect(timeout=timeouts.greeting)
    name = relay.ehlo or _own_name(client)
    await client.ehlo(hostname=name, timeout=timeouts.greeting)
    if relay.tls is Tls.STARTTLS:
        await client.starttls(timeout=timeouts.tls)
        await client.ehlo(hostname=name, timeout=timeouts.greeting)  # RFC 3207 4.2
    if relay.username:
        await _log_in(client, relay, timeouts)


async def _log_in(client: aiosmtplib.SMTP, relay: Relay, timeouts: Timeouts) -> None:
    """One method, one try: a wrong password repeated three ways locks accounts."""
    offered = client.server_auth_methods
    if "plain" in offered:
        await client.auth_plain(relay.username, relay.password, timeout=timeouts.auth)
    elif "login" in offered:
        await client.auth_login(relay.username, relay.password, timeout=timeouts.auth)
    elif "cram-md5" in offered:
        await client.auth_crammd5(relay.username, relay.password, timeout=timeouts.auth)
    else:
        raise aiosmtplib.SMTPNotSupported("no way to log in that we know (PLAIN, LOGIN, CRAM-MD5)")


@lru_cache(maxsize=8)
def _tls_context(ca: Path | None) -> ssl.SSLContext:
    """Chain and host name verified, TLS 1.2 or newer (RFC 8996, rule A36)."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise RelayError(f"{ca}: these certificates cannot be read ({error.strerror})") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@lru_cache(maxsize=1)
def _host_name() -> str:
    return socket.getfqdn()


def _own_name(client: aiosmtplib.SMTP) -> str:
    """The FQDN of this host, or the address it connects from as a literal (RFC 5321 4.1.1.1)."""
    name = _host_name()
    if "." in name and not name.endswith((".localdomain", ".arpa")) and name.isascii():
        return name
    address = ipaddress.ip_address(client.get_transport_info("sockname")[0])
    return f"[{address}]" if address.version == 4 else f"[IPv6:{address}]"


def _explain(error: Exception) -> str:
    """Says why the relay cannot be used, in one cleaned line."""
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return f"login refused: {error.code} {clean_reply(error.message)}"
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code > 0:
        return f"{error.code} {clean_reply(error.message)}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {clean_reply(error.verify_message)}"
    cause = error.__cause__
    if isinstance(cause, OSError) and not isinstance(error, TimeoutError):
        return _explain(cause)
    return clean_reply(str(error)) or type(error).__name__


def _stuff(content: bytes) -> bytes:
    """The content with dots doubled (RFC 5321 4.5.2) and its last line ended."""
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    if content.startswith(b"."):
        content = b"." + content
    return content if content.endswith(b"\r\n") else content + b"\r\n"


# ── small facts ──────────────────────────────────────────────────────────────────────────────

_UNSAFE: Final = re.compile(r"[\x00-\x20\x7f-\xa0<>\u2028\u2029]")


def _is_safe(address: str) -> bool:
    """Whether nothing in it can end or extend a command (rule B25)."""
    return _UNSAFE.search(address) is None


def _needs_utf8(envelope: Envelope) -> bool:
    return envelope.smtputf8 or not (envelope.sender.isascii() and envelope.recipient.isascii())


def _refuse(fault: Fault, text: str) -> Outcome:
    return Outcome(verdict=Verdict.PERMANENT, fault=fault, phase=Phase.MAIL, text=text)


def _hold(text: str) -> Outcome:
    """Not now and not here, and not a bounce: another relay may take it (rule A28)."""
    return Outcome(verdict=Verdict.TRANSIENT, fault=Fault.RECIPIENT, phase=Phase.MAIL, text=text)


def _size_limit(extensions: Mapping[str, str]) -> int:
    """Octets the relay takes (RFC 1870 4); 0 when it does not say."""
    value = extensions.get("size", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else 0


def _mail_limit(extensions: Mapping[str, str]) -> int:
    """Messages the relay takes per connection (RFC 9422 MAILMAX, rule B16)."""
    found = re.search(r"\bMAILMAX=(\d{1,6})\b", extensions.get("limits", ""), re.IGNORECASE)
    return max(int(found[1]), 1) if found else 10_000


def _xtext(text: str) -> str:
    """Encodes for RFC 3461 4: printable ASCII but `+` and `=`; the rest as +HH."""
    return "".join(
        char
        if "!" <= char <= "~" and char not in "+="
        else "".join(f"+{b:02X}" for b in char.encode())
        for char in text
    )
