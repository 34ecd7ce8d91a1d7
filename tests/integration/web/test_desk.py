"""The author's desk over HTTP: who comes in, what each form does, and what strangers see."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.subscribing import write_rows
from storage.model.issues import Mailing
from storage.model.readers import SubscriberState, spell_tags
from tests.conftest import NOON
from tests.worlds.clock import Clock
from tests.worlds.readers.desk import Visitor, make_author, visiting
from tests.worlds.readers.site import PIXEL, Author, Client
from tests.worlds.rows import each

VIEWS = (
    "",
    *("/notes", "/note?note=private.md", "/note/mail?note=private.md", "/calendar", "/issues"),
    *(
        "/issues/launch",
        "/readers",
        "/readers/1",
        "/returned",
        "/numbers",
        "/numbers.svg?days=30",
        "/doctor",
        "/progress",
    ),
)
ACTS = (
    *("schedule", "unschedule", "queue", "unqueue", "test", "pause", "resume", "cancel", "mail"),
    *("add", "tags", "unsubscribe", "lift", "drop", "leave"),
)


@pytest.fixture
def author(tmp_path: Path) -> Iterator[Author]:
    """One who changes what is there."""
    writer = make_author(tmp_path)
    yield writer
    writer.newsletter.close()


@pytest.fixture
def visitor(author: Author) -> Iterator[Visitor]:
    """That author's browser."""
    with visiting(author) as browser:
        yield browser


@pytest.fixture
def inside(author: Author, visitor: Visitor) -> Visitor:
    """The same, after the door."""
    answer = visitor.enter(author.newsletter.parts.entrance.invite())
    assert answer.status_code == 303
    return visitor


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Author]:
    """One who changes nothing, nor lets anybody else."""
    writer = make_author(tmp_path_factory.mktemp("resting"))
    yield writer
    writer.newsletter.close()


@pytest.fixture(scope="module")
def looking(resting: Author) -> Iterator[Visitor]:
    """That author's browser, after the door."""
    with visiting(resting) as browser:
        assert browser.enter(resting.newsletter.parts.entrance.invite()).status_code == 303
        yield browser


@pytest.fixture(scope="module")
def stranger(resting: Author) -> Iterator[Visitor]:
    """A browser that has not come through the door."""
    with visiting(resting) as browser:
        yield browser


# ── the door ─────────────────────────────────────────────────────────────────────────────────


def test_without_the_key_no_desk_is_there(tmp_path: Path) -> None:
    """Unless it is switched on, no address of it exists."""
    writer = Author(tmp_path, Clock(NOON))
    with Client(writer.newsletter, peer="127.0.0.1") as client:
        for path in ("/desk", "/desk/enter/x", "/desk/notes", "/desk/file/desk.css"):
            assert client.get(path).status_code == 404
    writer.newsletter.close()


def test_an_invitation_opens_once(author: Author, visitor: Visitor) -> None:
    """Looking at it uses nothing up; pressing its button does, for everybody."""
    word = author.newsletter.parts.entrance.invite()
    assert [visitor.get(f"/enter/{word}").status_code for _ in range(3)] == [200, 200, 200]
    answer = visitor.enter(word)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    for part in ("__Host-desk=", "HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert visitor.get("").status_code == 200
    assert visitor.get(f"/enter/{word}").status_code == 410
    assert visitor.post(f"/enter/{word}", {}).status_code == 410


def test_a_new_invitation_voids_the_one_before(author: Author, visitor: Visitor) -> None:
    """And a quarter of an hour voids each."""
    entrance = author.newsletter.parts.entrance
    first, second = entrance.invite(), entrance.invite()
    assert visitor.enter(first).status_code == 410
    author.clock.now += timedelta(minutes=16)
    assert visitor.enter(second).status_code == 410


def test_a_session_ends(author: Author, inside: Visitor) -> None:
    """After twelve hours, and at once for every browser when the author leaves."""
    assert inside.get("").status_code == 200
    author.clock.now += timedelta(hours=12, minutes=1)
    assert inside.get("").status_code == 404
    inside.enter(author.newsletter.parts.entrance.invite())
    kept = inside.cookie
    assert "left the desk" in inside.do("leave").text
    inside.cookie = kept
    assert inside.get("").status_code == 404


@pytest.mark.parametrize("path", [*VIEWS, "/media/dot.png", "/readers.csv"])
def test_strangers_find_nothing(stranger: Visitor, path: str) -> None:
    """No page, no preview and no picture of a private note is there without a session."""
    for stranger.cookie in ("", "__Host-desk=00ff"):
        assert stranger.get(path).status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_no_other_page_can_post_for_the_author(looking: Visitor, resting: Author, act: str) -> None:
    """Without the form's key, with another session's, or from another site nothing is done (CSRF)."""
    key = looking.key()
    fields = {"issue": "launch", "reader": "1", "note": "private.md", "at": "now"}
    before = resting.newsletter.status("launch").issue.mailing
    forged = key[:-1] + ("0" if key[-1] != "0" else "1")
    for wrong in ({}, {"key": ""}, {"key": forged}):
        assert looking.post(f"/act/{act}", fields | wrong).status_code == 403
    crossed = looking.post(f"/act/{act}", fields | {"key": key}, sec_fetch_site="cross-site")
    assert crossed.status_code == 403
    assert resting.newsletter.status("launch").issue.mailing is before
    assert looking.get("").status_code == 200


@pytest.mark.parametrize(
    ("peer", "headers"),
    [
        ("203.0.113.9", {}),
        ("203.0.113.9", {"x_forwarded_proto": "https"}),
        ("127.0.0.1", {"x_forwarded_for": "198.51.100.7", "x_forwarded_proto": "http"}),
    ],
)
def test_a_line_that_others_read_leads_nowhere(
    author: Author, peer: str, headers: dict[str, str]
) -> None:
    """From elsewhere without a proxy that is believed, or over plain http, the door is not there."""
    with Client(author.newsletter, peer=peer) as client:
        visitor = Visitor(client, **headers)
        assert visitor.get(f"/enter/{author.newsletter.parts.entrance.invite()}").status_code == 404


# ── what it shows ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", VIEWS)
def test_every_page_is_shown_and_kept_by_nobody(looking: Visitor, path: str) -> None:
    """A page says that it is not to be kept, found or framed, and escapes what notes say."""
    answer = looking.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "Launch <day>" not in answer.text
    if path not in {"/progress", "/note/mail?note=private.md", "/numbers.svg?days=30"}:
        assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-robots-tag"].startswith("noindex")
        assert answer.headers["x-frame-options"] == "DENY"


def test_a_private_note_is_shown_with_its_picture(looking: Visitor) -> None:
    """The preview's pictures come from the desk, where nobody else sees them."""
    mail = looking.get("/note/mail?note=private.md")
    assert "/desk/media/dot.png" in mail.text
    assert "sandbox" in mail.headers["content-security-policy"]
    assert looking.get("/media/dot.png").content == PIXEL
    assert looking.get("/media/../newsletter.toml").status_code == 404
    assert looking.get("/media/private.md").status_code == 404


@each(("query", "others"), [("", [30, 365]), ("?days=30", [90, 365]), ("?days=7", [30, 90, 365])])
def test_the_numbers_lead_to_other_spans(looking: Visitor, query: str, others: list[int]) -> None:
    """Of the one that is shown there is no link."""
    links = re.findall(r'href="\?days=(\d+)"', looking.get(f"/numbers{query}").text)
    assert [int(link) for link in links] == others


def test_what_is_not_there_is_said(looking: Visitor) -> None:
    """An issue, a reader, a note or a report that is none is a page with a sentence."""
    for path in ("/issues/none", "/readers/99", "/note?note=none.md", "/returned/99", "/note"):
        answer = looking.get(path)
        assert answer.status_code == 404
        assert "That does not work" in answer.text


def test_numbers_and_names_that_nothing_can_have_name_nothing(inside: Visitor) -> None:
    """A number beyond those of the database, and a note's name with a NUL in it, are nobody's: no error of ours."""
    beyond = str(10**20)
    assert inside.get(f"/readers/{beyond}").status_code == 404
    assert inside.get(f"/returned/{beyond}").status_code == 404
    assert inside.do("unsubscribe", reader=beyond).status_code == 409
    assert "0 dropped" in inside.do("drop", number=beyond).text
    assert inside.do("schedule", note="private.md\0", at="now").status_code == 409


# ── what it does ─────────────────────────────────────────────────────────────────────────────


def test_a_note_is_scheduled_and_taken_back(author: Author, inside: Visitor) -> None:
    """The words are the command's, and so are the refusals."""
    assert inside.do("schedule", note="private.md", at="in 2 hours").status_code == 200
    (planned,) = author.newsletter.calendar()
    assert planned.path == "private.md"
    assert "private.md" in inside.get("/calendar").text
    refused = inside.do("schedule", note="private.md", at="the day after")
    assert refused.status_code == 409
    assert inside.do("unschedule", note="private.md").status_code == 200
    assert author.newsletter.calendar() == []


def test_a_blank_is_no_time(author: Author, inside: Visitor) -> None:
    """Browsers send a blank where a time is asked for; nobody is mailed at once who was to be mailed some day."""
    for fields in ({"at": ""}, {"at": "  "}, {}):
        refused = inside.do("schedule", note="private.md", **fields)
        assert refused.status_code == 409
        assert "Say when" in refused.text
    assert author.newsletter.calendar() == []


def test_a_time_is_told_in_the_newsletters_zone(inside: Visitor) -> None:
    """As the pages say it, with its day and its zone."""
    told = inside.do("schedule", note="private.md", at="2026-12-01 09:00").text
    assert "private.md goes out Tue 2026-12-01 09:00 PST." in told


def test_some_of_many_notes_and_issues_are_found(author: Author, inside: Visitor) -> None:
    """By words of path or title, whatever their case, and by how a note stands."""
    author.write("plans/broken.md", "---\ntitle: [\n---\n")
    author.write("plans/later.md", "---\npublish: 2040-01-01\ntitle: Ünder way\n---\nWords.\n")
    author.newsletter.poll()
    every = {"private.md", "launch.md", "plans/broken.md", "plans/later.md"}
    for asked, found in {
        "q=PLANS+later": {"plans/later.md"},
        "q=%C3%BCnder": {"plans/later.md"},
        "q=launch+day": {"launch.md"},
        "q=nowhere": set(),
        "state=private": {"private.md"},
        "state=planned": {"plans/later.md"},
        "state=published": {"launch.md"},
        "state=unusable&q=plans": {"plans/broken.md"},
        "state=nonsense": every,
    }.items():
        shown = inside.get(f"/notes?{asked}").text
        assert {path for path in every if f">{path}<" in shown} == found, asked
    assert "/desk/issues/launch" in inside.get("/issues?q=LAUNCH+day").text
    assert "/desk/issues/launch" not in inside.get("/issues?q=other").text


def test_a_note_says_to_how_many_it_goes(author: Author, inside: Visitor) -> None:
    """As the plan counts them; a private one says nothing of it, and a test copy goes to the author by itself."""
    author.write("later.md", "---\npublish: 2040-01-01\naudience: ml\n---\nWords.\n")
    assert ", to 0 readers" in inside.get("/note?note=later.md").text
    reader = author.newsletter.subscriptions.find("ada@example.com")
    assert inside.do("tags", reader=str(reader.id), tags=" ML, early reader").status_code == 200
    assert ", to 1 reader<" in inside.get("/note?note=later.md").text
    private = inside.get("/note?note=private.md").text
    assert "reader<" not in private
    assert 'type="email" value="notes@example.com"' in private


def test_the_tags_of_a_reader_are_those_that_were_written(author: Author, inside: Visitor) -> None:
    """What is not there any more is taken away, and a comma may stand in one."""
    reader = author.newsletter.subscriptions.find("ada@example.com")
    for written, tags in (
        ("ml, Beta", ("ml", "Beta")),
        ('beta, "a, b"', ("Beta", "a, b")),
        ("", ()),
    ):
        inside.do("tags", reader=str(reader.id), tags=written)
        assert author.newsletter.subscriptions.find("ada@example.com").tags == tags
        if tags:
            shown = inside.get(f"/readers/{reader.id}").text
            assert f'value="{", ".join(spell_tags([tag]) for tag in tags)}"' in html.unescape(shown)
    assert inside.do("tags", reader="99", tags="x").status_code == 409


def test_everybody_is_there_as_a_file(author: Author, inside: Visitor) -> None:
    """The same as the command writes, and its download is a line in the log."""
    answer = inside.get("/readers.csv")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == 'attachment; filename="readers.csv"'
    kept = io.StringIO(newline="")
    write_rows(author.newsletter.subscriptions.export_rows(), kept)
    assert answer.text == kept.getvalue()
    assert "ada@example.com" in answer.text


def test_the_mail_of_an_issue_is_in_the_authors_hand(author: Author, inside: Visitor) -> None:
    """Paused, resumed, cancelled, and mailed after all."""
    states = []
    for act in ("pause", "resume", "cancel", "mail"):
        assert inside.do(act, issue="launch").status_code == 200
        states.append(author.newsletter.status("launch").issue.mailing)
    assert states == [Mailing.PAUSED, Mailing.OPEN, Mailing.CANCELLED, Mailing.OPEN]
    assert inside.do("resume", issue="launch").status_code == 409
    assert inside.get("/progress").json() == {"launch": {"done": 0, "total": 2, "state": "open"}}


def test_readers_are_found_added_and_let_go(author: Author, inside: Visitor) -> None:
    """By address; a stranger is no error of the desk, and nobody is revived."""
    assert "ada@example.com" in inside.get("/readers?q=ADA").text
    assert "bob@example.com" not in inside.get("/readers?q=ADA").text
    added = inside.do("add", email="eve@example.com", tags="ml, beta", consent="at the fair")
    assert added.status_code == 200
    eve = author.newsletter.subscriptions.find("eve@example.com")
    assert eve.tags == ("ml", "beta")
    assert inside.do("unsubscribe", reader=str(eve.id)).status_code == 200
    assert author.newsletter.subscriptions.find("eve@example.com").state is (
        SubscriberState.UNSUBSCRIBED
    )
    again = inside.do("add", email="eve@example.com", consent="x")
    assert "nothing was changed" in again.text
    assert inside.do("add", email="nonsense", consent="x").status_code == 409
    assert inside.do("unsubscribe", reader="99").status_code == 409
    assert "unsubscribed" in inside.get(f"/readers/{eve.id}").text


def test_a_suppression_is_lifted(author: Author, inside: Visitor) -> None:
    """Once; a second time says that there was none."""
    author.newsletter.subscriptions.suppress("ada@example.com", "it bounced")
    assert "ada@example.com" in inside.get("/returned").text
    assert "may be mailed again" in inside.do("lift", address="ada@example.com").text
    assert author.newsletter.subscriptions.suppression("ada@example.com") is None


def test_a_test_copy_is_sent(author: Author, inside: Visitor) -> None:
    """Past the queue, and no issue comes of it."""
    answer = inside.do("test", note="private.md", to="me@example.com")
    assert "accepted the test copy" in answer.text
    assert [one.issue.slug for one in author.newsletter.issues()] == ["launch"]


def test_each_change_is_one_line_in_the_log(
    inside: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says what was done or refused, and holds no address and no key."""
    key = inside.key()
    capsys.readouterr()
    inside.do("pause", issue="launch")
    inside.do("pause", issue="launch")
    inside.do("add", email="eve@example.com", consent="x")
    said = "".join(capsys.readouterr())
    acts = [line for line in said.splitlines() if "desk.act" in line]
    assert len(acts) == 3
    assert "refused" in acts[1]
    assert "@" not in "".join(acts)
    assert key not in said
