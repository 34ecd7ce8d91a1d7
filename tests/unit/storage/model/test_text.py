"""How words are counted, and odd characters shown."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from storage.model.text import columns, count, mark_stress, show, show_json
from tests.worlds.rows import each


@each(
    ("text", "wide"),
    [("", 0), ("plain", 5), ("日本", 4), ("e\u0301", 1), ("a\u200bb", 2), ("ﾊﾝ", 2), ("Ａ", 2)],
)
def test_columns_are_those_of_a_terminal(text: str, wide: int) -> None:
    """Wide characters take two columns, marks and invisible ones none (UAX 11)."""
    assert columns(text) == wide


@given(st.text(), st.text())
def test_columns_add_up(one: str, other: str) -> None:
    """Two texts side by side take what each takes."""
    assert columns(one + other) == columns(one) + columns(other)


STEERING = "\x1b\x07\r\x85\x9b\u2028\u202e\u202a\u2066\u2069\ud800"
_STEERS = {"Cc", "Cs", "Zl", "Zp"}
HOSTILE = st.text(st.sampled_from(STEERING + 'a\\"\n\u200e\u200dא') | st.characters())


@given(HOSTILE)
def test_what_is_shown_steers_nothing_and_keeps_the_rest(text: str) -> None:
    """No control, embedding, override, isolate or lone surrogate is left; all other characters are."""
    shown = show(text)
    assert not [one for one in shown if one not in "\n\t" and unicodedata.category(one) in _STEERS]
    assert not set(shown) & set(STEERING)
    kept = [one for one in text if one in "\n\t" or show(one) == one]
    assert "".join(kept) == text or len(shown) > len(text)


@given(HOSTILE)
def test_a_json_document_keeps_its_meaning(text: str) -> None:
    """Whatever is written out there is read back as it was."""
    document = show_json(json.dumps([text, {text: text}], ensure_ascii=False))
    assert not set(document) & set(STEERING)
    assert json.loads(document) == [text, {text: text}]


@each(
    ("words", "kind"),
    [
        ("log", ""),
        ("журнал", ""),
        ("灯台", "dotted"),
        ("ログ", "dotted"),
        ("日本語 and English words", ""),
        ("SMTP サーバー", "dotted"),
        ("<code>log</code> を読む", "dotted"),
        ("شاي", "upright"),
        ("שלום", "upright"),
        ("한국어", "upright"),
        ("हिन्दी", "upright"),
        ("&#x65e5;!", ""),
        ("1 … 2", ""),
        ("", ""),
    ],
)
def test_stressed_words_are_marked_by_their_own_script(words: str, kind: str) -> None:
    """Most of the letters decide, whatever stands around: Latin, Greek and Cyrillic lean, and say nothing."""
    marked = f'<em class="{kind}">' if kind else "<em>"
    assert mark_stress(f"<p>日本 <em>{words}</em> and <em>x</em></p>") == (
        f"<p>日本 {marked}{words}</em> and <em>x</em></p>"
    )


@each(
    ("number", "nouns", "told"),
    [
        (0, ("reader",), "0 readers"),
        (1, ("reader",), "1 reader"),
        (2000, ("reader",), "2,000 readers"),
        (1, ("entry", "entries"), "1 entry"),
        (2, ("entry", "entries"), "2 entries"),
    ],
)
def test_a_number_is_told_with_its_noun(number: int, nouns: tuple[str, ...], told: str) -> None:
    """One of something is one, and thousands can be read."""
    assert count(number, *nouns) == told
