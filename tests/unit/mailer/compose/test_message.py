"""What an issue's mail says: headers, both parts, links, preview line, size, hostile values."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.compose import letters, message
from mailer.compose.fragment import visible_text
from mailer.compose.skeleton import Recipient
from storage.model.errors import AddressError, MessageError
from storage.model.fields import unguard
from storage.model.issues import Issue
from tests.sizes import examples, is_full
from tests.worlds.rows import each
from tests.worlds.sending.composed import (
    ADA,
    GREETING,
    IDENTITY,
    ISSUE,
    NOON,
    PREFERENCES_URL,
    UNSUBSCRIBE_URL,
    parse,
    parts,
)


class _Links(HTMLParser):
    """Every address that the HTML leads to or shows."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found |= {value for name, value in attrs if name in {"href", "src"} and value}


def _html_links(html: str) -> set[str]:
    links = _Links()
    links.feed(html)
    return links.found


def _text_links(text: str) -> set[str]:
    return set(re.findall(r"https?://[^\s]+", text))


def _assert_fit(content: bytes) -> None:
    """The limits of the wire: CRLF only, 7 bit, no line over 998, no body line over 76."""
    assert b"\r" not in content.replace(b"\r\n", b"")
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert content.isascii()
    head, _, body = content.partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 998
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert not any(line.startswith(b".") for line in content.split(b"\r\n"))


def test_an_issue_says_how_to_leave_with_one_click() -> None:
    """One HTTPS URL, unencoded, and the one-click field (RFC 8058 3.1, rule A3)."""
    content = message.compile_issue(ISSUE, IDENTITY).fill(ADA).content
    assert f"\r\nList-Unsubscribe: <{UNSUBSCRIBE_URL}>\r\n".encode() in content
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in content
    assert b"\r\nPrecedence: bulk\r\n" in content


def test_the_envelope_is_the_recipients_own() -> None:
    """Sender is the copy's return path, recipient its one address (rules A34, A39)."""
    envelope = message.compile_issue(ISSUE, IDENTITY).fill(ADA)
    assert (envelope.sender, envelope.recipient) == (ADA.return_path, "ada@example.org")
    assert parse(envelope)["To"].addresses[0].addr_spec == "ada@example.org"
    assert not envelope.smtputf8


def test_the_list_id_outlives_the_title() -> None:
    """A renamed list keeps its List-Id, Feedback-ID and sender (rules A15, A35)."""
    one = parse(message.compile_issue(ISSUE, IDENTITY).fill(ADA))
    renamed = replace(IDENTITY, title="Ünïcode “Notes”")
    two = parse(message.compile_issue(ISSUE, renamed).fill(ADA))
    assert message.list_id(renamed) == "newsletter.notes.example.com"
    assert two["List-Id"].endswith("<newsletter.notes.example.com>")
    assert one["Feedback-ID"] == two["Feedback-ID"]
    assert re.fullmatch(r"[^:]+:[^:]+:[^:]+:[A-Za-z0-9]{5,15}", str(one["Feedback-ID"]))


def test_the_parts_are_plain_first_and_read_back_exactly() -> None:
    """multipart/alternative, UTF-8, quoted-printable; the text is what was written (rule A24)."""
    envelope = message.compile_issue(ISSUE, IDENTITY).fill(ADA)
    parsed = parse(envelope)
    kinds = [part.get_content_type() for part in parsed.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    assert {part.get_content_charset() for part in parsed.iter_parts()} == {"utf-8"}
    assert not parsed.defects
    text, html = parts(envelope)
    written = unguard(ISSUE.text).replace("{{ name | friend }}", "Ada Lovelace").strip()
    assert written in text
    assert "Hello Ada Lovelace." in html
    _assert_fit(envelope.content)


def test_both_parts_lead_to_the_same_places() -> None:
    """Every link of the HTML is in the text and the other way round (rules A24, D18)."""
    for skeleton in (
        message.compile_issue(ISSUE, IDENTITY),
        letters.compile_confirmation(IDENTITY),
        letters.compile_notice(IDENTITY),
    ):
        text, html = parts(skeleton.fill(ADA))
        assert _html_links(html) == _text_links(text)


def test_the_footer_says_who_why_and_how_to_leave() -> None:
    """Identity, postal address, reason and links in both parts (rule A13)."""
    for part in parts(message.compile_issue(ISSUE, IDENTITY).fill(ADA)):
        for words in (
            "by Ada Example",
            "12 Harbour Street",
            "12345 Seatown",
            "You get this because",
        ):
            assert words in part
        assert "ada@example.org" in part
        assert part.index("first duty") < part.rindex(UNSUBSCRIBE_URL)
        assert PREFERENCES_URL in part


def test_a_clipped_mail_can_still_be_left() -> None:
    """The HTML has the link to leave above the text as well, where no clipping hides it (D6)."""
    _, html = parts(message.compile_issue(ISSUE, IDENTITY).fill(ADA))
    assert html.index(UNSUBSCRIBE_URL) < html.index("light. See")


def test_the_date_is_the_authors_and_the_header_the_copys() -> None:
    """The page says the day in the newsletter's zone; Date is the copy's moment (rule A20)."""
    identity = replace(IDENTITY, timezone="America/Los_Angeles")
    envelope = message.compile_issue(ISSUE, identity).fill(ADA)
    assert parse(envelope)["Date"].datetime == NOON
    assert all("22 November 2026" in part for part in parts(envelope))


def test_a_thousand_copies_have_a_thousand_ids_and_no_other_reader() -> None:
    """Message-ID is each copy's own, and a copy names nobody else (rules A19, A39)."""
    skeleton = message.compile_issue(ISSUE, IDENTITY)
    seen = set()
    for number in range(1000):
        reader = f"r{number:04d}@example.org"
        copy = replace(ADA, address=reader, ascii=reader, message_token=f"i7s{number}")
        content = skeleton.fill(copy).content
        seen.add(re.search(rb"^Message-ID: (.*)$", content, re.MULTILINE)[1])  # type: ignore[index]
        assert set(re.findall(rb"r\d{4}@example", content)) == {reader[:13].encode()}
    assert len(seen) == 1000


def test_the_same_copy_is_the_same_bytes() -> None:
    """A retry sends what was sent; a signature made once would stay valid (rule A19)."""
    one = message.compile_issue(ISSUE, IDENTITY).fill(ADA)
    assert message.compile_issue(ISSUE, IDENTITY).fill(ADA) == one


def test_long_lines_and_long_links_stay_within_the_limits() -> None:
    """A 5,000 character line, a link of 600 and a site far down keep every limit (rule A25)."""
    url = "https://example.com/" + "x" * 600
    issue = replace(
        ISSUE,
        html=f'<p>{"long " * 1000}</p><p>{"é" * 5000}<a href="{url}">x</a></p>',
        text=f"{'long ' * 1000}\n{'é' * 5000}\n{url}\n",
    )
    envelope = message.compile_issue(issue, replace(IDENTITY, url=url)).fill(ADA)
    _assert_fit(envelope.content)
    assert all(f"{url}/unsubscribe/{ADA.unsubscribe_token}" in part for part in parts(envelope))


_HOSTILE = st.text(
    st.sampled_from("\r\n\0\u2028\u2029\x85\x0b<>&\"'{}=?_@,.;: aé日😀\ud800") | st.characters(),
    max_size=60,
)


@given(_HOSTILE)
@settings(max_examples=examples(60), deadline=None)
def test_no_readers_name_reaches_a_header_or_the_markup(name: str) -> None:
    """A name is text, whatever it holds: same headers, same tags, same limits (A21, D21)."""
    skeleton = GREETING
    plain = skeleton.fill(replace(ADA, name="x"))
    envelope = skeleton.fill(replace(ADA, name=name))
    assert parse(envelope).keys() == parse(plain).keys()
    assert parts(envelope)[1].count("<") == parts(plain)[1].count("<")
    _assert_fit(envelope.content)


@given(_HOSTILE, _HOSTILE)
@settings(max_examples=examples(40), deadline=None)
def test_no_title_reaches_a_header_or_the_markup(title: str, list_title: str) -> None:
    """Titles of issue and list are text, whatever they hold (rule A21)."""
    identity = replace(IDENTITY, title=list_title)
    envelope = message.compile_issue(replace(ISSUE, title=title), identity).fill(ADA)
    assert len(parse(envelope).keys()) == 13
    assert "Bcc" not in parse(envelope)
    _assert_fit(envelope.content)


def test_the_preview_line_is_text_that_the_reader_sees() -> None:
    """What is hidden for the inbox's preview is visible below, at most 150 characters (D16)."""
    for summary in ("A keeper’s first duty is the light.", "Another view, " * 30):
        issue = replace(ISSUE, summary=summary)
        _, html = parts(message.compile_issue(issue, IDENTITY).fill(ADA))
        hidden = re.search(r'<div class="preheader"[^>]*>([^<]*)</div>', html)
        assert hidden is not None
        assert 0 < len(hidden[1]) <= 150
        visible = html.replace(hidden[0], "").partition("<body")[2]
        assert hidden[1] in visible


def _hidden_and_visible(issue: Issue, reader: Recipient = ADA) -> tuple[str, str]:
    """The preview line, and the text that a reader sees."""
    _, html = parts(message.compile_issue(issue, IDENTITY).fill(reader))
    hidden = re.search(r'<div class="preheader"[^>]*>([^<]*)</div>', html)
    body = html.partition("<body")[2].replace(hidden[0] if hidden else "", "")
    return unescape(hidden[1] if hidden else ""), visible_text(f"<body{body}")


def test_the_preview_line_of_a_shortened_mail_is_seen_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the mail is too short for is not hidden in it either: the summary stands above (D16)."""
    said = "This is the first paragraph and only at the end."
    monkeypatch.setattr(message, "_BUDGET", 20_000)
    code = "x = 1 # a line of code\n" * 1600
    html = f"<pre><code>{code}</code></pre><p>{said}</p>"
    hidden, visible = _hidden_and_visible(replace(ISSUE, html=html, summary=said))
    assert hidden == said
    assert hidden in visible


@each(
    ("summary", "html", "hidden"),
    [
        ("Dear {{ name | friend }}, hello.", "<p>x</p>", "Dear Ada Lovelace, hello."),
        ("{{ email }} " * 12, "<p>x</p>", ""),
        ("For {{ email }} alone", "<p>For {{ email }} alone</p>", "For"),
        ("{{ name }} " * 40, "<p>x</p>", "Ada Lovelace Ada Lovelace"),
        ("Type {{ name }} there", "<p>Type <code>{{ name }}</code> there</p>", None),
        ("灯" * 400, "<p>x</p>", "灯" * 150),
        (
            "A summary that was cut…",
            "<p>A summary that was cut short.</p>",
            "A summary that was cut",
        ),
    ],
)
def test_the_preview_line_is_as_long_as_it_may_be_when_it_is_filled(
    summary: str, html: str, hidden: str | None
) -> None:
    """At most 150 characters with the reader's own in it, and seen below as they are (rule D16)."""
    found, visible = _hidden_and_visible(replace(ISSUE, summary=summary, html=html))
    assert hidden is None or found == hidden
    assert len(found) <= 150
    assert found in visible


def test_a_summary_from_the_text_is_not_said_twice() -> None:
    """An opening that is the summary anyway does not stand above itself."""
    _, html = parts(message.compile_issue(ISSUE, IDENTITY).fill(ADA))
    assert 'class="lede"' not in html
    _, html = parts(message.compile_issue(replace(ISSUE, summary="Other"), IDENTITY).fill(ADA))
    assert 'class="lede"' in html


def test_an_issue_too_long_for_gmail_ends_early_and_says_so() -> None:
    """Below 102 kB encoded and decoded, cut between paragraphs, with the way out (rule D6)."""
    paragraphs = "".join(f"<p>Paragraph {number} {'of words ' * 60}</p>" for number in range(400))
    skeleton = message.compile_issue(replace(ISSUE, html=paragraphs), IDENTITY)
    _, html = parts(skeleton.fill(ADA))
    assert 80_000 < len(html.encode()) < message.CLIP
    assert skeleton.html_size < message.CLIP
    assert "Read the rest on the web" in html
    assert html.count("<p") == html.count("</p>")
    assert UNSUBSCRIBE_URL in html.rpartition("Read the rest")[2]
    assert any("Gmail" in warning.sentence for warning in skeleton.warnings)


TIMES = 5 if is_full() else 1
"""A mail that Gmail takes whole, or a fifth of it: how it is cut is the same."""


@pytest.mark.parametrize(
    "whole",
    [
        "<ul>" + "<li>one item of many</li>\n" * 500 * TIMES + "</ul>",
        "<blockquote><ol>"
        + "<li><p>one item of many</p></li>" * 400 * TIMES
        + "</ol></blockquote>",
        "<table><tbody>" + "<tr><td>one item of many</td></tr>" * 200 * TIMES + "</tbody></table>",
        "<pre><code>" + "one item of many\n" * 1800 * TIMES + "</code></pre>",
        "<p>Short.</p><p>" + "one item of many " * 1800 * TIMES + "</p>",
        "<p><em>"
        + "x" * 6_000 * TIMES
        + "</em> one item of many<b>"
        + "y" * 24_000 * TIMES
        + "</b></p>",
    ],
    ids=["list", "list in a quotation", "table", "code", "paragraph", "words without blanks"],
)
def test_one_long_block_is_cut_within(whole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A list, a table, code or a paragraph longer than a mail fills it, with its tags closed, and
    is never left out as a whole (rule D6).
    """
    budget = message._BUDGET // 5 * TIMES
    monkeypatch.setattr(message, "_BUDGET", budget)
    skeleton = message.compile_issue(replace(ISSUE, html=f"<h2>A</h2>\n{whole}"), IDENTITY)
    _, html = parts(skeleton.fill(ADA))
    body = html.partition('<div class="note">')[2].partition('<p class="banner"')[0]
    assert "one item of many" in body
    assert len(body.encode()) > budget // 4
    assert skeleton.html_size < budget + message.CLIP - 100_000
    for tag in ("ul", "ol", "li", "table", "tr", "td", "pre", "code", "p", "em", "b", "blockquote"):
        assert len(re.findall(f"<{tag}[ >]", body)) == body.count(f"</{tag}>")
    assert "Read the rest on the web" in html


def test_what_the_encoding_adds_counts_for_gmail_too() -> None:
    """Chinese is three times as long on the wire: a mail that would be too long there ends early,
    and half of it does not (rule D6).
    """
    for paragraphs, ends_early in ((200, True), (70, False)):
        html = f"<p>{'海上有一座灯塔' * 10}</p>\n" * paragraphs
        skeleton = message.compile_issue(replace(ISSUE, html=html), IDENTITY)
        assert len(html.encode()) < 50_000
        assert skeleton.html_size < message.CLIP
        _, mailed = parts(skeleton.fill(ADA))
        assert ("Read the rest on the web" in mailed) is ends_early


def test_the_size_is_not_below_any_copy() -> None:
    """`size` can be compared with the relay's limit before the first copy (rule A40)."""
    skeleton = message.compile_issue(ISSUE, IDENTITY)
    long = replace(ADA, name="Zoë " * 10, unsubscribe_token="x" * 75, preferences_token="x" * 75)
    assert len(skeleton.fill(long).content) <= skeleton.size


def test_a_foreign_local_part_asks_for_smtputf8() -> None:
    """To is then UTF-8 and the envelope says so; a foreign domain alone does not (rule A28)."""
    skeleton = message.compile_issue(ISSUE, IDENTITY)
    envelope = skeleton.fill(replace(ADA, ascii="zoë@xn--bcher-kva.example.org"))
    assert envelope.smtputf8
    assert "To: Ada Lovelace <zoë@xn--bcher-kva.example.org>\r\n".encode() in envelope.content
    assert not skeleton.fill(replace(ADA, ascii="zoe@xn--bcher-kva.example.org")).smtputf8


@each(
    "change",
    [
        {"ascii": "a@b.org\r\nBcc: c@d.org"},
        {"message_token": "a>\r\nBcc: <c@d.org"},
        {"message_token": ""},
        {"unsubscribe_token": "x y"},
        {"unsubscribe_token": "é"},
        {"unsubscribe_token": "x" * 76},
        {"unsubscribe_token": "x>\r\nBcc: c@d.org"},
        {"preferences_token": '">'},
        {"date": datetime(2026, 11, 22)},  # noqa: DTZ001 (that is the point)
    ],
)
def test_a_value_that_a_header_cannot_carry_is_refused(change: dict[str, str]) -> None:
    """A faulty value of ours stops this copy, and nothing is sent (rule A21)."""
    with pytest.raises(MessageError):
        message.compile_issue(ISSUE, IDENTITY).fill(replace(ADA, **change))


def test_a_sender_that_is_no_mailbox_is_refused() -> None:
    """Compiling says so before anything is queued."""
    with pytest.raises(AddressError):
        message.compile_issue(ISSUE, replace(IDENTITY, sender="Notes"))


@given(_HOSTILE, _HOSTILE, st.sampled_from([".", "..", "From ", "\r", "\n.", "é", ".é"]))
@settings(max_examples=examples(60), deadline=None)
def test_a_filled_message_is_as_plain_as_it_promises(name: str, body: str, start: str) -> None:
    """What the session does not look at again holds: ASCII, CRLF alone, no line begins with a dot."""
    text = f"{start}{body}\n{start}{{{{ name }}}}{body}"
    issue = replace(
        ISSUE, title=f"{start}{name}", text=text, html=f"<p>{start}\n.{{{{ name }}}}</p>"
    )
    envelope = message.compile_issue(issue, IDENTITY).fill(replace(ADA, name=name))
    content = envelope.content
    assert envelope.plain
    assert content.isascii()
    assert content.endswith(b"\r\n")
    assert not content.startswith(b".")
    assert b"\r\n." not in content
    assert content.count(b"\r\n") == content.count(b"\r") == content.count(b"\n")
