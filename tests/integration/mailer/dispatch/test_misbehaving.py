"""Relays that misbehave at each command: what readers got of it, and what the ledger says.

How a session reads each answer is tried in tests/integration/mailer/smtp; here it is what follows.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import pytest

from mailer.smtp.relay import Timeouts
from mailer.smtp.session import Session
from storage.database.engine import Database
from storage.model.deliveries import RESENDS, Delivery, DeliveryState
from storage.model.issues import Issue, Mailing
from tests.integration.mailer.dispatch.test_dispatcher_groups import fill, ids
from tests.peers.relays.smtp import ODDITIES, Peer
from tests.sizes import every
from tests.worlds.sending.dispatch import House, Script, policy

USER, PASSWORD = "ada", "s3cret-word"
SECRETS = (PASSWORD, b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode(), "@example.org")
OFFERS: Final = {
    "groups": "250-p\r\n250-AUTH PLAIN\r\n250 PIPELINING",
    "steps": "250-p\r\n250 AUTH PLAIN",
}
TOMORROW = timedelta(days=1)
SOON = timedelta(seconds=2)
SHORT_S = 0.05
S = DeliveryState

VERBS: Final = ("MAIL", "RCPT", "DATA", "DOT")
TABLE: Final = """
an odd 2yz              aa     aa     dd     aa
without end             dd     dd     dd     ?d
one line without end    dd     dd     dd     ?d
4yz                     DD     DD     DD     DD
policy                  pp     pp     pp     pp
nobody                  pp     xx     xx     xx
421                     dd     dd     dd     dd
354                     dd     dd     aa     ?d
1yz                     dd     dd     dd     ?d
999                     dd     dd     dd     ?d
000                     dd     dd     dd     ?d
words                   dd     dd     dd     ?d
octets                  dd     dd     dd     ?d
an empty line           dd     dd     dd     ?d
LF alone                aa     aa     dd     aa
354, LF alone           dd     dd     aa     ?d
a code alone            aa     aa     dd     aa
no blank                dd     dd     dd     ?d
half a line, close      dd     dd     dd     ?d
half a reply, close     dd     dd     dd     ?d
half a reply, silence   dd     dd     dd     ?d
close                   dd     dd     dd     ?d
reset                   dd     dd     dd     ?d
silence                 dd     dd     dd     ?d
two yes                 dd     dd     dd     aa
two no                  pp     xx     rr     rp/rr
no, yes                 DD     DD     DD     DD
yes, no                 DD/dd  DD/dd  dd     aD/aa
two 354                 dd     dd     dd     ?d
354, yes                dd     dd     dd     ?d
354, close              dd     dd     dd     ?d
yes, 421                dd     dd     dd     aa
yes, close              dd     dd     dd     aa
all at once             dd     dd     dd     aa
yes that ends in no     pp     rr     pp     pp
no that ends in yes     aa     aa     dd     aa
"""
"""What two readers' deliveries are when a relay always answers MAIL, RCPT, DATA or the dot so; in groups / in
steps where that makes a difference.

a  accepted
d  put off, and nothing counted: the relay is blamed
D  put off, and counted as a try
p  put off, and nothing counted: the issue waits for its author
r  refused
x  refused, and never mailed again: there is nobody
?  in doubt
"""
FEW: Final = ("4yz", "999", "yes, no", "nobody", "policy", "421", "close", "two no")
"""One of each kind, the first ones before all, for where all were tried in another way."""


@pytest.fixture
def house(database: Database) -> House:
    """Each test's own house, on SQLite and on PostgreSQL."""
    return House(database)


@dataclass
class Matrix:
    """Relay after relay over one database, each with an issue of its own for the same two readers."""

    house: House
    ehlo: str
    issues: list[Issue] = field(default_factory=list)
    copies: Counter[int] = field(default_factory=Counter)
    """How often each delivery's content was taken, or may have been: what was refused is none."""
    now_open: int = 0
    """Connections that were left open."""
    _welcomed: int = 0

    async def meet(self, script: Script, *, turns: int = 1) -> str:
        """What becomes of an issue when a relay misbehaves so: a letter of the table for each delivery."""
        self._welcome()
        issue = self.house.issue(len(self.issues) + 1, readers=2)
        self.issues.append(issue)
        seen = await self._try(issue, script, retry=SOON if turns > 1 else TOMORROW)
        for left in range(turns - 1, 0, -1):
            self.house.now += SOON
            await self._try(issue, script, retry=SOON if left > 1 else TOMORROW)
        return seen

    async def finish(self) -> Counter[DeliveryState]:
        """A relay that does as it should takes over, and the author lets go on what waits; how it ends."""
        for issue in self.issues:
            self.house.mailings.resume(issue.id, now=self.house.now)
        self.house.now += 2 * TOMORROW
        await self._try(self.issues[-1], {}, retry=TOMORROW)
        return Counter(one.state for issue in self.issues for one in self._deliveries(issue))

    def _welcome(self) -> None:
        """There are two readers, also when a relay said of some that there is nobody."""
        missing = 2 - (self._welcomed - len(self.house.subscribers.suppressions()))
        self.house.welcome(range(self._welcomed, self._welcomed + missing))
        self._welcomed += missing

    async def _try(self, issue: Issue, script: Script, *, retry: timedelta) -> str:
        peer = Peer({"EHLO": OFFERS[self.ehlo], **script})
        async with peer.serving():
            dispatcher = self.house.dispatcher(
                peer,
                fill=fill,
                connections=1,
                login={"username": USER, "password": PASSWORD},
                connect=lambda relay: Session.open(relay, patience(peer)),
                policy=policy(retry=(retry,), expire=30 * TOMORROW),
            )
            await dispatcher.drain()
            self.now_open += 0 if peer.hangs else peer.now_open
        seen = "".join(map(self._letter, self._deliveries(issue)))
        if not set(seen) & set("Dprx"):
            self.copies.update(ids(Peer(messages=[one for one in peer.messages if one])))
        return seen

    def _letter(self, one: Delivery) -> str:
        match one.state:
            case S.REJECTED:
                name = one.address.split("@")[0].replace("reader", "hash")
                return "x" if self.house.subscribers.suppression(name) else "r"
            case S.DEFERRED if one.attempts:
                return "D"
            case S.DEFERRED if one.code in (None, 421):
                return "d"
            case S.DEFERRED:
                assert self.house.issues.get(one.issue_id or 0).mailing is Mailing.PAUSED
                return "p"
            case state:
                return {S.ACCEPTED: "a", S.UNKNOWN: "?", S.SUPPRESSED: "s"}[state]

    def _deliveries(self, issue: Issue) -> Iterator[Delivery]:
        return self.house.overview.deliveries(issue.id)


def patience(peer: Peer) -> Timeouts:
    """A short wait only for what the peer keeps back: how fast the machine is decides nothing."""
    short = {name.lower(): SHORT_S for name in peer.hangs_at}
    return replace(Timeouts(), **{"quit": 5.0, **short})


def expected(ehlo: str) -> dict[tuple[str, str], str]:
    """The table: what is said, and to which command → a letter for each delivery."""
    told = {}
    for line in TABLE.strip().splitlines():
        cells = line[24:].split()
        for verb, cell in zip(VERBS, cells, strict=True):
            told[line[:24].strip(), verb] = cell.split("/")[-1 if ehlo == "steps" else 0]
    return told


@pytest.mark.timeout(900)  # beside twenty other programs it takes a hundred seconds
@pytest.mark.parametrize("ehlo", OFFERS)
def test_what_a_relay_says_out_of_turn_costs_nobody_an_issue_and_brings_two_copies_at_most(
    house: House, database_url: str, ehlo: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The ledger says what was meant, doubt is resent once, and a reader is blamed only for what was said of
    them; a better relay then brings everybody what is left, and no log tells a secret (rules B3 to B8, A37).
    Whatever else a relay says, it says to one command or two; to all of them with --slow.
    """
    rows = expected(ehlo)
    assert {name for name, _ in rows} == set(ODDITIES)
    others = (ehlo == "steps") + (not database_url.startswith("sqlite"))
    few = FEW[: 8 // others] if others else FEW
    tried = set() if others else set(list(rows)[:: every(3)])
    rows = {row: cell for row, cell in rows.items() if row[0] in few or row in tried}
    ours, theirs = ({row for row in rows if ("x" in rows[row]) is gone} for gone in (False, True))
    matrix = Matrix(house, ehlo)

    async def meet(wanted: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
        return {
            (name, verb): await matrix.meet(
                {verb: ODDITIES[name]}, turns=3 if name in FEW and rows[name, verb][0] == "?" else 1
            )
            for name, verb in sorted(wanted)
        }

    async def scenario() -> tuple[dict[tuple[str, str], str], Counter[DeliveryState]]:
        seen = await meet(ours)
        ends = await matrix.finish()
        return seen | await meet(theirs), ends

    seen, ends = asyncio.run(scenario())
    assert seen == rows
    # Whoever was refused, or is in doubt for the second time, is left to the author; all others have it.
    assert ends.pop(S.REJECTED, 0) == sum(rows[row].count("r") for row in ours)
    doubted = [name for name, verb in ours if name in FEW and rows[name, verb][0] == "?"]
    assert ends.pop(S.UNKNOWN) == len(doubted)
    assert set(ends) == {S.ACCEPTED}
    assert max(matrix.copies.values()) == 1 + RESENDS
    assert matrix.now_open == 0
    log = "".join(capsys.readouterr())
    assert "relay.hung_up" in log
    assert not [secret for secret in SECRETS if secret in log]
