"""Code as readers see it."""

from __future__ import annotations

from feeds.markdown.code import drop_unshown
from feeds.markdown.render import render_markdown
from tests.unit.feeds.markdown.test_render import Published
from tests.worlds.rows import each


@each(
    ("info", "code", "shown"),
    [
        (
            "rust,editable",
            "# fn main() {\nlet a = 1;\n#\n    # #[derive(Debug)]\n# }\n#[b]\n",
            "let a = 1;\n#[b]\n",
        ),
        ("rust", "# use a::b;\nc();\n", "c();\n"),
        ("rust", "# fn main() {}\n", None),
        ("rust", "# Cargo.toml\na = 1\n", None),
        ("rust", "# fn a() {\n# in words\nb();\n", None),
        ("rust", '#!/bin/a\n#"b"\nc;\n', None),
        ("sh", "# ls;\nls\n", None),
        ("python", "# f()\ng()\n", None),
        ("", "# f()\ng()\n", None),
    ],
)
def test_lines_that_only_have_rust_compile_are_not_shown(
    info: str, code: str, shown: str | None
) -> None:
    """As rustdoc and mdBook hide them; a comment in what is only called Rust stays, and so does a block of nothing else."""
    assert drop_unshown(code, info) == (shown or code)


def test_page_and_text_show_the_same_code() -> None:
    """What is not shown in one of them is in neither, in a quotation as well."""
    rendered = render_markdown(
        "> ```rust\n> # use hidden::b;\n> c();\n> ```", path="a.md", links=Published()
    )
    assert "hidden" not in rendered.html + rendered.text
    assert "c();" in rendered.text
