"""CSL's items as pandoc, Zotero and Quarto write them."""

from __future__ import annotations

from feeds.markdown.citations.csl import read_csl
from feeds.markdown.citations.works import Person, Work
from tests.worlds.rows import each

FULL = {
    "id": "k", "type": "article-journal", "title": "A <i>thing</i>", "container-title": "J", "volume": 3, "issue": "1",
    "page": "5-9", "DOI": "10.1/x", "publisher": "P", "issued": {"date-parts": [[1999, 5]]},
    "author": [{"family": "Berg", "given": "Jan", "non-dropping-particle": "van der"}, {"literal": "A Body"}, "x"],
}  # fmt: skip


def test_an_item_is_a_work() -> None:
    """Names with their particles and names of bodies; a title without its marks."""
    assert read_csl([FULL]) == {
        "k": Work(
            people=(Person(family="van der Berg", given="Jan"), Person(family="A Body")),
            year="1999",
            title="A thing",
            within="J",
            volume="3",
            number="1",
            pages="5–9",
            publisher="P",
            url="https://doi.org/10.1/x",
        )
    }


@each(
    "issued",
    [
        {"year": "1999"},
        [{"year": "1999"}],
        "1999-05-01",
        {"date-parts": [["1999"]]},
        {"raw": "May 1999"},
    ],
)
def test_a_year_is_found(issued: object) -> None:
    """In each of the ways in which it is written."""
    assert read_csl({"references": [{"id": "k", "issued": issued}]})["k"].year == "1999"


@each("items", [None, "x", 1, {}, {"references": "x"}, [1, {}, {"id": []}], [[]]])
def test_what_is_no_bibliography_is_empty(items: object) -> None:
    """Nothing is raised."""
    assert read_csl(items) == {}
