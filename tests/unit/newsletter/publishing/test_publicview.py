"""What readers see whom nobody knows: merge fields read as their defaults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from newsletter.publishing.publicview import as_readers_see
from storage.model.fields import guard
from tests.worlds.publishing.issues import an_issue

DAY = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
PLAIN = an_issue(
    title="A note",
    summary="About it",
    html="<p>Body</p>",
    text="Body\n",
    published_at=DAY,
    updated_at=DAY,
    revision=0,
)


def test_every_part_reads_as_its_default() -> None:
    """Title, summary, HTML and text show the default of a merge field, or nothing."""
    seen = as_readers_see(
        replace(
            PLAIN,
            title="News for {{ name | everybody }}",
            summary="Hello {{name|friend}}",
            html="<p>Hello {{ name | you &amp; me }}, {{ email }}.</p>",
            text="Hello {{ name | you & me }}, {{ email }}.\n",
        )
    )
    assert seen.title == "News for everybody"
    assert seen.summary == "Hello friend"
    assert seen.html == "<p>Hello you &amp; me, .</p>"
    assert seen.text == "Hello you & me, .\n"


def test_code_and_unknown_fields_stay_as_written() -> None:
    """An example in code is not a merge field, and neither is a name nobody knows."""
    written = replace(
        PLAIN,
        html="<p><code>{{ name }}</code> and {{ city }} and {{ name | you }}</p>",
        text=f"{guard('`{{ name }}`')} and {{{{ city }}}} and {{{{ name | you }}}}\n",
    )
    seen = as_readers_see(written)
    assert seen.html == "<p><code>{{ name }}</code> and {{ city }} and you</p>"
    assert seen.text == "`{{ name }}` and {{ city }} and you\n"


def test_an_issue_without_fields_is_left_alone() -> None:
    """What needs no change is given back itself, so that nothing is copied on every request."""
    assert as_readers_see(PLAIN) is PLAIN


def test_a_title_is_never_empty() -> None:
    """A title of nothing but a field without default falls back to the slug; feeds need one."""
    assert as_readers_see(replace(PLAIN, title="{{ name }}")).title == "a"
