"""Backups and what comes back of them: made while mail goes out, restored on either database, after a kill too."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.keeping import restore
from scripts.cli import main
from storage.database import schema
from storage.model import (
    DeliveryState,
    Mailing,
    SubscriberState,
)
from tests.conftest import NOON
from tests.worlds.service.kept import Home


def run(home: Home, *arguments: str | Path) -> int:
    """A command; its exit code."""
    with pytest.raises(SystemExit) as ended:
        main(["--config", str(home.config), *map(str, arguments)])
    return int(str(ended.value.code or 0))


def test_what_is_restored_is_what_was_there(home: Home) -> None:
    """Every row comes back, after all that happened since; numbers given once are not given again;
    the file is its owner's only.
    """
    before = home.rows()
    made = home.back_up()
    assert stat.S_IMODE(home.copy.stat().st_mode) == 0o600
    assert made.rows >= sum(map(len, before.values()))
    with home.opened() as newsletter:
        newsletter.subscriptions.add("new@example.com", consent="asked")
    done = restore(home.target, home.copy)
    assert home.rows() == before
    assert done.held == 0
    assert [path.exists() for path in done.aside] == [True]
    with home.opened() as newsletter:
        newsletter.subscriptions.add("later@example.com", consent="asked")
        numbers = [one.id for one in newsletter.subscribers.everyone()]
    assert numbers == [1, 2, 3, 4]


def test_a_backup_tells_what_it_is(home: Home) -> None:
    """Any program that knows zip and JSON reads it: the secret, a member for each table, a manifest."""
    home.back_up()
    with zipfile.ZipFile(home.copy) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.read("secret") == home.secret.read_bytes()
        lines = archive.read("tables/subscribers.jsonl").splitlines()
    assert manifest["schema"] == schema.REVISION
    columns = manifest["tables"]["subscribers"]["columns"]
    addresses = [dict(zip(columns, json.loads(line), strict=True))["address"] for line in lines]
    assert addresses == ["ada@example.com", "bob@example.com", "eve@example.com"]


def test_nothing_is_mailed_that_may_have_been(home: Home) -> None:
    """An issue that the backup believes unsent is paused, one that it does not know is published and
    paused, a confirmation is dropped; what is written later goes out, and what the author resumes.
    """
    home.write("second")
    with home.opened() as newsletter:
        newsletter.poll()
        newsletter.subscriptions.request("joe@example.com", ip="192.0.2.1", source="f", consent="c")
        newsletter.subscriptions.process()
        newsletter.subscriptions.request("ann@example.com", ip="192.0.2.2", source="f", consent="c")
    home.back_up()
    home.write("third")
    with home.opened() as newsletter:
        newsletter.send()
    mailed = home.mails()
    done = restore(home.target, home.copy)
    assert done.held == 1
    with home.opened() as newsletter:
        report = newsletter.send()
        assert (report.accepted, home.mails()) == (0, mailed)
        standing = {one.issue.slug: one.issue for one in newsletter.issues()}
        assert standing["second"].mailing is Mailing.PAUSED
        assert standing["third"].mailing is Mailing.PAUSED
        assert "restored from a backup" in standing["second"].mailing_reason
        home.write("fourth")
        assert newsletter.send().accepted == 2
        newsletter.resume("second")
        assert newsletter.send().accepted == 2
        newsletter.cancel("third")
        assert newsletter.send().accepted == 0


def test_a_digest_that_may_have_gone_out_waits(home: Home) -> None:
    """One that was due since the backup is made again, and paused like everything else; the next is not."""
    with home.opened() as newsletter:
        with newsletter.parts.database.transaction() as connection:
            weekly = sa.text("UPDATE subscribers SET pace = 'weekly' WHERE address LIKE 'ada%'")
            connection.execute(weekly)
        home.write("second")
        assert newsletter.send().accepted == 1
    home.back_up()
    home.clock.move(hours=8)  # it is Sunday, and later than five
    with home.opened() as newsletter:
        assert newsletter.send().accepted == 1
    mailed = home.mails()
    restore(home.target, home.copy)
    with home.opened() as newsletter:
        assert newsletter.send().accepted == 0
        assert home.mails() == mailed
        home.clock.move(days=6)
        home.write("third")
        assert newsletter.send().accepted == 1
        home.clock.move(days=1)
        assert newsletter.send().accepted == 1


def test_what_was_on_the_wire_is_in_doubt(home: Home) -> None:
    """A message that a worker had begun when the backup was made is not sent by itself again."""
    home.write("second")
    with home.opened() as newsletter:
        newsletter.poll()
        parts = newsletter.parts
        claims = parts.ledger.claim("w", now=NOON, limit=1, lease=timedelta(hours=1))
        parts.ledger.record("w", [], [claims[0].delivery_id], now=NOON)
    home.back_up()
    with home.opened() as newsletter:
        newsletter.parts.rescuer.rescue(now=NOON + timedelta(hours=3), resend=False, gone=["w"])
    restore(home.target, home.copy)
    with home.opened() as newsletter:
        newsletter.resume("second")
        assert newsletter.send().accepted == 1
        assert newsletter.status("second").tally[DeliveryState.UNKNOWN] == 1


@pytest.mark.parametrize("exactly", [False, True])
def test_who_is_gone_stays_gone(home: Home, exactly: bool) -> None:
    """Whoever left, was suppressed or was erased since the backup stays so; unless it is to be exactly
    as it was.
    """
    home.back_up()
    with home.opened() as newsletter:
        newsletter.subscriptions.unsubscribe_address("ada@example.com")
        newsletter.subscriptions.erase("bob@example.com")
        newsletter.subscriptions.suppress("ann@example.com", evidence="asked by phone")
    done = restore(home.target, home.copy, exactly=exactly)
    gone = done.departed
    assert (gone.left, gone.suppressed, gone.erased) == ((0, 0, 0) if exactly else (1, 1, 1))
    with home.opened() as newsletter:
        states = {one.address: one.state for one in newsletter.subscribers.everyone()}
        active = SubscriberState.ACTIVE
        left = SubscriberState.UNSUBSCRIBED
        ada = active if exactly else left
        expected = {"ada@example.com": ada, "bob@example.com": active, "eve@example.com": left}
        if not exactly:
            del expected["bob@example.com"]
        assert states == expected
        assert len(newsletter.subscribers.suppressions()) == (0 if exactly else 2)


def test_the_commands(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`backup` writes, overwrites nothing and keeps so many in a folder; `restore` asks, and tells
    what is held.
    """
    assert run(home, "backup", home.copy) == 0
    assert run(home, "backup", home.copy) == 1
    assert "is there already" in capsys.readouterr().err
    folder = home.folder / "backups"
    folder.mkdir()
    (folder / "newsletter-20200101T000000Z.zip").touch()
    (folder / "mine.zip").touch()
    assert run(home, "backup", folder, "--keep", "1", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["removed"]) == 1
    assert len(list(folder.iterdir())) == 2
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert run(home, "restore", home.copy) == 1
    assert "nothing was changed" in capsys.readouterr().err
    assert run(home, "restore", home.copy) == 1
    assert "--yes" in capsys.readouterr().err
    assert run(home, "restore", home.copy, "--yes") == 0
    assert "nothing is mailed by itself" in capsys.readouterr().out
    assert run(home, "restore", folder / "mine.zip", "--yes") == 1
    assert "no backup" in capsys.readouterr().err
