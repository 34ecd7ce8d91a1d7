"""docs/notes.md, "Writing a note": what it says is what the code does."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from feeds.markdown import NoteSource
from feeds.markdown.citations.works import Bibliography, Person, Work
from feeds.markdown.render import render_markdown
from feeds.notes.habits import USUAL
from feeds.notes.keys import OURS
from feeds.notes.note import Note, parse_note

HOME: Final = Path(__file__).parents[4]
DOCUMENT: Final = (HOME / "docs" / "notes.md").read_text("utf-8")
ROWS: Final = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| .+ \|$", DOCUMENT, re.MULTILINE)
"""Each key with its example."""
SPELLINGS: Final = dict(
    re.findall(
        r"^\| `([^`]+)` \| (`.+`) \|$",
        DOCUMENT.partition("\n### Other spellings\n")[2].partition("\n## ")[0],
        re.MULTILINE,
    )
)
"""How else each key is written."""
FORMS: Final = re.findall(
    r"^### (.+?)\n.*?^````markdown\n(.*?)\n````\n\n````text\n(.*?)\n````$",
    DOCUMENT,
    re.MULTILINE | re.DOTALL,
)
BRIDGES: Final = Work(
    people=(Person(family="Doe", given="Ann"),),
    year="1999",
    title="Bridges",
    within="Walks",
    volume="3",
    number="1",
    pages="5–9",
)
OTHER_FORMS: Final = re.findall(
    r"^````markdown\n(.*?\n\nWords of it\.)\n````$",
    DOCUMENT,
    re.MULTILINE | re.DOTALL,
)
PROMISED: Final = {
    "maths in a line": r"(?<!\$)\$[^$\n]+\$(?!\$)", "displayed maths": r"^\$\$\n", "bracketed maths": r"\\\(.+\\\)",
    "maths in square brackets": r"\\\[.+\\\]", "a fence of maths": r"^```math$", "Obsidian's box": r"^> \[!\w+\]",
    "Docusaurus's box": r"^:::note$", "Python-Markdown's box": r"^!!! \w+", "marked words": "==\\w+==",
    "a definition": r"^: ", "details": "<details>", "sub": "~2~", "sup": r"\^10\^", "emoji": ":tada:",
    "a footnote": r"^\[\^1\]:", "an own id": r"\{#own\}", "a link within": r"\]\(#own\)", "a note": r"^!\[\[\w+\]\]$",
    "a part of a note": r"^!\[\[\w+#\w+\]\]$", "a block of a note": r"#\^block\]\]", "Hugo's figure": r"\{\{< figure ",
    "youtube": r"\{\{< youtube ", "vimeo": r"\{\{< vimeo ", "gist": r"\{\{< gist ", "Hugo's code": r"\{\{< highlight ",
    "ref": r"\{\{< ref ", "relref": r"\{\{< relref ", "Hugo's details": r"\{\{< details ", "Jekyll's code": r"\{% highlight ",
    "raw": r"\{% raw %\}", "post_url": r"\{% post_url ", "link": r"\{% link ", "an included figure": r"\{% include figure",
    "a frame": "<iframe ", "a video": "<video ", "a sound": "<audio ", "a drawing": "<svg>", "Obsidian's comment": "%%.+%%",
    "HTML's comment": "<!--.+-->", "a block id": r" \^block-id$", "an import": "^import ", "an export": "^export ",
    "a picture": r"^!\[[^\]]+\]\([^)]+\)$", "Obsidian's picture": r"^!\[\[[^\]]+\.png\|", "a wiki link": r"(?<!!)\[\[\w+\]\]",
    "a task": r"^- \[x\]", "a table": r"^\| --- \|", "code": "^```python$", "struck words": "~~\\w+~~", "a citation": r"\[see @",
    "a merge field": r"\{\{ name \| ", "an abbreviation": r"^\*\[HTML\]:",
}  # fmt: skip
"""What is promised of notes, and how an example of it looks."""
READING: Final = frozenset({"text", "flag", "tags", "lines", "elsewhere", "word", "find"})


class Elsewhere:
    """What lies outside an example: one note, and every picture."""

    def note_url(self, target: str, folder: str = "", *, loose: bool = False) -> str | None:
        """The one note."""
        del folder, loose
        is_other = target.removesuffix(".md").endswith("commands")
        return "https://notes.example.com/issues/commands" if is_other else None

    def media_url(self, path: str) -> str:
        """Where the site serves it."""
        return f"https://notes.example.com/media/{path}"

    def note_source(self, target: str, folder: str) -> NoteSource | None:
        """The one note."""
        del folder
        body = "All of it. ^block\n\n## Part\n\nIts words."
        is_other = target == "commands"
        return NoteSource(path="commands.md", title="Commands", body=body) if is_other else None

    def find_media(self, written: str, folder: str, *, anywhere: bool) -> str | None:
        """It is there."""
        del folder, anywhere
        return written


def documented() -> set[str]:
    """Every key that the document names, in lower case."""
    others = (re.findall(r"`([\w.]+)`", also) for also in SPELLINGS.values())
    return {key.casefold() for key, _example in ROWS} | {
        other.casefold() for found in others for other in found
    }


def read() -> set[str]:
    """Every key that the code asks a front matter for."""
    found: set[str] = set(USUAL.date_keys)
    for file in (HOME / "feeds" / "notes").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _asks(node):
                found |= {
                    argument.value
                    for argument in node.args
                    if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
                }
            if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "").startswith(
                (
                    "_PICTURE",
                    "_SUMMARY_KEYS",
                    "HIDING_KEYS",
                    "_HIDING_KEYS",
                    "_SHOWING_KEYS",
                    "_RENDERING_KEYS",
                    "EARLIEST_KEYS",
                    "EXPIRY_KEYS",
                )
            ):
                found |= set(ast.literal_eval(node.value)) if node.value else set()
    return found


def _asks(call: ast.Call) -> bool:
    if isinstance(call.func, ast.Attribute):
        owner = call.func.value
        return call.func.attr in READING and isinstance(owner, ast.Name) and owner.id == "keys"
    return isinstance(call.func, ast.Name) and call.func.id == "_moment"


def test_each_key_documented_is_read_and_each_key_read_is_documented() -> None:
    """The table of keys is the code's own list."""
    assert documented() == read()


def test_a_slip_of_each_key_is_told() -> None:
    """Whoever mistypes a key of the document hears of it, but of those that the document excepts."""
    excepted = {"guid", "references", "publishdate"}
    table = DOCUMENT.partition("\n## Keys\n")[2].partition("\n### ")[0]
    told = {key.casefold() for key in re.findall(r"^\| `(\w{4,})` \|", table, re.MULTILINE)}
    assert told - excepted <= OURS


def _parse(line: str) -> Note:
    note = parse_note(f"---\n{line}\n---\nWords.".encode(), "a.md", zone=ZoneInfo("UTC"))
    return replace(note, keys=())


@pytest.mark.parametrize(("key", "example"), ROWS, ids=lambda value: value[:20])
def test_each_key_s_example_says_something(key: str, example: str) -> None:
    """The example is of its key, is understood, and makes a difference; by its other names, too."""
    name, _, value = example.partition(": ")
    assert name == key
    for spelling in (key, *re.findall(r"`(\w+)`", SPELLINGS.get(key, ""))):
        note = _parse(f"{spelling}: {value}")
        assert note != _parse("mine: 1")
        assert note.warnings == ()


@pytest.mark.parametrize(("name", "source", "text"), FORMS, ids=lambda value: value[:20])
def test_each_form_s_example_renders(name: str, source: str, text: str) -> None:
    """The text part is as it is shown, and nothing of the source is left in the HTML."""
    cited = Bibliography(works={"doe99": BRIDGES})
    suffix = re.search(r"`(\.\w+)`", name)
    path = f"a{suffix[1] if suffix else '.md'}"
    rendered = render_markdown(source, path=path, links=Elsewhere(), bibliography=cited)
    assert rendered.text.strip("\n") == text, name
    visible = re.sub(r"<[^>]*>", "", rendered.html)
    assert not re.search(r"\{%|\{\{[<%]|:::|\[\[|==|~~|!!!|\[!|%%|\^block", visible)


@pytest.mark.parametrize("form", PROMISED)
def test_each_form_that_is_promised_has_an_example(form: str) -> None:
    """One that is rendered by the test above."""
    assert any(re.search(PROMISED[form], source, re.MULTILINE) for _name, source, _text in FORMS)


def test_each_form_of_front_matter_says_the_same() -> None:
    """YAML, TOML, JSON, Pelican's header and Logseq's properties."""
    notes = [
        parse_note(form.encode(), "a.md", zone=ZoneInfo("Europe/Berlin")) for form in OTHER_FORMS
    ]
    said = {(one.title, one.publish, one.tags, one.body.strip(), one.warnings) for one in notes}
    assert len(notes) == 5
    assert [one[:1] for one in said] == [("A bridge",)]


def test_the_document_has_every_part() -> None:
    """As many examples as there are forms, so that none is passed over by how it is written."""
    assert len(FORMS) == DOCUMENT.count("\n````text\n") >= 15
    assert len(ROWS) >= 20
    assert set(SPELLINGS) <= {key for key, _example in ROWS}
