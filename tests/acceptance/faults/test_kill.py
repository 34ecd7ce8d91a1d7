"""kill -9 of `newsletter send` at any moment: nobody is missed, hardly anybody gets it twice."""

from __future__ import annotations

import email
import email.policy
import json
import random
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from storage.model.deliveries import DeliveryState
from tests.peers.relays.counting import Phase, Relay
from tests.worlds.service.installed import CONNECTIONS, PROGRAM, House, address, build, tell

RSA = Path(__file__).parents[2] / "fixtures" / "keys" / "rsa.pem"


@pytest.fixture
def size(slow: bool) -> tuple[int, int]:
    """Recipients and kills."""
    return (5_000, 10) if slow else (300, 3)


def kill_sometime(house: House, relay: Relay, chance: random.Random, ahead: int) -> bool:
    """Starts a send and kills it at a random moment; whether it died of that."""
    process = house.start(PROGRAM, "send")
    moment = chance.choice(list(Phase))
    most = CONNECTIONS if moment is Phase.GREET else ahead  # there are no more greetings than that
    relay.kill(process.pid, moment, chance.randint(1, most))
    process.communicate(timeout=120)
    return not relay.spare()


def kill_early(house: House, relay: Relay, chance: random.Random, ahead: int) -> bool:
    """Starts a send and kills it by the clock: while it starts, publishes or begins to send.

    A machine may send all of it before the clock strikes, so the relay kills it at the latest.
    """
    process = house.start(PROGRAM, "send")
    relay.kill(process.pid, Phase.TAKEN, ahead)
    if not is_over(process, chance.uniform(0.3, 3)):
        process.kill()
    process.communicate(timeout=120)
    relay.spare()
    return process.returncode != 0


def is_over(process: subprocess.Popen[str], within_s: float) -> bool:
    """Whether the process ends within so many seconds."""
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def finish(house: House) -> None:
    """Sends to the end, undisturbed."""
    process = house.start(PROGRAM, "send", "--json")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert json.loads(out)["problems"] == []


def resend_doubtful(house: House) -> int:
    """Has what is still in doubt sent once more, as its author decides; how many those were."""
    process = house.start(PROGRAM, "reconcile", "first", "--resend", "--json")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    finish(house)
    return int(json.loads(out)["changed"])


def test_killed_senders_miss_nobody(
    database_url: str,
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    """Rule B9: every reader gets the issue; twice at most as many per kill as connections.

    A message that two kills left in doubt waits for the author, who has it sent again.
    """
    recipients, rounds = size
    chance = random.Random(7)
    with Relay().serving() as relay:
        smtp = f"smtp://127.0.0.1:{relay.port}?tls=none"
        house = build(tmp_path / "home", storage=database_url, smtp=smtp, recipients=recipients)
        ahead = recipients // rounds // 2
        kills = int(kill_early(house, relay, chance, ahead))
        for _ in range(rounds):
            kills += kill_sometime(house, relay, chance, ahead)
        finish(house)
        doubtful = resend_doubtful(house)
    tell(recipients=recipients, kills=kills, copies=relay.copies, doubtful=doubtful)
    assert kills >= rounds
    assert set(relay.accepted) == {address(number) for number in range(recipients)}
    assert relay.copies <= CONNECTIONS * kills + doubtful
    assert relay.most_open <= CONNECTIONS + 1  # a dying connection may still be seen
    states = Counter(delivery.state for delivery in house.deliveries())
    assert states == {DeliveryState.ACCEPTED: recipients}


@pytest.mark.only_slow
def test_killed_while_programs_sign(tmp_path: Path) -> None:
    """The same where so much is signed that programs of their own do it, of which none is left."""
    recipients, rounds, connections = 6_000, 8, 50
    chance, signing = random.Random(13), Counter[int]()
    folder = tmp_path / "home"
    with Relay().serving() as relay:
        smtp = f"smtp://127.0.0.1:{relay.port}?tls=none"
        house = build(folder, storage=f"sqlite:///{folder}/n.db", smtp=smtp, recipients=recipients)
        sign(house, connections=connections)
        for _ in range(rounds):
            process = house.start(PROGRAM, "send")
            moment = chance.choice([one for one in Phase if one is not Phase.GREET])
            relay.kill(process.pid, moment, chance.randint(400, recipients // rounds))
            while not is_over(process, 0.01):
                signing[process.pid] = max(signing[process.pid], programs_of(process.pid))
            process.communicate()
            assert not relay.spare()
        finish(house)
        doubtful = resend_doubtful(house)
    tell(recipients=recipients, copies=relay.copies, doubtful=doubtful, helped=len(+signing))
    assert +signing
    assert set(relay.accepted) == {address(number) for number in range(recipients)}
    assert relay.copies <= connections * rounds + doubtful
    assert not any(map(programs_of, signing))


def sign(house: House, *, connections: int) -> None:
    """From now on mail is signed with RSA-2048, over so many connections."""
    key = house.folder / "dkim.pem"
    key.touch(0o600)
    key.write_bytes(RSA.read_bytes())
    text = house.config.read_text().replace(
        f"connections = {CONNECTIONS}", f"connections = {connections}"
    )
    house.config.write_text(f'{text}\n[dkim]\nselector = "s"\nkey = "{key.name}"\n')


def programs_of(sender: int) -> int:
    """How many programs are there that this process started, or that it left behind."""
    found = subprocess.run(
        ["pgrep", "-c", "-f", "-P", f"{sender},1", "authentication/helper.py"],
        capture_output=True,
        check=False,
    )
    return int(found.stdout)


def test_killed_with_its_outbox(
    database_url: str,
    tmp_path: Path,
    size: tuple[int, int],
) -> None:
    """The embedded outbox dies with the sender and still has each message, by its Maildir."""
    recipients, rounds = size
    chance = random.Random(11)
    house = build(
        tmp_path / "home", storage=database_url, smtp="outbox:outbox", recipients=recipients
    )
    maildir = house.folder / "outbox"
    kills = 0
    for _ in range(rounds):
        process = house.start(PROGRAM, "send")
        wanted = len(kept(maildir)) + chance.randint(1, recipients // rounds // 2)
        while not is_over(process, 0.005) and len(kept(maildir)) < wanted:
            pass
        process.kill()
        process.communicate(timeout=120)
        kills += process.returncode != 0
    finish(house)
    readers = Counter(recipient(path) for path in kept(maildir))
    copies = readers.total() - len(readers)
    tell(recipients=recipients, kills=kills, copies=copies)
    assert set(readers) == {address(number) for number in range(recipients)}
    assert kills >= 1
    assert copies <= CONNECTIONS * kills


def kept(maildir: Path) -> list[Path]:
    """Messages the outbox has taken."""
    return list(maildir.glob("new/*"))


def recipient(path: Path) -> str:
    """Whom a kept message is for."""
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return str(message["To"].addresses[0].addr_spec)
