"""What the service does with the parts of a newsletter: its duties, and the dispatcher that sends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial

from mailer.dispatch import Dispatcher, Summary
from mailer.smtp import Relay
from newsletter.cores import spread
from newsletter.mailing import FormulaDesk, Letters
from newsletter.parts import Parts
from newsletter.service import Duties, Supervisor, worker_name
from newsletter.settings import retry_policy, way_back
from storage.archive import FormulaPictures
from storage.ledger import Digests


def dispatching(
    parts: Parts, progress: Callable[[Summary], None] | None = None
) -> Callable[[Sequence[Relay]], Dispatcher]:
    """Makes what sends by these relays."""
    config = parts.config

    def make(relays: Sequence[Relay]) -> Dispatcher:
        letters = Letters(
            archive=parts.archive,
            editions=Digests(parts.database).edition,
            own_words=parts.own_words.write,
            identity=config.identity,
            tokens=parts.tokens,
            clock=parts.clock,
            signer=config.signer,
            way_back=way_back(config),
            formulas=FormulaDesk(FormulaPictures(parts.database)),
        )
        return Dispatcher(
            parts.ledger,
            relays,
            letters.fill,
            retry_policy(config),
            worker=worker_name(),
            clock=parts.clock,
            lease=config.dispatch.lease,
            progress=progress,
            domain_connections=config.dispatch.domain_connections,
            around=partial(_signing, letters) if config.dkim.key else nullcontext,
        )

    return make


@contextmanager
def _signing(letters: Letters) -> Iterator[None]:
    """Where mail is signed: every core for the threads that do it, and programs for as long as something is sent."""
    with spread(), letters.sending():
        yield


def duties(parts: Parts, poll: Callable[[], None]) -> Duties:
    """What the service does with these parts; `poll` is one look at the notes folder."""
    config, listen = parts.config, parts.config.bounces.listen
    parts.subscriptions.desk.resume()  # a second run of one process
    return Duties(
        database=parts.database,
        pulse=parts.watching.pulse,
        relays=config.relays,
        make_dispatcher=dispatching(parts),
        poll=poll,
        poll_every=config.notes.poll,
        signups=parts.subscriptions.process,
        halt_signups=parts.subscriptions.desk.halt,
        upkeep=partial(_keep_up, parts),
        housekeeping=parts.housekeeping.run,
        alerts=parts.watching.watch.run,
        digests=parts.digests.run,
        collect_reports=parts.collecting.look,
        collect_every=config.bounces.poll,
        tell_hub=parts.hub.tell,
        look_at_feed=parts.follower.look,
        listen=partial(parts.collecting.listen, listen) if listen is not None else None,
        supervisor=Supervisor(os.environ, os.getpid()),
        on_dispatcher=parts.wake.connect,
    )


def _keep_up(parts: Parts) -> None:
    """What any process may do at any time."""
    parts.upkeep.run()
    parts.feed_count.keep()
