"""Boxes of every spelling, with what stands in them."""

from __future__ import annotations

from feeds.markdown.dialects.translation import translate_dialects
from tests.worlds.publishing.written import read
from tests.worlds.rows import each


@each(
    ("written", "becomes"),
    [
        (
            "::: details Click\n```js\na\n\nb\n```\n:::\n\nAfter",
            "> [!details] Click\n> ```js\n> a\n>\n> b\n> ```\n\n\nAfter",
        ),
        (
            "!!! note\n    Words.\n\n    ```python\n    if a:\n        b\n    ```\n\n    - c\n",
            "> [!note]\n> Words.\n>\n> ```python\n> if a:\n>     b\n> ```\n>\n> - c",
        ),
        (
            '!!! note "Outer"\n    One.\n\n    !!! tip\n        Two.\n\n    Three.\n',
            "> [!note] Outer\n> One.\n>\n>\n> > [!tip]\n> > Two.\n>\n>\n> Three.",
        ),
        (
            "1. item\n\n   :::tip\n   ```sh\n   a\n   ```\n   :::",
            "1. item\n\n\n   > [!tip]\n   > ```sh\n   > a\n   > ```",
        ),
        ('=== "One"\n    a\n\n=== "Two"\n    b\n', "**One**\n\na\n\n\n\n**Two**\n\nb"),
        ("/// note | Title\nWords\n///", "> [!note] Title\n> Words"),
        ("/// details | More\n    open: true\nWords\n///", "> [!details] More\n> Words"),
        ("!!! note Unquoted\n    words", "> [!note] Unquoted\n> words"),
        ('!!! note annotate "T"\n    words', "> [!note] T\n> words"),
        ('??? tip inline end highlight "T"\n    words', "> [!tip] T\n> words"),
        ("!!!note\n    words", "> [!note]\n> words"),
        ("!!! wow this is loud\n    words", "!!! wow this is loud\n    words"),
        ("=== not a tab\n    words", "=== not a tab\n    words"),
        (":::{admonition} Title\n:class: tip\nwords\n:::", "> [!note] Title\n>\n> words"),
        ("```{warning} Mind\nwords **b**\n```", "> [!warning] Mind\n> words **b**"),
        ("```{python}\nx\n```", "```python\nx\n```"),
        ('::: {.content-hidden when-format="html"}\nno\n:::\nyes', "yes"),
        ('::: {.content-visible when-format="pdf"}\nno\n:::\nyes', "yes"),
        ('::: {.content-visible when-format="html"}\nyes\n:::', "yes"),
        ("::: notes\nfor who speaks\n:::\nyes", "yes"),
        (":::spoiler Hidden\nwords\n:::", "> [!details] Hidden\n> words"),
    ],
)
def test_a_box_holds_what_its_author_put_in(written: str, becomes: str) -> None:
    """MkDocs, Docusaurus, VitePress, PyMdown, MyST, Quarto: code, lists and boxes stay within their box."""
    lines = [line.rstrip() for line in read(written).split("\n")]
    assert "\n".join(lines).strip("> \n") == becomes.strip("> \n")


@each("mark", ["!!! note\n", "    !!! note\n", ":::note\n", "/// note\n", '=== "a"\n'])
def test_boxes_within_boxes_cost_what_they_are_long(mark: str) -> None:
    """A note of openings alone is read, within the limit of time that all tests have."""
    body = "".join(" " * (4 * min(at, 40)) + mark for at in range(400))
    assert translate_dialects(body, "a.md").text
