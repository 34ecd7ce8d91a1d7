"""A refusal is proof against a reader only if it is understood whole.

`absent.tsv` is what servers write of readers who are not there, `mingled.tsv` what says so beside something else:
of us, of lists, room, time or the host's own trouble, in twenty languages. Both were written before a look at the vocabulary, and
the rows called `later` before a look at what was understood by then.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.inbound.reading import parse_report
from mailer.inbound.report import ReportKind
from mailer.replies.outcome import Fault, Phase, parse_reply
from mailer.replies.severity import Severity, judge
from mailer.replies.status import parse_status
from mailer.replies.understanding import is_understood, says_nothing
from tests.sizes import examples
from tests.worlds.rows import each

FOLDER = Path(__file__).parents[3] / "fixtures" / "wordings"


def read(name: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


ABSENT = read("absent")
MINGLED = read("mingled")


def test_what_servers_write_of_who_is_gone_is_understood() -> None:
    """Of 215 refusals of forty kinds of server all are hard but those whose code or words say more (rule C5)."""
    judged = [(row, judge(None, row["text"]).severity.value) for row in ABSENT]
    assert not [(row, found) for row, found in judged if found != row["class"]]
    assert sum(row["class"] == "hard" for row in ABSENT) >= 0.9 * len(ABSENT)


@each("status", ["5.0.0", "5.1.1"])
def test_who_is_gone_for_another_reason_is_not_hard(status: str) -> None:
    """`No such user` beside a clause that no list knows counts, or is ours, and suppresses nobody (rule C5)."""
    given = parse_status(status)
    hard = [row for row in MINGLED if judge(given, row["text"]).severity is Severity.HARD]
    assert not hard
    assert len({row["language"] for row in MINGLED}) >= 15


@each(
    "text",
    [
        "550 5.7.1 No such user!",
        "550 5.7.1 No such user! 1669219200-OtIBWWhDmu-x8Y3mQ4r",
        "550 5.7.1 <ada@example.org>... User not known here",
        "550-5.7.1 User ada@example.org does not exist",
    ],
)
def test_who_is_unknown_by_a_code_of_policy_counts(text: str) -> None:
    """Yandex, sendmail and Kerio say 5.7.1 of readers whom they do not know. Understood whole it counts, so several
    over some days suppress; alone it suppresses nobody, for the code may be about us (rule C5).
    """
    outcome = parse_reply(550, text.removeprefix("550").lstrip(" -"), phase=Phase.RCPT)
    assert (outcome.is_gone, outcome.counts, outcome.fault) == (False, True, Fault.RECIPIENT)
    assert judge(None, text).severity is Severity.SOFT
    assert not parse_reply(550, text[4:], phase=Phase.DOT).counts


@each(
    "text",
    [
        "5.7.1 no such user or your address is on a list",
        "5.7.1 No such user! Your IP was seen in a botnet",
        "5.7.1 unknown user; connection from 192.0.2.1 not welcome",
        "5.7.1 recipient unknown (policy)",
        "5.7.1 user unknown, message blocked",
        "5.7.1 mailbox not found - try another relay",
        "5.7.1 no such user in the allow list",
        "5.7.1 User unknown to our members",
        "5.7.1 sender address rejected: user unknown",
        "5.7.1 20261127-bulkSender-refused no such user",
        "5.7.17 no such user",
        "5.7.26 no such user",
        "4.7.1 no such user",
    ],
)
def test_a_refusal_by_policy_never_counts_whoever_it_calls_unknown(text: str) -> None:
    """What says more than that nobody is there, or has another code, is about us (rule B5)."""
    code = 450 if text.startswith("4") else 550
    outcome = parse_reply(code, text, phase=Phase.RCPT)
    assert (outcome.is_gone, outcome.counts) == (False, False)


def test_no_refusal_for_another_reason_counts_under_a_code_of_policy() -> None:
    """All that was invented to go wrong, with 5.7.1 in the place of its code (rule B5)."""
    texts = [re.sub(r"\b[45]\.\d\.\d+\b", "5.7.1", row["text"]) for row in MINGLED]
    denied = parse_status("5.7.1")
    assert not [text for text in texts if judge(denied, text).counts]


def mail(text: str) -> bytes:
    """A bounce for people that quotes a reply."""
    head = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: notes@example.com\nSubject: failure notice\n"
    told = f"Hi. I could not deliver your message to the following address.\n\n<ada@example.org>:\nRemote host said: {text}\n"
    return (
        f"{head}Content-Type: text/plain; charset=utf-8\n\n{told}\nThe message is below.\n".encode()
    )


def test_a_mail_for_people_is_asked_for_the_reply_it_quotes() -> None:
    """What stands around it is a story; the reply itself must be understood (rules C5, C9)."""
    for row in MINGLED:
        assert parse_report(mail(row["text"])).kind is not ReportKind.HARD, row
    found = [parse_report(mail(row["text"])).kind for row in ABSENT if row["class"] == "hard"]
    assert found.count(ReportKind.HARD) >= 0.97 * len(found)


@each(
    ("text", "name", "is_gone"),
    [
        ("5.1.1 User ada unknown", "ada", True),
        ("5.1.1 ada: no such mailbox", "ada", True),
        ("no such recipient Ada.Lovelace here", "ada.lovelace", True),
        ('5.1.1 unknown user: "ada"', "", True),
        ("5.1.1 ada... User unknown", "", True),
        ("5.1.1 User ada unknown", "eve", False),
        ("5.1.1 customs: no such mailbox", "ada", False),
    ],
)
def test_a_reader_may_be_called_by_name(text: str, name: str, is_gone: bool) -> None:
    """Their local part is no unknown word; anybody else's is (rule C5)."""
    names = (name,) if name else ()
    assert parse_reply(550, text, phase=Phase.RCPT, names=names).is_gone == is_gone


@each(
    "said",
    [
        "kettles are cold",
        "the moon is up",
        "bitte den Pförtner fragen",
        "o porteiro saiu",
        "ключи потеряны",
        "鍵がありません。倉庫",
        "门卫出去了",
        "열쇠를 잃었다",
        "المفتاح ضاع",
    ],
)
@each("joint", [", ", "; ", ". ", " (", "\n550 ", "550-", ": "])
def test_one_clause_of_unknown_meaning_is_enough(said: str, joint: str) -> None:
    """Before or behind the absence, in any script, however it is joined (rule C5)."""
    for text in (f"user unknown{joint}{said}", f"{said}{joint}user unknown"):
        outcome = parse_reply(550, f"5.1.1 {text}", phase=Phase.RCPT)
        assert (outcome.is_gone, outcome.counts) == (False, True), text


_WORD = st.text(st.sampled_from("bcdfghjkmpqvwxz"), min_size=4, max_size=9)


@settings(max_examples=examples(200), deadline=None)
@given(st.sampled_from([row["text"] for row in ABSENT if row["class"] == "hard"]), _WORD, st.data())
def test_no_proof_survives_a_word_that_nobody_knows(
    text: str, word: str, data: st.DataObject
) -> None:
    """Put between any two words of any proof, it takes the proof away (rule C5)."""
    words = text.split(" ")
    at = data.draw(st.integers(1, len(words)))
    said = " ".join([*words[:at], word, *words[at:]])
    assert judge(None, said).severity is not Severity.HARD, said


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=600), st.booleans())
def test_any_text_is_read(text: str, in_prose: bool) -> None:
    """Whatever a stranger writes, the question has an answer, and a text that says nothing is understood."""
    assert is_understood(text, (text[:3],), in_prose=in_prose) in (True, False)
    assert is_understood("550 5.1.1 <ada@example.org>")
    assert says_nothing("550 5.1.1 <ada@example.org>: Recipient address rejected")
    assert not says_nothing("550 5.1.1 until further notice")


@each("clause", ["blocked1", "retry300s", "until2027", "over10MB", "AUTH004", "blocked-7"])
def test_a_word_with_a_number_behind_it_is_still_that_word(clause: str) -> None:
    """It may be what the refusal is really about, so no reader is given up for it; an id beside it tells nothing."""
    assert is_understood("550 5.1.1 User unknown a1b2c3d4e5 u9si1234567wme.12")
    assert not is_understood(f"550 5.1.1 User unknown, {clause}")
