"""Exports of nine systems, in the shape that each documents, as notes."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest

from feeds.notes import parse_front_matter
from newsletter.importing import SYSTEMS, PostImport, import_posts
from storage.model import PostsFileError

PNG = bytes.fromhex("89504e470d0a1a0a0000000d49484452")


def pack(path: Path, files: dict[str, str | bytes]) -> Path:
    """A zip with these files in it."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def table(*rows: dict[str, str]) -> str:
    """A CSV with these rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def substack(folder: Path) -> Path:
    """A post, a draft, one for payers, a page, one without HTML."""
    row = {"is_published": "TRUE", "type": "newsletter", "audience": "everyone", "podcast_url": ""}
    dated = {**row, "post_date": "2019-07-26T20:48:19.814Z", "subtitle": "In short."}
    return pack(
        folder / "substack.zip",
        {
            "posts.csv": table(
                {**dated, "post_id": "1.hello", "title": "Hello: a start"},
                {**dated, "post_id": "2.later", "title": "Later", "is_published": "FALSE"},
                {**dated, "post_id": "3.paid", "title": "Paid", "audience": "only_paid"},
                {**dated, "post_id": "4.about", "title": "About", "type": "page"},
                {**dated, "post_id": "5.gone", "title": "Gone"},
            ),
            "posts/1.hello.html": (
                '<p>See <a href="https://ada.substack.com/p/later">later</a>'
                '<a class="footnote-anchor" href="#footnote-1" id="footnote-anchor-1">1</a>.</p>'
                '<div class="subscription-widget-wrap"><p>Subscribe now</p></div>'
                '<div class="footnote"><a class="footnote-number" id="footnote-1">1</a>'
                '<div class="footnote-content"><p>A note.</p></div></div>'
            ),
            "posts/2.later.html": "<p>Not yet.</p>",
            "posts/3.paid.html": "<p>Secret.</p>",
            "posts/4.about.html": "<p>Us.</p>",
        },
    )


def ghost(folder: Path) -> Path:
    """One post with a picture of the export, a member's one, a page; another kept as its editor's tree."""
    tree = {
        "root": {
            "children": [{"type": "paragraph", "children": [{"type": "text", "text": "Tree."}]}]
        }
    }
    base = {"type": "post", "status": "published", "visibility": "public"}
    posts = [
        {
            **base,
            "id": "a",
            "title": "Bridges",
            "slug": "bridges",
            "html": '<p>One <img src="__GHOST_URL__/content/images/size/w600/2020/05/bridge.png" alt="A bridge"></p>'
            '<p><a href="__GHOST_URL__/members/">members</a></p>',
            "feature_image": "__GHOST_URL__/content/images/2020/05/bridge.png",
            "custom_excerpt": "Of wood.",
            "published_at": "2020-05-01T10:00:00.000Z",
            "updated_at": "2021-01-01T10:00:00.000Z",
        },
        {
            **base,
            "id": "b",
            "title": "Members",
            "slug": "members",
            "html": "<p>x</p>",
            "visibility": "paid",
        },
        {**base, "id": "c", "title": "Page", "slug": "page", "html": "<p>x</p>", "type": "page"},
        {
            **base,
            "id": "d",
            "title": "Tree",
            "slug": "tree",
            "lexical": json.dumps(tree),
            "published_at": "2020-06-01T10:00:00.000Z",
        },
    ]
    data = {
        "posts": posts,
        "tags": [{"id": "t", "name": "Walks"}, {"id": "u", "name": "#internal"}],
        "posts_tags": [{"post_id": "a", "tag_id": "t"}, {"post_id": "a", "tag_id": "u"}],
    }
    return pack(
        folder / "ghost.zip",
        {
            "data/ada.ghost.2021.json": json.dumps(
                {"db": [{"meta": {"version": "5.0"}, "data": data}]}
            ),
            "content/images/2020/05/bridge.png": PNG,
        },
    )


def buttondown(folder: Path) -> Path:
    """Markdown, rich text, and one that was never sent."""
    row = {"publish_date": "2023-01-02 16:55:00+00:00", "status": "sent", "tags": ""}
    return pack(
        folder / "buttondown.zip",
        {
            "emails.csv": table(
                {**row, "id": "x1", "subject": "Plain", "slug": "plain", "tags": "ml, notes"},
                {**row, "id": "x2", "subject": "Fancy", "slug": "fancy"},
                {**row, "id": "x3", "subject": "Draft", "slug": "draft", "status": "draft"},
            ),
            "emails/plain.md": "<!-- buttondown-editor-mode: plaintext -->Hello *there*.\n\n{{ subscribe_form }}\n",
            "emails/fancy.md": "<!-- buttondown-editor-mode: fancy --><p>Hi <strong>you</strong></p>",
            "emails/draft.md": "Wait.",
        },
    )


def medium(folder: Path) -> Path:
    """A post, a draft, a response."""
    head = '<article class="h-entry"><header><h1 class="p-name">{0}</h1></header>'
    body = (
        '<section data-field="subtitle" class="p-summary">In short</section>'
        '<section data-field="body" class="e-content"><h3 class="graf graf--h3 graf--title">{0}</h3>'
        '<p>Words.</p><figure><img src="https://cdn-images-1.medium.com/max/800/x.png">'
        "<figcaption>A <em>caption</em></figcaption></figure></section>"
    )
    foot = (
        '<footer><p><a class="p-tag">Things</a></p><time class="dt-published" datetime="2018-08-11T11:23:34.123Z">'
        '</time><a class="p-canonical" href="https://medium.com/@ada/the-bridge-efefef121212">x</a></footer></article>'
    )
    return pack(
        folder / "medium.zip",
        {
            "posts/2018-08-11_The-Bridge-efefef121212.html": (head + body + foot).format(
                "The Bridge"
            ),
            "posts/draft_Idea-aaaabbbbcccc.html": (head + body).format("Idea")
            + "medium.com</article>",
            "posts/2018-09-01_Nice-post-111122223333.html": head.format("Nice post")
            + '<section data-field="body"><p>Nice post!</p></section></article>',
        },
    )


def wordpress(folder: Path) -> Path:
    """A classic post with a caption and code, one of blocks, one with a password, a page, a menu."""

    def item(title: str, content: str, **more: str) -> str:
        values = {
            "post_id": "1",
            "post_type": "post",
            "status": "publish",
            "post_name": title.lower(),
            "post_date_gmt": "2015-07-30 08:00:00",
            "post_password": "",
            **more,
        }
        own = "".join(
            f"<wp:{name}>{value}</wp:{name}>" for name, value in values.items() if name != "extra"
        )
        return (
            f"<item><title>{title}</title><link>https://ada.example/2015/07/{title.lower()}/</link>"
            f"<content:encoded><![CDATA[{content}]]></content:encoded>"
            f'<category domain="category" nicename="walks"><![CDATA[Walks]]></category>'
            f'<category domain="category" nicename="u"><![CDATA[Uncategorized]]></category>'
            f"{own}{values.get('extra', '')}</item>"
        )

    meta = "<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>9</wp:meta_value></wp:postmeta>"
    classic = (
        "One line\nand another.\n\nSecond [caption id='x' width='300']"
        '<a href="https://ada.example/wp-content/uploads/2015/07/a.png">'
        '<img src="https://ada.example/wp-content/uploads/2015/07/a-300x200.png" alt="A"></a> The caption[/caption]\n\n'
        '[code language="python"]x = 1 < 2[/code]\n\n[gallery ids="1,2"]\n\n'
        'See <a href="https://ada.example/2015/07/blocks/#part">that</a>.'
    )
    items = (
        item("Classic", classic, extra=meta),
        item("Blocks", "<!-- wp:paragraph --><p>Block</p><!-- /wp:paragraph -->"),
        item("Locked", "<p>x</p>", post_password="pw"),
        item("Imprint", "<p>x</p>", post_type="page"),
        item("Menu", "", post_type="nav_menu_item"),
        item(
            "Picture",
            "",
            post_type="attachment",
            post_id="9",
            extra=(
                "<wp:attachment_url>https://ada.example/wp-content/uploads/2015/07/a.png</wp:attachment_url>"
            ),
        ),
    )
    feed = (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"'
        ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
        ' xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:wp="http://wordpress.org/export/1.2/">'
        f"<channel><title>Ada\x08</title>{''.join(items)}</channel></rss>"
    )  # fmt: skip
    place = folder / "wordpress"
    (place / "wp-content/uploads/2015/07").mkdir(parents=True)
    (place / "ada.WordPress.2021.xml").write_text(feed)
    (place / "wp-content/uploads/2015/07/a.png").write_bytes(PNG)
    return place


def beehiiv(folder: Path) -> Path:
    """A table with a post in the frame of a mail, a draft, one for payers."""
    frame = "<table><tr id='content-blocks'><td><p>Sample</p><table><tr><td>Cell</td></tr></table></td></tr></table>"
    row = {
        "status": "confirmed",
        "audience": "free",
        "content_html": frame,
        "created_at": "2023-01-18 21:25:27",
    }
    path = folder / "posts.csv"
    base = "https://ada.beehiiv.com/p/"
    path.write_text(
        table(
            {
                **row,
                "id": "1",
                "web_title": "Sample",
                "url": f"{base}sample",
                "thumbnail_url": "uploads/a.png",
            },
            {
                **row,
                "id": "2",
                "web_title": "Idea",
                "url": f"{base}idea",
                "status": "draft",
                "thumbnail_url": "",
            },
            {
                **row,
                "id": "3",
                "web_title": "Rich",
                "url": f"{base}rich",
                "audience": "premium",
                "thumbnail_url": "",
            },
        )
    )
    return path


def mailchimp(folder: Path) -> Path:
    """Campaigns with their frame, and one that the table does not know."""
    mail = (
        "<html><head><title>*|MC:SUBJECT|*</title></head><body><table><tr><td>"
        '<span class="mcnPreviewText" style="display:none">Preview</span>'
        '<table><tr><td class="mcnTextContent"><h1>News</h1><p>Dear *|FNAME|*, hello.</p></td></tr></table>'
        '<p>Want to <a href="*|UNSUB|*">unsubscribe</a>? *|LIST:ADDRESS|*</p></td></tr></table></body></html>'
    )
    return pack(
        folder / "mailchimp.zip",
        {
            "campaigns.csv": table(
                {
                    "Title": "May News",
                    "Subject": "News of May",
                    "Send Date": "May 05, 2021 10:00 am",
                }
            ),
            "campaigns_content/123_may-news.html": mail,
            "campaigns_content/124_other.html": "<html><head><title>Other</title></head><body><p>x</p></body></html>",
        },
    )


def kit(folder: Path) -> Path:
    """Answers of the API: one sent to all, one to some, one never, one not on the web, one without its text."""
    base = {
        "created_at": "2023-02-17T11:43:55Z", "preview_text": None, "description": None, "public": True,
        "published_at": "2023-02-18T09:00:00Z", "send_at": "2023-02-18T09:00:00Z", "thumbnail_url": None,
        "thumbnail_alt": None, "email_address": "ada@example.com", "email_template": {"id": 6, "name": "Text"},
        "subscriber_filter": [{"all": [{"type": "all_subscribers"}]}],
        "content": "<p>Hi {{ subscriber.first_name | default: \"you\" }}, {% if x %}words{% endif %}.</p>",
    }  # fmt: skip
    address = "https://ada.kit.com/posts/"
    some = [{"all": [{"type": "tag", "ids": [7]}]}]
    place = folder / "kit"
    place.mkdir()
    several = [
        {"id": 1, **base, "subject": "Bridges", "public_url": f"{address}bridges", "preview_text": "Short"},
        {"id": 2, **base, "subject": "Some", "public_url": f"{address}some", "subscriber_filter": some},
        {"id": 3, **base, "subject": "Idea", "send_at": None, "published_at": None, "public_url": None},
        {"id": 4, **base, "subject": "Bare", "content": None},
        {"id": 5, **base, "subject": "By itself", "content": None},
    ]  # fmt: skip
    (place / "page-1.json").write_text(json.dumps({"broadcasts": several, "pagination": {}}))
    one = {"id": 5, **base, "subject": "By itself", "public": False}
    (place / "5.json").write_text(json.dumps({"broadcast": one}))
    return place


def mailman(folder: Path) -> Path:
    """A month of pipermail, packed, and a download of HyperKitty with MIME, a copy and a mangled line."""
    place = folder / "list"
    place.mkdir()
    month = (
        "From ada at example.com  Tue May  4 10:00:00 2021\n"
        "From: ada at example.com (Ada)\nDate: Tue, 4 May 2021 10:00:00 +0200\n"
        "Subject: [Walks] A bridge\nMessage-ID: <1@example.com>\n\n"
        "Dear all,\n\nthis is a line that was only wrapped because there was no more\nroom; see <https://example.com/a_b>.\n\n"
        "> they said\n> so\n\n>From here on * it * is 3 < 4.\n"
        "-------------- next part --------------\nAn HTML attachment was scrubbed...\nURL: <http://x/>\n\n"
        "From bob at example.com  Tue May  4 11:00:00 2021\n"
        "From: bob at example.com (Bob)\nDate: Tue, 4 May 2021 11:00:00 +0200\n"
        "Subject: [Walks] A bridge\nIn-Reply-To: <1@example.com>\nMessage-ID: <2@example.com>\n\nNice.\n"
    )
    (place / "2021-May.txt.gz").write_bytes(gzip.compress(month.encode("latin-1")))
    mail = (
        "From ada@example.com Wed Jun  2 09:00:00 2021\nFrom: ada@example.com\nSubject: =?utf-8?q?=5BWalks=5D_Br=C3=BCcken?=\n"
        "Date: Wed, 02 Jun 2021 09:00:00 +0000\nMessage-ID: <3@example.com>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/alternative; boundary="x"\n\n--x\nContent-Type: text/plain\n\nplain\n--x\n'
        "Content-Type: text/html; charset=utf-8\n\n<p>Über <b>alles</b></p>\n--x--\n\n"
    )
    again = month.partition("From bob")[0]
    footer = (
        "From ada@example.com Thu Jun  3 09:00:00 2021\nSubject: [Walks] Last\nDate: Thu, 03 Jun 2021 09:00:00 +0000\n"
        "Content-Type: text/plain; charset=utf-8\n\nWords.\n"
        + "_" * 47
        + "\nWalks mailing list\nWalks@example.com\n"
    )
    (place / "walks@example.com.mbox").write_bytes((mail + again + footer).encode())
    return place


MAKERS = {
    "substack": substack,
    "ghost": ghost,
    "buttondown": buttondown,
    "medium": medium,
    "wordpress": wordpress,
    "beehiiv": beehiiv,
    "mailchimp": mailchimp,
    "kit": kit,
    "mailman": mailman,
}

WANTED = {
    "substack": ({"hello": False, "later": True, "paid": True}, 2),
    "ghost": ({"bridges": False, "members": True, "tree": False}, 1),
    "buttondown": ({"plain": False, "fancy": False, "draft": True}, 0),
    "medium": ({"the-bridge": False, "idea": True}, 1),
    "wordpress": ({"classic": False, "blocks": False, "locked": True}, 1),
    "beehiiv": ({"sample": False, "idea": True, "rich": True}, 0),
    "mailchimp": ({"may-news": False, "other": True}, 0),
    "kit": ({"bridges": False, "some": True, "idea": True, "by-itself": True}, 1),
    "mailman": ({"a-bridge": False, "brücken": False, "last": False}, 1),
}
"""Which notes are made, whether each is a draft, and how many things are left out and told."""


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
    """Elements nested ten thousand deep cost that post its form, and the others nothing."""
    row = {
        "is_published": "TRUE",
        "type": "newsletter",
        "audience": "everyone",
        "post_date": "2020-01-01",
    }
    deep = "<div>" * 10_000 + "Deep words." + "</div>" * 10_000
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
