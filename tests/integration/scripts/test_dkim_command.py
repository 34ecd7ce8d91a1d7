"""`newsletter dkim new`: a key in a file, and what to publish."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from mailer.authentication.keys import GOOD_BITS, KeyType, PrivateKey, SigningKey
from newsletter.config.config import load_config
from scripts.cli import main
from tests.conftest import NOON
from tests.peers.judges.verifier import verifies

CONFIG = """
[newsletter]
title = "N"
url = "https://notes.example.com"
sender = "notes@example.com"
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration that the commands of this test use."""
    path = tmp_path / "newsletter.toml"
    path.write_text(CONFIG, "utf-8")
    monkeypatch.setenv("NEWSLETTER_CONFIG", str(path))
    return path


def run(*arguments: str) -> int:
    """The exit code of `newsletter dkim new` with these arguments."""
    try:
        main(["dkim", "new", *arguments])
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


@pytest.mark.parametrize("kind", KeyType)
def test_what_is_printed_works(
    config: Path, capsys: pytest.CaptureFixture[str], kind: KeyType
) -> None:
    """The printed lines sign, and the printed record is the one of the key in the file."""
    assert run("s1", "--type", kind, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    config.write_text(CONFIG + document["config"], "utf-8")
    loaded = load_config(config, {})
    assert loaded.signer is not None
    private = PrivateKey.load(Path(document["file"]).read_bytes())
    assert document["value"] == private.record()
    assert "".join(document["strings"]) == document["value"]
    assert document["name"] == "s1._domainkey.example.com"
    signed = loaded.signer.sign(b"From: notes@example.com\r\n\r\nx\r\n", now=NOON)
    assert verifies(signed, SigningKey(domain="example.com", selector="s1", private=private))


def test_the_key_is_strong_and_for_its_owner_only(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """RSA with 2048 bits, mode 0600, and nothing of it on the screen (rule A29)."""
    assert run("s1") == 0
    file = config.parent / "dkim-s1.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    private = PrivateKey.load(file.read_bytes())
    assert (private.type, private.bits) == (KeyType.RSA, GOOD_BITS)
    shown = capsys.readouterr()
    assert private.record() in shown.out
    assert "PRIVATE KEY" not in shown.out + shown.err


def test_nothing_is_overwritten(config: Path, tmp_path: Path) -> None:
    """A file that is there stays as it is; the exit code is 1."""
    file = tmp_path / "key.pem"
    file.write_text("mine")
    assert run("s1", "--out", str(file)) == 1
    assert file.read_text() == "mine"


@pytest.mark.parametrize("arguments", [("a b",), ("s1", "--type", "dsa"), ()])
def test_wrong_usage_makes_nothing(config: Path, arguments: tuple[str, ...]) -> None:
    """A selector that the DNS cannot hold or an unknown type is told; the exit code is 2."""
    assert run(*arguments) == 2
    assert not list(config.parent.glob("*.pem"))


def test_keys_may_be_named_before_they_are_made(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A configuration that names the key already is no obstacle, and its domain is used."""
    config.write_text(
        CONFIG + '[dkim]\ndomain = "news.example.com"\nselector = "s1"\nkey = "dkim-s1.pem"\n'
    )
    assert run("s1", "--type", "ed25519") == 0
    assert "s1._domainkey.news.example.com" in capsys.readouterr().out
    assert load_config(config, {}).signer is not None
