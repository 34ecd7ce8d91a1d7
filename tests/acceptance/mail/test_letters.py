"""The author's letters to one reader, from the form to the mailbox: a welcome once, a goodbye that does not beg."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from newsletter.app import Newsletter
from newsletter.keeping import Target, restore
from scripts.cli import main
from tests.conftest import NOON
from tests.worlds.readers.town import Town, settled

ANN = "ann@example.org"


def confirm(town: Town, address: str) -> str:
    """Asks, follows the link of the mail that comes; the link."""
    assert town.site.post("/subscribe", data={"email": address}).status_code == 202
    town.author.newsletter.subscriptions.process()
    assert town.send() == [address]
    link = re.search(r"/confirm/[\w.~-]+", town.mail[address][-1][2])
    assert link is not None
    assert town.site.post(link[0]).status_code == 200
    return link[0]


def leave(town: Town, address: str) -> None:
    """By the link of the last mail that has one."""
    links = [re.search(r"/unsubscribe/[\w.~-]+", text) for _, _, text in town.mail[address]]
    (*_, link) = [found[0] for found in links if found is not None]
    for _ in range(2):
        assert town.site.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 200


def test_letters_come_once(tmp_path: Path, database_url: str) -> None:
    """The welcome after the first confirmation, and never again: not when the link is used twice, nor after leaving
    and coming back, nor after a restore that does not know whether it went out. Nobody who was imported
    is welcomed. The goodbye comes once for each leaving and asks for nothing.
    """
    (tmp_path / "welcome.md").write_text("# Welcome\n\nHello there.\n")
    (tmp_path / "goodbye.md").write_text("# Goodbye\n\nThank you for reading.\n")
    letters = {"welcome": "welcome.md", "goodbye": "goodbye.md"}
    with settled(tmp_path, database_url, NOON, **letters) as town:
        newsletter = town.author.newsletter
        link = confirm(town, ANN)
        town.site.post(link)
        assert (town.send(), town.send()) == ([ANN], [])
        assert "Hello there." in town.mail[ANN][-1][2]
        leave(town, ANN)
        assert (town.send(), town.send()) == ([ANN], [])
        _, subject, farewell = town.mail[ANN][-1]
        assert subject == "Goodbye"
        assert "Thank you for reading." in farewell
        assert not re.search(r"/subscribe|/confirm|come back|again", farewell)
        confirm(town, ANN)
        assert town.send() == []
        imported = tmp_path / "list.csv"
        imported.write_text("email\nbob@example.org\n")
        config = tmp_path / "newsletter.toml"
        command = ["--config", str(config), "subscribers", "import", str(imported)]
        with pytest.raises(SystemExit, match="0"):
            main([*command, "--consent", "fair"])
        assert town.send() == []
        confirm(town, "carla@example.org")
        newsletter.backup(tmp_path / "copy.zip")
        assert town.send() == ["carla@example.org"]
        secret = newsletter.parts.config.web.secret_file
    target = Target(url=database_url, secret_file=secret, clock=town.clock)
    restore(target, tmp_path / "copy.zip")
    mails = sorted(town.outbox.rglob("new/*"))
    with Newsletter.open(config, environ={}, clock=town.clock) as newsletter:
        newsletter.send()
    assert sorted(town.outbox.rglob("new/*")) == mails
