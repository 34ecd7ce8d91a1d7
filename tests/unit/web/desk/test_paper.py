"""The desk's words: what commands say to a terminal, on a page."""

from __future__ import annotations

from tests.worlds.rows import each
from web.desk.paper import show_code


@each(
    ("said", "shown"),
    [
        ("start `newsletter run`.", "start <code>newsletter run</code>."),
        (
            "`<iframe>` is none; `a` & `b`",
            "<code>&lt;iframe&gt;</code> is none; <code>a</code> &amp; <code>b</code>",
        ),
        ("a <b> and one ` alone", "a &lt;b&gt; and one ` alone"),
        ("", ""),
    ],
)
def test_what_is_typed_is_shown_as_code_and_nothing_else_is_markup(said: str, shown: str) -> None:
    """Whatever a note or a server put into the sentence."""
    assert show_code(said) == shown
