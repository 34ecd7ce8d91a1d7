"""Addresses of another system lead to the issue, however they are written."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from tests.worlds.clock import Clock
from tests.worlds.readers.site import URL, Author, Client

NOTES = {
    "a.md": "aliases: [/2013/Привет/, old name, /x/y.html, 'https://notes.example.com/whole/a/', /z/index.html,"
    " /UPPER/Case, /with space/, '/%E6%97%A5/', posts/rel, /trail.php, '/part/#more', '/query/?p=1']",
    "b.md": "redirect_from: /b-old\nslug: новый",
    "c.md": "permalink: /2015/07/30/c-long.html",
    "d.md": "alias: /d-old, /d-older",
    "e.md": "url: /deep/e/",
    "x.md": "url: /blog/%D0%BF%D1%80%D0%B8/",
    "2026-11-20-f.md": "",
    "g/index.md": "redirect_from:\n  - /g1/\n  - /g2",
    "h.md": "permalink: /blog/h-long/index.html",
}
LED = {
    "a": (
        *("/2013/Привет/", "/2013/Привет", "/old name", "/old%20name/", "/x/y.html", "/x/y", "/x/y/"),
        *("/whole/a/", "/z/", "/z", "/z/index.html", "/UPPER/Case", "/with%20space/", "/日/", "/%e6%97%a5"),
        *("/posts/rel", "/trail.php", "/part/", "/query/"),
    ),
    "новый": ("/b-old", "/b-old/"),
    "c-long": ("/2015/07/30/c-long.html", "/2015/07/30/c-long"),
    "d": ("/d-old", "/d-older"),
    "e": ("/deep/e/", "/deep/e"),
    "при": ("/blog/при/", "/blog/%D0%BF%D1%80%D0%B8"),
    "g": ("/g1", "/g2/"),
    "h-long": ("/blog/h-long/index.html", "/blog/h-long/", "/blog/h-long"),
}  # fmt: skip


def test_old_addresses_lead_to_the_issue(tmp_path: Path) -> None:
    """With and without slash, `.html`, `index`, escapes and part, in any script; a new address is one alone."""
    author = Author(tmp_path, Clock())
    for path, keys in NOTES.items():
        author.write(path, f"---\ntitle: {path}\npublish: 2026-11-20\n{keys}\n---\nWords.")
    author.newsletter.poll()
    with Client(author.newsletter) as reader:
        for slug, addresses in LED.items():
            assert reader.get(f"/issues/{slug}").status_code == 200
            for address in addresses:
                answer = reader.get(address)
                led = unquote(answer.headers.get("location", ""))
                assert (answer.status_code, led) == (301, f"{URL}/issues/{slug}"), address
        assert reader.get("/issues/f").status_code == 200
        assert reader.get("/nothing").status_code == 404
    author.newsletter.close()
