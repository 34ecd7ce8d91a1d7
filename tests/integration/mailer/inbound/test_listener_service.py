"""The listener as part of the running service, with a real mail system in front of it."""

from __future__ import annotations

import asyncio
import signal
import smtplib
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from storage.model.deliveries import DeliveryState
from storage.model.errors import SiteError
from storage.model.readers import SubscriberState, SuppressionReason
from tests.integration.newsletter.test_service import running, until
from tests.peers.mailboxes.readers import wishes
from tests.peers.ports import free_port
from tests.peers.relays.postfix import TAKING, private_postfix
from tests.worlds.inbound.intakes import settle_in
from tests.worlds.inbound.listener import PATIENCE_S
from tests.worlds.store import quarantined

NOTE = "---\npublish: now\n---\n# One\n\nHello.\n"
POSTFIX = f"""
{TAKING}
virtual_mailbox_domains = example.org
virtual_mailbox_maps = inline:{{ {{eve@example.org=eve/}} }}
relay_domains = example.com
relay_recipient_maps =
transport_maps = inline:{{ {{example.com={{transport}}}} }}
lmtp_host_lookup = native
"""


def test_run_listens_and_ends_in_order(database_url: str, tmp_path: Path) -> None:
    """`newsletter run` takes mail where it is told to, until SIGTERM (rules C16, G7)."""
    port = free_port()
    extra = f'listen = "127.0.0.1:{port}"'
    config = settle_in(tmp_path / "house", storage=database_url, extra=extra)
    with Newsletter.open(config, environ={}) as newsletter:
        key = newsletter.parts.tokens.leave_key(1)
    address = f"notes+{key}@example.com"

    async def main() -> None:
        async with running(config) as process:
            await asyncio.to_thread(leave, port, address, key)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), PATIENCE_S) == 0

    asyncio.run(main())
    with Newsletter.open(config, environ={}) as newsletter:
        known = newsletter.subscribers.get(1)
        assert known is not None
        assert known.state is SubscriberState.UNSUBSCRIBED


def leave(port: int, address: str, key: str) -> None:
    """The mail with which a reader leaves, handed over."""
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE_S) as client:
        client.sendmail("ada@example.org", [address], wishes(address, key)["plain"])


def test_a_place_in_use_ends_the_start(tmp_path: Path) -> None:
    """Without the listener that was asked for, the service does not run at all."""
    port = free_port()
    config = settle_in(
        tmp_path / "house",
        storage="sqlite:///newsletter.db",
        extra=f'listen = "127.0.0.1:{port}"',
    )

    async def main() -> None:
        server = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", port)
        async with server:
            refused = pytest.raises(SiteError, match=r"\(Address already in use\); change")
            with Newsletter.open(config, environ={}) as newsletter, refused:
                await asyncio.to_thread(newsletter.run)

    asyncio.run(main())


@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
def test_postfix_bounces_through_the_listener(
    postfix_home: Path, tmp_path: Path, protocol: str
) -> None:
    """An issue goes out through Postfix, which finds nobody at home and reports back by itself:
    the reader is suppressed, the delivery bounced, and the other reader has the mail (rule C16).
    """
    home = postfix_home
    if protocol == "smtp":
        port = free_port()
        listen, transport = f"127.0.0.1:{port}", f"smtp:[127.0.0.1]:{port}"
    else:
        path = home / "lmtp"
        listen, transport = f"lmtp://{path}", f"lmtp:unix:{path}"
    with private_postfix(home, main=POSTFIX.replace("{transport}", transport)) as relay:
        config = settle_in(
            tmp_path / "house",
            storage="sqlite:///newsletter.db",
            relay=f"smtp://127.0.0.1:{relay}",
            extra=f'listen = "{listen}"',
        )
        (tmp_path / "house" / "notes" / "note.md").write_text(NOTE)
        with Newsletter.open(config, environ={}) as newsletter:
            newsletter.subscriptions.add("eve@example.org", consent="test")

            def is_over() -> bool:
                suppressed = newsletter.subscriptions.suppression("ada@example.org") is not None
                return suppressed and any((home / "mail").glob("eve/new/*"))

            async def main() -> None:
                async with running(config):
                    await until(is_over)

            asyncio.run(main())
            found = newsletter.subscriptions.suppression("ada@example.org")
            assert found is not None
            assert found.reason is SuppressionReason.HARD_BOUNCE
            assert newsletter.parts.overview.tally()[DeliveryState.BOUNCED] == 1
            assert newsletter.parts.overview.tally()[DeliveryState.ACCEPTED] == 1
            assert not quarantined(newsletter.reports)
    assert len(list((home / "mail" / "eve" / "new").iterdir())) == 1
