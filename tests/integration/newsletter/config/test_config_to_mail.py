"""From a value in newsletter.toml to the mail: what the configuration takes, a reader gets."""

from __future__ import annotations

import json
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast
from xml.etree import ElementTree as ET

import pytest

from feeds.syndication.ids import FeedFormat
from mailer.authentication.keys import KeyType
from newsletter import Newsletter
from storage.model.errors import ConfigError
from tests.peers.judges.verifier import pem
from tests.worlds.clock import Clock
from tests.worlds.publishing.notes import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A notes folder beside the configuration, with one note that is due."""
    root = tmp_path / "notes"
    root.mkdir()
    folder = Folder(root)
    folder.write("note.md", "# Hello\n\nDear reader.", publish="now")
    return folder


def open_with(
    folder: Folder,
    storage: str,
    *,
    title: str = "Notes",
    url: str = "https://notes.example.com",
    sender: str = "notes@example.com",
    reply_to: str = "",
    more: str = "",
) -> Newsletter:
    """A newsletter with these values and one reader, who leaves by mail as well."""
    config = folder.root.parent / "newsletter.toml"
    config.write_text(
        f"[newsletter]\ntitle = {json.dumps(title)}\n"
        f"url = {json.dumps(url)}\nsender = {json.dumps(sender)}\n"
        f"reply_to = {json.dumps(reply_to)}\n"
        f'[schedule]\nhold = "0s"\n[storage]\nurl = "{storage}"\n{more}\n',
        "utf-8",
    )
    clock: Clock = folder.clock
    newsletter = Newsletter.open(config, environ={}, clock=clock)
    newsletter.subscriptions.add("bob@example.com", consent="told me so")
    return newsletter


def send_one(newsletter: Newsletter) -> EmailMessage:
    """Sends the one issue to the one reader; the mail that arrived."""
    report = newsletter.send()
    assert (report.accepted, report.rejected, report.problems) == (1, 0, ())
    outbox = newsletter.publication.outbox()
    assert outbox is not None
    (file,) = (outbox / "new").iterdir()
    return cast("EmailMessage", message_from_bytes(file.read_bytes(), policy=policy.default))


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://faß.de", "https://xn--fa-hia.de"),
        ("https://example.com/zamétki", "https://example.com/zam%C3%A9tki"),
        ("https://example.com/my notes", "https://example.com/my%20notes"),
        (f"https://example.com/{'x' * 480}", f"https://example.com/{'x' * 480}"),
    ],
)
def test_an_international_site_is_one_ascii_address_everywhere(
    database_url: str, folder: Folder, url: str, written: str
) -> None:
    """Headers, both parts, feeds and canonical addresses have the same URI (rules A3, A14)."""
    more = '[bounces]\naddress = "b@example.com"'
    with open_with(folder, database_url, url=url, more=more) as newsletter:
        mail = send_one(newsletter)
        atom = newsletter.publication.feed(FeedFormat.ATOM)
    assert atom is not None
    page = f"{written}/issues/note"
    assert newsletter.identity.url == written
    assert mail["List-Archive"] == f"<{written}/archive>"
    assert mail["List-Unsubscribe"].startswith(f"<{written}/unsubscribe/")
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert page in part.get_content()
    links = [
        link.get("href")
        for link in ET.fromstring(atom.body).iter("{http://www.w3.org/2005/Atom}link")
    ]
    assert page in links
    assert all(link is not None and link.startswith(written) for link in links)


@pytest.mark.parametrize(
    "name",
    ["Ada <3 Notes", "a>b", "<ada@example.org>", 'The "Best" <notes> \\ more, or less; @home'],
)
def test_a_quoted_name_may_hold_anything(database_url: str, folder: Folder, name: str) -> None:
    """A name with brackets is taken by the configuration and stands in From (rule A23)."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    sender = f'"{escaped}" <notes@example.com>'
    with open_with(folder, database_url, sender=sender) as newsletter:
        (mailbox,) = send_one(newsletter)["From"].addresses
    assert (mailbox.display_name, mailbox.addr_spec) == (name, "notes@example.com")


def test_a_sender_of_a_test_domain_can_be_tried_out(database_url: str, folder: Folder) -> None:
    """Nobody owns .test: mail from it goes as far as the author's own machine (RFC 6761 6.2)."""
    with open_with(folder, database_url, sender="Notes <notes@news.test>") as newsletter:
        (mailbox,) = send_one(newsletter)["From"].addresses
    assert mailbox.addr_spec == "notes@news.test"


@pytest.mark.parametrize("sender", ["notes@localhost", "notes@intranet", "notes@printer.local"])
def test_a_sender_that_mail_cannot_come_from_is_refused_before_anything_is_published(
    database_url: str, folder: Folder, sender: str
) -> None:
    """Such an issue would be public and could never be mailed."""
    with pytest.raises(ConfigError, match="that mail can come from"):
        open_with(folder, database_url, sender=sender)


@pytest.mark.parametrize(
    ("domain", "ascii_form"), [("straße.de", "xn--strae-oqa.de"), ("βόλος.gr", "xn--nxasmm1c.gr")]
)
def test_a_domain_is_one_domain_in_every_place(
    database_url: str, folder: Folder, domain: str, ascii_form: str
) -> None:
    """From, Message-ID, return path, signature and mailto are of one domain (rules A28, A33)."""
    (folder.root.parent / "key.pem").write_bytes(pem(KeyType.RSA))
    more = f'''[dkim]
domain = "{domain}"
selector = "s1"
key = "key.pem"
[bounces]
address = "b@{domain}"
complaints_from = ["{domain}"]'''
    with open_with(folder, database_url, sender=f"Notes <notes@{domain}>", more=more) as newsletter:
        mail = send_one(newsletter)
        config = newsletter.config
    assert mail["From"].addresses[0].domain == ascii_form
    assert mail["Message-ID"].endswith(f"@{ascii_form}>")
    assert mail["Return-Path"].endswith(f"@{ascii_form}>")
    assert f"d={ascii_form};" in mail["DKIM-Signature"]
    assert f"@{ascii_form}?subject=" in mail["List-Unsubscribe"]
    assert config.signing_domain == ascii_form
    assert config.bounces.complaints_from == (ascii_form,)
    assert not [warning for warning in config.warnings if "DMARC" in warning.sentence]


def test_the_senders_domain_signs_unless_told(folder: Folder, tmp_path: Path) -> None:
    """Without a domain in [dkim] the record is for the one in From, whatever its script (A33)."""
    sender = "Notes <notes@straße.de>"
    with open_with(folder, f"sqlite:///{tmp_path}/n.db", sender=sender) as newsletter:
        assert newsletter.config.signing_domain == "xn--strae-oqa.de"


@pytest.mark.parametrize("title", ["  ", "\u200b", "\uffff"])
def test_a_title_that_nobody_can_see_is_refused_before_anything_is_published(
    folder: Folder, tmp_path: Path, title: str
) -> None:
    """No feed can be made with it, and none of its issues would say where it is from."""
    with pytest.raises(ConfigError, match="title: must hold a letter"):
        open_with(folder, f"sqlite:///{tmp_path}/n.db", title=title)


def test_answers_and_fields_of_the_authors_own_stand_in_the_mail(folder: Folder) -> None:
    """Once each, as they were written, however long; the fields that let a reader leave stay whole."""
    token = json.dumps({"campaign": "x" * 300})
    more = (
        "[newsletter.headers]\n"
        f"X-PM-Message-Stream = 'broadcast'\nX-Metadata = '{token}'\nX-Place = 'Zürich'"
    )
    reply_to = '"Example, Ada" <ada@example.org>'
    with open_with(folder, "sqlite:///n.db", reply_to=reply_to, more=more) as newsletter:
        mail = send_one(newsletter)
    assert [mail.get_all(name) for name in ("Reply-To", "X-PM-Message-Stream")] == [
        [reply_to],
        ["broadcast"],
    ]
    assert [mail.get_all(name) for name in ("X-Metadata", "X-Place")] == [[token], ["Zürich"]]
    assert mail.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
