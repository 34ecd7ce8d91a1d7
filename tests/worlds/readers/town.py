"""A town of readers who know a newsletter by its site and their mailboxes alone: HTTP, SMTP, and a clock."""

from __future__ import annotations

import email
import email.policy
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import httpx

from tests.worlds.clock import Clock
from tests.worlds.readers.site import Author, serving

CONFIG = """[subscribers]
check_dns = false
limit_ip = 1000
limit_domain = 1000
digest_at = "SUN 02:15"
welcome = "{welcome}"
goodbye = "{goodbye}"
[web]
port = 0
[storage]
url = "{url}"
"""


class Town:
    """A newsletter, its site over HTTP, and readers who know nothing but the site and their mailboxes."""

    def __init__(self, author: Author, site: httpx.Client, outbox: Path) -> None:
        self.author = author
        self.site = site
        self.outbox = outbox
        self.pages: dict[str, str] = {}
        self.written: list[str] = []
        self._read: set[Path] = set()
        self.mail: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
        """For each address when a mail came, its subject and its plain text."""

    @property
    def clock(self) -> Clock:
        """The author's, and everybody's."""
        return self.author.clock

    def send(self, at: datetime | None = None) -> list[str]:
        """What the service does then; who got mail."""
        self.clock.now = at or self.clock.now
        self.author.newsletter.send()
        got = []
        for file in sorted({*self.outbox.rglob("new/*"), *self.outbox.rglob("cur/*")} - self._read):
            self._read.add(file)
            mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
            text = mail.get_body(("plain",))
            assert text is not None
            (to,) = mail["To"].addresses
            came = (self.clock.now, str(mail["Subject"]), str(text.get_content()))
            self.mail[to.addr_spec].append(came)
            got.append(to.addr_spec)
        return sorted(got)

    def join(self, name: str, **wishes: str) -> None:
        """Signs up, follows the link in the mail, and chooses on the page that the answer leads to."""
        address = f"{name}@example.org"
        assert self.site.post("/subscribe", data={"email": address}).status_code == 202
        self.author.newsletter.subscriptions.process()
        assert self.send() == [address]
        link = re.search(r"/confirm/[\w.~-]+", self.mail[address][-1][2])
        assert link is not None
        done = self.site.post(link[0])
        assert done.status_code == 200
        page = re.search(r"/preferences/[\w.~-]+", done.text)
        assert page is not None
        self.pages[name] = page[0]
        self.mail.clear()
        if wishes:
            self.choose(name, **wishes)

    def choose(self, name: str, **wishes: str) -> None:
        """Saves the form."""
        answer = self.site.post(self.pages[name], data={"action": "save", **wishes})
        assert answer.status_code == 200
        assert 'role="status"' in answer.text

    def write(self, name: str) -> None:
        """Publishes a note."""
        body = f"# {name} is its title\n\nAll of {name}, to its end."
        self.written.append(name)
        self.author.publish(f"{name}.md", body, summary=f"In short {name}")

    def told(self, name: str) -> list[tuple[datetime, list[str]]]:
        """Which issues each mail of the reader tells of."""
        return [
            (at, [issue for issue in self.written if f"/issues/{issue}" in text])
            for at, _, text in self.mail[f"{name}@example.org"]
        ]


@contextmanager
def settled(
    folder: Path, url: str, now: datetime, *, welcome: str = "", goodbye: str = ""
) -> Iterator[Town]:
    """A newsletter in this folder and on this database, and its town."""
    extra = CONFIG.format(url=url, welcome=welcome, goodbye=goodbye)
    author = Author(folder, Clock(now), extra)
    with (
        author.newsletter as newsletter,
        serving(newsletter) as address,
        httpx.Client(base_url=address) as site,
    ):
        yield Town(author, site, folder / "outbox")
