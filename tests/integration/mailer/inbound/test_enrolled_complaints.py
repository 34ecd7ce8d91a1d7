"""`[bounces] complaints_from`, from the configuration to a reader, through every way in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.authentication.dkim import Signer
from mailer.authentication.keys import KeyType
from newsletter.app import Newsletter
from scripts.cli import main
from storage.model.errors import ConfigError
from storage.model.readers import SubscriberState
from tests.peers.judges.verifier import signing_key
from tests.unit.mailer.inbound.test_complaints import COMPLAINT, LONG_AGO
from tests.worlds.inbound.intakes import INTAKES, settle_in
from tests.worlds.store import quarantined

KEY = signing_key(KeyType.RSA)
ENROLLED = f'complaints_from = ["{KEY.domain}"]'
DEAD = b"0000000000000000000000000000000000000000dead"
PLACEHOLDER = b"notes+i1.s1.000000000000@example.com"


class Dns:
    """A DNS with the key of the enrolled source, and nothing else."""

    def txt(self, name: str) -> list[str]:
        """The records at a name."""
        return [KEY.private.record()] if name == KEY.record_name else []


@pytest.fixture
def newsletter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Newsletter]:
    """A newsletter with one reader that believes one source."""
    monkeypatch.setattr("mailer.authentication.Dns", Dns)
    config = settle_in(tmp_path / "house", storage="sqlite:///newsletter.db", extra=ENROLLED)
    with Newsletter.open(config, environ={}) as opened:
        yield opened


def complaint(newsletter: Newsletter) -> tuple[bytes, str]:
    """What the source sends about the reader, unsigned, and to whom."""
    path = newsletter.parts.tokens.return_path(None, 1, "notes@example.com")
    raw = COMPLAINT.replace(DEAD, newsletter.parts.tokens.unsubscribe(1).encode())
    raw = raw.partition(b"\r\n")[2].partition(b"\r\n")[2]  # trace fields are added on the way
    return raw.replace(PLACEHOLDER, path.encode()), path


def state(newsletter: Newsletter) -> SubscriberState:
    """Whether the reader is subscribed."""
    known = newsletter.subscribers.get(1)
    assert known is not None
    return known.state


@pytest.mark.parametrize("intake", ["maildir", "imap", "smtp", "lmtp"])
def test_only_a_signed_complaint_unsubscribes(newsletter: Newsletter, intake: str) -> None:
    """Unsigned it is set aside, though its keys are right; signed it is believed (rule C10)."""
    raw, path = complaint(newsletter)
    INTAKES[intake](newsletter, raw, path)
    assert state(newsletter) is SubscriberState.ACTIVE
    assert len(quarantined(newsletter.reports)) == 1
    later = raw.replace(b"Date: Sun, 22", b"Date: Sun, 15")
    INTAKES[intake](newsletter, Signer([KEY]).sign(later, now=LONG_AGO), path)
    assert state(newsletter) is SubscriberState.UNSUBSCRIBED


def test_the_author_is_told_why(newsletter: Newsletter, capsys: pytest.CaptureFixture[str]) -> None:
    """The quarantine says what the complaint lacks."""
    raw, path = complaint(newsletter)
    newsletter.report_desk.process(raw, envelope_to=path)
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["--config", str(newsletter.config.source), "quarantine", "list", "--json"])
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["kind"] == "complaint"
    assert "not signed by an enrolled source" in entry["why"]


def test_a_source_is_a_domain(tmp_path: Path) -> None:
    """Anything else is a problem at start."""
    with pytest.raises(ConfigError, match="must be a domain"):
        settle_in(
            tmp_path / "house",
            storage="sqlite:///newsletter.db",
            extra='complaints_from = ["feedback@yahoo.com"]',
        )
