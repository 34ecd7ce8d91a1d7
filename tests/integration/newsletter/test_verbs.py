"""Verbs that are called as the commands are: what came back, and the way to the desk."""

from __future__ import annotations

from email import message_from_bytes
from pathlib import Path

import pytest

from newsletter import Newsletter
from storage.model.errors import Conflict
from tests.integration.newsletter.test_newsletter import configure
from tests.worlds.publishing.notes import Folder


def test_what_came_back_and_the_way_to_the_desk_are_verbs(
    tmp_path: Path, database_url: str
) -> None:
    """`bounce` acts on a report as the command does, once; `desk` says that it is off, or opens it."""
    (tmp_path / "notes").mkdir()
    folder = Folder(tmp_path / "notes")
    config = configure(folder, database_url)
    folder.write("note.md", "# Hello\n\nwords", publish="now")
    with Newsletter.open(config, environ={}, clock=folder.clock) as newsletter:
        newsletter.subscriptions.add("bob@example.com")
        assert newsletter.send().accepted == 1
        outbox = newsletter.publication.outbox()
        assert outbox is not None
        (mail,) = (message_from_bytes(one.read_bytes()) for one in (outbox / "new").iterdir())
        report = (
            f"To: {mail['Return-Path']}\nDelivered-To: {mail['Return-Path'].strip('<>')}\nMIME-Version: 1.0\n"
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
            "Final-Recipient: rfc822; bob@example.com\nAction: failed\nStatus: 5.1.1\n--b--\n"
        ).encode()
        tried, done, again = [
            one.action.value
            for dry_run in (True, False)
            for one in newsletter.bounce(*[report] * (2 - dry_run), dry_run=dry_run)
        ]
        assert (tried, done, again) == ("suppressed", "suppressed", "duplicate")
        with pytest.raises(Conflict, match="the desk is off"):
            newsletter.desk()
    with Newsletter.open(config, environ={"NEWSLETTER_DESK__ENABLED": "true"}) as newsletter:
        assert newsletter.desk().startswith("https://notes.example.com/desk/enter/")
