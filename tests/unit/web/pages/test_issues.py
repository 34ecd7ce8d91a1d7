"""What a page makes of an issue."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from storage.model.issues import Identity, Issue
from tests.worlds.publishing.issues import an_issue
from tests.worlds.rows import each
from web.pages.issues import issue_data, issue_lead, issue_minutes, issue_outline, let_scroll


@each(
    ("html", "scrolls"),
    [
        ("<pre><code>short\n</code></pre>", False),
        (f"<pre><code>{'a' * 34}\n{'b' * 34}\n</code></pre>", False),
        (f"<pre><code>a\n{'a' * 35}\n</code></pre>", True),
        (f'<pre><code><span class="k">{"&lt;" * 34}</span>\n</code></pre>', False),
        (f"<pre><code>{'漢' * 18}\n</code></pre>", True),
        ("<pre><code>\t\t\t\t\t\t\t\t\ta\n</code></pre>", True),
        ("<table><tr><td>1</td></tr></table>", False),
        (f"<table><tr>{'<th>a</th>' * 5}</tr></table>", True),
    ],
)
def test_what_a_phone_has_no_room_for_scrolls_by_keyboard(html: str, scrolls: bool) -> None:
    """Wide tables and long lines of code can have the focus (WCAG 2.1.1), and nothing else can."""
    assert ('tabindex="0"' in let_scroll(html)) == scrolls


def _issue(**changes: object) -> Issue:
    return replace(ISSUE, **changes)  # type: ignore[arg-type]


ISSUE = an_issue(
    id=7,
    note_id="lamps",
    path="lamps.md",
    slug="lamps",
    title="On lamps",
    tags=("ship it",),
    published_at=datetime(2026, 11, 22, tzinfo=UTC),
    updated_at=datetime(2026, 11, 23, tzinfo=UTC),
)
LONG = "word " * 1200


@each(
    ("text", "minutes"),
    [
        ("", 1),
        ("word " * 230, 1),
        ("word " * 231, 2),
        ("漢" * 900, 2),
        ("漢" * 450 + "word " * 230, 2),
    ],
)
def test_how_long_it_takes_to_read(text: str, minutes: int) -> None:
    """Words where there are blanks between them, letters where there are none; never less than one."""
    assert issue_minutes(_issue(text=text)) == minutes


def test_a_long_issue_has_an_outline() -> None:
    """Its headings of two levels, as text, with their marks taken out; a short one has none."""
    html = "".join(
        f'<h{2 + n % 2} id="part-{n}">Part <em>{n}</em> &amp; more<sup>[1]</sup></h{2 + n % 2}>'
        for n in range(4)
    )
    found = issue_outline(_issue(html=html, text=LONG))
    assert [(one.level, one.id, one.text) for one in found] == [
        (2 + n % 2, f"part-{n}", f"Part {n} & more") for n in range(4)
    ]
    assert issue_outline(_issue(html=html, text="short")) == []
    assert issue_outline(_issue(html=html.replace("h3", "h4"), text=LONG)) == []
    assert issue_outline(_issue(html=f'<ul class="contents"></ul>{html}', text=LONG)) == []


@each(
    ("summary", "html", "lead"),
    [
        ("In short", "<p>At length</p>", "In short"),
        ("At length", "<p>At <b>length</b></p>", ""),
        ("At length…", "<p>At length and more</p>", ""),
        ("A note.", "<p>A note<sup>[1]</sup>.</p>", ""),
        ("", "<p>At length</p>", ""),
        ("With a² within.", "<p>With <math><mi>a</mi></math> within.</p>", ""),
        ("With a² within a…", "<p>With <math><mi>a</mi></math> within a line.</p>", ""),
        ("With a²", "<p>With <math><mi>a</mi></math>.</p>", ""),
        ("In short", "<p>With <math><mi>a</mi></math> within.</p>", "In short"),
        ("In short", "<p><math><mi>a</mi></math></p>", "In short"),
    ],
)
def test_the_summary_is_not_said_twice(summary: str, html: str, lead: str) -> None:
    """It stands under the title where the text does not say it anyway."""
    assert issue_lead(_issue(summary=summary, html=html)) == lead


@given(st.text(), st.text())
def test_what_is_said_to_machines_cannot_end_its_script(title: str, summary: str) -> None:
    """The JSON of an issue reads back, whatever it holds, and no tag stands in it."""
    identity = Identity(
        title="T</script>", url="https://a.example", sender="a@a.example", author="A&B"
    )
    said = issue_data(_issue(title=title, summary=summary), identity, "https://a.example/x", "i")
    assert not re.search("[<>&]", said)
    read = json.loads(said)
    assert read["@type"] == "BlogPosting"
    assert read["author"]["name"] == "A&B"
    assert read["dateModified"] == "2026-11-23T00:00:00+00:00"
