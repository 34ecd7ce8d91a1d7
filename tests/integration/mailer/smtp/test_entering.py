"""Relays that greet, protect and ask for a login in every odd way: in or out, and no secret told."""

from __future__ import annotations

import asyncio
import ssl
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
import trustme

from mailer.smtp.probe import Stage, probe_relay
from mailer.smtp.relay import Relay, Timeouts, Tls
from mailer.smtp.session import Session
from storage.model.errors import RelayError
from tests.peers.relays.entering import IN, ROWS, SECRETS, Asking, Row, challenges, logins
from tests.peers.relays.smtp import Peer, Raw

SHORT_S = 0.1
WAITS: Final = {"GREET": "greeting", "EHLO": "greeting", "HELO": "greeting", "STARTTLS": "tls"}
"""The waits that do not bear the name of their command."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority for this module."""
    return trustme.CA()


@pytest.fixture(scope="module")
def certificate(authority: trustme.CA) -> ssl.SSLContext:
    """A server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture(scope="module")
def trusted(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whom the client trusts."""
    path = tmp_path_factory.mktemp("trusted") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


def relay_for(peer: Peer, row: Row, trusted: Path) -> Relay:
    """How we go there."""
    return Relay(host="127.0.0.1", port=peer.port, ehlo="c.test", ca=trusted, **row.how)  # type: ignore[arg-type]


async def enter(row: Row, peer: Peer, trusted: Path) -> str:
    """Opens a session and sends the letter; what is said where it does not get there."""
    short = {WAITS.get(name, name.lower()): SHORT_S for name in peer.hangs_at}
    async with peer.serving():
        try:
            session = await Session.open(
                relay_for(peer, row, trusted), replace(Timeouts(), **{"quit": 5.0, **short})
            )
        except RelayError as error:
            told = "".join(traceback.format_exception(error, limit=0))
            assert not [secret for secret in SECRETS if secret in told]
            return str(error)
        outcome = await session.send(row.letter)
        await session.close()
        return IN if outcome.accepted else outcome.text


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_relay_is_entered_by_its_rules_or_left(
    row: Row, certificate: ssl.SSLContext, trusted: Path
) -> None:
    """In or out, as the table says; the mail goes out once or not at all, a login is tried once for each
    method and within TLS where there shall be some, and no error repeats it (rules A36, A37, B20).
    """
    tls = certificate if row.how["tls"] is Tls.STARTTLS else None
    is_raw = isinstance(row.script.get("STARTTLS"), Raw)
    peer = Asking(row.script, tls=None if is_raw else tls).asks(row.asks)
    said = asyncio.run(enter(row, peer, trusted))
    assert (said == IN) if row.ends is IN else (row.ends in said)
    assert len(peer.messages) == (row.ends is IN)
    assert " ".join(peer.verbs).startswith(row.verbs)
    assert peer.verbs.count("AUTH") <= 1
    if tls is not None and "AUTH" in peer.verbs:
        assert peer.verbs.index("AUTH") > peer.verbs.index("STARTTLS")
    if not peer.hangs:
        assert peer.now_open == 0


@pytest.mark.parametrize("row", [*logins(), *challenges()], ids=str)
def test_the_doctor_tells_no_secret_of_a_login_either(
    row: Row, certificate: ssl.SSLContext, trusted: Path
) -> None:
    """What it reports of a login is what sending would say, without the password (rule A37)."""
    tls = certificate if row.how["tls"] is Tls.STARTTLS else None
    peer = Asking({**row.script}, tls=tls).asks(row.asks)

    async def scenario() -> None:
        async with peer.serving():
            relay = relay_for(peer, row, trusted)
            wait_s = SHORT_S if peer.hangs else 60
            facts = await asyncio.to_thread(probe_relay, relay, timeout_s=wait_s)
            assert facts.stage is (Stage.DONE if row.ends is IN else Stage.LOGIN)
            assert not [secret for secret in SECRETS if secret in facts.problem]

    asyncio.run(scenario())
