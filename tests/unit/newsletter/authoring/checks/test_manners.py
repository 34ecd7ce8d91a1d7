"""What a check says of a mail's manners: every code has a note that has it, and a note that has not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.authoring.checks.codes import CODES
from newsletter.authoring.checks.manners import check_manners
from newsletter.authoring.findings import Finding
from storage.model import contrast
from tests.worlds.publishing.proofs import proof
from tests.worlds.rows import each

ROOT = Path(__file__).parents[5]
LONG = "word " * 120


def found(body: str, **keys: object) -> dict[str, Finding]:
    """What is said of a note, by code."""
    front = "".join(f"{key}: {value}\n" for key, value in keys.items())
    source = f"---\n{front}---\n\n{body}\n" if front else body
    return {one.code: one for one in check_manners(proof(source))}


@each(
    ("code", "body", "keys"),
    [
        ("shouting", "x", {"title": "EVERYTHING MUST GO"}),
        ("loud-subject", "x", {"title": "Look!! Now"}),
        ("spam-words", "x", {"title": "Act now and win"}),
        ("fake-reply", "x", {"title": "'Re: our talk'"}),
        ("many-emoji", "x", {"title": "\U0001f389\U0001f389\U0001f389 Party"}),
        ("unseen", "x", {"subject": "Hi\u200bthere", "title": "x"}),
        ("no-summary", LONG, {"title": "x"}),
        ("long-summary", "x", {"title": "x", "summary": "s" * 301}),
        ("same-summary", "x", {"title": "Hello", "summary": "Hello."}),
        ("link-text", "[here](https://a.example/x)", {}),
        ("link-text", "[weiterlesen …](https://a.example/x)".replace(" …", ""), {}),
        ("empty-link", "[](https://a.example/x)", {}),
        ("empty-link", "[](https://a.example/a%20b/)", {}),
        ("empty-link", "See [ ][x].\n\n[x]: https://a.example/x#part", {}),
        ("empty-link", '<a href="https://a.example/x"></a>', {}),
        ("empty-link", "[![](a.md)](https://a.example/x)", {}),
        ("long-url", f"<https://a.example/{'x' * 70}>", {}),
        ("misleading-link", "[bank.example](https://evil.example/x)", {}),
        ("insecure-link", "[a page](http://a.example/x)", {}),
        ("short-link", "[a page](https://bit.ly/x)", {}),
        ("ip-link", "[a page](https://9.9.9.9/x)", {}),
        ("local-address", "[a page](http://192.168.1.2/x)", {}),
        ("tracking-link", "[a page](https://a.example/x?utm_source=mail&id=1)", {}),
        ("bad-mailto", "[write](mailto:nobody)", {}),
        ("many-links", " ".join(f"[p{n}](https://a.example/{n})" for n in range(101)), {}),
        ("alt-file", "![IMG_2024](https://a.example/a.png)", {}),
        ("long-alt", f"![{'a long story ' * 25}](https://a.example/a.png)", {}),
        (
            "few-words",
            "![A](https://a.example/a.png) " * 5 + "three words here",
            {},
        ),
        ("wide-table", "|a|b|c|d|e|f|g|\n|-|-|-|-|-|-|-|\n|1|2|3|4|5|6|7|", {}),
        ("wide-code", "```\n" + "x" * 101 + "\n```", {}),
        ("long-word", "a" * 61, {}),
        ("empty-heading", "##\n\ntext", {}),
        ("same-heading", "## One\n\ntext\n\n## One\n\ntext", {}),
        ("open-fence", "text\n\n```python\nx = 1", {}),
        ("no-footnote", "text[^1]", {}),
        ("idle-footnote", "text\n\n[^1]: nobody asks", {}),
        ("footnote-twice", "text[^1]\n\n[^1]: one\n\n[^1]: two", {}),
        ("lost-cells", "| a |\n|---|\n| b | c |", {}),
    ],
)
def test_each_finding_is_made(code: str, body: str, keys: dict[str, object]) -> None:
    """And each has a sentence that says what to do, and its line where it has one."""
    finding = found(body, **keys).get(code)
    assert finding is not None, found(body, **keys)
    assert finding.message.endswith((".", ".)"))
    assert finding.gravity is CODES[code][0]


@each(
    ("site", "neighbour"),
    [
        ("http://127.0.0.1:800", "http://127.0.0.1:8000"),
        ("http://192.0.2.7", "http://192.0.2.77"),
        ("http://a.example", "http://a.example.org"),
    ],
)
def test_where_the_site_itself_stands_is_no_fault_of_a_note(site: str, neighbour: str) -> None:
    """A link to another note of the same site says nothing of its host; one to a host that begins alike does."""
    of_hosts = {"ip-link", "local-address", "insecure-link"}

    def codes(address: str) -> set[str]:
        of_note = replace(proof(f"[the note before]({address}/issues/before)"), site_url=site)
        return {one.code for one in check_manners(of_note)}

    assert not codes(site) & of_hosts
    assert codes(neighbour) & of_hosts


def test_a_note_in_order_has_none() -> None:
    """Words, links with names, pictures with words, a summary: nothing is said."""
    body = (
        f"{LONG}[the notes of the meeting](https://a.example/x?id=1), ![A red bridge]"
        "(https://a.example/b.png)\n\n## One\n\nSee[^1] `[^2]`.\n\n## Two\n\n[^1]: There.\n\n```\n[^3]\n```"
    )
    assert found(body, title="What we learned", summary="Three things about bridges") == {}


def test_what_tells_where_readers_came_from_is_taken_off() -> None:
    """And nothing else of the address."""
    fix = found("[a page](https://a.example/x?utm_source=m&id=1#top)")["tracking-link"].fix
    assert fix is not None
    assert (fix.old, fix.new) == (
        "https://a.example/x?utm_source=m&id=1#top",
        "https://a.example/x?id=1#top",
    )


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48)]
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    """The ratios that its own documents give."""
    assert contrast(one, other) == contrast(other, one)
    assert abs(contrast(one, other) - ratio) < 0.01


def test_every_code_is_documented_and_every_finding_has_one() -> None:
    """docs/checks.md has the table of CODES, each with a remedy, and no check says anything else."""
    document = (ROOT / "docs" / "checks.md").read_text("utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \| (.+) \| .{4,} \|$", document, re.MULTILINE)
    assert rows == [(code, grave.value, about) for code, (grave, about) in CODES.items()]
    said = set[str]()
    for path in (ROOT / "newsletter" / "authoring").rglob("*.py"):
        said |= set(re.findall(r'\b(?:warn|error)\(\s*"([a-z-]+)"', path.read_text("utf-8")))
    assert said
    assert said <= CODES.keys(), said - CODES.keys()
    assert len(CODES) >= 40
