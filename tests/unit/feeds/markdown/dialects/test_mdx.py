"""MDX without the program that runs it."""

from __future__ import annotations

from feeds.markdown.dialects.translation import translate_dialects
from tests.sizes import is_full
from tests.worlds.publishing.written import read
from tests.worlds.rows import each


@each(
    ("written", "becomes"),
    [
        ("export const year = 2018\n\nIn {year}, snow.", "In 2018, snow."),
        ("export const a = 'b'\n\n{a}{' '}{\"c\"}{`d`}{12}", "b cd12"),
        ("export const m = {\n  a: 1,\n\n  b: { c: 2 },\n}\n\nWords.", "Words."),
        (
            "export default function L({ children }) {\n  return <div>\n\n  {children}</div>\n}\n\nWords.",
            "Words.",
        ),
        ('<Image src="/x.png" width={100} alt="N" />', '<img src="/x.png" alt="N">'),
        ('<Callout type="warning">inline **words**</Callout>', "> [!warning]\n> inline **words**"),
        (
            "<Note>\n  a\n\n  ```js\n  b\n\n  c\n  ```\n</Note>",
            "> [!note]\n> a\n>\n> ```js\n> b\n>\n> c\n> ```",
        ),
        ('<div className="x">\n*words*\n</div>', '<div className="x">\n\n*words*\n\n</div>'),
        ("<>fragment</>", "fragment"),
        ("x {'{'}a{\"}\"}", "x {a}"),
        ("export const a = `b\n\nc`;\n\nWords.", "Words."),
        (
            '<Figure src="/a.png" caption="Words" />',
            '<figure><img src="/a.png" alt="Words"><figcaption>Words</figcaption></figure>',
        ),
        (
            '<YouTube id="abc123" />',
            '<a href="https://www.youtube.com/watch?v=abc123">Video on YouTube</a>',
        ),
        ('<Link to="/a">b</Link>', '<a href="/a">b</a>'),
        (
            "`{code}` \\{escaped\\} {{ name | you }} $a_{1}$",
            "`{code}` \\{escaped\\} {{ name | you }}",
        ),
    ],
)
def test_mdx_shows_what_can_be_known(written: str, becomes: str) -> None:
    """Words, numbers and constants as themselves; pictures, boxes, films; Markdown within elements."""
    lines = [line.rstrip() for line in read(written, "a.mdx").split("\n")]
    assert "\n".join(lines).strip("> \n").startswith(becomes.strip("> \n"))


@each(
    "written",
    ["{items.map(i => <li key={i}>{i}</li>)}", "a {\n  many\n} b", "{f(x)}", "<video src={v} />"],
)
def test_what_is_computed_is_left_out_whole_and_told(written: str) -> None:
    """Braces within braces, and over several lines."""
    translated = translate_dialects(written, "a.mdx")
    assert "{" not in translated.text
    assert len(translated.unknown) == 1


@each("pieces", [("{", ""), ("}", ""), ("{a", "}"), ("export {\n", "")])
def test_braces_without_end_are_read_in_time(pieces: tuple[str, str]) -> None:
    """Within the limit of time that all tests have."""
    count = 60_000 if is_full() else 5_000
    body = "".join(piece * (count // len(pieces[0])) for piece in pieces)
    assert translate_dialects(body, "a.mdx").text is not None
