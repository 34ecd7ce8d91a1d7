"""A whole circle over a real Postfix: sent, refused further on, returned, and the reader left alone."""

from __future__ import annotations

import json
from pathlib import Path

from newsletter import Newsletter
from storage.model.deliveries import DeliveryState
from storage.model.readers import SuppressionReason
from tests.peers.mailboxes.reporting import running_postfix
from tests.peers.nursery import run_forked
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.service.installed import PROGRAM, House, address, build, environment

GONE, BLOCKED, FINE = (address(number) for number in range(3))


def refuse(phase: Phase, recipient: str) -> str | None:
    """The host behind Postfix: nobody is called GONE, and it does not like us for BLOCKED."""
    if phase is not Phase.RCPT:
        return None
    return {
        GONE: "550 5.1.1 User unknown in local recipient table",
        BLOCKED: "554 5.7.1 Service unavailable; client host blocked, user unknown",
    }.get(recipient)


def run(house: House, *command: str | Path) -> str:
    """What the installed command prints."""
    done = run_forked([PROGRAM, *command], cwd=house.folder, env=environment())
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_real_bounce_suppresses_the_right_reader(postfix_home: Path, tmp_path: Path) -> None:
    """The report comes to the address of that one delivery, and so names its reader (rules A34, C1
    to C6, C13): one is never mailed again, a fault of ours costs nobody anything.
    """
    with Relay(refuse).serving() as relay:
        relay.expected = 1
        main = f"transport_maps = inline:{{ {{example.org=smtp:[127.0.0.1]:{relay.port}}} }}\n"
        main += "virtual_mailbox_domains = example.com\nrelay_domains = example.org\n"
        with running_postfix(postfix_home, main=main) as postfix:
            smtp = f"smtp://127.0.0.1:{postfix.port}?tls=none"
            storage = f"sqlite:///{tmp_path}/newsletter.db"
            house = build(tmp_path / "home", storage=storage, smtp=smtp, recipients=3)
            sent = json.loads(run(house, "send", "--json"))
            assert (sent["accepted"], sent["rejected"]) == (3, 0)
            postfix.wait_for_reports(2)
            assert relay.everybody.wait(60), "Postfix sends to each on its own"
            said = {row["subscriber"]: row for row in bounce(house, postfix.maildir)}
            again = {row["action"] for row in bounce(house, postfix.maildir)}
    assert (said[GONE]["kind"], said[GONE]["action"]) == ("hard", "suppressed")
    assert (said[GONE]["status"], said[GONE]["recipients"]) == ("5.1.1", [GONE])
    assert (said[BLOCKED]["kind"], said[BLOCKED]["action"]) == ("policy", "bounced")
    assert set(said) == {GONE, BLOCKED}
    assert again == {"duplicate"}
    assert set(relay.accepted) == {FINE}
    assert suppressed(house) == {GONE: SuppressionReason.HARD_BOUNCE}
    states = {delivery.address: delivery.state for delivery in house.deliveries()}
    assert states == {
        GONE: DeliveryState.BOUNCED,
        BLOCKED: DeliveryState.BOUNCED,
        FINE: DeliveryState.ACCEPTED,
    }


def bounce(house: House, maildir: Path) -> list[dict[str, object]]:
    """Takes the reports of a Maildir."""
    found: list[dict[str, object]] = json.loads(run(house, "bounce", maildir, "--json"))
    return found


def suppressed(house: House) -> dict[str, SuppressionReason]:
    """Who is never mailed again, and why."""
    with Newsletter.open(house.config, environ={}) as newsletter:
        found = newsletter.subscribers.suppressions()
    return {one.address: one.reason for one in found}
