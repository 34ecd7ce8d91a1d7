"""What codes and words mean, and when soft bounces are enough: tables of what hosts write."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.replies import words as reading
from mailer.replies.severity import Severity, judge
from mailer.replies.status import parse_status
from mailer.replies.words import (
    WORDS_LIMIT,
    Cause,
    bound_words,
    find_causes,
    find_phase,
    names_reader,
)
from newsletter.inbound.reportdesk import decide_moment
from newsletter.inbound.softbounces import SoftLimits, is_worn_out
from newsletter.tokens import looks_keyed
from storage.model.reports import History, SoftBounce
from tests.conftest import NOON
from tests.sizes import is_full
from tests.worlds.looking import looked_at
from tests.worlds.rows import each

HARD = (
    ("5.1.1", "550 5.1.1 <[address]>: Recipient address rejected: User unknown in relay table"),
    ("5.0.0", "550 5.1.1 User unknown"),
    ("5.0.0", "550 Mailbox not found"),
    ("5.0.0", "550 No such user here"),
    ("5.0.0", "550 Invalid recipient"),
    ("5.0.0", "551 not our customer"),
    ("5.0.0", "550 This account has been disabled or discontinued [#102]"),
    ("5.0.0", "550 RCPT not accepted: unknown user"),
    ("5.0.0", "unrouteable address"),
    ("5.0.0", "host mx.spamfilter.example[192.0.2.1] said: 550 User unknown (in reply to RCPT TO)"),
    ("5.1.0", "5.1.0 - Unknown address error 550-'5.1.1 user unknown'"),
    ("5.1.2", "Host unknown (Name server: gone.example.org: host not found)"),
    ("5.1.3", "bad address syntax"),
    ("5.1.6", "recipient no longer on server"),
    ("5.1.10", "Recipient not found by SMTP address lookup"),
    ("5.2.1", "550 5.2.1 The account that you wrote to is disabled."),
    (
        "5.4.4",
        "Host or domain name not found. Name service error for name=gone.example type=A: Host not found",
    ),
    ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable"),
    ("", "550 sorry, no mailbox here by that name. (#5.1.1)"),
    ("5.0.0", "Der Empfänger ist unbekannt"),
    ("5.0.0", "Utilisateur inconnu"),
    ("5.0.0", "La dirección de correo no existe"),
    ("5.0.0", "宛先のメールアドレスが存在しません"),
)

SOFT = (
    ("4.2.2", "452 4.2.2 Mailbox full"),
    ("4.4.1", "connect to mx.example.org[192.0.2.1]:25: Connection timed out"),
    ("4.4.7", "message expired"),
    ("5.2.2", "552-5.2.2 The account that you wrote to is over quota"),
    ("5.2.3", "message too large for this mailbox"),
    ("5.2.1", "550 5.2.1 this mailbox cannot take mail"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied."),
    ("5.4.7", "delivery time expired"),
    ("5.1.1", "550 5.1.1 <[address]>: mailbox full"),
    ("5.0.0", "The recipient's mailbox is full"),
    ("5.0.0", "552 Requested mail action aborted: exceeded storage allocation"),
    ("5.0.0", "retry timeout exceeded"),
    ("5.1.1", "the mailbox space is exceeded"),
    ("5.1.1", "message too old"),
    ("5.0.0", "message could not be delivered for 5 days"),
    ("5.0.0", "550 Address rejected"),
    ("5.0.0", ""),
    ("", ""),
    ("", "450 4.1.1 user unknown"),
    ("", "450 user unknown"),
    ("5.0.0", "Das Postfach ist voll"),
    ("5.0.0", "La boîte aux lettres du destinataire est pleine"),
    ("5.0.0", "El buzón del usuario está lleno"),
    ("5.0.0", "メールボックスの容量を超えています"),
    ("5.7.1", "550 5.7.1 <[address]>: user unknown"),
)

POLICY = (
    ("5.7.26", "550 5.7.26 <[address]>: user unknown"),
    ("5.7.26", "550-5.7.26 This mail was blocked because its sender is unauthenticated."),
    ("5.7.515", "550 5.7.515 Access denied, sending domain does not meet the required level"),
    ("5.6.0", "content rejected"),
    ("5.4.5", "550 5.4.5 Daily user sending quota exceeded"),
    ("5.3.4", "552 5.3.4 Message size exceeds fixed limit"),
    ("5.1.8", "sender domain not found"),
    ("5.1.1", "550 5.1.1 blocked by SPF check: user unknown"),
    ("5.0.0", "553 Spam blocked, see http://lists.example.org/?192.0.2.1"),
    ("5.0.0", "554 5.7.1 Service unavailable; client host blocked using a list"),
    ("5.1.1", "550 5.7.1 message refused"),
    ("5.0.0", "550 relaying denied; no such user"),
    ("5.0.0", "550 your IP has a poor reputation"),
    ("5.0.0", "550 Verification failed for sender; no such user"),
    ("5.0.0", "Absender gesperrt, Empfänger unbekannt"),
    ("5.0.0", "message bloqué : utilisateur inconnu"),
    ("5.0.0", "迷惑メールとして拒否されました。ユーザーが存在しません"),
)

TABLE = {"hard": HARD, "soft": SOFT, "policy": POLICY}


@each("kind", TABLE)
def test_codes_and_words_are_judged(kind: str) -> None:
    """Every line of the table is of its class (rule C5)."""
    judged = {
        (status, text): judge(parse_status(status), text)[0].value for status, text in TABLE[kind]
    }
    assert not {row: found for row, found in judged.items() if found != kind}


FORBIDDEN = (
    "blocked",
    "listed as spam",
    "SPF check failed",
    "DMARC policy",
    "authentication required",
    "rate limited",
    "mailbox over quota",
    "mailbox full",
    "delivery time expired",
    "connection timed out",
    "greylisted",
    "poor reputation",
    "access to this list denied",
)


@each("status", ["5.1.1", "5.1.2", "5.1.10", "5.2.1", "5.0.0", ""])
def test_nothing_about_us_quota_or_time_is_hard(status: str) -> None:
    """Whatever the code, and however plainly the mailbox is called unknown besides (rule C5)."""
    for words in FORBIDDEN:
        for text in (words, f"550 5.1.1 user unknown; {words}", f"{words}: no such user"):
            assert judge(parse_status(status), text)[0] is not Severity.HARD, text


def test_a_sender_fault_never_counts_as_soft() -> None:
    """A passing refusal by policy is soft, and says nothing about the mailbox (promise 7)."""
    judged = judge(parse_status("4.7.0"), "421 4.7.0 too many messages from your IP")
    assert (judged.severity, judged.counts) == (Severity.SOFT, False)
    assert judge(parse_status("4.2.2"), "452 4.2.2 mailbox full").counts


def test_the_milder_of_two_codes_is_believed() -> None:
    """The host's own code beats a vague or a harsher one in the report's field (RFC 3463)."""
    assert str(judge(parse_status("5.0.0"), "550 5.1.1 unknown")[1]) == "5.1.1"
    assert judge(parse_status("5.1.1"), "452 4.2.2 try later")[0] is Severity.SOFT
    assert judge(parse_status("4.4.7"), "550 5.1.1 unknown")[0] is Severity.SOFT


def test_an_ip_address_is_no_code() -> None:
    """Numbers with dots that are no enhanced status code are not taken for one."""
    assert parse_status("host said 550 5.1.1.9 hello") is None
    assert parse_status("[5.1.1.2] said no") is None


def test_names_of_hosts_are_no_reason() -> None:
    """A link, an address or a host that is called spam says nothing about the reason."""
    assert find_causes("see https://spam.example/blocked or ask abuse@example.org") == ()
    assert find_causes("mx.antispam.example said: no such user") == (Cause.MAILBOX,)


@each(
    ("text", "cause"),
    [
        ("SPF_FAIL", Cause.SENDER),
        ("SPFFail", Cause.SENDER),
        ("MailboxFull", Cause.FULL),
        ("message_expired", Cause.TIME),
        ("USER_NOT_FOUND", Cause.MAILBOX),
        ("NoSuchUser", Cause.MAILBOX),
        ("RESOLVER.ADR.RecipNotFound", Cause.MAILBOX),
    ],
)
def test_words_come_apart(text: str, cause: Cause) -> None:
    """Words that a program put together mean what they mean apart (rule C5)."""
    assert find_causes(text)[:1] == (cause,)


def test_only_a_refused_sender_is_about_us() -> None:
    """The same verb said of a reader does not spare an address that is gone (rule C5)."""
    for words in (
        "Empfänger abgelehnt: Benutzer unbekannt",
        "Destinataire refusé : utilisateur inconnu",
        "Destinatario rechazado: usuario desconocido",
        "Recipient address rejected: User unknown",
    ):
        assert judge(parse_status("5.0.0"), words).severity is Severity.HARD


def _history(*days: int, arrived: tuple[int, ...] = ()) -> History:
    return History(
        soft=tuple(
            SoftBounce(issue_id=number, at=NOON + timedelta(days=day))
            for number, day in enumerate(days, 1)
        ),
        arrived=tuple(NOON + timedelta(days=day) for day in arrived),
    )


@each(
    ("history", "enough"),
    [
        (_history(0, 7, 14, 21), False),
        (_history(0, 7, 14, 21, 28), True),
        (_history(0, 1, 2, 3, 4, 5), False),
        (_history(0, 3, 6, 9, 14), True),
        (_history(0, 30, 60, 90, 120), True),
        (_history(0, 7, 14, 60, 67, 74, arrived=(40,)), False),
        (_history(0, 7, 14, 60, 67, 74), True),
        (_history(0, 7, 14, 20, 27, 34, arrived=(17,)), True),
        (_history(), False),
    ],
)
def test_when_soft_bounces_are_enough(history: History, enough: bool) -> None:
    """Enough issues over enough days, since the last clean period (rule C6)."""
    assert (
        is_worn_out(history, SoftLimits(count=5, span=timedelta(days=14), clean=timedelta(days=30)))
        is enough
    )


def test_a_report_is_of_its_own_day() -> None:
    """A report's date is believed unless it is in the future or a year old."""
    assert decide_moment(NOON - timedelta(days=20), NOON) == NOON - timedelta(days=20)
    assert decide_moment(NOON + timedelta(hours=1), NOON) == NOON
    assert decide_moment(NOON - timedelta(days=400), NOON) == NOON
    assert decide_moment(None, NOON) == NOON


def test_shapes_of_return_paths() -> None:
    """A keyed address is told by its shape, whether its key is right or not (rule C3)."""
    assert looks_keyed("notes+i1.s2.abc@example.com")
    assert not looks_keyed("notes@example.com")
    assert not looks_keyed("ada+ideas@example.com")


HOSTILE = (
    *(
        "x",
        "@",
        "a.b.",
        "1",
        "-",
        "<",
        "www.",
        "x?y=",
        "http://",
        "from=",
        "a@",
        "é",
        "存",
        "aA",
        "_A",
    ),
    *(" ", "\n", "\u3000", ". ", "user ", "not ", "in reply to ", "5.1.1 550 ", "&lt;", "+i1.s1."),
)


MOST_LOOKS = 45
"""How often a beginning may be looked at: as many patterns as there are for it."""


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", HOSTILE)
def test_an_endless_word_costs_no_more_than_words_do(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a stranger's host repeats, its beginning is looked at some dozen times; once it took the square."""
    limit = WORDS_LIMIT if is_full() else 500
    monkeypatch.setattr(reading, "WORDS_LIMIT", limit)
    reading._read.cache_clear()
    text = unit * 150_000
    with looked_at(reading) as looked:
        find_causes(text, ("example.com",))
        names_reader(text)
        find_phase(text)
    assert 5 * limit < looked.characters < MOST_LOOKS * limit


@given(st.text(max_size=300), st.integers(1, 200))
def test_no_pattern_is_run_on_an_endless_word(text: str, times: int) -> None:
    """What patterns see is bounded, and so is each word of it; nothing but spaces is added."""
    bounded = bound_words(text * times)
    assert len(bounded) <= WORDS_LIMIT * 129 / 128 + 1
    assert max(map(len, bounded.split()), default=0) <= 128
    assert "".join(bounded.split()) == "".join((text * times)[:WORDS_LIMIT].split())


COMMANDS = ("EHLO", "HELO", "STARTTLS", "AUTH", "MAIL FROM", "RCPT TO", "DATA", "end of DATA")


@given(st.text(max_size=200), st.lists(st.sampled_from(COMMANDS), max_size=4), st.text(max_size=99))
def test_the_last_command_is_the_phase(before: str, commands: list[str], after: str) -> None:
    """Any text has one of the known phases or none; the last that a mail system tells counts."""
    known = {"", "connect", "ehlo", "tls", "auth", "mail", "rcpt", "dot"}
    assert find_phase(before + after) in known
    told = ". ".join(f"550 no (in reply to {one} command)" for one in commands)
    found = find_phase(told)
    names = ("ehlo", "ehlo", "tls", "auth", "mail", "rcpt", "dot", "dot")
    assert found == (dict(zip(COMMANDS, names, strict=True))[commands[-1]] if commands else "")


def test_a_hosts_words_are_read_once_for_all_its_readers() -> None:
    """Without their addresses a hundred refusals are the same words, so a run of them costs one."""
    reading._read.cache_clear()
    for number in range(100):
        said = f"550 5.1.1 <reader{number}@example.org>: Recipient address rejected: User unknown"
        assert find_causes(said, ("example.com",)) == (Cause.MAILBOX,)
    assert reading._read.cache_info().misses == 1


@given(
    st.text(min_size=1, max_size=60).map(lambda piece: (piece * WORDS_LIMIT)[: WORDS_LIMIT + 60])
)
@settings(max_examples=20 if is_full() else 4, suppress_health_check=[HealthCheck.too_slow])
def test_no_text_is_looked_at_beyond_its_limit(text: str) -> None:
    """What stands behind the limit costs nothing and changes nothing."""
    with patch.object(reading, "WORDS_LIMIT", WORDS_LIMIT if is_full() else 500) as limit:
        text = text[: limit + 60]
        assert find_causes(text) == find_causes(text[:limit])
