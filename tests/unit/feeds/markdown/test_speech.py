"""What parts of a note are called in its language."""

from __future__ import annotations

from feeds.markdown.dialects.callouts import KINDS
from feeds.markdown.speech import name_box, say, speaking
from tests.worlds.rows import each
from words import words_of


@each("kind", sorted(KINDS))
def test_every_kind_of_box_has_a_name_in_other_languages(kind: str) -> None:
    """A box without a title says what it is, and not in English."""
    with speaking(words_of("ja")):
        assert not name_box(kind).isascii()


def test_words_last_as_long_as_the_note() -> None:
    """Within the note, and within one that is embedded; English after it."""
    with speaking(words_of("de")):
        with speaking(words_of("fr")):
            assert say("Warning") == "Avertissement"
        assert say("Warning") == "Warnung"
    assert say("Warning") == "Warning"
    assert name_box("my-own") == "My-own"
