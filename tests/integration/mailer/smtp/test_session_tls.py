"""The SMTP client's TLS and login, against relays with certificates and passwords; how a connection ends."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from mailer.replies.outcome import Outcome, Verdict
from mailer.smtp.relay import Relay, Timeouts, Tls
from mailer.smtp.session import Session
from newsletter.service.loops import run_in_loop
from storage.model.errors import RelayError
from tests.integration.mailer.smtp.test_session import LETTER, patience
from tests.peers.relays.smtp import Peer


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """A certificate authority for this module."""
    return trustme.CA()


def certificate(authority: trustme.CA, name: str) -> ssl.SSLContext:
    """A server's side of TLS, for that name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


async def open_tls(peer: Peer, **how: object) -> None:
    """Opens and sends one letter over TLS."""
    relay = Relay(host="127.0.0.1", port=peer.port, ehlo="client.test", **how)  # type: ignore[arg-type]
    session = await Session.open(relay, patience(peer))
    assert (await session.send(LETTER)).accepted
    await session.close()


WITH_TLS = "250-p\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN"


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
def test_tls_and_login_work(authority: trustme.CA, tmp_path: Path, tls: Tls) -> None:
    """A valid certificate and password let us in, and the mail goes through the tunnel."""

    async def scenario() -> Peer:
        context = certificate(authority, "127.0.0.1")
        peer = Peer({"EHLO": WITH_TLS}, tls=context, implicit=tls is Tls.IMPLICIT)
        authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
        async with peer.serving():
            await open_tls(peer, tls=tls, ca=tmp_path / "ca.pem", username="ada", password="s3cret")
        return peer

    peer = asyncio.run(scenario())
    assert len(peer.messages) == 1
    assert peer.verbs.index("AUTH") < peer.verbs.index("MAIL")


@pytest.mark.parametrize("run", [asyncio.run, lambda work: run_in_loop(lambda: work)])
@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
@pytest.mark.parametrize("offered", ["250 HELP", "250-PIPELINING\r\n250 HELP"])
def test_many_messages_pass_through_one_tunnel(
    authority: trustme.CA,
    tmp_path: Path,
    tls: Tls,
    offered: str,
    run: Callable[[Coroutine[object, object, list[Outcome]]], list[Outcome]],
) -> None:
    """TLS buffers otherwise than a bare connection: no message waits for room that is there."""
    line = b"x" * 70 + b"\r\n"
    letters = [
        replace(LETTER, content=b"Subject: hi\r\n\r\n" + line * n) for n in range(0, 5000, 500)
    ]
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))

    async def scenario() -> list[Outcome]:
        context = certificate(authority, "127.0.0.1")
        ehlo = f"250-p\r\n250-STARTTLS\r\n{offered}"
        peer = Peer({"EHLO": ehlo}, tls=context, implicit=tls is Tls.IMPLICIT)
        async with peer.serving():
            relay = Relay(host="127.0.0.1", port=peer.port, tls=tls, ca=tmp_path / "ca.pem")
            session = await Session.open(relay, Timeouts(block=5))
            outcomes = [await session.send(letter) for letter in letters]
            await session.close()
            return outcomes

    assert [outcome.verdict for outcome in run(scenario())] == [Verdict.ACCEPTED] * 10


@pytest.mark.parametrize("tls", [Tls.STARTTLS, Tls.IMPLICIT])
@pytest.mark.parametrize("flaw", ["unknown authority", "wrong name"])
def test_a_bad_certificate_closes_the_door(
    authority: trustme.CA, tmp_path: Path, tls: Tls, flaw: str
) -> None:
    """Chain and name are verified; nothing about a message is said otherwise (rule A36)."""
    trusted = authority if flaw == "wrong name" else trustme.CA()
    trusted.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    name = "other.test" if flaw == "wrong name" else "127.0.0.1"

    async def scenario(peer: Peer) -> None:
        async with peer.serving():
            await open_tls(peer, tls=tls, ca=tmp_path / "ca.pem")

    context = certificate(authority, name)
    peer = Peer({"EHLO": WITH_TLS}, tls=context, implicit=tls is Tls.IMPLICIT)
    with pytest.raises(RelayError, match="certificate"):
        asyncio.run(scenario(peer))
    assert "MAIL" not in peer.verbs


def test_files_of_certificates_are_read_again_when_they_are_replaced(tmp_path: Path) -> None:
    """The relay's authority and our certificate are renewed under a running service: the next connection has both."""
    ca, ours = tmp_path / "ca.pem", tmp_path / "client.pem"

    async def scenario(authority: trustme.CA) -> int:
        context = certificate(authority, "127.0.0.1")
        context.verify_mode = ssl.CERT_REQUIRED
        authority.configure_trust(context)
        peer = Peer({"EHLO": WITH_TLS}, tls=context, implicit=True)
        async with peer.serving():
            try:
                await open_tls(peer, tls=Tls.IMPLICIT, ca=ca, client_cert=ours)
            except RelayError:
                return 0
        return len(peer.messages)

    def renew(authority: trustme.CA) -> None:
        for file, made in (
            (ca, authority.cert_pem),
            (ours, authority.issue_cert("client.test").private_key_and_cert_chain_pem),
        ):
            made.write_to_path(str(tmp_path / "new"))
            (tmp_path / "new").rename(file)

    first, second = trustme.CA(), trustme.CA()
    renew(first)
    assert asyncio.run(scenario(first)) == 1
    assert asyncio.run(scenario(second)) == 0
    renew(second)
    assert asyncio.run(scenario(second)) == 1


def test_a_port_without_tls_is_told_apart_from_a_bad_one() -> None:
    """`smtps://` with the port of STARTTLS, a common slip, is told in words, and nothing is sent (rule A36)."""

    async def scenario(peer: Peer) -> None:
        async with peer.serving():
            await open_tls(peer, tls=Tls.IMPLICIT)

    peer = Peer({"EHLO": WITH_TLS})
    with pytest.raises(RelayError, match=r"does not speak TLS from the first byte; smtp://"):
        asyncio.run(scenario(peer))
    assert not peer.messages


def test_a_relay_without_starttls_is_not_used() -> None:
    """TLS that is asked for and missing fails closed (RFC 3207, rule A36)."""

    async def scenario(peer: Peer) -> None:
        async with peer.serving():
            await open_tls(peer, tls=Tls.STARTTLS, username="ada", password="s3cret")

    peer = Peer()
    with pytest.raises(RelayError, match="STARTTLS"):
        asyncio.run(scenario(peer))
    assert not {"MAIL", "AUTH"} & set(peer.verbs)


@pytest.mark.parametrize("reply", ["535 5.7.8 wrong", "534 5.7.9 weak", "454 4.7.0 later"])
def test_a_refused_login_is_tried_once_and_tells_no_secret(reply: str) -> None:
    """A wrong password is said once, touches no message and stands in no error (rules B20, A37)."""

    async def scenario(peer: Peer) -> None:
        async with peer.serving():
            await open_tls(peer, tls=Tls.NONE, username="ada", password="s3cret")

    peer = Peer({"EHLO": WITH_TLS, "AUTH": reply})
    with pytest.raises(RelayError) as caught:
        asyncio.run(scenario(peer))
    assert peer.verbs.count("AUTH") == 1
    assert "MAIL" not in peer.verbs
    assert "s3cret" not in str(caught.value)
    assert reply[:3] in str(caught.value)


@pytest.mark.parametrize(
    "reply",
    [
        "535 5.7.8 the password S3cret/Wort is wrong",
        "535-5.7.8 AGFkYQBz\r\n535 5.7.8 M2NyZXQvd29ydA==",
        "535 5.7.8 AUTH PLAIN AGFkYQBzM2NyZXQvd29ydA",
        "535 5.7.8 czNjcmV0L3dvcnQ=",
    ],
)
def test_a_relay_that_repeats_the_password_is_not_quoted(reply: str) -> None:
    """What a relay answers is shown, unless the login is in it, plain or as it was sent (A37)."""

    async def scenario(peer: Peer) -> None:
        async with peer.serving():
            await open_tls(peer, tls=Tls.NONE, username="ada", password="s3cret/wort")

    with pytest.raises(RelayError, match=r"login refused: 535 .*repeats the login") as caught:
        asyncio.run(scenario(Peer({"EHLO": WITH_TLS, "AUTH": reply})))
    logged = "".join(traceback.format_exception(caught.value, limit=0)).lower()
    assert not [secret for secret in ("s3cret/", "agfk", "m2ny", "cznj") if secret in logged]


def test_a_login_without_tls_stays_on_this_machine() -> None:
    """No password leaves without TLS; no connection is even made (RFC 4954 4)."""
    relay = Relay(host="192.0.2.1", port=25, tls=Tls.NONE, username="ada", password="s3cret")
    with pytest.raises(RelayError, match="TLS"):
        asyncio.run(Session.open(relay))
    assert "s3cret" not in repr(relay)


def test_a_connection_is_gone_when_its_session_is_closed(
    authority: trustme.CA, tmp_path: Path
) -> None:
    """Also where the relay never ends its part of TLS: nothing is left open when the event loop ends (rule B22)."""
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = certificate(authority, "127.0.0.1")
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            plain, _ = server.accept()
            with (
                plain,
                context.wrap_socket(plain, server_side=True) as peer,
                peer.makefile() as said,
            ):
                peer.sendall(b"220 peer\r\n")
                for line in said:
                    peer.sendall(b"221 bye\r\n" if line.startswith("QUIT") else b"250 ok\r\n")
                    if line.startswith("QUIT"):
                        break
                is_over.wait(60)

        thread = threading.Thread(target=serve)
        thread.start()
        relay = Relay(
            host="127.0.0.1",
            port=server.getsockname()[1],
            tls=Tls.IMPLICIT,
            ca=tmp_path / "ca.pem",
        )

        async def open_and_close() -> None:
            await (await Session.open(relay)).close()

        before = count_sockets()
        run_in_loop(open_and_close)
        left = count_sockets() - before
        is_over.set()
        thread.join()
    assert left == 1  # the peer's own


def count_sockets() -> int:
    """How many this process has."""
    there = [one for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    return sum(str(one.readlink()).startswith("socket:") for one in there)
