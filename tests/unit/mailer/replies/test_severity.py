"""What servers of many kinds write, each line with its class: in the session and in a report.

The rows stand in tests/fixtures/wordings: `replies.tsv` by the kind of server that says it, `gmail.tsv`
and `yahoo.tsv` as these hosts document their replies, `mail.tsv` what a whole message says, and
`forbidden.txt` words beside which nothing is proof against a reader.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from email.header import Header
from functools import cache
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.inbound.reading import parse_report
from mailer.inbound.report import ReportKind
from mailer.replies.outcome import Fault, Outcome, Phase, Verdict, parse_reply
from mailer.replies.severity import Judgement, Severity, judge
from mailer.replies.status import parse_status
from mailer.replies.words import find_causes
from tests.sizes import every, examples, is_full
from tests.worlds.inbound.wordings import judge_postmaster
from tests.worlds.rows import each

FOLDER = Path(__file__).parents[3] / "fixtures" / "wordings"
OURS = {Fault.SENDER, Fault.CONTENT}


@dataclass(frozen=True)
class Row:
    """One wording and its class."""

    server: str
    code: str
    status: str
    kind: str
    text: str

    @property
    def words(self) -> str:
        """The reply without its code."""
        return f"{self.status} {self.text}".strip()

    @property
    def is_final(self) -> bool:
        """Whether the session takes it for the last word; 552 to RCPT is none (rule B11)."""
        return self.code.startswith("5") and self.code != "552"

    def reported(self) -> Judgement:
        """What it means in a report, whose own field says no more than that it failed."""
        return _reported(self)

    def answered(self, phase: Phase) -> Outcome:
        """What it means in the session."""
        return parse_reply(int(self.code), self.words, phase=phase, names=("ada",))


@cache
def _reported(row: Row) -> Judgement:
    given = parse_status(row.status) or parse_status("5.0.0")
    return judge(given, f"{row.code} {row.words}".strip(), names=("ada",))


def read(name: str) -> list[dict[str, str]]:
    """The rows of a table."""
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def rows(name: str) -> Iterator[Row]:
    """The rows of a table of replies."""
    for row in read(name):
        yield Row(row.get("server", name), row["code"], row["status"], row["class"], row["text"])


REPLIES = [*rows("replies"), *rows("gmail"), *rows("yahoo")]
MAIL = read("mail")
BY_SERVER = {
    server: [row for row in REPLIES if row.server == server]
    for server in sorted({row.server for row in REPLIES})
}


# ── replies ──────────────────────────────────────────────────────────────────────────────────


@each("server", BY_SERVER)
def test_each_wording_is_of_its_class(server: str) -> None:
    """In a report every row is hard, soft or policy as its host means it (rules B24, C5)."""
    judged = [(row, row.reported().severity.value) for row in BY_SERVER[server]]
    assert not [(row, found) for row, found in judged if found != row.kind]


@each("server", BY_SERVER)
def test_session_and_report_agree(server: str) -> None:
    """The same words suppress in the session if and only if a report of them does (rule B5)."""
    for row in filter(lambda row: row.is_final, BY_SERVER[server]):
        at_rcpt, at_dot = row.answered(Phase.RCPT), row.answered(Phase.DOT)
        assert (at_rcpt.verdict, at_dot.verdict) == (Verdict.PERMANENT, Verdict.PERMANENT), row
        assert at_rcpt.is_gone is (row.kind == "hard"), row
        assert not at_dot.is_gone or row.kind == "hard", row  # there it must name the mailbox
        assert (at_rcpt.fault in OURS) is (row.kind == "policy"), row
        assert at_dot.fault in OURS or row.kind != "policy", row


def test_what_is_temporary_stays_so() -> None:
    """The first digit decides whatever else is said, also over `421 5.7.32` (rule B3)."""
    temporary = [row for row in REPLIES if row.code.startswith("4")]
    assert len(temporary) > 100
    for row in temporary:
        verdicts = {row.answered(phase).verdict for phase in (Phase.MAIL, Phase.RCPT, Phase.DOT)}
        assert verdicts == {Verdict.TRANSIENT}, row
        assert row.kind == "soft", row


def test_refusals_by_policy_never_count_against_a_reader() -> None:
    """No row that is about the sender is one of a reader's soft bounces (rule B5)."""
    about_us = [row for row in REPLIES if row.kind == "policy"]
    assert len(about_us) > 200
    assert not [row for row in about_us if row.reported().counts]


def test_the_tables_are_wide() -> None:
    """Every class and every kind of server is there; the counts are shown by `pytest -rP`."""
    kinds, servers = Counter(row.kind for row in REPLIES), Counter(row.server for row in REPLIES)
    whole = Counter(row["class"] for row in MAIL)
    for title, counts in (("replies", kinds), ("messages", whole), ("servers", servers)):
        figures = " ".join(f"{name}={count}" for name, count in sorted(counts.items()))
        sys.stdout.write(f"{title}: {counts.total()}: {figures}\n")
    # Who leaves by mail is known by the address it came to, not by what it says (rule C11).
    assert set(kinds) | set(whole) == {*ReportKind} - {ReportKind.UNSUBSCRIBE}
    assert min(kinds.values()) > 100
    assert min(whole.values()) >= 3
    assert servers["gmail"] == 121  # as many as Google documents
    assert servers["Hard negative"] >= 20
    assert len({(row.server, row.code, row.words) for row in REPLIES}) == len(REPLIES)


# ── nothing about us, about quota or about time is hard ──────────────────────────────────────

FORBIDDEN = (FOLDER / "forbidden.txt").read_text("utf-8").splitlines()
"""Words about authentication, spam, blocking, quota, greylisting, rate and expiry."""

GONE = (
    *("User unknown", "no such user", "mailbox not found", "address does not exist"),
    *("unknown recipient", "account disabled", "Unrouteable address", "domain not found"),
    *("Empfänger unbekannt", "utilisateur inconnu", "usuario desconocido", "存在しません", ""),
)
"""Words that alone would be proof, and none."""

_STATUSES = st.one_of(
    st.just(""),
    st.sampled_from(("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.0.0", "5.4.4")),
    st.builds("{}.{}.{}".format, st.sampled_from((4, 5)), st.integers(0, 9), st.integers(0, 30)),
)
_CODES = st.sampled_from(("", "450", "550", "550-", "551", "553", "554", "556", "smtp; 550", "#"))
_JOINTS = st.sampled_from(
    (" ", "\n", "\r\n ", ", ", "; ", ": ", " - ", ". ", ".", " / ", " (", "\t", "…")
)
_FILLING = st.text(st.characters(exclude_characters="@＠./:"), max_size=12).map(lambda s: f" {s} ")


def _shouted(words: str) -> str:
    return words.upper()


def _wide(words: str) -> str:
    """As full-width letters."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in words)


def _seamed(words: str) -> str:
    """With characters in it that nobody sees."""
    return "\u200b".join(words)


def _spaced(words: str) -> str:
    return re.sub(" ", "  \n", words)


_DISGUISES = st.sampled_from((str, str.lower, str.title, _shouted, _wide, _seamed, _spaced))


@st.composite
def mixtures(draw: st.DrawFn) -> tuple[str, str, str]:
    """A status field, a text that says somewhere what is forbidden, and that word."""
    word = draw(st.sampled_from(FORBIDDEN))
    pieces = [draw(_DISGUISES)(word), *draw(st.lists(st.sampled_from(GONE), max_size=4))]
    pieces += draw(st.lists(_FILLING, max_size=2))
    pieces = draw(st.permutations(pieces))
    text = draw(_CODES)
    if quoted := draw(_STATUSES):
        text = f"{text} {quoted}"
    for piece in pieces:
        text += draw(_JOINTS) if text else ""
        text += piece
    return draw(_STATUSES), text, word


def assert_not_hard(status: str, text: str) -> None:
    """Neither a report nor a relay's reply with these words is proof against a reader."""
    assert judge(parse_status(status), text).severity is not Severity.HARD, text
    for phase in (Phase.RCPT, Phase.DOT):
        # One of the two codes by default, and each in turn.
        for code in (550, 556) if is_full() else ((550, 556)[len(text) % 2],):
            assert not parse_reply(code, f"{status} {text}".strip(), phase=phase).is_gone, text


@settings(max_examples=examples(60), deadline=None)
@given(mixtures())
def test_no_mixture_with_a_forbidden_word_is_hard(mixture: tuple[str, str, str]) -> None:
    """Whatever the codes, and whatever else is said before or behind it (rule C5)."""
    status, text, _ = mixture
    assert_not_hard(status, text)


def test_every_forbidden_word_is_recognised() -> None:
    """Each alone has a cause, and none that would suppress."""
    assert not [word for word in FORBIDDEN if not find_causes(word)]
    for word in FORBIDDEN:
        assert_not_hard("5.1.1", f"550 5.1.1 {word}")


def test_proof_without_a_forbidden_word_is_hard() -> None:
    """The gate does not hold because nothing is hard: the same words without it are."""
    for words in filter(None, GONE):
        assert judge(parse_status("5.1.1"), f"550 5.1.1 {words}").severity is Severity.HARD
        assert parse_reply(550, f"5.1.1 {words}", phase=Phase.RCPT).is_gone


def test_no_hard_row_stays_hard_beside_a_forbidden_word(slow: bool) -> None:
    """Every proof of the table gives way to a word about us, quota or time (rule C5)."""
    proofs = [row for row in REPLIES if row.kind == "hard"]
    for number, row in enumerate(proofs):
        step = 1 if slow else 31 * every(5)
        for word in FORBIDDEN[number % min(step, len(FORBIDDEN)) :: step]:
            assert_not_hard(row.status, f"{row.code} {row.words}; {word}")


def test_the_gate_holds_at_length(slow: bool) -> None:
    """The same mixtures in great number; small without --slow."""
    count = 0

    @settings(max_examples=50_000 if slow else 12, deadline=None, database=None)
    @given(mixtures())
    def look(mixture: tuple[str, str, str]) -> None:
        nonlocal count
        count += 1
        assert_not_hard(mixture[0], mixture[1])

    look()
    sys.stdout.write(f"mixtures={count}\n")
    assert count >= 12


# ── whole messages ───────────────────────────────────────────────────────────────────────────


def build(row: dict[str, str]) -> bytes:
    """A message that says what a row says."""
    mark, head = row["mark"], ["Return-Path: <>"]
    subject = Header(row["subject"], "utf-8", maxlinelen=900).encode() if row["subject"] else ""
    head += [f"From: {row['from']}", "To: notes@example.com", f"Subject: {subject}"]
    kind, _, value = mark.partition(":")
    part = ""
    if kind == "feedback":
        part = f"message/feedback-report\n\nFeedback-Type: {value}\nUser-Agent: x/1\nVersion: 1\n"
    elif kind == "action":
        group = f"Final-Recipient: rfc822; ada@example.org\nAction: {value}\nStatus: 4.0.0\n"
        group += f"Diagnostic-Code: smtp; {row['text']}\n"
        part = f"message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n{group}"
    elif mark:
        head.append(mark)
    if row["class"] in {"none", "auto-reply"}:
        head[0] = "Return-Path: <ada@example.org>"
    text = f"Content-Type: text/plain; charset=utf-8\n\n{row['text']}\n"
    if not part:
        return ("\n".join(head) + f"\n{text}").encode()
    head.append('Content-Type: multipart/report; boundary="B"')
    return ("\n".join(head) + f"\n\n--B\n{text}\n--B\nContent-Type: {part}\n--B--\n").encode()


@each("row", MAIL, ids=lambda row: f"{row['server']}: {row['subject']}"[:80])
def test_each_message_is_of_its_class(row: dict[str, str]) -> None:
    """Delays, complaints, answers of machines and of people are told apart (rules C4, C8, C9)."""
    assert parse_report(build(row)).kind.value == row["class"]


# ── the table of the rules ───────────────────────────────────────────────────────────────────────


def classified() -> list[str]:
    """The table in docs/rules.md: what the wordings of tests/fixtures/wordings are taken for, counted."""
    kinds = ("hard", "soft", "policy")
    lines = ["| wordings | hard | soft | policy |", "| --- | --- | --- | --- |"]
    served = [row for row in REPLIES if row.server not in {"gmail", "yahoo"}]
    servers = len({row.server for row in served})
    groups = {
        f"replies of {servers} kinds of server": [one.reported().severity for one in served],
        "as Gmail documents its own": [one.reported().severity for one in BY_SERVER["gmail"]],
        "as Yahoo documents its own": [one.reported().severity for one in BY_SERVER["yahoo"]],
    }
    spoken: dict[str, list[Severity]] = {}
    for row in read("languages"):
        judged = judge(parse_status("5.1.1"), f"550 5.1.1 {row['text']}").severity
        spoken.setdefault(f"5.1.1, in fifteen languages, of: {row['kind']}", []).append(judged)
    for row in read("postmasters"):
        judged = judge_postmaster(row["text"]).severity
        about = "a reader who is gone" if row["kind"] == "gone" else "anything else"
        spoken.setdefault(f"5.1.1, by postmasters, of: {about}", []).append(judged)
    for name, about in (("absent", "a reader who is gone"), ("mingled", "that and something else")):
        told = [judge(None, row["text"]).severity for row in read(name)]
        spoken[f"any code, as servers write, of: {about}"] = told
    for name, found in (groups | spoken).items():
        counts = Counter(severity.value for severity in found)
        lines.append(f"| {name} | {' | '.join(str(counts[kind]) for kind in kinds)} |")
    lines += ["", "| whole messages, taken for | count |", "| --- | --- |"]
    messages = Counter(parse_report(build(row)).kind.value for row in MAIL)
    return lines + [f"| {kind} | {count} |" for kind, count in sorted(messages.items())]


def test_the_table_in_the_rules_is_as_counted() -> None:
    """docs/rules.md says what hosts' words are taken for, and how many were tried (rule C5)."""
    made = "\n".join(classified())
    document = (Path(__file__).parents[4] / "docs" / "rules.md").read_text("utf-8")
    assert made in document, f"put this into docs/rules.md:\n{made}"
