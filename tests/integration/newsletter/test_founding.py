"""The verbs of the class: what there is before a newsletter is open."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from newsletter import Newsletter
from storage.model.errors import BackupError, Conflict, NewsletterError


def test_a_newsletter_that_a_script_began_opens(tmp_path: Path) -> None:
    """Its first note is private; what is there already is left as it is, and said."""
    config = Newsletter.init(tmp_path / "mine")
    with Newsletter.open(config, environ={}) as newsletter:
        assert newsletter.poll().published == ()
        assert [note.note for note in newsletter.check()] == []
        assert newsletter.check("first-note.md")
    before = config.read_bytes()
    with pytest.raises(Conflict, match="there already"):
        Newsletter.init(tmp_path / "mine")
    assert config.read_bytes() == before


def test_a_place_that_cannot_be_had_is_named(tmp_path: Path) -> None:
    """A file stands where the folder should."""
    (tmp_path / "mine").write_text("")
    with pytest.raises(NewsletterError, match=r"mine cannot be made: File exists"):
        Newsletter.init(tmp_path / "mine")


def test_a_key_is_its_owners_and_stays(tmp_path: Path) -> None:
    """It lies beside the configuration, with the lines that have it used; a second one of that name is refused."""
    config = Newsletter.init(tmp_path)
    made = Newsletter.new_key("s1", config=config, kind="ed25519", environ={})
    assert made.file == tmp_path / "dkim-s1.pem"
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert made.zone_line().startswith("s1._domainkey.example.com. IN TXT (")
    written = config.read_text("utf-8").replace("[dkim]\n", f"{made.settings}\n", 1)
    config.write_text(written, "utf-8")
    with Newsletter.open(config, environ={}) as newsletter:
        assert newsletter.config.signer is not None
    with pytest.raises(Conflict, match="new selector"):
        Newsletter.new_key("s1", config=config, environ={})
    for wrong in ({"selector": "a b"}, {"selector": "s2", "kind": "dsa"}):
        with pytest.raises(ValueError, match=r"letters|dsa"):
            Newsletter.new_key(**wrong, config=config, environ={})


def test_a_script_restores_what_it_backed_up(tmp_path: Path) -> None:
    """Readers of the backup are there again; a file that is no backup changes nothing."""
    config = Newsletter.init(tmp_path / "mine")
    with Newsletter.open(config, environ={}) as newsletter:
        newsletter.subscriptions.add("ada@example.com", consent="asked")
        backup = newsletter.backup(tmp_path / "copy.zip").path
        newsletter.subscriptions.add("bob@example.com", consent="asked")
    with pytest.raises(BackupError):
        Newsletter.restore(config, config=config, environ={})
    done = Newsletter.restore(backup, config=config, environ={})
    assert done.rows
    with Newsletter.open(config, environ={}) as newsletter:
        assert newsletter.subscriptions.find("ada@example.com").address == "ada@example.com"
        assert [one.address for one in newsletter.parts.roll.find()] == ["ada@example.com"]
    assert done.aside
