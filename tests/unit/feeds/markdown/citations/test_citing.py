"""Citations by author and year, and the list of what is cited."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from feeds.markdown.citations.bibtex import read_bibtex
from feeds.markdown.citations.works import Bibliography
from feeds.markdown.dialects.translation import Translated, translate_dialects
from tests.worlds.rows import each

WORKS = r"""
@article{doe99, author={Jane Doe}, title={Bridges}, year=1999, journal={Walks}, volume=3, number=1, pages={5--9}}
@book{roe, author={Roe, Ann and Doe, Jane}, title={Of {Stones}}, date={2001-02-03}, publisher={Press}}
@book{many, author={A. One and B. Two and C. Three}, title={Many}, year={2002}}
@misc{body, author={{World Health Organization}}, title={Report}, year=2020, url={https://who.example/x_y}}
@book{twin1, author={Ada Twin}, title={Alpha}, year=2010}
@book{twin2, author={Ada Twin}, title={Beta}, year=2010}
@misc{bare, title={A *title* with {{ name }} and _marks_}}
"""


def cite(text: str, path: str = "a.md") -> Translated:
    """The body of a note that names these works."""
    return translate_dialects(text, path, Bibliography(works=read_bibtex(WORKS)))


@each(
    ("text", "shown"),
    [
        ("Told [@doe99].", "Told (Doe 1999)."),
        ("Told [see @doe99, pp. 3-5; also @roe].", r"Told (see Doe 1999, pp. 3-5; also Roe \& Doe 2001)."),
        ("Told [-@doe99].", "Told (1999)."),
        ("@doe99 told.", "Doe (1999) told."),
        ("@doe99 [p. 3] told.", "Doe (1999, p. 3) told."),
        ("Told -@doe99.", "Told (1999)."),
        ("Told [@{doe99}; @many].", "Told (Doe 1999; One et al. 2002)."),
        ("Told [@body]", "Told (World Health Organization 2020)"),
        ("[@twin2], [@twin1]", "(Twin 2010b), (Twin 2010a)"),
        (r"Told [@bare].", r"Told (A \*title\* with name and \_marks\_)."),
        (r"Told \citep[see][p. 3]{doe99,many}.", "Told (see Doe 1999; One et al. 2002, p. 3)."),
        (r"\citet{doe99} and \cite{doe99}", "Doe (1999) and (Doe 1999)"),
        ("`[@doe99]` and doe99@example.org", "`[@doe99]` and doe99@example.org"),
        ("[[@doe99]] and [@doe99](https://a.example)", "[[@doe99]] and [@doe99](https://a.example)"),
        ("Hi @ada, [@ada](https://a.example)", "Hi @ada, [@ada](https://a.example)"),
    ],
)  # fmt: skip
def test_a_citation_says_author_and_year(text: str, shown: str) -> None:
    """Pandoc's forms and TeX's; code, addresses, wiki links and people's names stay what they are."""
    result = cite(text)
    assert result.text.split("\n")[0] == shown
    assert result.uncited == ()


def test_what_is_cited_is_listed_once_and_in_order() -> None:
    """By author and year, below a heading of ours, each mark of a title as it is."""
    listed = cite("[@roe; @doe99; @roe; @body]").text.partition("## References\n\n")[2]
    assert listed.split("\n") == [
        "- Doe, Jane. 1999. “Bridges”. *Walks* 3 (1), 5–9.",
        r"- Roe, Ann; Doe, Jane. 2001. *Of Stones*. Press.",
        r"- World Health Organization. 2020. *Report*. <https://who.example/x_y>.",
        "",
    ]


@each(
    ("text", "around"),
    [
        ("[@many]\n\n::: {#refs}\n:::\n\nEnd", "(One et al. 2002)\n\n{}\n\nEnd"),
        ("[@many]\n\n# Sources\n", "(One et al. 2002)\n\n# Sources\n\n{}\n"),
        ("::: {#refs}\n:::\n\nNothing cited", "\n\n\nNothing cited"),
    ],
)
def test_the_list_stands_where_its_author_says(text: str, around: str) -> None:
    """In pandoc's place for it, or below a heading that ends the note; without citations there is none."""
    line = "- One, A.; Two, B.; Three, C. 2002. *Many*."
    assert cite(text).text == around.format(line)


@each(
    ("text", "path", "shown", "told"),
    [
        ("[see @gone, p. 3]", "a.md", "(see gone, p. 3)", ["[see @gone, p. 3]"]),
        ("By @gone.", "a.qmd", "By gone.", ["@gone"]),
        (r"By \cite{gone}", "a.md", "By (gone)", ["[@{gone}]"]),
    ],
)
def test_what_no_bibliography_has_is_shown_by_its_key_and_told(
    text: str, path: str, shown: str, told: list[str]
) -> None:
    """In a document of pandoc's a lone name is a citation, too."""
    result = translate_dialects(text, path, Bibliography())
    assert result.text == shown
    assert [one.source for one in result.uncited] == told


@given(
    st.lists(
        st.sampled_from(["[", "]", "@doe99", "@", "-@roe", "; ", "(", ")", "see ", r"\cite{", "}", "{", "\n", "# a\n", "p. 3",
                         "::: {#refs}\n:::\n"]),
        max_size=25,
    ).map("".join),
    st.sampled_from(["a.md", "a.Rmd"]),
)  # fmt: skip
def test_any_text_is_read(text: str, path: str) -> None:
    """Broken citations raise nothing, and no mask is left."""
    assert not {"\ufdd0", "\ufdd1"} & set(cite(text, path).text)
