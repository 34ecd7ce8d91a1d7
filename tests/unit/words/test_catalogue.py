"""The catalogues of words: complete, fitting, and an author's own beside them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.worlds.rows import each
from words.catalogue import (
    HERE,
    LANGUAGES,
    VARIANTS,
    CatalogueError,
    check_own,
    faults,
    load_ours,
    load_own,
    read,
)

OURS = [language for language in LANGUAGES if language != "en"]
ours = cache(read)
"""A catalogue of ours, read once by the process that tests it."""
HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@each("language", OURS)
def test_a_catalogue_fits_its_sentences(language: str) -> None:
    """Places to be filled and HTML tags are those of the English sentence, in every form."""
    assert list(faults(ours(HERE / f"{language}.po"))) == []


@each("language", OURS)
def test_a_catalogue_says_everything(language: str) -> None:
    """No sentence is left empty or marked as doubtful, and each number has all its forms."""
    catalog = ours(HERE / f"{language}.po")
    said = load_ours(language)
    for message in catalog:
        if message.id:
            key = message.id if isinstance(message.id, str) else message.id[0]
            forms = 1 if isinstance(message.id, str) else catalog.num_plurals
            assert not message.fuzzy
            assert len(said[key].forms) == forms, key


def test_there_is_a_catalogue_for_each_language_and_no_other() -> None:
    """What the product says that it speaks is what it speaks."""
    assert sorted(file.stem for file in HERE.glob("*.po")) == sorted(
        [*OURS, *(name.lower().replace("-", "_") for name in VARIANTS)]
    )


@each(
    ("language", "word"),
    [
        ("pt-BR", "Assinar"),
        ("DE-at", "Abonnieren"),
        ("zh-Hans-HK", "订阅"),
        ("zh-SG", "订阅"),
        *((f"zh-{place}", "訂閱") for place in ("Hant", "Hant-TW", "TW", "hk", "MO")),
        ("en-GB", None),
        ("tlh", None),
    ],
)
def test_a_region_speaks_its_language(language: str, word: str | None) -> None:
    """`pt-BR` finds Portuguese; a language that nobody translated finds nothing, and is English."""
    said = load_ours(language).get("Subscribe")
    assert (said.forms[0] if said else None) == word


def test_traditional_chinese_has_no_simplified_character() -> None:
    """Its catalogue fits the sentences it has, and no sign of the simplified one stands in it by mistake."""
    catalog = read(HERE / "zh_hant.po")
    assert list(faults(catalog)) == []
    said = "".join(said.forms[0] for said in load_ours("zh-TW").values())
    assert len(load_ours("zh-TW")) > 230
    assert not set("订阅邮简体这为们时网页确认选择请读关连发设题") & set(said)


def _own(folder: Path, text: str, name: str = "sv.po") -> Path:
    (folder / name).write_text(HEAD + text, "utf-8")
    return folder


def test_an_author_adds_a_language(tmp_path: Path) -> None:
    """A .po in the author's folder is spoken, and nothing is wrong with it."""
    own = _own(tmp_path, 'msgid "Subscribe"\nmsgstr "Prenumerera"\n')
    assert check_own(own) == []
    assert load_own(own, "sv-FI")["Subscribe"].forms == ("Prenumerera",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('msgid "Tagged “{tag}”"\nmsgstr "Märkt"\n', "other places: {tag}"),
        ('msgid "Tagged “{tag}”"\nmsgstr "Märkt {tag} {x}"\n', "other places: {x}"),
        ('msgid "a <b>b</b>"\nmsgstr "a <script>b</b>"\n', "other HTML tags"),
        ('msgid "a"\nmsgid_plural "{n} as"\nmsgstr[0] "{m}"\nmsgstr[1] "{n}"\n', "other places"),
    ],
)
def test_what_does_not_fit_is_told_and_not_said(tmp_path: Path, text: str, says: str) -> None:
    """A sentence without a place that it needs, or with a tag of its own, is named with its line."""
    own = _own(tmp_path, text)
    [fault] = check_own(own)
    assert fault.startswith("sv.po, line 5: ")
    assert says in fault
    assert not load_own(own, "sv")


@pytest.mark.parametrize(
    "raw",
    [
        b'msgid "a\nmsgstr "b"\n',
        b"hello\n",
        b'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=__import__(1);\\n"\n',
        b'msgid ""\nmsgstr ""\n"Plural-Forms: nplurals=2; plural=n**99**99;\\n"\n',
        b'msgid "a"\nmsgstr "\xff"\n',
        b"#" * 2_000_001,
    ],
)
def test_a_broken_catalogue_is_refused_by_name(tmp_path: Path, raw: bytes) -> None:
    """A file that is no catalogue says its name, and runs nothing of what it holds."""
    (tmp_path / "sv.po").write_bytes(raw)
    with pytest.raises(CatalogueError, match=r"^sv\.po"):
        load_own(tmp_path, "sv")


def test_a_file_named_for_no_language_is_told(tmp_path: Path) -> None:
    """Nobody would ever find its words."""
    assert check_own(_own(tmp_path, "", "swedish-words.po")) == [
        "swedish-words.po: no language is called swedish-words; name it like sv.po"
    ]
