"""`newsletter check` and `newsletter test`: what they say, send and leave alone."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import ssl
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.authentication.keys import KeyType, PrivateKey, SigningKey, make_key
from mailer.smtp import Relay, Tls
from newsletter import Newsletter
from newsletter.authoring.testcopies import send_test
from scripts.cli import main
from storage.model.errors import RelayError
from tests.integration.mailer.smtp.test_session import LETTER
from tests.peers.judges.verifier import verifies
from tests.peers.relays.smtp import Act, Peer
from tests.worlds.readers.site import PIXEL

CONFIG = """
[newsletter]
title = "N"
url = "https://notes.example.com"
sender = "notes@example.com"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A newsletter with no notes yet, and the shell in it."""
    (tmp_path / "newsletter.toml").write_text(CONFIG, "utf-8")
    (tmp_path / "notes").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NEWSLETTER_CONFIG", raising=False)
    return tmp_path


def write(home: Path, path: str, text: str) -> None:
    """A note."""
    (home / "notes" / path).write_text(text, "utf-8")


def run(*arguments: str) -> int:
    """The exit code of a command."""
    try:
        main(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def kept(home: Path) -> list[EmailMessage]:
    """What the outbox has."""
    files = sorted((home / "outbox" / "new").glob("*"))
    return [
        email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files
    ]


# ── check ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "line", "severity", "code", "words"),
    [
        ("---\ntitle: T\npublsh: now\n---\nWords.", 3, "warning", "unknown-key", "`publish`"),
        (
            "---\ntitle: T\nexpiryDat: 2020-01-01\n---\nWords.",
            3,
            "warning",
            "unknown-key",
            "`expirydate`",
        ),
        ("---\ntitle: T\nhiden: true\n---\nWords.", 3, "warning", "unknown-key", "`hidden`"),
        ("---\ntitle: T\npublish: true\n---\nWords.", 3, "warning", "no-time", "date_keys"),
        ("---\ntitle: T\nlastmod: soon\n---\nWords.", 3, "warning", "key-value", "is no time"),
        ("---\ntitle: T\n---\n\nWords.\n\n{% widget %}\n", 7, "error", "template", "{% widget %}"),
        ("---\ntitle: T\n---\nHello {{ name }}.", 4, "warning", "merge-field", "no default"),
    ],
)
def test_what_is_passed_over_is_a_finding_with_its_line(
    home: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    line: int,
    severity: str,
    code: str,
    words: str,
) -> None:
    """What parsing and rendering remark on is told with file, line, severity and code."""
    write(home, "a.md", text)
    assert run("check", "a.md") == (severity == "error")
    found = [one for one in capsys.readouterr().out.splitlines() if f"[{code}]" in one]
    assert len(found) == 1
    assert found[0].startswith(f"a.md:{line}: {severity}: ")
    assert words in found[0]


@pytest.mark.parametrize("value", ["1", "true"])
@pytest.mark.parametrize(
    "key",
    [
        *("listed", "is_listed", "complete", "unlocked", "archive", "hide_title", "includes"),
        *(
            "layout",
            "author",
            "date",
            "series",
            "published",
            "images",
            "x",
            "cover",
            "expiry_date",
            "expires",
        ),
        *("biography", "translation_key", "publish_after", "guide", "preferences"),
    ],
)
def test_keys_of_others_are_no_slips(
    home: Path, capsys: pytest.CaptureFixture[str], key: str, value: str
) -> None:
    """What other systems call their keys is no finding."""
    write(home, "a.md", f"---\ntitle: T\n{key}: {value}\n---\nWords.")
    run("check", "a.md")
    assert "unknown-key" not in capsys.readouterr().out


def test_all_tells_of_the_whole_folder(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line for each kind of thing, with an example; what cannot be used is named. Exit code 0."""
    write(home, "jekyll.md", "---\ntitle: A\ndate: 2020-01-01\n---\nWords.")
    write(home, "broken.md", "---\npublish: [\n---\n")
    assert run("check", "--all") == 0
    out = capsys.readouterr().out
    assert "2 notes in the folder" in out
    assert "has `date` (see `[notes] date_keys`) (as jekyll.md)" in out
    assert "  broken.md:" in out
    assert run("check", "--all", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert [(one["kind"], one["count"]) for one in document] == [
        ("notes", 2),
        ("kept-back", 1),
        ("unusable", 1),
    ]
    assert run("check", "--all", "broken.md") == 2


def test_nothing_to_do_says_what_was_seen(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`check` and `send` do not pass over a folder of notes in silence; once an issue is out, they do."""
    write(home, "jekyll.md", "---\ntitle: A\ndate: 2020-01-01\n---\nWords.")
    for command in ("check", "send"):
        run(command)
        said = capsys.readouterr().err
        assert "1 note in the folder" in said
        assert "`date`" in said
        assert "to publish one, write `publish: now`" in said
    write(home, "old.md", "---\npublish: 2020-01-01\n---\nWords.")
    run("send")
    capsys.readouterr()
    run("send")
    assert "notes in the folder" not in capsys.readouterr().err


def test_errors_end_with_1_and_warnings_with_0(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The exit code tells errors from warnings, and each line says where and what."""
    write(home, "bad.md", "# T\n\nWords [x](gone.md).\n")
    write(home, "fair.md", "# T\n\nWords TODO.\n")
    assert run("check", "bad.md") == 1
    assert capsys.readouterr().out.startswith("bad.md:3: error: The link `gone.md`")
    assert run("check", "fair.md") == 0
    assert "fair.md:3: warning:" in capsys.readouterr().out
    assert run("check", "nobody.md") == 1
    assert "there is no note 'nobody.md'" in capsys.readouterr().err


def test_without_a_name_all_that_will_be_published_is_checked(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Notes with a time, scheduled ones and unreadable ones; not private, drafts or the About page."""
    write(home, "timed.md", "---\npublish: 2030-01-01\n---\n# T\n\nWords.\n")
    write(home, "scheduled.md", "# T\n\nWords.\n")
    write(home, "broken.md", "---\npublish: sometime\n---\nWords.\n")
    write(home, "private.md", "# T\n\nTODO\n")
    write(home, "draft.md", "---\npublish: now\ndraft: true\n---\n# T\n\nTODO\n")
    write(home, "about.md", "# T\n\nTODO\n")
    assert run("schedule", "scheduled.md", "--at", "2030-01-01") == 0
    capsys.readouterr()
    assert run("check", "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert [one["note"] for one in document] == ["broken.md", "scheduled.md", "timed.md"]
    (finding,) = document[0]["findings"]
    assert finding.keys() == {"severity", "code", "message", "line", "fix"}
    assert (finding["severity"], finding["code"], finding["line"]) == ("error", "unusable", 2)


def test_pictures_are_looked_up_in_the_folder(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A picture that is there is no finding, a large one is a warning, a missing one an error."""
    write(home, "a.md", "# T\n\nSee ![Here|9](here.png)\n![Big|9](big.png)\n![No|9](no.png)\n")
    (home / "notes" / "here.png").write_bytes(b"x")
    (home / "notes" / "big.png").write_bytes(b"x" * 1_000_001)
    assert run("check", "a.md", "--json") == 1
    (checked,) = json.loads(capsys.readouterr().out)
    found = [(one["code"], one["line"]) for one in checked["findings"]]
    assert found == [("large-picture", 4), ("missing-picture", 5)]


def test_a_preview_picture_is_looked_up_in_the_folder(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is named by a key and stands nowhere in the text, so nobody would see that it is not there."""
    write(home, "a.md", "---\nimage: here.png\n---\n# T\n\nWords.\n")
    write(home, "b.md", "---\nimage: no.png\n---\n# T\n\nWords.\n")
    (home / "notes" / "here.png").write_bytes(PIXEL)
    assert run("check", "a.md", "b.md", "--json") == 1
    here, gone = json.loads(capsys.readouterr().out)
    assert here["findings"] == []
    assert [(one["code"], one["line"]) for one in gone["findings"]] == [("missing-picture", 2)]


# ── test ─────────────────────────────────────────────────────────────────────────────────────


def test_a_test_copy_arrives_marked_and_changes_nothing(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One mail for the address given; no issue, no delivery, no subscriber."""
    write(home, "a.md", "# Launch\n\nDear {{ name | reader }}.\n")
    assert run("test", "a.md", "--to", "ada@example.com", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["accepted"]
    assert document["code"] == 250
    (mail,) = kept(home)
    assert mail["Subject"] == "[Test] Launch"
    assert mail["To"] == "ada@example.com"
    assert mail["List-Unsubscribe"] is None
    with Newsletter.open("newsletter.toml", environ={}) as newsletter:
        assert newsletter.issues() == []
        assert newsletter.parts.overview.tally().total == 0
        assert list(newsletter.subscribers.everyone()) == []


def test_a_test_copy_is_signed_like_every_mail(home: Path) -> None:
    """With a key the copy verifies."""
    pem = make_key(KeyType.ED25519)
    (home / "key.pem").write_bytes(pem)
    (home / "key.pem").chmod(0o600)
    (home / "newsletter.toml").write_text(
        CONFIG + '[dkim]\nselector = "s1"\nkey = "key.pem"\n', "utf-8"
    )
    write(home, "a.md", "# Launch\n\nWords.\n")
    with Newsletter.open("newsletter.toml", environ={}) as newsletter:
        assert newsletter.test("a.md", "ada@example.com").signed
    (file,) = (home / "outbox" / "new").glob("*")
    wire = file.read_bytes()
    sent = wire[wire.index(b"DKIM-Signature:") :].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    key = SigningKey(domain="example.com", selector="s1", private=PrivateKey.load(pem))
    assert verifies(sent, key)


def test_nobody_suppressed_gets_a_test_copy(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An address that is never mailed is not mailed by a test either."""
    write(home, "a.md", "# T\n\nWords.\n")
    assert run("suppressions", "add", "ada@example.com") == 0
    assert run("test", "a.md", "--to", "ada@example.com") == 1
    assert "suppressed" in capsys.readouterr().err
    assert kept(home) == []


def relay(peer: Peer) -> Relay:
    """A relay on loopback without TLS."""
    return Relay(host="127.0.0.1", port=peer.port, tls=Tls.NONE)


def test_a_refusal_is_told_in_the_relays_words() -> None:
    """What the relay said to the copy is handed on, and it does not count as accepted."""
    peer = Peer({"RCPT": "550 5.7.1 not from you"})

    async def send() -> None:
        async with peer.serving():
            done = await send_test(LETTER, [relay(peer)], signed=False)
        assert not done.accepted
        assert (done.code, "not from you" in done.reply) == (550, True)
        assert done.relay == f"127.0.0.1:{peer.port}"

    asyncio.run(send())


def test_a_refused_login_over_tls_is_one_sentence(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command ends with 1 and the relay's words, however the connection ends."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    offer = "250-peer.test\r\n250-STARTTLS\r\n250 AUTH PLAIN"
    peer = Peer({"EHLO": offer, "AUTH": "535 5.7.8 no"}, tls=context)
    write(home, "a.md", "# T\n\nWords.\n")

    async def command() -> int:
        async with peer.serving():
            url = f"smtp://ada:secret@127.0.0.1:{peer.port}?tls=starttls&ca=ca.pem"
            (home / "newsletter.toml").write_text(f'{CONFIG}[smtp]\nurl = "{url}"\n', "utf-8")
            return await asyncio.to_thread(run, "test", "a.md", "--to", "ada@example.com")

    assert asyncio.run(command()) == 1
    assert "login refused: 535" in capsys.readouterr().err


def test_a_relay_that_cannot_be_used_is_an_error() -> None:
    """Nothing is said to be accepted when no session came about."""
    peer = Peer({"GREET": Act.CLOSE})

    async def send() -> None:
        async with peer.serving():
            with pytest.raises(RelayError):
                await send_test(LETTER, [relay(peer)], signed=False)

    asyncio.run(send())


_ODD = st.text(
    st.sampled_from("\x1b\x9b\x85\r\u2028\u202e\u202a\u2066\u2069a b\u200e\u05d0"),
    min_size=1,
    max_size=12,
).filter(lambda name: name.strip() == name and "a" in name)
_STEERING = set("\x1b\x9b\x85\r\u2028\u202e\u202a\u2066\u2069")


@settings(
    max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_ODD)
def test_no_name_of_a_file_steers_the_terminal(
    home: Path, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    """Whatever a note is called, no command and no log line has ESC, C1 or bidi controls."""
    path = home / "notes" / f"{name}.md"
    body = "publish: 2026-01-01\ntitle: A \u202e title"
    path.write_text(f"---\n{body}: broken\n  - x\n", "utf-8")
    run("send")
    path.write_text(f"---\n{body}\n---\nWords \u202e here\n", "utf-8")
    write(home, "plain.md", path.read_text("utf-8"))
    for command in (("check",), ("check", "--json"), ("preview", "plain.md"), ("send",)):
        run(*command)
    path.unlink()
    told = capfd.readouterr()
    assert "Words" in told.out
    assert not _STEERING & set(told.out + told.err)


def test_what_hides_a_note_is_told_wherever_its_author_asks(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`check` and `plan` name what its folder says, `send` what became of the issue; of a draft `check` is silent."""
    (home / "notes" / "a").mkdir()
    write(home, "a/x.md", "---\npublish: 2020-01-01\n---\nWords.")
    write(home, "draft.md", "---\ntitle: T\ndraft: true\n---\nWords.")
    for guide, sent in (
        ("{}", "published x"),
        ('{"draft": true}', "withdrawn x: the note is a draft, as `a/a.json` has it"),
        ("{}", "shown again x; nobody is mailed"),
    ):
        write(home, "a/a.json", guide)
        assert run("send") == 0
        out = capsys.readouterr().out
        assert sent in out
        assert "nobody is mailed" in out
    write(home, "a/a.json", '{"draft": true}')
    assert run("check", "a/x.md", "draft.md") == 0
    out = capsys.readouterr().out
    assert (
        "a/x.md: warning: It is a draft, as `a/a.json` has it, so it is not published. [kept]"
        in out
    )
    assert "draft.md: nothing to complain of" in out
    run("plan", "a/x.md")
    assert "it is a draft, as `a/a.json` has it" in capsys.readouterr().out
    run("send", "--json")
    assert json.loads(capsys.readouterr().out)["withdrawn"] == ["x"]
