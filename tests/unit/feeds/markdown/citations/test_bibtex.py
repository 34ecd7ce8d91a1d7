"""BibTeX as reference managers write it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feeds.markdown.citations.bibtex import read_bibtex
from feeds.markdown.citations.works import LONGEST, Person, Work
from tests.worlds.rows import each


@each(
    ("field", "value", "part", "read"),
    [
        ("title", r"{G{\"o}del} \& {\LaTeX}: 100\% $\alpha$", "title", "Gödel & LaTeX: 100% α"),
        ("title", "One\n   line", "title", "One line"),
        ("author", r"van der Berg, Jan and Stra{\ss}e, {\'E}mile", "people",
         (Person(family="van der Berg", given="Jan"), Person(family="Straße", given="Émile"))),
        ("author", "{World Health Organization}", "people", (Person(family="World Health Organization"),)),
        ("editor", "Jane Doe", "people", (Person(family="Doe", given="Jane"),)),
        ("date", "2020-03-04", "year", "2020"),
        ("year", "in press", "year", "in press"),
        ("booktitle", "Acts", "within", "Acts"),
        ("pages", "97--111", "pages", "97–111"),
        ("school", "U", "publisher", "U"),
        ("doi", "https://doi.org/10.1/x_y", "url", "https://doi.org/10.1/x_y"),
        ("doi", "10.1/x%20y", "url", "https://doi.org/10.1/x%20y"),
        ("url", "https://a.example/b%20c_d", "url", "https://a.example/b%20c_d"),
    ],
)  # fmt: skip
def test_a_field_is_read_as_words(field: str, value: str, part: str, read: object) -> None:
    """TeX's accents are letters, its braces are gone; addresses stay as they are."""
    [work] = read_bibtex(f"@book{{k, {field} = {{{value}}}}}").values()
    assert getattr(work, part) == read


def test_what_is_broken_is_passed_over() -> None:
    """The entries around it are read; abbreviations and comments mean what they do."""
    text = '@comment{x}\n@string{j = "Walks"}\n@misc{bad, title={x\n@article{good, title={T}, journal=j}'
    assert read_bibtex(text) == {"good": Work(title="T", within="Walks")}


@given(st.text(alphabet='@a{}="\\,#% \n$and', max_size=80))
def test_any_file_is_read(text: str) -> None:
    """Whatever stands in it, nothing is raised, and each part of a work is on one line that has a bound."""
    for work in read_bibtex(f"@book{{k, author={{{text}}}, title={text}}}\n{text}").values():
        for part in (work.title, work.year, work.pages, *(one.family for one in work.people)):
            assert len(part) <= LONGEST
            assert "\n" not in part
