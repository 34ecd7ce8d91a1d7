"""What a parser gets to see of a stranger's mail is bounded, however it is folded (rule C12)."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.inbound.octets import bound_octets
from mailer.inbound.reading import parse_report
from mailer.inbound.report import ReportKind
from tests.sizes import examples
from tests.worlds.rows import each

LIMIT = 2100
"""A thousand characters, where the end of a folded line is one of two octets, and the field's name."""

REPORT = """\
From: MAILER-DAEMON@mx.example.net
To: notes@example.com
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary=b{beyond}

--b
Content-Type: text/plain{beyond}

Sorry.
--b
Content-Type: message/delivery-status{beyond}

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; ada@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--b--
"""


def types(text: bytes) -> list[bytes]:
    """Each Content-Type with the lines on which it goes on."""
    return re.findall(rb"(?im)^content-type[ \t]*:.*(?:\n[ \t].*)*", text)


@settings(max_examples=examples(100))
@given(
    name=st.sampled_from(
        ["Content-Type:", "content-type :", "CONTENT-TYPE:\t", "Content-Type:\n "]
    ),
    piece=st.text(alphabet="; \"\\=*'a\n\t(%", min_size=1, max_size=8).filter(
        # a line that begins with something else is another field
        lambda text: not re.search(r"\n(?![ \t])", text + "x")
    ),
    times=st.integers(1, 2000),
    before=st.sampled_from(["", "Subject: x\n", "Subject: x\n\n--b\n"]),
)
def test_no_content_type_is_without_end(name: str, piece: str, times: int, before: str) -> None:
    """The parser takes the square of its length, in the main header and in each part's."""
    seen = bound_octets(f"{before}{name} text/plain{piece * times}\nFrom: a\n\nb\n".encode())
    assert all(len(one) <= LIMIT for one in types(seen))
    assert b"\nFrom: a\n" in seen


@each(
    "piece",
    [";", '\\";', "; a=b", "; report-type*0*=utf-8''%41", ";\n ", '\n\t; x="', "(", '"'],
)
def test_what_stands_behind_the_type_costs_nothing(piece: str) -> None:
    """Half a megabyte of parameters took more than a minute each; the report is read as without them."""
    read = parse_report(REPORT.format(beyond=f"; x=y{piece * (150_000 // len(piece))}").encode())
    assert (read.kind, read.status) == (ReportKind.HARD, "5.1.1")
