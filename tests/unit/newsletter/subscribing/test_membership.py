"""Who is a reader elsewhere, who left there, and who is neither: the exports of many systems."""

from __future__ import annotations

import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from newsletter.subscribing import words
from newsletter.subscribing.files import read_rows
from newsletter.subscribing.membership import Membership, RowJudge, read_header
from newsletter.subscribing.records import SubscriberRow
from tests.worlds.rows import each

SHAPES = sorted((Path(__file__).parents[3] / "fixtures" / "lists").glob("*.csv"))


@each("path", SHAPES, ids=lambda path: path.stem)
def test_of_every_systems_export_only_readers_come_in(path: Path) -> None:
    """The addresses of a list say what should become of them: `in…` comes in, `left…` is known to have
    left, `out…` is neither; every other row of every system is refused (F17).
    """
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(read_rows(stream))
    assert rows
    for row in rows:
        expected = row.email.rpartition("<")[2].partition("@")[0].rstrip("0123456789")
        if isinstance(row, SubscriberRow):
            found = "in"
        else:
            found = "left" if row.left else "out"
            assert " there (" in row.reason
        assert found == expected, (row.email, row)


def test_enough_systems_are_known() -> None:
    """What the systems write is kept as files, so that each can be looked at."""
    assert len(SHAPES) >= 29


@each(
    ("title", "good", "bad", "expected"),
    [
        ("remove", "", "yes", "left"),
        ("on hold", "no", "yes", "out"),
        ("paused", "0", "1", "out"),
        ("muted", "false", "true", "out"),
        ("pausiert", "nein", "ja", "out"),
        ("deceased", "no", "yes", "left"),
        ("décédé", "non", "oui", "left"),
        ("NPAI", "non", "oui", "left"),
        ("wants newsletter", "yes", "no", "left"),
        ("Newsletter erwünscht", "ja", "nein", "left"),
        ("souhaite la newsletter", "oui", "non", "left"),
        ("send", "yes", "no", "left"),
        ("ok to contact", "yes", "no", "left"),
        ("kein Newsletter", "", "x", "left"),
        ("keine E-Mails", "nein", "ja", "left"),
        ("pas de courriel", "", "1", "left"),
        ("sin correo", "no", "sí", "left"),
        ("geen nieuwsbrief mail", "", "Ireland", "in"),  # words that only begin so
        ("No. of emails", "12", "0", "in"),
        ("Order status", "shipped", "cancelled", "in"),
        ("Email order status", "active", "inválido", "left"),
    ],
)
def test_a_column_is_understood_however_it_asks(
    title: str, good: str, bad: str, expected: str
) -> None:
    """Who asks for no mail, or is not to be mailed just now, is no reader (F17)."""
    text = f"email,{title}\ngood@example.org,{good}\nbad@example.org,{bad}\n"
    first, second = read_rows(io.StringIO(text))
    assert isinstance(first, SubscriberRow)
    if isinstance(second, SubscriberRow):
        assert expected == "in"
    else:
        assert expected == ("left" if second.left else "out")


# A question, and the answers of a reader.
QUESTIONS = [
    *("doNotEmail", "unsubscribed", "opt_out", "OptedOut", "bounced", "is_bounced", "blacklisted"),
    *(
        "hasOptedOutOfEmail",
        "Complained",
        "Abgemeldet",
        "désabonné",
        "email_disabled",
        "Suppressed",
    ),
    *("unsubscribed_at", "opt_out_date", "Date de désinscription", "Fecha de baja", "CLEAN_TIME"),
    *("status", "Statut", "Subscriber Status", "Email Status", "Zustand", "статус", "ステータス"),
    *(
        "subscribed",
        "opt_in",
        "Email consent",
        "Einwilligung",
        "consentement",
        "confirmed",
        "active",
    ),
    *("pending", "IsOptInPending", "unconfirmed", "Email preference"),
]
GOOD_ANSWERS = words.YES | words.NO | words.GOOD | words.GOOD_PREFERENCES


@given(
    st.sampled_from(QUESTIONS),
    st.one_of(
        st.text(max_size=20),
        st.sampled_from(["unsubscribed", "ausgetreten", "1", "yes", "2", "no", "x", "2026-01-01"]),
    ),
    st.lists(st.sampled_from([("name", "Ada"), ("city", "Ulm"), ("status", "active")]), max_size=3),
)
def test_an_answer_that_is_not_known_to_be_good_makes_no_reader(
    question: str, answer: str, others: list[tuple[str, str]]
) -> None:
    """Whatever else a row says, a cell that no reader has makes it nobody's (F17)."""
    titles = [question, *(title for title, _ in others)]
    cells = [answer, *(cell for _, cell in others)]
    membership = RowJudge(read_header(titles))(cells).membership
    known = words.fold(answer) in GOOD_ANSWERS or words.is_nothing(answer)
    is_time = words.looks_dated(answer)  # when they agreed is no reason against them
    if not (known or is_time):
        assert membership in (Membership.DOUBTFUL, Membership.LEFT)


@each("answer", ["1", "yes", "TRUE", "x", "2026-01-01", "01.02.2026", "Ja", "oui"])
def test_a_yes_to_a_question_of_leaving_is_a_departure(answer: str) -> None:
    """Under any name of the column, and in any way of saying yes or when."""
    of_leaving = [one for one in QUESTIONS if words.is_of_leaving(words.fold(one))]
    assert len(of_leaving) > 10
    for question in of_leaving:
        judged = RowJudge(read_header([question]))([answer])
        assert judged.membership is Membership.LEFT, question


@each(
    ("header", "cells"),
    [
        ("email,status,state", "a,Subscribed,California"),
        ("email,state,city,zip", "a,California,Los Angeles,90001"),
        ("email,SMS Marketing Consent", "a,UNSUBSCRIBED"),
        ("email,SMS_BLACKLISTED", "a,true"),
        ("email,Lead Status,Marketing contact status", "a,Open,Marketing contact"),
        ("email,unsubscribe_link,unsubscribe_token", "a,https://example.com/u/1,abc"),
        ("email,bounce_count,complaints", "a,0,0"),
        ("email,unsubscribed_at,bounced_at", "a,,0000-00-00 00:00:00"),
        ("email,Consent to track", "a,No"),
        ("email,notes", "a,left her card at the fair and wants to be unsubscribed from nothing"),
        ("email,member_rating,last_open", "a,2,2026-01-01"),
        ("email,type", "a,customer"),
    ],
)
def test_what_speaks_of_something_else_is_no_reason(header: str, cells: str) -> None:
    """Where people live, what they buy and whether they take text messages decides nothing."""
    membership = RowJudge(read_header(header.split(",")))(cells.split(",")).membership
    assert membership in (Membership.SILENT, Membership.GOOD)


@each(
    "text",
    [
        "email,status,status\na@example.com,unsubscribed,active\n",
        "email,name,status\na@example.com,Ada\n",
        "email,list a\na@example.com,Unsubscribed\n",
        "email,tags\na@example.com,unsubscribed\n",
        "email,state,created_at,suppressed,opted_out\na@example.com,active,2026-01-01,,yes\n",
    ],
)
def test_no_gap_lets_them_through(text: str) -> None:
    """A column that stands twice, a row that ends early, an odd place: what is said is heard."""
    (row,) = read_rows(io.StringIO(text, newline=""))
    assert not isinstance(row, SubscriberRow)
