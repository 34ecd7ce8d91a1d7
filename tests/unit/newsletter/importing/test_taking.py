"""Exports of nine systems, in the shape that each documents, as notes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feeds.notes import parse_front_matter
from newsletter.importing import SYSTEMS, PostImport, import_posts
from storage.model import PostsFileError
from tests.sizes import is_full
from tests.worlds.readers.exports import MAKERS, PNG, WANTED, pack, substack, table


def test_every_system_has_its_export_here() -> None:
    """No system is named that is not tried."""
    assert set(MAKERS) == set(WANTED) == set(SYSTEMS)


def taken(system: str, folder: Path) -> tuple[PostImport, dict[str, str]]:
    """The import, and the notes by their names."""
    notes = folder / "notes"
    done = import_posts(MAKERS[system](folder), notes)
    return done, {path.stem: path.read_text() for path in notes.glob("*.md")}


@pytest.mark.parametrize("system", SYSTEMS)
def test_an_export_becomes_notes(system: str, tmp_path: Path) -> None:
    """Each system is told from its files; public posts become notes, the others drafts; nothing is mailed."""
    done, notes = taken(system, tmp_path)
    wanted, left_out = WANTED[system]
    assert done.system == system
    assert {one.path.removesuffix(".md"): one.draft for one in done.posts} == wanted
    assert len(done.left_out) == left_out, done.left_out
    assert set(notes) == set(wanted)
    for name, text in notes.items():
        keys = parse_front_matter(text, f"{name}.md").fields
        assert ("draft" in keys) == wanted[name]
        assert ("email" in keys) != wanted[name]
        assert "aliases" in keys or system in {"mailchimp", "mailman"} or wanted[name]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_dry_run_writes_nothing_and_says_the_same(system: str, tmp_path: Path) -> None:
    """What would become of an export is told in full, and the folder is not even made."""
    source = MAKERS[system](tmp_path)
    told = import_posts(source, tmp_path / "notes", dry_run=True)
    assert not (tmp_path / "notes").exists()
    assert import_posts(source, tmp_path / "notes") == told
    assert import_posts(source, tmp_path / "notes") == told  # again: nothing is there twice


def test_a_note_that_was_changed_is_left_as_it_is(tmp_path: Path) -> None:
    """A second import overwrites no word of the author's, and says so."""
    source = substack(tmp_path)
    import_posts(source, tmp_path / "notes")
    (tmp_path / "notes/hello.md").write_text("Mine.")
    again = import_posts(source, tmp_path / "notes")
    assert (tmp_path / "notes/hello.md").read_text() == "Mine."
    assert [one.reason for one in again.left_out if one.name == "1.hello"] == [
        "hello.md is there already, with other words"
    ]


def test_substack_keeps_notes_links_and_dates(tmp_path: Path) -> None:
    """A footnote is one, a box for subscribing is gone, and the old address leads on."""
    _, notes = taken("substack", tmp_path)
    assert notes["hello"] == (
        '---\ntitle: "Hello: a start"\npublish: 2019-07-26 20:48:19+00:00\nsummary: "In short."\n'
        'aliases: ["/p/hello"]\nemail: false\n---\n\n'
        "See [later](https://ada.substack.com/p/later)[^1].\n\n[^1]: A note.\n"
    )


def test_pictures_of_the_export_come_along(tmp_path: Path) -> None:
    """A picture is found by its path, also as a smaller copy; a link to another post leads to its note."""
    done, notes = taken("ghost", tmp_path)
    assert "![A bridge](pictures/bridges/bridge.png)" in notes["bridges"]
    assert 'image: "pictures/bridges/bridge.png"' in notes["bridges"]
    assert "[members](members.md)" in notes["bridges"]
    assert 'tags: ["Walks"]' in notes["bridges"]
    assert "updated: 2021-01-01" in notes["bridges"]
    assert (tmp_path / "notes/pictures/bridges/bridge.png").read_bytes() == PNG
    assert done.posts[0].pictures == 1
    assert notes["tree"].endswith("---\n\nTree.\n")


def test_wordpress_reads_as_it_was_shown(tmp_path: Path) -> None:
    """Lines, captions, code, pictures and the featured one; short codes for a gallery are taken out."""
    _, notes = taken("wordpress", tmp_path)
    classic = notes["classic"]
    assert "One line\\\nand another." in classic
    assert "![A](pictures/classic/a.png)\n\n_The caption_" in classic
    assert "```python\nx = 1 < 2\n```" in classic
    assert "gallery" not in classic
    assert "[that](blocks.md#part)" in classic
    assert 'image: "pictures/classic/a.png"' in classic
    assert 'aliases: ["/2015/07/classic/"]' in classic
    assert 'tags: ["Walks"]' in classic


def wordpress_of(folder: Path, *items: str) -> Path:
    """An export of WordPress with these items, each the XML within one."""
    spaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/1.2/"'
    listed = "".join(f"<item>{item}</item>" for item in items)
    (folder / "w.xml").write_text(
        f'<rss version="2.0" {spaces}><channel><wp:wxr_version>1.2</wp:wxr_version>{listed}</channel></rss>'
    )
    return folder / "w.xml"


def test_a_slug_outside_ascii_is_a_name_in_its_letters(tmp_path: Path) -> None:
    """WordPress keeps such slugs escaped; links between the posts lead on, whichever way they are escaped."""
    escaped = "%e6%97%a5%e6%9c%ac"
    post = (
        "<title>{0}</title><link>https://a.example/{0}/</link><wp:post_type>post</wp:post_type>"
        "<wp:status>publish</wp:status><wp:post_date_gmt>2020-01-01 00:00:00</wp:post_date_gmt>"
        "<wp:post_name>{0}</wp:post_name><content:encoded><![CDATA[<p>{1}</p>]]></content:encoded>"
    )
    source = wordpress_of(
        tmp_path,
        post.format(escaped, "x"),
        post.format("b", f'<a href="https://a.example/{escaped.upper()}/#p">there</a>'),
    )
    done = import_posts(source, tmp_path / "notes")
    assert [one.path for one in done.posts] == ["日本.md", "b.md"]
    assert "[there](日本.md#p)" in (tmp_path / "notes/b.md").read_text()


def test_a_draft_without_a_day_has_none(tmp_path: Path) -> None:
    """WordPress writes the day zero of drafts in two ways, and neither is a day of the year 2000."""
    source = wordpress_of(
        tmp_path,
        "<title>Idea</title><pubDate>Mon, 30 Nov -0001 00:00:00 +0000</pubDate>"
        "<wp:post_type>post</wp:post_type><wp:status>draft</wp:status><wp:post_name></wp:post_name>"
        "<wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt>"
        "<content:encoded><![CDATA[<p>x</p>]]></content:encoded>",
    )
    import_posts(source, tmp_path / "notes")
    assert "publish" not in (tmp_path / "notes/idea.md").read_text()


def test_a_picture_of_ghost_that_is_not_in_the_export_is_told(tmp_path: Path) -> None:
    """Its address names a site that is not said, so nobody else would find it either."""
    post = {
        "id": "1",
        "title": "A",
        "slug": "a",
        "html": '<p>x</p><img src="__GHOST_URL__/content/images/a.png">',
        "status": "published",
        "published_at": "2020-02-02T02:02:02.000Z",
        "type": "post",
        "visibility": "public",
    }
    (tmp_path / "g.json").write_text(json.dumps({"db": [{"data": {"posts": [post]}}]}))
    done = import_posts(tmp_path / "g.json", tmp_path / "notes")
    assert done.posts[0].remarks == ("1 picture stays where it is: the export does not have them",)


@pytest.mark.parametrize("title", ["हिन्दी में", "ภาษาไทยที่", "العربيّة", "தமிழ்"])
def test_a_name_keeps_the_marks_of_its_letters(title: str, tmp_path: Path) -> None:
    """What Hindi or Thai write above and below a letter is a part of the word."""
    row = {"id": "1", "web_title": title, "status": "confirmed", "content_html": "<p>x</p>"}
    (tmp_path / "p.csv").write_text(table(row))
    done = import_posts(tmp_path / "p.csv", tmp_path / "notes")
    assert done.posts[0].path == f"{title.replace(' ', '-')}.md"


def test_a_mail_loses_its_frame(tmp_path: Path) -> None:
    """Preview line, footer and merge fields go, and the report says how many fields."""
    done, notes = taken("mailchimp", tmp_path)
    assert notes["may-news"].endswith("---\n\n# News\n\nDear , hello.\n")
    assert "publish: 2021-05-05 10:00:00+00:00" in notes["may-news"]
    assert (
        "1 merge field was taken out; only the old system could fill it in" in done.posts[0].remarks
    )


def test_a_broadcast_loses_its_liquid(tmp_path: Path) -> None:
    """Kit's fields are taken out and counted; the old address leads on."""
    done, notes = taken("kit", tmp_path)
    assert notes["bridges"].endswith("---\n\nHi , words.\n")
    assert 'aliases: ["/posts/bridges"]' in notes["bridges"]
    assert 'summary: "Short"' in notes["bridges"]
    assert any("3 merge fields" in remark for remark in done.posts[0].remarks)


def test_a_list_reads_as_it_did(tmp_path: Path) -> None:
    """Wrapped lines are put together, a quotation is one, links lead on; footers and what was scrubbed go."""
    _, notes = taken("mailman", tmp_path)
    assert notes["a-bridge"].endswith(
        "---\n\nDear all,\n\nthis is a line that was only wrapped because there was no more room; see "
        "[https://example.com/a\\_b](https://example.com/a_b).\n\n> they said\\\n> so\n\n"
        "From here on \\* it \\* is 3 \\< 4.\n"
    )
    assert "publish: 2021-05-04 08:00:00+00:00" in notes["a-bridge"]
    assert notes["brücken"].endswith("---\n\nÜber **alles**\n")
    assert notes["last"].endswith("---\n\nWords.\n")


def test_medium_says_its_title_once(tmp_path: Path) -> None:
    """Title and subtitle are keys; a picture elsewhere is told."""
    done, notes = taken("medium", tmp_path)
    assert notes["the-bridge"].endswith(
        "---\n\nWords.\n\n![](https://cdn-images-1.medium.com/max/800/x.png)\n\n_A *caption*_\n"
    )
    assert done.posts[0].remarks == ("1 picture stays where it is: the export does not have them",)


def test_a_short_post_of_medium_is_no_response(tmp_path: Path) -> None:
    """Only what is called by its own first words is left out, as somebody's answer to another's post."""
    done, notes = taken("medium", tmp_path)
    assert notes["tides"].endswith("---\n\nThey come and go.\n")
    assert [one.reason for one in done.left_out] == ["a response to somebody's post"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"readme.txt": "hello"}, "no export that is known"),
        ({"posts.csv": "post_id,title\n"}, "there are no posts of substack"),
        ({"x.json": '{"db": [{"data": {"posts": [{}'}, "no export that is known"),
    ],
)
def test_what_is_no_export_is_told(
    files: dict[str, str | bytes], said: str, tmp_path: Path
) -> None:
    """A zip of something else, an empty table and a broken file are one sentence each."""
    with pytest.raises(PostsFileError, match=said):
        import_posts(pack(tmp_path / "a.zip", files), tmp_path / "notes")


def test_one_bad_post_holds_up_no_other(tmp_path: Path) -> None:
    """Elements nested thousands deep cost that post its form, and the others nothing."""
    row = {
        "is_published": "TRUE",
        "type": "newsletter",
        "audience": "everyone",
        "post_date": "2020-01-01",
    }
    depth = 10_000 if is_full() else 1_000
    deep = "<div>" * depth + "Deep words." + "</div>" * depth
    source = pack(
        tmp_path / "a.zip",
        {
            "posts.csv": table(
                {**row, "post_id": "1.deep", "title": "D"},
                {**row, "post_id": "2.flat", "title": "F"},
            ),
            "posts/1.deep.html": deep,
            "posts/2.flat.html": "<p>Flat.</p>",
        },
    )
    done = import_posts(source, tmp_path / "notes")
    assert [one.path for one in done.posts] == ["deep.md", "flat.md"]
    assert "Deep words." in (tmp_path / "notes/deep.md").read_text()
    assert done.posts[0].remarks == ("only its text was taken: its elements are nested too deeply",)


@pytest.mark.parametrize(
    "slug", ["../../etc/passwd", "/abs", "..", "a/b", "CON", "日本", "x" * 500]
)
def test_no_name_leads_out_of_the_folder(slug: str, tmp_path: Path) -> None:
    """Whatever an export calls a post, its note is a file in the folder that was named."""
    row = {
        "id": "1",
        "web_title": "T",
        "status": "confirmed",
        "slug": slug,
        "content_html": "<p>x</p>",
    }
    (tmp_path / "p.csv").write_text(table(row))
    done = import_posts(tmp_path / "p.csv", tmp_path / "notes")
    made = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "p.csv"]
    assert [path.relative_to(tmp_path / "notes").as_posix() for path in made] == [
        done.posts[0].path
    ]
    assert len(done.posts[0].path) < 100
