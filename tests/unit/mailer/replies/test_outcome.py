"""Replies become outcomes: the first digit, the enhanced code, the words, and hostile text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.replies.outcome import (
    REPLY_LIMIT,
    Fault,
    Outcome,
    Phase,
    Verdict,
    build_lost,
    clean_reply,
    parse_reply,
)
from mailer.replies.status import parse_status
from tests.sizes import examples
from tests.worlds.rows import each

ACCEPTED, TRANSIENT = Verdict.ACCEPTED, Verdict.TRANSIENT
PERMANENT, UNKNOWN = Verdict.PERMANENT, Verdict.UNKNOWN


def at(phase: Phase, code: int, text: str) -> Outcome:
    """A reply to one command."""
    return parse_reply(code, text, phase=phase)


@each(
    ("code", "phase", "verdict"),
    [
        (250, Phase.MAIL, ACCEPTED),
        (251, Phase.RCPT, ACCEPTED),
        (299, Phase.DOT, ACCEPTED),
        (354, Phase.DATA, ACCEPTED),
        (399, Phase.DATA, ACCEPTED),
        (250, Phase.DATA, TRANSIENT),  # no answer to DATA: the session is out of step
        (354, Phase.DOT, UNKNOWN),
        (250, Phase.CONTENT, TRANSIENT),
        (499, Phase.RCPT, TRANSIENT),
        (599, Phase.RCPT, PERMANENT),
        (552, Phase.RCPT, TRANSIENT),  # rule B11
        (552, Phase.DOT, PERMANENT),
        (999, Phase.RCPT, TRANSIENT),
        (0, Phase.DOT, UNKNOWN),
        (421, Phase.DOT, TRANSIENT),
        (521, Phase.RCPT, PERMANENT),  # rule B24
    ],
)
def test_the_first_digit_decides(code: int, phase: Phase, verdict: Verdict) -> None:
    """4yz is tried again, 5yz is final, what answers nothing is a lost session (rule B3)."""
    assert at(phase, code, "whatever").verdict is verdict


@each(
    ("phase", "code", "text", "fault"),
    [
        (Phase.RCPT, 550, "5.1.1 no such user", Fault.RECIPIENT),
        (Phase.RCPT, 550, "5.1.10 null MX", Fault.RECIPIENT),
        (Phase.RCPT, 556, "5.1.10 null MX", Fault.RECIPIENT),
        (Phase.RCPT, 550, "5.2.1 mailbox disabled", Fault.RECIPIENT),
        (Phase.DOT, 550, "5.1.1 user unknown", Fault.RECIPIENT),
        (Phase.DOT, 552, "5.2.2 mailbox full", Fault.RECIPIENT),
        (Phase.RCPT, 553, "5.6.7 no SMTPUTF8 there", Fault.RECIPIENT),
        (Phase.RCPT, 550, "5.7.26 unauthenticated", Fault.SENDER),
        (Phase.DOT, 550, "5.7.515 access denied", Fault.SENDER),
        (Phase.RCPT, 550, "5.4.5 daily user sending limit", Fault.SENDER),
        (Phase.RCPT, 530, "authentication required", Fault.SENDER),
        (Phase.MAIL, 535, "5.7.8 bad credentials", Fault.SENDER),
        (Phase.MAIL, 550, "5.1.8 bad sender's system", Fault.SENDER),
        (Phase.MAIL, 550, "", Fault.SENDER),
        (Phase.MAIL, 552, "5.3.4 too big", Fault.CONTENT),
        (Phase.DOT, 552, "5.3.4 too big", Fault.CONTENT),
        (Phase.DOT, 554, "5.6.0 malformed", Fault.CONTENT),
        (Phase.DOT, 554, "", Fault.CONTENT),
        (Phase.RCPT, 550, "", Fault.RECIPIENT),
        (Phase.RCPT, 550, "Requested action not taken: mailbox unavailable", Fault.RECIPIENT),
        (Phase.RCPT, 550, "5.5.0 mailbox unavailable", Fault.RECIPIENT),
        (Phase.RCPT, 550, "blocked using a DNSBL", Fault.SENDER),
        (Phase.RCPT, 550, "message looks like spam", Fault.SENDER),
        (Phase.RCPT, 550, "rejected for policy reasons", Fault.SENDER),
        (Phase.RCPT, 554, "Relay access denied", Fault.SENDER),
        (Phase.RCPT, 503, "need MAIL first", Fault.SENDER),
        (Phase.DOT, 554, "this user doesn't have an account here", Fault.RECIPIENT),
        (Phase.RCPT, 421, "5.7.32 whatever", Fault.RELAY),
        (Phase.RCPT, 421, "5.1.1 no such user", Fault.RELAY),
        (Phase.CONNECT, 554, "no", Fault.RELAY),
        (Phase.DOT, 250, "5.7.1 but taken", Fault.NONE),
    ],
)
def test_it_is_known_whose_fault_a_refusal_is(
    phase: Phase, code: int, text: str, fault: Fault
) -> None:
    """Recipient, sender, content and relay are told apart (rule B5)."""
    assert at(phase, code, text).fault is fault


def test_the_reply_code_wins_over_the_enhanced_code() -> None:
    """`421 5.7.32` is tried again, as Gmail documents it (rule B3)."""
    outcome = at(Phase.DOT, 421, "5.7.32 From header not aligned")
    assert (outcome.verdict, outcome.status) == (TRANSIENT, "5.7.32")


@each(
    ("text", "status"),
    [
        ("5.1.1 no", "5.1.1"),
        ("5.1.1\nno", "5.1.1"),
        ("5.7.26", "5.7.26"),
        ("hello\n4.7.28 slow down", "4.7.28"),
        ("#5.1.0 Address rejected", "5.1.0"),
        ("[5.7.1] no", "5.7.1"),
        ("005.1.1 odd", ""),
        ("5.001.010 odd", "5.1.10"),
        ("5.1.1.", "5.1.1"),
        ("5.1.10.4 is our address", ""),
        ("host mx.example.org said: 550 5.1.1 no such user", "5.1.1"),
        ("host 10.5.1.1 refused", ""),
        ("3.1.1 no class", ""),
        ("5.1", ""),
        ("", ""),
        ("5.999.999 unknown detail", "5.999.999"),
    ],
)
def test_the_enhanced_code_is_found_where_it_stands(text: str, status: str) -> None:
    """At the start of a line, or behind a quoted reply code; an IP address is none (rule B4)."""
    found = parse_status(text)
    assert (str(found) if found else "") == status


@each("phase", list(Phase))
def test_a_lost_connection_is_in_doubt_only_after_the_dot(phase: Phase) -> None:
    """Before the final dot it is as if 451, after it nobody knows (rules B7, B8)."""
    outcome = build_lost(phase, "gone")
    assert outcome.verdict is (UNKNOWN if phase is Phase.DOT else TRANSIENT)
    assert outcome.fault is Fault.RELAY


@each(
    "text",
    [
        "<ada.lovelace@example.org>: no such user",
        '"ada lovelace"@example.org unknown',
        "user ada.lovelace@[192.0.2.1] unknown",
        "rcpt=ada.lovelace@example.org;",
        "https://x.test/?a=ada.lovelace%40example.org",
        "ada.lovelace＠example.org",
        "x" * 495 + " ada.lovelace@example.org",
        "ada.lovelace+tag@xn--bcher-kva.example",
    ],
)
def test_no_address_survives_cleaning(text: str) -> None:
    """A reply is shown and logged; an address in it is not (rule A37)."""
    assert "lovelace" not in clean_reply(text)


def test_cleaning_keeps_what_helps() -> None:
    """The words around an address stay readable."""
    text = "5.1.1 <a@b.test>: Recipient address rejected:\n5.1.1 User  unknown\x1b[31m\x00"
    cleaned = clean_reply(text)
    assert cleaned == ("5.1.1 <[address]>: Recipient address rejected: 5.1.1 User unknown [31m")


@settings(max_examples=examples(60))
@given(st.integers(-5, 1200), st.text(max_size=2000), st.sampled_from(list(Phase)))
def test_any_reply_becomes_one_clean_outcome(code: int, text: str, phase: Phase) -> None:
    """Nothing a relay writes raises, spans lines, is endless or shows an address (promise 6)."""
    outcome = at(phase, code, text)
    assert len(outcome.text) <= REPLY_LIMIT
    assert outcome.text.isprintable()
    assert "@" not in outcome.text.replace("[address]", "")
    assert (outcome.verdict is UNKNOWN) <= (phase is Phase.DOT)


@settings(max_examples=examples(60))
@given(st.sampled_from([2, 4, 5]), st.integers(0, 999), st.integers(0, 999), st.text(max_size=50))
def test_every_well_formed_status_is_read(kind: int, subject: int, detail: int, text: str) -> None:
    """Unknown subjects and details are kept as they are (RFC 3463 2)."""
    found = parse_status(f"{kind}.{subject}.{detail} {text}")
    assert str(found) == f"{kind}.{subject}.{detail}"


WORDS = st.sampled_from(
    ["2.0.0", "2.6.0", "(2.1.5", "250", "2.", "0.0", "Ok:", "queued", "as", "4Xq1", "", "\n"]
)


@settings(max_examples=examples(300))
@given(st.lists(WORDS, max_size=6).map(" ".join))
def test_a_number_of_the_relays_own_hides_no_status(text: str) -> None:
    """A message that was taken keeps the status and the words, wherever in the reply they stand."""
    outcome = at(Phase.DOT, 250, text)
    status = parse_status(text)
    assert outcome == Outcome(
        verdict=ACCEPTED,
        fault=Fault.NONE,
        phase=Phase.DOT,
        code=250,
        status=str(status) if status else "",
        text=clean_reply(text),
    )


def test_a_huge_reply_is_read_quickly() -> None:
    """Hostile text cannot keep the service busy: every pattern is linear."""
    for piece in ("a", '"a', "5.1.", "does", "user unknown ", "<", "a@"):
        parse_reply(550, piece * (20_000 // len(piece)), phase=Phase.RCPT)
