"""Makes the HTML: the frame around every page, its links, and the words for days.

Reads templates and style sheets once. Every link is made from the newsletter's configured
address, never from what a request says of the host (rule F8).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path
from types import MappingProxyType
from typing import Final
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from feeds.syndication import FeedFormat, feed_url, tag_path
from newsletter import Newsletter
from newsletter.gallery import Gallery
from storage.model import Identity, Issue, palette_of
from web.pages.issues import (
    issue_body,
    issue_data,
    issue_lead,
    issue_minutes,
    issue_outline,
    issue_summary,
    issue_title,
    preview_path,
)
from web.pages.theme import Asset, Theme
from words import LANGUAGES, VARIANTS, words_of

COPY_SCRIPT: Final = (Path(__file__).parent / "copy.js").read_text("utf-8").strip()
"""The one script of the site: it adds a button to code, and nothing is lost without it."""

_FEED_NAMES: Final = MappingProxyType(
    {FeedFormat.RSS: "RSS", FeedFormat.ATOM: "Atom", FeedFormat.JSON: "JSON Feed"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedLink:
    """One feed, as a page announces it (rule E25)."""

    name: str
    url: str
    media_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the frame around a page says of it."""

    title: str
    """Of the page alone; empty on the home page."""
    path: str = ""
    """Below the newsletter's address; empty for a page that has none of its own (an error)."""
    description: str = ""
    canonical: str = ""
    """Where it stands first, if that is elsewhere."""
    tag: str | None = None
    """Its feeds are announced beside the newsletter's."""
    indexed: bool = True
    kind: str = "website"
    """The Open Graph type."""


class Pages:
    """Renders the site's pages for one newsletter. Safe to share among threads."""

    def __init__(
        self,
        identity: Identity,
        gallery: Gallery,
        theme: Path | None = None,
        *,
        forms_elsewhere: bool = False,
        name_field: bool = False,
    ) -> None:
        """With `forms_elsewhere` forms lead to the newsletter's whole address: files take none. With
        `name_field` they ask for a name.
        """
        self.identity = identity
        self.words = words_of(identity.language, identity.words)
        self.gallery = gallery
        self._theme_folder = theme
        self._name_field = name_field
        self._others: dict[str, Pages] = {}
        self._lock = threading.Lock()
        self.root = urlsplit(identity.url).path
        """What comes before every path of the site; empty for one that has a host to itself."""
        self._zone = ZoneInfo(identity.timezone)
        palette = palette_of(identity.look.accent)
        icon = Asset.of(gallery.icon_svg.encode(), "image/svg+xml")
        self._theme = Theme(theme, palette, {"icon.svg": icon})
        self.assets = self._theme.assets
        papers = palette.light["paper"], palette.dark["paper"]
        form = self.absolute if forms_elsewhere else self.link
        self._theme.equip({**self._values(), "form": form, "papers": papers}, self._filters())

    def _values(self) -> dict[str, object]:
        """What every template may say."""
        identity = self.identity
        return {
            "identity": identity,
            "mailbox": parseaddr(identity.reply_to or identity.sender)[1],
            "link": self.link,
            "asset": self.asset_url,
            "absolute": self.absolute,
            "consent": self.consent,
            "name_field": self._name_field,
            "_": self.words.html,
            "_n": self.words.html_count,
            "gap": self.words.gap,
            "pictures": self._pictures(),
            "icon": self._icon_url(),
            "copy_script": COPY_SCRIPT,
        }

    def _filters(self) -> dict[str, Callable[..., object]]:
        """What every template may do with a value."""
        return {
            "day": self._day,
            "moment": self._moment,
            "language_name": self.words.language_name,
            "local_day": self.words.day,
            "title": issue_title,
            "summary": issue_summary,
            "lead": issue_lead,
            "body": issue_body,
            "outline": issue_outline,
            "minutes": issue_minutes,
            "tag_segment": lambda tag: quote(tag_path(tag), safe=""),
            "segment": lambda text: quote(text, safe=""),
        }

    @classmethod
    def of(cls, newsletter: Newsletter, *, forms_elsewhere: bool = False) -> Pages:
        """The pages of a newsletter, as it is configured."""
        return cls(
            newsletter.identity,
            newsletter.publication.gallery,
            newsletter.config.site.theme,
            forms_elsewhere=forms_elsewhere,
            name_field=newsletter.config.subscribers.name_field,
        )

    def render(self, template: str, frame: Frame, **context: object) -> str:
        """One page. Everything in `context` is escaped unless the template calls it safe."""
        said = {"frame": frame, "feeds": self.feeds(frame.tag), **context}
        return self._theme.render(template, said)

    def preview(self, issue: Issue) -> tuple[str, bool]:
        """The address of an issue's preview picture, and whether it is one that is made from its title."""
        if issue.image:
            return issue.image, False
        mark = self.gallery.card_fingerprint(issue_title(issue), issue.language, issue.direction)
        return self.absolute(f"{quote(preview_path(issue))}?{mark}"), True

    def facts(self, issue: Issue, path: str) -> dict[str, object]:
        """What an issue's page says to those who do not see it: its preview, its data, whether it has code."""
        image, is_made = self.preview(issue)
        data = issue_data(issue, self.identity, self.absolute(path), image)
        return {"image": image, "made": is_made, "data": data, "has_code": "<pre" in issue.html}

    def _icon_url(self) -> str:
        """The author's icon or logo where it may be one, else the envelope."""
        own = self.gallery.icon_fingerprint
        if "icon.svg" in self._theme.own or own is None:
            return self.asset_url("icon.svg")
        return self.link(f"/static/icon.png?{own}")

    def _pictures(self) -> dict[str, dict[str, object]]:
        """Logo, portrait, cover and icon, with the address of each."""
        shown: dict[str, dict[str, object]] = {
            name: {
                "url": self.link(f"/static/{one.name}?{one.fingerprint}"),
                "width": one.width,
                "height": one.height,
            }
            for name, one in self.gallery.shown().items()
        }
        return shown

    @property
    def consent(self) -> str:
        """The wording that a reader agrees to, as it is shown and kept (rule F9). Version 1."""
        return self.words.say(
            "Send me new issues of {title} by mail. I can leave at any time, with one click "
            "in any issue.",
            title=self.identity.title,
        )

    def in_language(self, language: str) -> Pages:
        """The same pages in a reader's language; these, without one of their own."""
        if language not in (*LANGUAGES, *VARIANTS) or language == self.identity.language:
            return self
        with self._lock:
            found = self._others.get(language)
            if found is None:
                found = self._others[language] = Pages(
                    replace(self.identity, language=language),
                    self.gallery,
                    self._theme_folder,
                    name_field=self._name_field,
                )
        return found

    def link(self, path: str) -> str:
        """A path of the site as a page links to it: `/archive`."""
        return f"{self.root}{path}"

    def absolute(self, path: str) -> str:
        """A path of the site with the newsletter's address before it."""
        return f"{self.identity.url}{path}"

    def asset_url(self, name: str) -> str:
        """The address of a file of the site's own, which changes whenever its content does."""
        return self.link(f"/static/{name}?{self.assets[name].etag.strip(chr(34))[:8]}")

    def feeds(self, tag: str | None = None) -> list[FeedLink]:
        """The feeds that a page announces: a tag's own before the newsletter's."""
        wanted = [tag, None] if tag is not None else [None]
        return [
            FeedLink(
                name=_feed_name(self.identity.title, which, feed_format),
                url=feed_url(self.identity.url, feed_format, which),
                media_type=feed_format.bare_type,
            )
            for which in wanted
            for feed_format in FeedFormat
        ]

    def spell_day(self, moment: datetime) -> str:
        """The day in the newsletter's zone, in words: `2 October 2026`."""
        return self.words.day(moment.astimezone(self._zone))

    def _day(self, moment: datetime) -> str:
        """`<time>` with the day."""
        return _time(moment.astimezone(self._zone), self.spell_day(moment))

    def _moment(self, moment: datetime) -> str:
        """`<time>` with day and minute in the newsletter's zone."""
        local = moment.astimezone(self._zone)
        return _time(local, self.words.moment(local))

    def year(self, issue: Issue) -> int:
        """The year in which an issue was published, in the newsletter's zone."""
        return issue.published_at.astimezone(self._zone).year


def by_year(pages: Pages, issues: Sequence[Issue]) -> list[tuple[int, list[Issue]]]:
    """Issues in their order, under the year they came out in."""
    grouped: list[tuple[int, list[Issue]]] = []
    for issue in issues:
        year = pages.year(issue)
        if not grouped or grouped[-1][0] != year:
            grouped.append((year, []))
        grouped[-1][1].append(issue)
    return grouped


def _time(local: datetime, words: str) -> str:
    return f'<time datetime="{local.isoformat(timespec="seconds")}">{words}</time>'


def _feed_name(title: str, tag: str | None, feed_format: FeedFormat) -> str:
    about = title if tag is None else f"{title}: {tag}"
    return f"{about} ({_FEED_NAMES[feed_format]})"
