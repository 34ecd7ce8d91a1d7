"""What the doctor tells of a relay: its certificate, its login, what it offers, and one that is not there."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mailer.smtp import Relay, Tls, probe_relay
from newsletter.doctor.diagnosis import Diagnosis, Health
from newsletter.doctor.relay import examine_relay
from tests.conftest import NOON
from tests.integration.newsletter.doctor.test_doctor import AUTH, verdicts
from tests.peers.certificates import self_signed as vouching
from tests.peers.relays.smtp import Act, Move, Peer


def look(peer: Peer, relay: Relay, now: datetime = NOON) -> list[Diagnosis]:
    """What is said of a relay."""

    async def main() -> list[Diagnosis]:
        async with peer.serving():
            config = replace(relay, port=peer.port)
            return await asyncio.to_thread(lambda: list(examine_relay(config, now=now)))

    return asyncio.run(main())


PLAIN = Relay(host="127.0.0.1", port=0, tls=Tls.NONE)


@pytest.fixture
def protected(tmp_path: Path) -> tuple[ssl.SSLContext, Relay]:
    """A relay's TLS, and a configuration that trusts it and logs in."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return context, Relay(
        host="127.0.0.1",
        port=0,
        tls=Tls.STARTTLS,
        ca=file,
        username="ada",
        password="secret",
    )


def test_a_relay_in_order(protected: tuple[ssl.SSLContext, Relay]) -> None:
    """Reachable, protected, logged in, and nothing was sent."""
    context, config = protected
    peer = Peer({"EHLO": AUTH}, tls=context)
    found = look(peer, config)
    assert verdicts(found) == dict.fromkeys(("relay", "tls", "offers", "login"), Health.OK)
    assert "1,000,000 octets" in found[2].message
    assert "MAIL" not in peer.verbs


def test_a_certificate_that_nobody_vouches_for(
    protected: tuple[ssl.SSLContext, Relay], tmp_path: Path
) -> None:
    """Then TLS is the complaint, and the password is not sent (rule A36)."""
    context, config = protected
    trustme.CA().cert_pem.write_to_path(str(config.ca))
    peer = Peer({"EHLO": AUTH}, tls=context)
    found = look(peer, config)
    assert verdicts(found) == {
        "relay": Health.OK,
        "tls": Health.ERROR,
        "offers": Health.SKIPPED,
        "login": Health.SKIPPED,
    }
    assert "?ca=FILE" in found[1].advice
    assert "AUTH" not in peer.verbs


def test_a_relay_without_starttls(protected: tuple[ssl.SSLContext, Relay]) -> None:
    """Mail is not sent in clear instead, and that is said."""
    found = look(Peer(), protected[1])
    assert verdicts(found)["tls"] is Health.ERROR
    assert "STARTTLS" in found[1].message
    assert "smtps://" in found[1].advice


def test_a_relay_that_wants_nothing_of_us() -> None:
    """Whoever runs it is to be asked: it is there, and no firewall is in the way."""
    (found, *_) = look(Peer({"GREET": "554 5.7.1 You are blocked"}), PLAIN)
    assert found.message.endswith("cannot be used: it said 554 5.7.1 You are blocked.")
    assert found.advice.startswith("Ask whoever runs it")
    (found, *_) = look(Peer({"GREET": Act.CLOSE}), PLAIN)
    assert found.advice.startswith("Start the relay")


def test_the_two_ways_to_tls_taken_for_each_other(
    protected: tuple[ssl.SSLContext, Relay], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`smtps://` where STARTTLS is spoken, and `smtp://` where TLS is from the first byte: told in words."""
    context, config = protected
    found = look(Peer({"EHLO": AUTH}), replace(config, tls=Tls.IMPLICIT))
    assert "does not speak TLS from the first byte" in found[1].message
    assert "SSL" not in found[1].message
    hasty = partial(probe_relay, timeout_s=0.2)
    monkeypatch.setattr("newsletter.doctor.relay.probe_relay", hasty)
    silent = look(Peer(tls=context, implicit=True), config)
    assert silent[0].message.endswith("cannot be used: it does not answer.")
    assert "smtps://" in silent[0].advice


Certificate = Callable[[trustme.CA, Path], ssl.SSLContext]


def issued(*names: str, **dates: datetime) -> Certificate:
    """A certificate of the authority that is trusted, for these names."""

    def make(authority: trustme.CA, _: Path) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names, **dates).configure_cert(context)  # type: ignore[arg-type]
        return context

    return make


def by_a_stranger(_: trustme.CA, folder: Path) -> ssl.SSLContext:
    """A certificate of an authority that nobody knows."""
    return issued("127.0.0.1")(trustme.CA(), folder)


def self_signed(_: trustme.CA, folder: Path) -> ssl.SSLContext:
    """A certificate that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    since, until = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
    pem = folder / "self.pem"
    pem.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + vouching(key, "127.0.0.1", since, until)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


LONG_AGO, YESTERDAY = datetime(2001, 1, 1, tzinfo=UTC), datetime(2002, 1, 1, tzinfo=UTC)
FAR, FARTHER = datetime(2098, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("certificate", "words", "advice"),
    [
        (self_signed, "self-signed", "?ca=FILE"),
        (by_a_stranger, "authority behind its certificate is not known", "?ca=FILE"),
        (issued("other.test"), "not made for the name 127.0.0.1", "name that stands in"),
        (
            issued("127.0.0.1", not_before=LONG_AGO, not_after=YESTERDAY),
            ": its certificate has expired",
            "renewed",
        ),
        (
            issued("127.0.0.1", not_before=FAR, not_after=FARTHER),
            ": its certificate is not valid yet",
            "clock",
        ),
    ],
)
def test_each_fault_of_a_certificate_is_named(
    protected: tuple[ssl.SSLContext, Relay],
    tmp_path: Path,
    certificate: Certificate,
    words: str,
    advice: str,
) -> None:
    """Self-signed, unknown, for another name, over or not begun: said so, and no login (rule A36)."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(protected[1].ca))
    peer = Peer({"EHLO": AUTH}, tls=certificate(authority, tmp_path))
    found = look(peer, protected[1])
    assert verdicts(found) == {
        "relay": Health.OK,
        "tls": Health.ERROR,
        "offers": Health.SKIPPED,
        "login": Health.SKIPPED,
    }
    assert words in found[1].message
    assert advice in found[1].advice
    assert not {"AUTH", "MAIL"} & set(peer.verbs)


def test_a_certificate_that_ends_soon(protected: tuple[ssl.SSLContext, Relay]) -> None:
    """Two weeks before its end it is a warning."""
    context, config = protected
    far = look(Peer({"EHLO": AUTH}, tls=context), config)
    assert verdicts(far)["tls"] is Health.OK
    late = datetime(9999, 12, 30, tzinfo=UTC)
    soon = look(Peer({"EHLO": AUTH}, tls=context), config, now=late)
    assert verdicts(soon) == {
        "relay": Health.OK,
        "tls": Health.WARNING,
        "offers": Health.OK,
        "login": Health.OK,
    }


@pytest.mark.parametrize(
    ("missing", "verdict", "words"),
    [
        ("PIPELINING", Health.WARNING, "several round trips"),
        ("DSN", Health.OK, "without DSN"),
        ("SMTPUTF8", Health.OK, "outside ASCII"),
        ("SIZE 1000000", Health.OK, "too large is noticed only after"),
    ],
)
def test_what_a_relay_does_not_offer_is_told(missing: str, verdict: Health, words: str) -> None:
    """Each missing extension with what it costs; only pipelining is worth a warning (rule B12)."""
    offered = AUTH.replace(f"250-{missing}\r\n", "")
    (found,) = [one for one in look(Peer({"EHLO": offered}), PLAIN) if one.name == "offers"]
    assert found.health is verdict
    assert words in found.message


def test_a_password_that_is_refused(protected: tuple[ssl.SSLContext, Relay]) -> None:
    """The login alone is the complaint, and the password is not repeated."""
    context, config = protected
    found = look(Peer({"EHLO": AUTH, "AUTH": "535 5.7.8 no"}, tls=context), config)
    assert verdicts(found) == {
        "relay": Health.OK,
        "tls": Health.OK,
        "offers": Health.OK,
        "login": Health.ERROR,
    }
    assert "535" in found[3].message
    assert "secret" not in str(found)


@pytest.mark.parametrize("greeting", ["554 5.7.1 go away", Act.CLOSE])
def test_a_relay_that_is_not_there(greeting: Move) -> None:
    """Without a greeting nothing else is looked at."""
    found = look(Peer({"GREET": greeting}), PLAIN)
    assert verdicts(found) == {
        "relay": Health.ERROR,
        "tls": Health.SKIPPED,
        "offers": Health.SKIPPED,
        "login": Health.SKIPPED,
    }
