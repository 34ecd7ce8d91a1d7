"""Mail services that POST to the site: from a mail as it was on the wire to its reader."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from mailer.inbound.fetch import MAX_OCTETS, fetch_document
from newsletter.app import Newsletter
from newsletter.config.config import load_config
from newsletter.inbound.webhookdesk import Certificates
from storage.model.deliveries import DeliveryState
from storage.model.errors import ConfigError, DatabaseBusy, FetchError
from storage.model.readers import SubscriberState, SuppressionReason
from storage.model.reports import Effect
from tests.conftest import NOON
from tests.peers.mailboxes.services import (
    CONFIRM_URL,
    MAILGUN_KEY,
    Mail,
    Said,
    say_sendgrid,
    say_sns,
    sendgrid_event,
)
from tests.worlds.inbound.intakes import settle_in
from tests.worlds.inbound.services import SERVICES, WEBHOOKS, Reported, complaint, hard, left
from tests.worlds.store import quarantined
from web.routes.webhooks import MAX_WEBHOOK
from web.site import create_app


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[Reported]:
    """On each engine."""
    found = Reported(settle_in(tmp_path / "house", storage=database_url, extra=WEBHOOKS))
    yield found
    found.newsletter.close()


@pytest.fixture
def small_house(tmp_path: Path) -> Iterator[Reported]:
    """On SQLite alone."""
    storage = "sqlite:///newsletter.db"
    found = Reported(settle_in(tmp_path / "house", storage=storage, extra=WEBHOOKS))
    yield found
    found.newsletter.close()


# ── what events do ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("service", SERVICES)
def test_a_dead_mailbox_is_never_mailed_again(house: Reported, service: str) -> None:
    """Found by what we put on the wire; told twice, it is one event (rules C2, C6, C13)."""
    said = hard(service, house.mail)
    assert house.post(service, said).status_code == 200
    assert house.reason is SuppressionReason.HARD_BOUNCE
    assert house.delivery is DeliveryState.BOUNCED
    counts = house.newsletter.reports.counts()
    assert house.post(service, said).status_code == 200
    assert house.newsletter.reports.counts() == counts == {("hard", Effect.SUPPRESSED): 1}


@pytest.mark.parametrize("service", SERVICES)
def test_a_complaint_unsubscribes(small_house: Reported, service: str) -> None:
    """Left, and never mailed again (rule C9)."""
    assert small_house.post(service, complaint(service, small_house.mail)).status_code == 200
    assert small_house.reader is SubscriberState.UNSUBSCRIBED
    assert small_house.reason is SuppressionReason.COMPLAINT


@pytest.mark.parametrize("service", SERVICES)
def test_who_leaves_by_the_service_has_left(small_house: Reported, service: str) -> None:
    """Unsubscribed, and not suppressed: who wants to may come back (rule A8)."""
    assert small_house.post(service, left(service, small_house.mail)).status_code == 200
    assert small_house.reader is SubscriberState.UNSUBSCRIBED
    assert small_house.reason is None
    assert small_house.newsletter.subscribers.events(1)[-1].source == service


@pytest.mark.parametrize("service", SERVICES)
def test_a_mail_that_is_not_ours_touches_nobody(small_house: Reported, service: str) -> None:
    """The same account sends other mail, to our readers too: kept for the author (rules C2, C3)."""
    for said in (hard(service, Mail()), complaint(service, Mail())):
        assert small_house.post(service, said).status_code == 200
    assert (small_house.reader, small_house.reason) == (SubscriberState.ACTIVE, None)
    assert small_house.delivery is DeliveryState.ACCEPTED
    kept = quarantined(small_house.newsletter.reports)
    assert b"ada@example.org" in kept[0]


def test_what_nobody_knows_is_kept(small_house: Reported) -> None:
    """An event of a new kind waits for the author; its neighbours are taken (rule C12)."""
    new = sendgrid_event(small_house.mail, "dreamt", sg_event_id="2")
    said = say_sendgrid([new, 7, sendgrid_event(small_house.mail)])
    assert small_house.post("sendgrid", said).status_code == 200
    assert small_house.reason is SuppressionReason.HARD_BOUNCE
    kept = quarantined(small_house.newsletter.reports)
    assert len(kept) == 2
    assert any(b"dreamt" in raw for raw in kept)


def test_postmark_is_given_something_to_give_back(small_house: Reported) -> None:
    """It replaces return path and Message-ID, so the mail has a field for it (rule A34)."""
    given = small_house.wire["X-PM-Metadata-delivery"]
    assert small_house.newsletter.parts.tokens.read_return_path(given) == (1, 1)
    assert len(given) <= 80


def test_other_mail_has_no_field_for_postmark(tmp_path: Path) -> None:
    """Nothing is added where Postmark tells nothing."""
    house = Reported(settle_in(tmp_path / "house", storage="sqlite:///newsletter.db"))
    assert house.wire["X-PM-Metadata-delivery"] is None
    house.newsletter.close()


# ── who is answered how ──────────────────────────────────────────────────────────────────────


def test_a_password_cannot_be_guessed(small_house: Reported) -> None:
    """After ten wrong ones an origin is told when to come back, and the right one is not heard either."""
    app = create_app(small_house.newsletter)
    said = hard("postmark", small_house.mail)
    wrong = Said(said.body, {"authorization": "Basic eDp5"})
    codes = [small_house.post("postmark", wrong, app=app).status_code for _ in range(12)]
    assert codes == [403] * 10 + [429] * 2
    answer = small_house.post("postmark", said, app=app)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 600
    assert small_house.reason is None


def test_a_service_never_meets_the_limit(small_house: Reported) -> None:
    """However much it tells at a time."""
    app = create_app(small_house.newsletter)
    said = hard("postmark", small_house.mail)
    assert {small_house.post("postmark", said, app=app).status_code for _ in range(30)} == {200}


@pytest.mark.parametrize("service", SERVICES)
def test_a_forged_event_is_refused(small_house: Reported, service: str) -> None:
    """Without the service's proof: 403, and nothing is changed, kept or logged with an address."""
    said = hard(service, small_house.mail)
    body = said.body.replace(b'"signature": "', b'"signature": "0').replace(b"smtp", b"SMTP")
    with structlog.testing.capture_logs() as logs:
        answer = small_house.post(service, Said(body, {"authorization": "Basic eDp5"}))
    assert answer.status_code == 403
    assert small_house.reason is None
    assert not small_house.newsletter.reports.counts()
    assert logs
    assert "@" not in str(logs)


def test_only_services_with_a_key_have_an_address(tmp_path: Path) -> None:
    """Without `[webhooks]` there is no such route; with one service, the others have none."""
    storage = "sqlite:///newsletter.db"
    extra = f'[webhooks]\nmailgun = "{MAILGUN_KEY}"'
    for number, (configured, known) in enumerate([("", ()), (extra, ("mailgun",))]):
        config = settle_in(tmp_path / str(number), storage=storage, extra=configured)
        house = Reported.__new__(Reported)
        house.newsletter = Newsletter.open(config, environ={}, clock=lambda: NOON)
        answers = {name: house.post(name, hard(name, Mail())).status_code for name in SERVICES}
        assert answers == {name: 200 if name in known else 404 for name in SERVICES}
        assert house.post("dream", hard("ses", Mail())).status_code == 404
        house.newsletter.close()


def test_a_webhook_is_posted_to(small_house: Reported) -> None:
    """Looking at the address does nothing."""
    assert small_house.post("mailgun", Said(b"", {}), method="GET").status_code == 405


def test_a_body_has_a_limit(small_house: Reported) -> None:
    """A large batch is taken, one without end is not."""
    events = [sendgrid_event(small_house.mail, "open", sg_event_id=str(n)) for n in range(1000)]
    said = say_sendgrid([*events, sendgrid_event(small_house.mail)])
    assert 200_000 < len(said.body) < MAX_WEBHOOK
    assert small_house.post("sendgrid", said).status_code == 200
    assert small_house.reason is SuppressionReason.HARD_BOUNCE
    huge = Said(b"x" * (MAX_WEBHOOK + 1), said.headers)
    assert small_house.post("sendgrid", huge).status_code == 413


def test_a_busy_database_is_told_again(
    small_house: Reported, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 until it can be recorded: the service tries again, and nothing is lost (rule C12)."""
    said = hard("mailgun", small_house.mail)

    def busy(*_: object, **__: object) -> None:
        raise DatabaseBusy("busy")

    with monkeypatch.context() as patch:
        patch.setattr(small_house.newsletter.report_desk, "take", busy)
        assert small_house.post("mailgun", said).status_code == 503
    assert small_house.reason is None
    assert small_house.post("mailgun", said).status_code == 200
    assert small_house.reason is SuppressionReason.HARD_BOUNCE


# ── Amazon ───────────────────────────────────────────────────────────────────────────────────


def confirmation() -> Said:
    """SNS asks whether it may tell us."""
    fields = {"Type": "SubscriptionConfirmation", "Message": "hello", "Token": "0123"}
    return say_sns({**fields, "SubscribeURL": CONFIRM_URL})


def test_a_certificate_is_fetched_once(small_house: Reported) -> None:
    """However much is told; a certificate that cannot be had is asked for again."""
    small_house.amazon.silent = True
    assert small_house.post("ses", hard("ses", small_house.mail)).status_code == 503
    small_house.amazon.silent = False
    for _ in range(3):
        assert small_house.post("ses", hard("ses", small_house.mail)).status_code == 200
    assert len(small_house.amazon.asked) == 2


def test_many_certificates_do_not_fill_the_memory() -> None:
    """Only the last few are kept."""
    asked: list[str] = []

    def remember(url: str) -> bytes:
        asked.append(url)
        return b""

    certificates = Certificates(remember)
    for number in range(20):
        certificates(str(number))
    certificates("19")
    certificates("0")
    assert asked == [*map(str, range(20)), "0"]


def test_a_subscription_is_agreed_to(small_house: Reported) -> None:
    """A topic of the author's may tell; no other is answered."""
    assert small_house.post("ses", confirmation()).status_code == 200
    assert small_house.amazon.asked[-1] == CONFIRM_URL
    assert not quarantined(small_house.newsletter.reports)


def test_a_subscription_that_cannot_be_agreed_to_is_kept(small_house: Reported) -> None:
    """The author finds the address, once, and SNS asks again."""
    assert small_house.post("ses", hard("ses", Mail())).status_code == 200
    small_house.amazon.silent = True
    for _ in range(2):
        assert small_house.post("ses", confirmation()).status_code == 503
    kept = quarantined(small_house.newsletter.reports)
    assert sum(CONFIRM_URL.encode() in raw for raw in kept) == 1


# ── fetching ─────────────────────────────────────────────────────────────────────────────────


class Page(http.server.BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        """One of several answers."""
        if self.path == "/gone":
            self.send_error(404)
        elif self.path == "/elsewhere":
            self.send_response(302)
            self.send_header("Location", "/good")
            self.end_headers()
        elif self.path == "/nonsense":
            self.wfile.write(b"\x00\x01\x02")
        else:
            content = b"x" * (MAX_OCTETS + 1) if self.path == "/large" else b"good"
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def page() -> Iterator[str]:
    """An HTTP server on loopback."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_document_is_fetched_from_where_it_is() -> None:
    """One small document; a redirect, an error or nonsense is none, and no address is repeated."""
    with page() as url:
        assert fetch_document(f"{url}/good") == b"good"
        assert len(fetch_document(f"{url}/large")) == MAX_OCTETS
        for path in ("gone", "elsewhere", "nonsense"):
            with pytest.raises(FetchError) as caught:
                fetch_document(f"{url}/{path}")
            assert path not in str(caught.value)
    with pytest.raises(FetchError):
        fetch_document(f"{url}/good")


# ── configuration ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('ses = ["bounces"]', "must be topics like"),
        ('postmark = "password"', "must be like"),
        ('postmark = ":x"', "must be like"),
        ('sendgrid = "AAAA"', "is no public key"),
        ('sendgrid = "?"', "is no public key"),
        ('mailchimp = "x"', "unknown key"),
    ],
)
def test_keys_that_cannot_be_are_told_at_start(tmp_path: Path, line: str, problem: str) -> None:
    """Not when the first bounce comes; and no secret is repeated."""
    with pytest.raises(ConfigError, match=problem) as caught:
        settle_in(
            tmp_path / "house", storage="sqlite:///newsletter.db", extra=f"[webhooks]\n{line}"
        )
    assert "password" not in str(caught.value).replace("user:password", "")


def test_secrets_may_come_from_files(tmp_path: Path) -> None:
    """A container's secret, like the other passwords; and no repr shows one."""
    config = settle_in(tmp_path / "house", storage="sqlite:///newsletter.db")
    secret = tmp_path / "key"
    secret.write_text(f"{MAILGUN_KEY}\n")
    loaded = load_config(config, {"NEWSLETTER_WEBHOOKS__MAILGUN_FILE": str(secret)})
    assert loaded.webhooks.mailgun == MAILGUN_KEY
    assert MAILGUN_KEY not in repr(loaded)
