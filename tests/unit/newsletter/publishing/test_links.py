"""Where links between notes lead."""

from __future__ import annotations

from dataclasses import replace

from feeds.markdown.links import LinkResolver
from feeds.markdown.render import render_markdown
from newsletter.publishing.links import NoteLinks
from storage.archive.rows import IssueName
from storage.model.issues import IssueState
from tests.worlds.rows import each

URL = "https://notes.example.com"


def name(
    path: str,
    title: str,
    slug: str,
    *aliases: str,
    number: int = 1,
    state: IssueState = IssueState.LIVE,
) -> IssueName:
    """An issue as links know it."""
    return IssueName(
        issue_id=number,
        note_id=path.removesuffix(".md"),
        path=path,
        slug=slug,
        title=title,
        state=state,
        content_hash="",
        aliases=aliases,
    )


@each("target", ["2026/trip.md", "2026/trip", "trip", "Trip", "The long way home", "trip.md"])
def test_a_note_is_meant_by_path_file_name_or_title(target: str) -> None:
    """As authors write wiki links, in any case, with or without suffix."""
    links = NoteLinks([name("2026/trip.md", "The Long Way Home", "home")], URL)
    assert links.note_url(target) == f"{URL}/issues/home"


def test_only_live_issues_are_led_to() -> None:
    """A withdrawn issue, and what was never published, have no address."""
    gone = name("a.md", "A", "a", state=IssueState.WITHDRAWN)
    links = NoteLinks([gone], URL)
    assert links.note_url("a") is None
    assert links.note_url("private") is None


def test_an_exact_path_beats_a_name_or_title() -> None:
    """A title that looks like another note's path does not steal its links, in any order."""
    thief, owner = name("a/x.md", "b", "thief"), name("b.md", "Owner", "owner", number=2)
    for names in ([thief, owner], [owner, thief]):
        assert NoteLinks(names, URL).note_url("b") == f"{URL}/issues/owner"


def test_two_notes_of_one_name_resolve_the_same_way_every_time() -> None:
    """The same store gives the same links, whatever order the names come in."""
    one, two = name("x/n.md", "N", "one"), name("y/n.md", "N", "two", number=2)
    urls = {NoteLinks(order, URL).note_url("n") for order in ([one, two], [two, one])}
    assert urls == {f"{URL}/issues/one"}


def test_media_addresses_are_quoted() -> None:
    """A picture's path may have blanks, question marks and letters of any script."""
    assert NoteLinks([], URL).media_url("img/größe 1?.png") == (
        f"{URL}/media/img/gr%C3%B6%C3%9Fe%201%3F.png"
    )


def test_a_name_is_corrected_in_its_place() -> None:
    """Renamed, retitled, withdrawn: old ways of meaning a note end, others go on."""
    links = NoteLinks([name("x/n.md", "N", "one"), name("y/n.md", "N", "two", number=2)], URL)
    moved = replace(name("x/n.md", "N", "one"), path="z/m.md", title="M")
    links.put(moved)
    assert links.note_url("n") == f"{URL}/issues/two"
    assert links.note_url("m") == f"{URL}/issues/one"
    assert links.note_url("x/n") is None
    links.put(replace(moved, state=IssueState.WITHDRAWN))
    assert links.note_url("m") is None


@each(
    ("path", "written"),
    [
        ("2015-07-30-x.md", "/2015/07/30/x/"),
        ("2015-07-30-x.md", "/2015-07-30-x"),
        ("2015-07-30-x.md", "x.html"),
        ("2015-07-30-x.md", "../x/"),
        ("x.md", "/blog/x"),
        ("x.md", "/blog/x/index.html"),
        ("a/x.md", "@/a/x.md"),
        ("a/x/index.md", "/a/x/"),
        ("a/x/index.md", "../x"),
        ("a/Some Name.md", "Some%20Name.md"),
        ("a/Some Name.md", "/a/some-name/"),
        ("2015-07-30-x.md", "/old/place/"),
        ("2015-07-30-x.md", "https://notes.example.com/old/place.html#part"),
    ],
)
def test_links_between_notes_are_read_as_generators_write_them(path: str, written: str) -> None:
    """By path, old address, slug or file name, with and without its date."""
    slug = "some-name" if "Some" in path else "x"
    links = NoteLinks([name(path, "T", slug, "old/place", "old/place.html")], URL)
    found = LinkResolver("a/here.md", links).link(written)
    assert found is not None
    assert found.partition("#")[0] == f"{URL}/issues/{slug}"


@each("written", ["/tags/x/", "/category/x", "https://other.example/old/place"])
def test_lists_and_other_sites_are_no_notes(written: str) -> None:
    """A list that happens to have a note's name does not lead to that note."""
    links = NoteLinks([name("x.md", "T", "x", "old/place")], URL)
    assert LinkResolver("here.md", links).link(written) in {None, written}


@each(
    ("written", "page"),
    [
        *(("/", "/"), ("/about", "/about"), ("/About/", "/about"), ("../about.md", "/about")),
        *(
            ("/about.html", "/about"),
            ("/archive#y2024", "/archive#y2024"),
            ("/feed.xml", "/feed.xml"),
        ),
        *(
            ("/subscribe/", "/subscribe"),
            ("about", None),
            ("/tags/archive/", None),
            ("/nowhere", None),
        ),
    ],
)
def test_pages_of_the_site_are_led_to(written: str, page: str | None) -> None:
    """By their address or, for About, by its note; a note of that name comes first."""
    found = LinkResolver("a/here.md", NoteLinks([], URL)).link(written)
    assert found == (None if page is None else f"{URL}{page}")
    own = NoteLinks([name("archive.md", "T", "my-archive")], URL)
    assert LinkResolver("here.md", own).link("/archive") == f"{URL}/issues/my-archive"


def test_a_wiki_link_finds_a_note_by_its_other_name() -> None:
    """`aliases` of a note are names of it, as in Obsidian; its own path beats them."""
    links = NoteLinks([name("a.md", "A", "a", "Other Name", "b"), name("b.md", "B", "b")], URL)
    assert links.note_url("other name") == f"{URL}/issues/a"
    assert links.note_url("b") == f"{URL}/issues/b"


def test_of_two_notes_of_a_name_the_nearest_is_meant() -> None:
    """A link from a folder means the note in that folder."""
    links = NoteLinks([name("x/n.md", "N", "one"), name("y/n.md", "N", "two", number=2)], URL)
    assert LinkResolver("y/here.md", links).wiki("n") == f"{URL}/issues/two"
    assert LinkResolver("here.md", links).wiki("n") == f"{URL}/issues/one"


def test_a_reference_with_a_definition_stays_that_link() -> None:
    """`[[Ref]]` beside `[Ref]: https://…` was never a wiki link."""
    links = NoteLinks([name("ref.md", "Ref", "ref")], URL)
    body = "See [[Ref]].\n\n[Ref]: https://example.org/r\n"
    html = render_markdown(body, path="a.md", links=links).html
    assert 'href="https://example.org/r"' in html
    assert "/issues/ref" not in html


@each("target", ["sub/c", "../deep/sub/c", "./sub/c", "c\\\\", "/deep/sub/c", "deep/sub/c"])
def test_a_wiki_link_finds_a_note_by_a_piece_of_its_path(target: str) -> None:
    """By its end, as Obsidian writes the shortest one that is clear; from a folder above; escaped, as in tables."""
    links = NoteLinks([name("deep/sub/c.md", "See", "see")], URL)
    assert (
        LinkResolver("deep/b.md", links).wiki(target.replace("\\\\", "\\")) == f"{URL}/issues/see"
    )
