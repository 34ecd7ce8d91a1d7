"""In which language a note is by its path, and what is none though it looks like one."""

from __future__ import annotations

from collections.abc import Collection

from feeds.notes.names import PathFacts, read_path
from tests.worlds.rows import each


def facts(path: str, *others: str, languages: Collection[str] = (), home: str = "en") -> PathFacts:
    """What a path says where these other files are, too."""
    return read_path(path, languages=languages, is_file=lambda one: one in others, home=home)


@each(
    "path, others, languages, language",
    [
        ("i18n/fr/x.md", [], [], "fr"),
        ("i18n/pt-BR/docusaurus-plugin-content-blog/x.md", [], [], "pt-br"),
        ("site/locales/de/x.md", [], [], "de"),
        ("i18n/it/x.md", [], [], "it"),
        ("content/docs/fr/x.md", [], ["en"], "fr"),
        ("content/fr/posts/x.md", [], ["en"], "fr"),
        ("src/content/docs/zh_CN/x.md", [], ["en"], "zh-cn"),
        ("content/docs/is/x.md", [], ["en", "is"], "is"),
        ("guides/fr/x.md", ["guides/en/x.md"], [], "fr"),
        ("guides/it/x.md", ["guides/en/x.md"], [], "it"),
        ("guides/fr/x.md", ["guides/x.md"], [], "fr"),
        ("fr/x.md", ["en/x.md"], [], "fr"),
        ("fr/index.md", ["en/index.md"], [], "fr"),
        ("x.fr.md", [], [], "fr"),
    ],
)
def test_a_folder_says_a_language_where_something_else_does(
    path: str, others: list[str], languages: list[str], language: str
) -> None:
    """The folder above it, the languages of the newsletter, the same file in another one: first folder or not."""
    assert facts(path, *others, languages=languages).language == language


@each(
    "path, others, languages",
    [
        ("it/servers.md", [], []),
        ("notes/it/backup.md", ["notes/backup.md"], ["en"]),
        ("posts/no/more.md", [], ["en"]),
        ("content/is/x.md", [], ["en"]),
        ("fr/x.md", [], []),
        ("content/docs/fr/x.md", [], []),
        ("travel/fr/food.md", ["travel/it/food.md", "travel/de/food.md"], ["en"]),
        ("travel/fr/index.md", ["travel/index.md"], ["en"]),
        ("languages/fr/verbs.md", ["languages/de/verbs.md"], ["en"]),
        ("go/x.md", ["en/x.md"], ["en"]),
        ("us/ca/x.md", [], ["en"]),
    ],
)
def test_a_folder_of_words_is_of_no_language(
    path: str, others: list[str], languages: list[str]
) -> None:
    """`it/`, `no/`, `is/`, countries and languages that notes are about: nothing says that they are in one."""
    assert facts(path, *others, languages=languages).language == ""


@each(
    "path, other",
    [
        ("content/docs/fr/x.md", "content/docs/x.md"),
        ("content/docs/fr/x.md", "content/docs/en/x.md"),
        ("i18n/fr/x.md", "x.md"),
        ("i18n/fr/docusaurus-plugin-content-blog/a/x.md", "blog/a/x.md"),
        ("i18n/fr/docusaurus-plugin-content-blog-news/x.md", "news/x.md"),
        ("i18n/fr/docusaurus-plugin-content-docs/current/x.md", "docs/x.md"),
        ("i18n/fr/docusaurus-plugin-content-pages/x.md", "src/pages/x.md"),
        ("guides/it/x.md", "guides/en/x.md"),
        ("fr/x.md", "x.md"),
        ("x.fr.md", "x.md"),
    ],
)
def test_translations_are_known_by_their_paths(path: str, other: str) -> None:
    """What is left of a path without its language is the same, Docusaurus's folders as those of the original."""
    assert facts(path, other).group == facts(other, path).group


def test_the_folder_of_the_own_language_is_known_by_any_other() -> None:
    """An Italian newsletter's `it/` beside its English translation."""
    assert facts("docs/it/x.md", "docs/en/x.md", home="it").group == "docs/x"
    assert facts("docs/en/x.md", "docs/it/x.md", home="it").language == "en"
