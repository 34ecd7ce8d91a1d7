"""The gate: nothing about us, lists, quota or time is ever hard, in fifteen languages and all mixtures.

The rows stand in tests/fixtures/wordings/languages.tsv by language and by what they are about.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from itertools import islice, product
from pathlib import Path

from mailer.replies.outcome import Phase, Verdict, parse_reply
from mailer.replies.severity import Severity, judge
from mailer.replies.status import parse_status
from tests.sizes import every
from tests.worlds.inbound.wordings import judge_postmaster
from tests.worlds.rows import each

FILE = Path(__file__).parents[3] / "fixtures" / "wordings" / "languages.tsv"
with FILE.open(encoding="utf-8", newline="") as _file:
    ROWS = [
        (row["language"], row["kind"], row["text"])
        for row in csv.DictReader(_file, delimiter="\t", quoting=csv.QUOTE_NONE)
    ]
GONE = [(language, text) for language, kind, text in ROWS if kind == "gone"]
MILD = [row for row in ROWS if row[1] != "gone"]
CODES = ("550", "553", "554", "")
FIELDS = ("5.1.1", "5.1.2", "5.1.3", "5.0.0")
QUOTED = ("", "5.1.1")
OURS = ("example.com",)


def test_the_gate_holds_over_all_mixtures() -> None:
    """Whatever the codes, and whatever else is said of a reader in any language (rules B5, C5)."""
    hard: list[str] = []
    counts: Counter[str] = Counter()
    proofs = ["", *(text for _, text in GONE)]
    mixtures = enumerate(product(MILD, CODES, FIELDS, QUOTED))
    for number, (row, code, field, quoted) in islice(mixtures, 0, None, every(11)):
        language, kind, text = row
        words = (
            text,
            f"{proofs[number % len(proofs)]}; {text}",
            f"{text}. {proofs[-1 - number % 7]}",
        )
        said = f"{code} {quoted} {words[number % 3]}".strip()
        counts[kind] += 1
        if judge(parse_status(field), said, ours=OURS).severity is Severity.HARD:
            hard.append(f"{language} {field}: {said}")
    figures = " ".join(f"{name}={count}" for name, count in sorted(counts.items()))
    sys.stdout.write(f"mixtures: {counts.total()}: {figures}\n")
    assert not hard
    assert counts.total() > 2000 // every(11)
    assert set(counts) == {kind for _, kind, _ in MILD}
    assert len({language for language, _, _ in ROWS}) >= 15


@each(("language", "text"), GONE)
def test_who_is_gone_is_gone_in_every_language(language: str, text: str) -> None:
    """The gate does not hold because nothing is hard: words about a reader alone are."""
    del language
    assert judge(parse_status("5.0.0"), f"550 {text}").severity is Severity.HARD
    assert parse_reply(550, f"5.1.1 {text}", phase=Phase.RCPT).is_gone


@each(
    "text",
    [
        "5.1.0 example.com does not exist",
        "5.1.1 <notes+i1.s2.0123456789ab@example.com>: user unknown",
        "5.1.1 domain example.com not found",
    ],
)
def test_what_names_us_is_about_us(text: str) -> None:
    """A host that names our domain or our return path says nothing of a reader (rule B5)."""
    assert not parse_reply(550, text, phase=Phase.RCPT, ours=OURS).is_gone


@each(
    "where",
    [
        "(in reply to MAIL FROM command)",
        "(in reply to HELO command)",
        "(in reply to EHLO command)",
        "after MAIL FROM:<notes@example.com>",
        "after initial connection",
        ">>> MAIL From:<notes@example.com>",
    ],
)
def test_what_was_said_before_rcpt_is_about_us(where: str) -> None:
    """Nobody has been named yet, so nobody's mailbox is meant, whatever the words are (rule B5)."""
    for words in ("User unknown", "Host unknown", "no such domain", ""):
        said = f"550 5.1.1 {words} {where}"
        assert judge(parse_status("5.1.1"), said).severity is Severity.POLICY


def test_after_data_only_a_readers_mailbox_is_meant() -> None:
    """A header's address and a link's domain are refused there, too (rule B5)."""
    for words in ("Invalid address", "Domain not found", "The address does not exist", ""):
        said = f"550 5.1.3 {words} (in reply to end of DATA command)"
        assert judge(parse_status("5.1.3"), said).severity is not Severity.HARD
        assert not parse_reply(550, f"5.1.3 {words}", phase=Phase.DOT).is_gone
    assert parse_reply(550, "5.1.1 user unknown", phase=Phase.DOT).is_gone


def test_readers_at_our_own_domain_are_readers() -> None:
    """An author's colleagues read as well: their addresses are not ours because of the domain."""
    said = "5.1.1 <ada@example.com>: user unknown"
    assert parse_reply(550, said, phase=Phase.RCPT, ours=OURS).is_gone


def test_soft_refusals_in_the_session_count_as_in_reports() -> None:
    """A full mailbox and an address that is denied are the reader's, said now or later (rule C6)."""
    for code, text in (
        (550, "5.4.1 Recipient address rejected: Access denied"),
        (554, "5.2.2 mailbox full"),
        (552, "5.2.2 mailbox full"),
    ):
        outcome = parse_reply(code, text, phase=Phase.RCPT)
        assert (outcome.counts, outcome.is_gone) == (True, False)
        assert judge(parse_status(text), f"{code} {text}").counts
    assert not parse_reply(550, "5.7.1 blocked", phase=Phase.RCPT).counts


POSTMASTERS = [
    line.split("\t")
    for line in FILE.with_name("postmasters.tsv").read_text("utf-8").splitlines()[1:]
]


def test_what_postmasters_write_of_us_is_never_hard() -> None:
    """Wordings that were written without a look at the vocabulary, and sorted by hand before."""
    hard = []
    for number, (language, kind, text) in enumerate(POSTMASTERS):
        if kind == "not":
            judged = [judge_postmaster(f"550 {text[4:]}")]
            if number % every(5) == 0:  # alone, words prove less than beside a host's 5.1.1
                judged.append(judge(None, text, ours=OURS))
            if Severity.HARD in {one.severity for one in judged}:
                hard.append(f"{language}: {text}")
    assert not hard


def test_most_unknown_readers_of_postmasters_are_found() -> None:
    """Without any code two in three are known by their words; with a host's 5.1.1 nearly all of them."""
    gone = [text for _, kind, text in POSTMASTERS if kind == "gone"]
    bare = sum(judge(None, text).severity is Severity.HARD for text in gone)
    coded = sum(judge_postmaster(text).severity is Severity.HARD for text in gone)
    assert bare >= 0.64 * len(gone)
    assert coded >= 0.95 * len(gone)


@each(
    "text",
    [
        "डाकपेटी भर गई है",  # is full
        "प्रेषक का पता मौजूद नहीं है",  # the sender does not exist
        "ডাকবাক্স পূর্ণ",
        "அனுப்புநர் முகவரி இல்லை",
        "საფოსტო ყუთი სავსეა",
        "Փոստարկղը լի է",
        "ប្រអប់សំបុត្រពេញ",
        "ይህ የመልእክት ሳጥን ሞልቷል",
        "<ada@example.org>: صندوق پستی پر شده است",
    ],
)
def test_what_nobody_can_read_proves_nothing(text: str) -> None:
    """A host's 5.1.1 with words in a script of which no word is known: it counts, and no more (rule C5)."""
    outcome = parse_reply(550, f"5.1.1 {text}", phase=Phase.RCPT)
    assert (outcome.is_gone, outcome.counts) == (False, True)
    assert judge(parse_status("5.1.1"), f"550 {text}").severity is Severity.SOFT
    assert parse_reply(550, "5.1.1 <ада@пошта.example>", phase=Phase.RCPT).is_gone


@each(
    ("text", "is_gone"),
    [
        ("Sent too late at night, come back in the morning", False),
        ("Mail is only taken from members", False),
        ("Delivery stopped by parental control", False),
        ("Mailbox is read-only at the moment", False),
        ("Le destinataire refuse la publicité", False),
        ("広告メールは受け取れません", False),
        ("Cubeorum pagwus fintle", False),
        ("", True),
        ("<ada@example.org>: Recipient address rejected: example.org", True),
        ("<ada@example.org>: Recipient address rejected", True),
        ("Requested action not taken [mx1.example.org]", True),
        ("Rejected", True),
    ],
)
def test_a_code_is_believed_where_its_words_say_nothing_else(text: str, is_gone: bool) -> None:
    """A host that says more than the code, and nothing that is understood, may mean anything (rule C5)."""
    outcome = parse_reply(550, f"5.1.1 {text}", phase=Phase.RCPT)
    assert outcome.is_gone == is_gone
    assert not (is_gone and outcome.counts)


@each(
    ("text", "verdict"),
    [
        ("1 Requested mail action aborted, mailbox not found", Verdict.PERMANENT),
        ("5.2.2 mailbox full", Verdict.PERMANENT),
        ("Too many recipients", Verdict.TRANSIENT),
        ("mailbox not found, too many recipients", Verdict.TRANSIENT),
        ("", Verdict.TRANSIENT),
    ],
)
def test_552_to_a_recipient_is_one_too_many_or_a_mailbox(text: str, verdict: Verdict) -> None:
    """RFC 5321 4.5.3.1.10 has it mean 452; Yahoo says with it that nobody is there (rule B11)."""
    outcome = parse_reply(552, text, phase=Phase.RCPT)
    assert outcome.verdict is verdict
    assert outcome.is_gone == ("1 Requested" in text)


HOUSE = ("example.com", "mail.letters.example", "203.0.113.5", "2001:db8:7::25")


@each(
    "text",
    [
        "mail.letters.example unknown",
        "No such host mail.letters.example",
        "unbekannt: mail.letters.example",
        "mail.letters.example: inconnu",
        "mail.letters.example no existe",
        "mail.letters.example nie istnieje",
        "mail.letters.example は存在しません",
        "mail.letters.example 不存在",
        "user unknown (peer mail.letters.example)",
        "[203.0.113.5] user unknown",
        "203.0.113.5 does not exist",
        "unknown user from 203.0.113.5: see 5.113.0.203.list.example",
        "5.113.0.203.zz.countries.example found, no such user",
        "no such user, [IPv6:2001:DB8:7::25]",
    ],
)
def test_what_names_our_host_or_address_is_about_us(text: str) -> None:
    """The name we greet with and the address we come from are ours, whatever is said of them (rule B5)."""
    for code in ("", "5.1.1 ", "5.1.2 ", "5.1.10 "):
        assert not parse_reply(550, f"{code}{text}", phase=Phase.RCPT, ours=HOUSE).is_gone


@each(
    "text",
    [
        "5.1.1 <ada@mail.letters.example>: user unknown",
        "5.1.1 user unknown at mx.mail.letters.example.org",
        "5.1.1 user unknown, says 203.0.113.55",
        "5.1.1 user unknown, says 1203.0.113.5",
        "5.1.1 user unknown, says email.letters.example",
    ],
)
def test_other_hosts_and_addresses_are_not_ours(text: str) -> None:
    """A name within a name, and a number within a number, is somebody else's."""
    assert parse_reply(550, text, phase=Phase.RCPT, ours=HOUSE).is_gone
