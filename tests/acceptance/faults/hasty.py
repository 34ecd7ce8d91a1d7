"""`newsletter send` with less patience for a relay that hangs: its waits are seconds, not minutes.

python -m tests.acceptance.faults.hasty CONFIG
"""

from __future__ import annotations

import sys
from datetime import timedelta

from mailer.dispatch.dispatcher import Dispatcher
from mailer.policy.settlement import RetryPolicy
from mailer.smtp.relay import Relay, Timeouts, Tls
from mailer.smtp.session import Session
from newsletter import Newsletter
from newsletter.mailing.letters import Letters
from newsletter.service.loops import run_in_loop
from newsletter.service.workers import gone_workers, worker_name

HASTY = Timeouts(greeting=5, mail=2, rcpt=2, data=2, block=2, dot=2, quit=1)


async def connect(relay: Relay) -> Session:
    """A session that waits for no reply longer than two seconds."""
    return await Session.open(relay, HASTY)


def send(newsletter: Newsletter) -> None:
    """Poll, rescue, dispatch until nothing is due, as the command does."""
    newsletter.poll()
    ledger, config = newsletter.parts.ledger, newsletter.config
    rescuer = newsletter.parts.rescuer
    rescuer.rescue(now=newsletter.parts.clock(), resend=True, gone=gone_workers(rescuer.workers()))
    relays = [
        Relay(host=one.host, port=one.port, tls=Tls.NONE, connections=one.connections)
        for one in config.servers
    ]
    letters = Letters(
        archive=newsletter.parts.archive,
        identity=newsletter.identity,
        tokens=newsletter.parts.tokens,
        clock=newsletter.parts.clock,
    )
    dispatcher = Dispatcher(
        ledger,
        relays,
        letters.fill,
        RetryPolicy(retry=(timedelta(seconds=1),), expire=config.dispatch.expire),
        worker=worker_name(),
        connect=connect,
    )
    run_in_loop(dispatcher.drain)


if __name__ == "__main__":
    with Newsletter.open(sys.argv[1], environ={}) as opened:
        send(opened)
