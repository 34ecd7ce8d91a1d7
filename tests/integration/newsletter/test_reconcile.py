"""Messages in doubt, and what the author says of them: on the ledger, from Python, by command."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from newsletter.app import Newsletter
from scripts.cli import app
from storage.database.engine import Database
from storage.model.deliveries import DeliveryState
from storage.model.errors import Conflict, NotFound
from storage.model.issues import Issue, Mailing
from tests.conftest import NOON
from tests.worlds.store import MINUTE, Store, empty_file, settled


@pytest.fixture
def store(database: Database) -> Store:
    """The rooms of a fresh database, on each engine in turn."""
    return Store(database)


def publish_doubtful(store: Store, *, due_at: datetime | None = None) -> Issue:
    """An issue for three readers, of which the relay took one and perhaps two more."""
    store.join(3)
    issue = store.publish()
    first, second, third = (claim.delivery_id for claim in store.claim())
    store.begin(first, second, third)
    doubt = DeliveryState.UNKNOWN
    store.settle(settled(first), *(settled(id_, doubt, due_at=due_at) for id_ in (second, third)))
    return issue


def tally(store: Store, issue: Issue) -> dict[DeliveryState, int]:
    """How many deliveries of the issue are in which state."""
    return dict(store.overview.tally(issue.id).counts)


def test_what_is_held_waits_for_the_author(store: Store) -> None:
    """Without a due time a message in doubt is never claimed again by itself (rule B8)."""
    issue = publish_doubtful(store)
    assert store.ledger.next_due() is None
    assert store.claim(now=NOON + timedelta(days=9)) == []
    assert store.mailings.finish() == [issue.id]


@pytest.mark.parametrize("finished", [True, False])
def test_resending_makes_the_doubtful_due_and_nothing_else(store: Store, finished: bool) -> None:
    """They are claimed again at once, also when the issue was done; who has it is left alone."""
    issue = publish_doubtful(store)
    if finished:
        store.mailings.finish()
    later = NOON + MINUTE
    assert store.mailings.resend_doubtful(issue.id, now=later) == 2
    claims = store.claim(now=later)
    assert [claim.attempts for claim in claims] == [1, 1]
    assert store.issues.get(issue.id).mailing is Mailing.OPEN
    assert tally(store, issue) == {DeliveryState.ACCEPTED: 1, DeliveryState.SENDING: 2}
    assert store.mailings.resend_doubtful(issue.id, now=later) == 0


def test_accepting_settles_the_doubtful_for_good(store: Store) -> None:
    """What the author knows to have arrived is not sent again, though it was due."""
    issue = publish_doubtful(store, due_at=NOON + MINUTE)
    assert store.mailings.accept_doubtful(issue.id, now=NOON) == 2
    assert tally(store, issue) == {DeliveryState.ACCEPTED: 3}
    assert store.claim(now=NOON + timedelta(days=1)) == []
    reasons = {delivery.reason for delivery in store.overview.deliveries(issue.id)}
    assert "was in doubt; taken as accepted by the author" in reasons


def test_a_reader_who_left_meanwhile_is_not_mailed_again(store: Store) -> None:
    """Leaving wins over the author's wish to resend (promise 3)."""
    issue = publish_doubtful(store)
    for delivery in store.overview.deliveries(issue.id, state=DeliveryState.UNKNOWN):
        store.leave(delivery.subscriber_id)
    store.mailings.resend_doubtful(issue.id, now=NOON)
    assert store.claim() == []


def test_of_an_issue_taken_back_nothing_is_resent(store: Store) -> None:
    """A cancel is final, also for messages in doubt; a pause holds them until it ends."""
    issue = publish_doubtful(store)
    store.ledger.pause_issue(issue.id, "wait", now=NOON)
    assert store.mailings.resend_doubtful(issue.id, now=NOON) == 2
    assert store.claim() == []
    store.mailings.cancel(issue.id)
    assert store.mailings.resend_doubtful(issue.id, now=NOON) == 0
    assert store.ledger.next_due() is None


def test_other_issues_are_left_alone(store: Store) -> None:
    """The author decides issue by issue."""
    issue = publish_doubtful(store)
    other = store.publish("second")
    assert store.mailings.accept_doubtful(other.id, now=NOON) == 0
    assert store.mailings.resend_doubtful(other.id, now=NOON) == 0
    assert tally(store, issue)[DeliveryState.UNKNOWN] == 2


def test_the_standing_of_a_delivery_can_be_asked(store: Store) -> None:
    """The state as it is now, and None for one that is gone."""
    store.join(1)
    store.publish()
    (claim,) = store.claim()
    assert store.ledger.standing(claim.delivery_id) is DeliveryState.SENDING
    assert store.ledger.standing(claim.delivery_id + 1) is None


# ── from Python and by command ───────────────────────────────────────────────────────────────


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A newsletter with one issue for one reader, whose message is in doubt and held."""
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "launch.md").write_text("---\npublish: now\n---\n# Launch\n\nWe did.\n")
    (tmp_path / "newsletter.toml").write_text(
        '[newsletter]\ntitle = "T"\nurl = "https://notes.example.org"\nsender = "a@example.org"\n'
        '[schedule]\nhold = "0s"\n[dispatch]\ndoubt = "hold"\n'
    )
    empty_file(tmp_path)
    with Newsletter.open(tmp_path / "newsletter.toml") as newsletter:
        newsletter.subscriptions.add("ada@example.com", consent="asked")
        newsletter.schedule("launch.md", "now")
        newsletter.poll()
        ledger, now = newsletter.parts.ledger, newsletter.parts.clock()
        (claim,) = ledger.claim("w", now=now, limit=9, lease=MINUTE)
        ledger.record("w", [], [claim.delivery_id], now=now)
        newsletter.parts.rescuer.rescue(now=now, resend=False, gone=["w"])
        newsletter.parts.mailings.finish()
    return tmp_path


def reconcile(folder: Path, *options: str) -> tuple[int, str]:
    """Runs the command; its exit code and standard output."""
    arguments = ["--config", str(folder / "newsletter.toml"), "reconcile", "launch", *options]
    ran = CliRunner().invoke(app, arguments)
    return ran.exit_code, ran.stdout


@pytest.mark.parametrize("issue", [(), ("launch",)], ids=["of all", "of the issue"])
def test_status_tells_of_what_waits_for_the_author(folder: Path, issue: tuple[str, ...]) -> None:
    """A message in doubt is named with the command that decides, also when the issue is done."""
    arguments = ["--config", str(folder / "newsletter.toml"), "status", *issue]
    assert "newsletter reconcile launch" in CliRunner().invoke(app, arguments).stdout
    reconcile(folder, "--accept")
    assert "reconcile" not in CliRunner().invoke(app, arguments).stdout


def test_the_command_lists_and_changes_nothing(folder: Path) -> None:
    """Without an option the doubtful are shown, and are still there afterwards."""
    for _ in range(2):
        code, out = reconcile(folder, "--json")
        found = json.loads(out)
        assert (code, found["action"], found["changed"]) == (0, None, 0)
        assert [one["address"] for one in found["in_doubt"]] == ["ada@example.com"]
    assert "ada@example.com" in reconcile(folder)[1]


def test_the_command_resends(folder: Path) -> None:
    """Told so, the message goes out once more, and then nothing is in doubt."""
    code, out = reconcile(folder, "--resend")
    assert (code, "1 will be sent again" in out) == (0, True)
    with Newsletter.open(folder / "newsletter.toml") as newsletter:
        assert newsletter.send().accepted == 1
        assert newsletter.doubts("launch") == []
        assert newsletter.status("launch").issue.mailing is Mailing.DONE


def test_the_command_accepts(folder: Path) -> None:
    """Told that it arrived, nothing is sent."""
    code, out = reconcile(folder, "--accept", "--json")
    assert (code, json.loads(out)["changed"]) == (0, 1)
    with Newsletter.open(folder / "newsletter.toml") as newsletter:
        assert newsletter.status("launch").tally[DeliveryState.ACCEPTED] == 1
        assert newsletter.send().accepted == 0


def test_what_cannot_be_meant_is_refused(folder: Path) -> None:
    """Both options at once are a usage error; an unknown issue and a cancelled one are told."""
    assert reconcile(folder, "--resend", "--accept")[0] == 2
    with Newsletter.open(folder / "newsletter.toml") as newsletter:
        with pytest.raises(NotFound):
            newsletter.reconcile("lunch", resend=True)
        newsletter.reconcile("launch", resend=True)
        newsletter.cancel("launch")
        with pytest.raises(Conflict):
            newsletter.reconcile("launch", resend=True)
