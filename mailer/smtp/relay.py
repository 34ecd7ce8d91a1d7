"""Owns the way into a relay: connecting, TLS, EHLO and login. The only user of aiosmtplib.

What it leaves behind is an open connection and what the relay offers; mailer/smtp/session.py speaks
from then on.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple, cast

import aiosmtplib

from mailer.replies import clean_reply
from mailer.smtp.login import (
    CANCEL,
    LOGGED_IN,
    UNKNOWN_METHOD,
    Dialogue,
    Login,
    OddChallenge,
    choose_methods,
    repeats_login,
)
from mailer.smtp.names import names_said, own_name
from mailer.smtp.ways import Relay, Timeouts, Tls
from storage.model import RelayError

_NOT_KNOWN: Final = (500, 502)
"""What a relay says to a command that it does not know (RFC 5321 4.2.4)."""
_NOT_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"})
"""What OpenSSL calls an answer in clear."""


class Connected(NamedTuple):
    """An open connection, protected and logged in."""

    transport: asyncio.Transport
    extensions: Mapping[str, str]
    names: tuple[str, ...]
    """What the relay may call us."""


async def connect(relay: Relay, timeouts: Timeouts) -> Connected:
    """Open a connection to the relay.

    Raises RelayError, a sentence without credentials, when any of it is refused.
    """
    if relay.username and relay.tls is Tls.NONE and not relay.is_local:
        raise RelayError(f"{relay.host}: a login is never sent without TLS (RFC 4954 4)")
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        local_hostname=relay.ehlo or "[127.0.0.1]",  # what is really said is in _greet
        use_tls=relay.tls is Tls.IMPLICIT,
        start_tls=False,
        timeout=timeouts.greeting,
        tls_context=None if relay.tls is Tls.NONE else tls_context(relay.ca, relay.client_cert),
    )
    try:
        await _enter(client, relay, timeouts)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        await _leave(client, timeouts)
        is_odd = isinstance(error, aiosmtplib.SMTPResponseException) and error.code <= 0
        cause = None if is_odd or _repeats_login(error, relay) else error  # a traceback quotes it
        raise RelayError(
            f"{relay.host}:{relay.port}: {_explain(error, relay)}",
            refuses_login=isinstance(error, aiosmtplib.SMTPAuthenticationError)
            and error.code // 100 == 5,
        ) from cause
    except asyncio.CancelledError:
        client.close()
        raise
    transport = cast("asyncio.Transport", client.transport)
    names = names_said(_greeting(client, relay), _own_address(client))
    return Connected(transport, MappingProxyType(dict(client.esmtp_extensions)), names)


async def _leave(client: aiosmtplib.SMTP, timeouts: Timeouts) -> None:
    """Says QUIT where there is still somebody to say it to (RFC 5321 4.1.1.10, rule B22)."""
    with suppress(aiosmtplib.SMTPException, OSError):
        if client.is_connected:
            await client.quit(timeout=timeouts.quit)
    client.close()


async def _enter(client: aiosmtplib.SMTP, relay: Relay, timeouts: Timeouts) -> None:
    await client.connect(timeout=timeouts.greeting)
    await _greet(client, relay, timeouts)
    if relay.tls is Tls.STARTTLS:
        await _protect(client, timeouts)
        await _greet(client, relay, timeouts)  # RFC 3207 4.2
    if relay.username:
        await _log_in(client, relay, timeouts)


async def _greet(client: aiosmtplib.SMTP, relay: Relay, timeouts: Timeouts) -> None:
    """EHLO, or HELO where that is not known: a relay without extensions (RFC 5321 3.2, 4.1.1.1)."""
    name = _greeting(client, relay)
    try:
        await client.ehlo(hostname=name, timeout=timeouts.greeting)
    except aiosmtplib.SMTPHeloError as error:
        if error.code not in _NOT_KNOWN:
            raise
        await client.helo(hostname=name, timeout=timeouts.greeting)


async def _protect(client: aiosmtplib.SMTP, timeouts: Timeouts) -> None:
    """TLS, or nothing (RFC 3207). What came in clear behind the 220 is forgotten (RFC 3207 4.2)."""
    if not client.supports_extension("starttls"):
        raise aiosmtplib.SMTPNotSupported("it does not offer TLS (STARTTLS)")
    try:
        await client.starttls(timeout=timeouts.tls)
    except (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError) as error:
        if isinstance(error.__cause__, ssl.SSLCertVerificationError):
            raise
        raise aiosmtplib.SMTPNotSupported(f"TLS did not come about: {_why_gone(error)}") from None


def _greeting(client: aiosmtplib.SMTP, relay: Relay) -> str:
    return relay.ehlo or own_name(_own_address(client))


def _own_address(client: aiosmtplib.SMTP) -> str:
    return str(client.get_transport_info("sockname")[0])


async def _log_in(client: aiosmtplib.SMTP, relay: Relay, timeouts: Timeouts) -> None:
    """One try: a wrong password repeated three ways locks accounts.

    Only a method that the relay does not know although it offers it is followed by the next one.
    """
    methods = choose_methods(client.server_auth_methods, relay.login)
    if not methods:
        wanted = relay.login or "PLAIN, LOGIN, CRAM-MD5"
        raise aiosmtplib.SMTPNotSupported(f"no way to log in that we know ({wanted.upper()})")
    for method in methods:
        code, said = await _converse(client, relay, method, timeouts)
        if code != UNKNOWN_METHOD:
            break
    if code not in LOGGED_IN:
        raise aiosmtplib.SMTPAuthenticationError(code, said)


async def _converse(
    client: aiosmtplib.SMTP, relay: Relay, method: Login, timeouts: Timeouts
) -> tuple[int, str]:
    is_private = relay.tls is not Tls.NONE
    dialogue = Dialogue(method, relay.username, relay.password, is_private=is_private)
    reply = await client.execute_command(b"AUTH", dialogue.command, timeout=timeouts.auth)
    while reply.code == 334:
        try:
            line = dialogue.answer(reply.message)
        except OddChallenge:
            await client.execute_command(CANCEL, timeout=timeouts.auth)
            raise
        reply = await client.execute_command(line, timeout=timeouts.auth)
    return reply.code, reply.message


def tls_context(ca: Path | None, client_cert: Path | None) -> ssl.SSLContext:
    """Chain and host name verified, TLS 1.2 or newer (RFC 8996, rule A36). Raises RelayError.

    Made anew when one of its files was replaced: certificates are renewed while a service runs for years.
    """
    trusted = (ca,) if ca is not None else _system_authorities()
    return _make_context(ca, client_cert, tuple(map(_mark, (*trusted, client_cert))))


@lru_cache(maxsize=1)
def _system_authorities() -> tuple[Path, ...]:
    """Where OpenSSL finds whom this system trusts."""
    paths = ssl.get_default_verify_paths()
    return tuple(Path(path) for path in (paths.cafile, paths.capath) if path)


def _mark(path: Path | None) -> tuple[int, ...]:
    """What changes whenever a file, or what lies in a folder, is replaced; nothing while there is none."""
    try:
        found = path.stat() if path is not None else None
    except OSError:
        found = None
    return () if found is None else (found.st_ino, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=8)
def _make_context(
    ca: Path | None, client_cert: Path | None, _marks: tuple[tuple[int, ...], ...]
) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=ca)
    except OSError as error:
        raise RelayError(f"{ca}: these certificates cannot be read ({error.strerror})") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if client_cert is not None:
        try:
            context.load_cert_chain(client_cert, password=_no_password)
        except (OSError, ValueError) as error:
            raise RelayError(
                f"{client_cert}: no certificate with an unencrypted key can be read from it"
            ) from error
    return context


def _no_password() -> str:
    """Given to OpenSSL for the password of a key: without it OpenSSL would ask the terminal."""
    return ""


def _explain(error: Exception, relay: Relay) -> str:
    """Says why the relay cannot be used, in one cleaned line."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        if error.code <= 0:
            return "its reply made no sense"  # and may be anything, so it is not quoted
        is_login = isinstance(error, aiosmtplib.SMTPAuthenticationError)
        said = (
            "(its answer repeats the login and is not shown)"
            if _repeats_login(error, relay)
            else clean_reply(error.message)
        )
        return f"{'login refused: ' * is_login}{error.code} {said}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {clean_reply(error.verify_message)}"
    if isinstance(error, ssl.SSLError):
        return explain_tls(error)
    cause = error.__cause__
    if isinstance(cause, OSError) and not isinstance(error, TimeoutError):
        return _explain(cause, relay)
    if isinstance(error, aiosmtplib.SMTPServerDisconnected | aiosmtplib.SMTPTimeoutError):
        return _why_gone(error)
    if isinstance(error, OSError) and error.errno is not None:
        return _explain_network(error)
    return clean_reply(str(error)) or type(error).__name__


def explain_tls(error: ssl.SSLError) -> str:
    """Why two sides did not come to speak TLS, without the numbers and names of OpenSSL."""
    if error.reason in _NOT_TLS:
        return (
            "it does not speak TLS from the first byte; smtp:// is for a port with STARTTLS (587)"
        )
    reason = (error.reason or "no reason is known").replace("_", " ").lower()
    return f"TLS did not come about: {reason}"


def _why_gone(error: Exception) -> str:
    is_silent = isinstance(error, TimeoutError)
    return "it did not answer in time" if is_silent else "it closed the connection"


def _explain_network(error: OSError) -> str:
    """Why nobody was reached, without the numbers of the system."""
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there (connection refused)"
    if isinstance(error, socket.gaierror):
        if error.errno == socket.EAI_AGAIN:
            return "the DNS does not say now where it is (no answer, or its server failed)"
        return "no host of that name was found"
    return clean_reply(os.strerror(error.errno or 0)).lower()


def _repeats_login(error: Exception, relay: Relay) -> bool:
    if not isinstance(error, aiosmtplib.SMTPResponseException):
        return False
    return repeats_login(error.message, relay.username, relay.password)
