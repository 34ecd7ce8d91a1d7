"""Merge fields in every place of a note: what is one in the text of a mail is one in its HTML."""

from __future__ import annotations

import re

from feeds.markdown.render import render_markdown
from storage.model.fields import CODE, FIELD
from tests.unit.feeds.markdown.test_render import Published
from tests.worlds.rows import each

YOU = [("name", "you")]
NOT_FILLED = re.compile(rf"<({'|'.join(sorted(CODE))})>.*?</\1>|<[^>]*>", re.DOTALL)
"""Code, and tags with their attributes."""


@each(
    ("body", "fields"),
    [
        ("Hi {{ name | there }},", [("name", "there")]),
        ("Hi {{name|there}}!", [("name", "there")]),
        ("Hi {{ name | dear *reader* }}", [("name", "dear reader")]),
        ("Hi {{ name | one\ntwo }}", [("name", "one two")]),
        ("Hi {{ name | the reader’s }}", [("name", "the reader’s")]),
        ("{{ name | חבר }} שלום", [("name", "חבר")]),
        ("{{ name | علی‌رضا }}", [("name", "علی‌رضا")]),
        ("{{ name | 友 }}、", [("name", "友")]),
        ("{{ name | 👩‍🚀 }}", [("name", "👩‍🚀")]),
        ("{{ email }}", [("email", "")]),
        ("**{{ name | you }}** _{{ name | you }}_", YOU * 2),
        ("~~{{ name | you }}~~ =={{ name | you }}==", YOU * 2),
        ("- {{ name | you }}\n- [ ] {{ name | you }}", YOU * 2),
        ("> {{ name | you }}", YOU),
        ("## {{ name | you }}\n\nx", YOU),
        ("[{{ name | you }}](https://e.example)", YOU),
        ("<b>{{ name | you }}</b>", YOU),
        ("<div>\n{{ name | you }}\n</div>", YOU),
        ("A[^1]\n\n[^1]: {{ name | you }}", YOU),
        ("$x$ {{ name | you }} $y$", YOU),
        ("> [!note] For {{ name | you }}\n> {{ name | you }}", YOU * 2),
        ("Term {{ name | you }}\n: Means {{ name | you }}", YOU * 2),
        ("<details><summary>{{ name | you }}</summary>\n\n{{ name | you }}\n\n</details>", YOU * 2),
        ("| a |\n| - |\n| {{ name \\| you }} |", YOU),
        ("`{{ name | you }}`", []),
        ("```\n{{ name | you }}\n```", []),
        ("    {{ name | you }}", []),
        ("<kbd>{{ name | you }}</kbd>", []),
        ("[x](https://e.example/{{name}})", []),
        ("![{{ name | you }}](x.png)", []),
        ("<p title='{{ name | you }}'>a</p>", []),
        ("\\{{ name | you }}", []),
        ("{{{ name | you }}}", []),
    ],
)
def test_a_field_is_one_in_every_form_or_in_none(body: str, fields: list[tuple[str, str]]) -> None:
    """In prose of any kind and script it is filled; in code, addresses and attributes it stays as it is written."""
    rendered = render_markdown(body, path="note.md", links=Published())
    for shown in (NOT_FILLED.sub("", rendered.html), rendered.text):
        assert [(name, default.strip()) for name, default in FIELD.findall(shown)] == fields
