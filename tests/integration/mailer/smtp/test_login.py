"""Relays that greet and ask in their own way: we get in where we may, and nothing secret leaks."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from mailer.smtp.login import Login
from mailer.smtp.probe import RelayFacts, Stage, probe_relay
from mailer.smtp.relay import Relay, Tls
from mailer.smtp.session import Session
from storage.model.errors import RelayError
from tests.integration.mailer.smtp.test_session import LETTER, patience
from tests.peers.relays.smtp import PIPELINING, Move, Peer

USER, PASSWORD = "ada", "s3cret"


class Asking(Peer):
    """A relay that asks for each line of a login."""

    def asks(self, *replies: str) -> Asking:
        """What it says to AUTH and then to each line of the client's."""
        self._replies = iter(replies)
        self.said: list[str] = []
        return self

    async def _move(self, name: str, writer: asyncio.StreamWriter) -> bool:
        known = name in {"GREET", "EHLO", "HELO", "MAIL", "RCPT", "DATA", "DOT", "QUIT", "RSET"}
        if known:
            return await super()._move(name, writer)
        self.said.append(self.commands[-1])
        writer.write(next(self._replies, "500 5.5.1 unknown command").encode() + b"\r\n")
        await writer.drain()
        return True


def coded(text: str) -> str:
    """In base64."""
    return b64encode(text.encode()).decode()


async def enter(peer: Peer, **how: object) -> None:
    """A session, one letter, and QUIT."""
    settings = {"tls": Tls.NONE, "username": USER, "password": PASSWORD, **how}
    relay = Relay(host="127.0.0.1", port=peer.port, ehlo="c.test", **settings)  # type: ignore[arg-type]
    session = await Session.open(relay, patience(peer))
    assert (await session.send(LETTER)).accepted
    await session.close()


async def look(peer: Peer, **how: object) -> RelayFacts:
    """What doctor sees."""
    settings = {"tls": Tls.NONE, "username": USER, "password": PASSWORD, **how}
    relay = Relay(host="127.0.0.1", port=peer.port, ehlo="c.test", **settings)  # type: ignore[arg-type]
    return await asyncio.to_thread(probe_relay, relay, timeout_s=5)


def trying(peer: Peer, work: Callable[..., object], **how: object) -> object:
    """Does it while the peer serves."""

    async def scenario() -> object:
        async with peer.serving():
            return await work(peer, **how)  # type: ignore[misc]

    return asyncio.run(scenario())


def offering(*methods: str) -> Asking:
    """A relay that says it knows these."""
    return Asking({"EHLO": f"250-p\r\n250 AUTH {' '.join(methods)}"})


NAME, WORD = f"334 {coded('Username:')}", f"334 {coded('Password:')}"


def test_a_relay_that_asks_for_the_name_again_gets_no_password() -> None:
    """AUTH LOGIN where the server ignores what it was told: the password is never the name."""
    for work in (enter, look):
        peer = offering("LOGIN").asks(NAME, NAME, "501 5.7.0 cancelled")
        if work is enter:
            with pytest.raises(RelayError, match="another order"):
                trying(peer, work)
        else:
            facts = trying(peer, work)
            assert isinstance(facts, RelayFacts)
            assert facts.stage is Stage.LOGIN
        assert peer.said == ["AUTH LOGIN", coded(USER), "*"]


def test_login_is_answered_as_it_is_asked() -> None:
    """The name where the name is asked for, then the password."""
    for work in (enter, look):
        peer = offering("LOGIN").asks(NAME, WORD, "235 2.7.0 welcome")
        trying(peer, work)
        assert peer.said == ["AUTH LOGIN", coded(USER), coded(PASSWORD)]


def test_a_method_that_is_offered_and_not_known_is_followed_by_the_next() -> None:
    """504 tries nothing, so it locks no account (RFC 4954 4, rule B20)."""
    for work in (enter, look):
        peer = offering("PLAIN", "LOGIN").asks("504 5.5.4 no", NAME, WORD, "235 2.7.0 welcome")
        trying(peer, work)
        assert peer.said == ["AUTH PLAIN", "AUTH LOGIN", coded(USER), coded(PASSWORD)]


@pytest.mark.parametrize("reply", ["500 5.5.1 what?", "502 5.5.1 no", "530 5.7.0 TLS first"])
def test_in_clear_a_relay_that_does_not_know_the_command_learns_no_secret(reply: str) -> None:
    """An unknown command ends in logs: over a plain line nothing comes with its name."""
    for method in Login:
        peer = offering(method.upper()).asks(reply)
        with pytest.raises(RelayError, match=reply[:3]):
            trying(peer, enter, login=method)
        assert peer.said == [f"AUTH {method.upper()}"]


def test_the_method_that_was_chosen_is_the_only_one() -> None:
    """Not offered, nothing is tried; offered, no other is."""
    peer = offering("PLAIN", "LOGIN").asks()
    with pytest.raises(RelayError, match="CRAM-MD5"):
        trying(peer, enter, login=Login.CRAM_MD5)
    assert peer.said == []
    peer = offering("PLAIN", "LOGIN").asks(NAME, WORD, "535 5.7.8 no")
    with pytest.raises(RelayError, match="535"):
        trying(peer, enter, login=Login.LOGIN)
    assert "AUTH PLAIN" not in peer.said


@pytest.mark.parametrize("refusal", ["500 5.5.1 what?", "502 not implemented"])
def test_a_relay_without_ehlo_is_greeted_with_helo(refusal: Move) -> None:
    """It has no extensions and takes mail all the same (RFC 5321 3.2)."""
    peer = Peer({"EHLO": refusal, "HELO": "250 hello"})
    trying(peer, enter, username="", password="")
    assert peer.verbs[:3] == ["EHLO", "HELO", "MAIL"]
    assert peer.commands[1:3] == ["HELO c.test", f"MAIL FROM:<{LETTER.sender}>"]
    facts = trying(Peer({"EHLO": refusal, "HELO": "250 hello"}), look, username="")
    assert isinstance(facts, RelayFacts)
    assert facts.stage is Stage.DONE


@pytest.mark.parametrize("refusal", ["550 5.7.1 go away", "421 4.3.2 closing"])
def test_a_relay_that_refuses_us_is_not_asked_in_other_words(refusal: Move) -> None:
    """HELO is for who does not know EHLO."""
    peer = Peer({"EHLO": refusal, "HELO": "250 hello"})
    with pytest.raises(RelayError, match=str(refusal)[:3]):
        trying(peer, enter, username="", password="")
    assert "HELO" not in peer.verbs


def test_helo_is_no_way_around_tls_or_a_login() -> None:
    """Without EHLO neither can be had, so nothing is sent (rule A36)."""
    for how in ({"tls": Tls.STARTTLS}, {"tls": Tls.NONE}):
        peer = Peer({"EHLO": "502 no", "HELO": "250 hello"})
        with pytest.raises(RelayError):
            trying(peer, enter, **how)
        assert not {"MAIL", "AUTH"} & set(peer.verbs)


def test_groups_may_be_forbidden() -> None:
    """A relay that says PIPELINING and does not mean it gets one command at a time."""
    peer = Peer({"EHLO": PIPELINING})
    trying(peer, enter, username="", password="", pipelining=False)
    assert not [chunk for chunk in peer.chunks if chunk.count(b"\r\n") > 1 and b"MAIL" in chunk]


def test_a_relay_may_know_us_by_a_certificate(tmp_path: Path) -> None:
    """It is shown where one is configured; without it this relay speaks to nobody."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    ours = authority.issue_cert("client.test")
    ours.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "client.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    for certificate in (tmp_path / "client.pem", None):
        peer = Peer(tls=context, implicit=True)
        how = {"tls": Tls.IMPLICIT, "ca": tmp_path / "ca.pem", "client_cert": certificate}
        if certificate is None:
            with pytest.raises(RelayError):
                trying(peer, enter, username="", password="", **how)
        else:
            trying(peer, enter, username="", password="", **how)
        assert len(peer.messages) == int(certificate is not None)


def test_a_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The file is named, nobody is asked for its password, and no connection is made."""
    (tmp_path / "client.pem").write_text("nothing")
    peer = Peer()
    with pytest.raises(RelayError, match=r"client\.pem"):
        trying(peer, enter, tls=Tls.IMPLICIT, username="", client_cert=tmp_path / "client.pem")
    assert peer.connections == 0
