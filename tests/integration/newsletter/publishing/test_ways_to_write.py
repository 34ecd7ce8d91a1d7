"""Links, notes within notes, pictures and players in one folder, as vaults and generators write them."""

from __future__ import annotations

from pathlib import Path

from tests.worlds.clock import Clock
from tests.worlds.readers.site import PIXEL, URL, Author

NOTES = {
    "posts/2015-07-30-x.md": ("aliases: [Ex Name]", "X words. ^blk\n\n## The Part\n\nPart words."),
    "blog/y/index.md": ("", "Y words."),
    "Deep Folder/My Note.md": ("", "Mine. v1."),
    "v1.2 notes.md": ("", "Dotted words."),
    "日本.md": ("title: 日本語", "JP words."),
}
FILES = {
    **dict.fromkeys(("img/a b.png", "attachments/shot.webp", "Files/PHOTO.JPG", "é.png"), PIXEL),
    "static/s.svg": b'<svg xmlns="http://www.w3.org/2000/svg" width="3" height="2"/>',
    "audio/e.mp3": b"ID3",
    "doc.pdf": b"%PDF",
}
X, Y, MINE = (f'href="{URL}/issues/{slug}' for slug in ("x", "y", "my-note"))
SHOWN = {
    "[p](/2015/07/30/x/)": X,
    "[p](/2015/07/30/x.html#the-part)": f"{X}#the-part",
    "[p](../posts/2015-07-30-x.md#the-part)": f"{X}#the-part",
    "[[Ex Name]]": X,
    "[[2015-07-30-x#The Part|go]]": f"{X}#the-part",
    "[p]({% post_url 2015-07-30-x %})": X,
    "[p](@/blog/y/index.md)": Y,
    "[p](/blog/y)": Y,
    "[p](y/index.md)": Y,
    '[p]({{< ref "y" >}})': Y,
    '[p]({{% relref "blog/y/index.md" %}})': Y,
    '<a href="blog/y/index.md">p</a>': Y,
    "[p][r]\n\n[r]: posts/2015-07-30-x.md": X,
    "[p](Deep%20Folder/My%20Note.md)": MINE,
    "[p](<Deep Folder/My Note.md>)": MINE,
    "[[my note]]": MINE,
    "[[Deep Folder/My Note]]": MINE,
    "[[日本語]]": f'href="{URL}/issues/%E6%97%A5%E6%9C%AC',
    "[[v1.2 notes]]": f'href="{URL}/issues/v1-2-notes',
    "[a](#own)\n\n## Own": 'href="#own"',
    "![[2015-07-30-x]]": "X words.",
    "![[2015-07-30-x#The Part]]": "Part words.",
    "![[2015-07-30-x#^blk]]": "X words.",
    "![[v1.2 notes]]": "Dotted words.",
    "![[Ex Name]]": "X words.",
    "![](Deep%20Folder/My%20Note.md)": "Mine. v1.",
    "![[My Note|shown]]": "Mine. v1.",
    "![A](img/a%20b.png)": "/media/img/a%20b.png",
    "![A](<img/a b.png>)": "/media/img/a%20b.png",
    "![A](img\\a b.png)": "/media/img/a%20b.png",
    "![[shot.webp|A|40]]": "/media/attachments/shot.webp",
    "![[PHOTO.jpg#center]]": "/media/Files/PHOTO.JPG",
    "![A](/s.svg)": "/media/static/s.svg",
    '{{< figure src="/s.svg" alt="A" >}}': "/media/static/s.svg",
    "![A](é.png)": "/media/%C3%A9.png",
    "![A](e\u0301.png)": "/media/%C3%A9.png",
    '<img src="img/a b.png" alt="A">': "/media/img/a%20b.png",
    '<picture><source srcset="x.avif"><img src="img/a b.png" alt="A"></picture>': "/media/img/a%20b.png",
    '<iframe src="https://www.youtube.com/embed/abcdefghijk"></iframe>': "youtu",
    '<iframe width="1" src="//player.vimeo.com/video/1"/>': "vimeo.com",
    "![](https://www.youtube.com/watch?v=abcdefghijk)": "youtu",
    '<audio controls src="audio/e.mp3"></audio>': "/media/audio/e.mp3",
    "![[e.mp3]]": "/media/audio/e.mp3",
    "![[doc.pdf#page=2]]": "/media/doc.pdf",
    '<embed src="doc.pdf">': "/media/doc.pdf",
    '<object data="doc.pdf" type="application/pdf"></object>': "/media/doc.pdf",
    '<video><source src="https://e.example/v.mp4"></video>': "https://e.example/v.mp4",
    '<script async src="https://e.example/w.js"></script>\n\nb': "b</p>",
    "<details><summary>S</summary>Body</details>": "Body",
}  # fmt: skip


def test_every_way_to_write_it_shows_what_is_meant(tmp_path: Path) -> None:
    """A link leads to the note, a note stands within the note, a file is served, a player is a link."""
    author = Author(tmp_path, Clock())
    for path, content in FILES.items():
        file = author.notes / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for path, (keys, body) in NOTES.items():
        author.write(path, f"---\npublish: 2026-11-20\n{keys}\n---\n{body}")
    for number, body in enumerate(SHOWN):
        keys = f"---\ntitle: C\npublish: 2026-11-20\nslug: c{number}\n---\n"
        author.write(f"c/{number}.md", f"{keys}Lead words.\n\n{body}")
    author.newsletter.poll()
    issues = {issue.slug: issue for issue in author.newsletter.publication.live()}
    author.newsletter.close()
    wrong = [
        body
        for number, (body, shown) in enumerate(SHOWN.items())
        if shown not in issues[f"c{number}"].html
    ]
    assert wrong == []
