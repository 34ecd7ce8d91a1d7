"""What nine systems export, in the shape that each documents."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from pathlib import Path

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
    """A post, a draft, a response, and a short post whose title stands above it alone."""
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
            + '<section data-field="body"><p>Nice post! I agree.</p></section></article>',
            "posts/2018-09-02_Tides-333322221111.html": head.format("On tides")
            + '<section data-field="body"><p>They come and go.</p></section>'
            + foot.replace("the-bridge-efefef121212", "tides-333322221111"),
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
    "medium": ({"the-bridge": False, "idea": True, "tides": False}, 1),
    "wordpress": ({"classic": False, "blocks": False, "locked": True}, 1),
    "beehiiv": ({"sample": False, "idea": True, "rich": True}, 0),
    "mailchimp": ({"may-news": False, "other": True}, 0),
    "kit": ({"bridges": False, "some": True, "idea": True, "by-itself": True}, 1),
    "mailman": ({"a-bridge": False, "brücken": False, "last": False}, 1),
}
"""Which notes are made, whether each is a draft, and how many things are left out and told."""
