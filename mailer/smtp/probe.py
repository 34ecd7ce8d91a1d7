"""Looks at a relay without sending anything: reachable, protected, what does it offer.

For `newsletter doctor`, which waits for each answer. How mail is sent stands in mailer/smtp/session.py.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

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
from mailer.smtp.relay import explain_tls, tls_context
from mailer.smtp.ways import Relay, Tls
from storage.model import RelayError

TIMEOUT: Final = 15
"""Seconds for each step: a person is waiting."""


class Stage(StrEnum):
    """How far the probe came."""

    CONNECT = "connect"
    """No connection, or no greeting."""
    TLS = "tls"
    """Connected; TLS did not come about."""
    LOGIN = "login"
    """Protected as configured; the login was refused."""
    DONE = "done"
    """Everything that comes before a message."""


class Distrust(StrEnum):
    """Why a relay's certificate is not believed."""

    NONE = "none"
    """It is, or there was none to look at."""
    SELF_SIGNED = "self-signed"
    """It vouches for itself, or its authority does and is not one that this host knows."""
    UNKNOWN_ISSUER = "unknown issuer"
    """The chain is not complete, or ends at an authority that this host does not know."""
    WRONG_NAME = "wrong name"
    EXPIRED = "expired"
    NOT_YET = "not yet valid"
    """Or this host's clock is behind."""
    OTHER = "other"


_DISTRUST: Final = {
    9: Distrust.NOT_YET,
    10: Distrust.EXPIRED,
    18: Distrust.SELF_SIGNED,
    19: Distrust.SELF_SIGNED,
    20: Distrust.UNKNOWN_ISSUER,
    21: Distrust.UNKNOWN_ISSUER,
    62: Distrust.WRONG_NAME,
    64: Distrust.WRONG_NAME,
}
"""OpenSSL's verification results (X509_V_ERR_…)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayFacts:
    """What a relay showed of itself."""

    stage: Stage
    problem: str = ""
    """Why it went no further; empty when DONE."""
    has_answered: bool = False
    """Whether the relay itself said that it takes nothing from us, where the stage is CONNECT."""
    extensions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Keyword in lower case → parameters, as offered once protected (RFC 5321 4.1.1.1)."""
    protocol: str = ""
    """`TLSv1.3`; empty without TLS."""
    valid_until: datetime | None = None
    """When the certificate ends."""
    distrust: Distrust = Distrust.NONE


def probe_relay(relay: Relay, *, timeout_s: float = TIMEOUT) -> RelayFacts:
    """Connects, greets and protects as sending does, then leaves. Blocks; never raises."""
    stage = Stage.CONNECT
    client: smtplib.SMTP | None = None
    try:
        client = _connect(relay, timeout_s)
        if relay.tls is Tls.STARTTLS:
            stage = Stage.TLS
            client.starttls(context=tls_context(relay.ca, relay.client_cert))
        client.ehlo_or_helo_if_needed()
        return _log_in(client, relay, _facts(client))
    except ssl.SSLCertVerificationError as error:
        problem = f"its certificate is not valid: {clean_reply(error.verify_message)}"
        distrust = _DISTRUST.get(error.verify_code, Distrust.OTHER)
        return RelayFacts(stage=Stage.TLS, problem=problem, distrust=distrust)
    except ssl.SSLError as error:
        return RelayFacts(stage=Stage.TLS, problem=explain_tls(error))
    except (OSError, smtplib.SMTPException, ValueError, RelayError) as error:
        answered = isinstance(error, smtplib.SMTPResponseException) and error.smtp_code > 0
        return RelayFacts(stage=stage, problem=_explain(error), has_answered=answered)
    finally:
        if client is not None:
            with suppress(OSError, smtplib.SMTPException):
                client.quit()


def _connect(relay: Relay, timeout_s: float) -> smtplib.SMTP:
    name = relay.ehlo or None
    if relay.tls is Tls.IMPLICIT:
        context = tls_context(relay.ca, relay.client_cert)
        return smtplib.SMTP_SSL(
            relay.host, relay.port, local_hostname=name, timeout=timeout_s, context=context
        )
    return smtplib.SMTP(relay.host, relay.port, local_hostname=name, timeout=timeout_s)


def _log_in(client: smtplib.SMTP, relay: Relay, facts: RelayFacts) -> RelayFacts:
    """One method, one try, as mailer/smtp/relay.py does; and never a password in clear."""
    if not relay.username:
        return facts
    if not facts.protocol and not relay.is_local:
        problem = "a login is never sent without TLS (RFC 4954 4)"
        return replace(facts, stage=Stage.LOGIN, problem=problem)
    methods = choose_methods(facts.extensions.get("auth", "").split(), relay.login)
    if not methods:
        problem = "it offers no way to log in that we know"
        return replace(facts, stage=Stage.LOGIN, problem=problem)
    try:
        for method in methods:
            code, said = _converse(client, relay, method)
            if code != UNKNOWN_METHOD:
                break
    except (OSError, smtplib.SMTPException, OddChallenge) as error:
        return replace(facts, stage=Stage.LOGIN, problem=_explain(error))
    if code not in LOGGED_IN:
        words = said.decode("utf-8", "replace")
        if code > 0 and repeats_login(words, relay.username, relay.password):
            said = b"(its answer repeats the login and is not shown)"
        problem = _explain(smtplib.SMTPAuthenticationError(code, said))
        return replace(facts, stage=Stage.LOGIN, problem=problem)
    return facts


def _converse(client: smtplib.SMTP, relay: Relay, method: Login) -> tuple[int, bytes]:
    is_private = isinstance(client.sock, ssl.SSLSocket)
    dialogue = Dialogue(method, relay.username, relay.password, is_private=is_private)
    code, said = client.docmd("AUTH", dialogue.command.decode())
    while code == 334:
        try:
            line = dialogue.answer(said.decode("utf-8", "replace"))
        except OddChallenge:
            client.docmd(CANCEL.decode())
            raise
        code, said = client.docmd(line.decode())
    return code, said


def _facts(client: smtplib.SMTP) -> RelayFacts:
    offered = {name: value.strip() for name, value in client.esmtp_features.items()}
    extensions = MappingProxyType(offered)
    if not isinstance(client.sock, ssl.SSLSocket):
        return RelayFacts(stage=Stage.DONE, extensions=extensions)
    certificate = client.sock.getpeercert() or {}
    ends = certificate.get("notAfter")
    seconds = ssl.cert_time_to_seconds(ends) if isinstance(ends, str) else None
    return RelayFacts(
        stage=Stage.DONE,
        extensions=extensions,
        protocol=client.sock.version() or "",
        valid_until=None if seconds is None else datetime.fromtimestamp(seconds, UTC),
    )


def _explain(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        is_silent = "timed out" in str(error)
        return "it does not answer" if is_silent else "it closed the connection"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "it does not offer STARTTLS"
    if isinstance(error, smtplib.SMTPResponseException):
        if error.smtp_code <= 0:
            return "its reply made no sense"  # and may be anything, so it is not quoted
        said = error.smtp_error
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        return f"it said {error.smtp_code} {clean_reply(text)}"
    if isinstance(error, OSError) and error.strerror:
        return clean_reply(error.strerror)
    return clean_reply(str(error)) or type(error).__name__
