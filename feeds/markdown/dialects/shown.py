"""What tags of generators show that many of them know by the same name: pictures, films, posts, buttons. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Final

from feeds.markdown.dialects.arguments import Arguments, figure, link, parse_arguments
from feeds.markdown.dialects.callouts import KINDS
from feeds.markdown.dialects.masks import Masks, Report, tell
from feeds.markdown.dialects.players import POST
from feeds.markdown.links import is_picture
from feeds.markdown.speech import say
from storage.model import names_in

_VIDEO: Final = {
    "youtube": ("https://www.youtube.com/watch?v={}", "YouTube"),
    "youtube-nocookie": ("https://www.youtube.com/watch?v={}", "YouTube"),
    "vimeo": ("https://vimeo.com/{}", "Vimeo"),
}
_ID: Final = re.compile(r"[\w-]{1,64}")
_POSTS: Final = frozenset({"tweet", "twitter", "twitter_simple", "x", "x_simple", "instagram"})


_SILENT: Final = names_in(
    """pagebreak clear clearfix more rawhtml raw-html html unsafe math katex latex lead center wide tabs tabpane steps
    columns column expand gallery badge cards cardpane cardgroup card-group card-grid cardgrid card-deck accordions
    accordiongroup accordion-group grid row col flex container div span section wrapper timeline timelines
    filetree/container filetree typeit ltr rtl style left right justify keyword keywordlist pageinfo readmore markdown
    md plain bootstrap-table responsive-table mark small sub sup spacer figures slider slides icon
    icons fa fas far fab fa-icon fontawesome bi svg-icon iconify inline-svg emoji hextra/hero-badge hextra/hero-container
    hextra/hero-headline hextra/hero-subtitle hextra/feature-grid blocks/section blocks/lead fragment codegroup
    code-group codetabs code-tabs list-group swatches nl content-wrapper"""
)
"""What only lays out what is in it, or is a picture of the page's own."""
_TITLED: Final = names_in(
    """card linkcard link-card link_card cardlink card-link feature featurecard feature-card hextra/feature-card tile
    accordion accordionitem accordion-item accordion_item timelineitem timeline-item timeline_item step panel box fold
    item slide expandable toggle collapsible faq hero blocks/cover blocks/feature blocks/link-down tabitem tab-item
    tabpanel linkbutton link-button card-header"""
)
"""What has a title before what is in it, and may be a link."""
_CLOSING: Final = re.compile(r"/|end(?=[a-z_-]{2})")
_CONTROL: Final = names_in(
    """if elsif elif elseif else unless case when for while assign set capture increment decrement cycle raw with let
    function macro block extends import from call filter switch layout render_body head seo meta html-head"""
)
"""What says a generator what to do, or what a page's head says."""
SHOWING: Final = frozenset(
    {"include", "include_relative", "include_cached", "render", "figure", "img", "image", "picture",
     "responsive_image"}
)  # fmt: skip
_BOXES: Final = frozenset({"alert", "callout", "notice", "admonition"})
_TITLES: Final = (
    "title",
    "header",
    "heading",
    "head",
    "label",
    "summary",
    "question",
    "name",
    "text",
)
_BESIDE: Final = (
    "subtitle",
    "subheader",
    "subhead",
    "description",
    "desc",
    "badge",
    "footer",
    "content",
    "body",
)
_LEADS: Final = ("href", "link", "url", "to", "relref", "cta_link")
_PAGES: Final = {
    "github": ("https://github.com/{}", "repo"),
    "bilibili": ("https://www.bilibili.com/video/{}", "id"),
    "twitch": ("https://www.twitch.tv/{}", "channel"),
    "spotify": ("https://open.spotify.com/{}", "id"),
    "codesandbox": ("https://codesandbox.io/s/{}", "id"),
    "jsfiddle": ("https://jsfiddle.net/{}", "id"),
    "speakerdeck": ("https://speakerdeck.com/{}", "id"),
    "slideshare": ("https://www.slideshare.net/{}", "id"),
    "vimeo_simple": ("https://vimeo.com/{}", "id"),
}
"""Where what is named elsewhere can be seen, and the argument that names it."""
_PAGE_ID: Final = re.compile(r"[\w@./-]{1,200}")
_PICTURED: Final = re.compile(
    r"im(?:g|age)|pic|photo|fig|thumb|lightbox|screenshot|galler|carousel|slide|banner|cover"
)
"""Names of what shows pictures."""
_TOC: Final = "\n\n[TOC]\n\n"
_WORDS: Final = re.compile(r"(?!-)(?=.*[^\W\d])")
"""What may say what a picture shows."""
_SIZES: Final = re.compile(r"\d(?:vw|px|r?em|%)")
_POST_ADDRESS: Final = re.compile(
    r"https?://(?:www\.|mobile\.)?(?:twitter|x)\.com/(\w{1,30})/status(?:es)?/(\d{1,30})"
)
_WATCHED: Final = re.compile(
    r"https?://(?:www\.|m\.)?(?:youtube(?:-nocookie)?\.com/(?:watch\?v=|embed/|shorts/)|youtu\.be/)([\w-]{1,64})"
)


def show(name: str, given: Arguments) -> str | None:
    """What a shortcode of this name shows, whatever the generator; None if it is not known."""
    bare = _CLOSING.sub("", name, count=1) if _CLOSING.match(name) else ""
    if name in _SILENT or bare in _SILENT | _TITLED | {"tab"}:
        return ""
    if name in _TITLED:
        return _titled(given)
    if (service := name.replace("lite", "").strip("-_")) in _VIDEO:
        return _video(service, given.get("id", "videoid", "video", at=0))
    if (post := name.removesuffix("_simple")) in _POSTS:
        return _post(post, given)
    if name in _PAGES:
        return _elsewhere(name, given)
    reader = _SHOWN.get(name)
    return reader(given) if reader is not None else None


def offer(name: str, given: Arguments) -> tuple[str, bool]:
    """What a reader can use of a tag whose name is not known: its pictures, its title, where it leads; and whether
    that is all that there is to it.
    """
    if _CLOSING.match(name) or name in _CONTROL:
        return "", False
    if pictures := _pictures(given):
        return pictures, _PICTURED.search(name) is not None
    titles: dict[str, str] = {
        key: given.named[key]
        for key in ("title", "heading", "label", "summary")
        if key in given.named
    }
    leads = given.get(*_LEADS, "src")
    leads = leads or next((one for one in given.positional if one.startswith("https://")), "")
    if not titles and not leads.startswith(("https://", "/")):
        return "", False
    titles |= {key: given.named[key] for key in _BESIDE[:5] if key in given.named}
    return _titled(Arguments({**titles, "href": leads}, ())), False


def show_or_tell(
    name: str, given: Arguments, found: re.Match[str], masks: Masks, report: Report
) -> str:
    """What the tag that was found shows; of one that is not known what a reader can use of it, and its author hears
    of it unless that is all.
    """
    if (shown := show(name, given)) is not None:
        return shown
    shown, is_all = offer(name, given)
    if not is_all:
        tell(report, found, masks)
    return shown


def _titled(given: Arguments) -> str:
    """A title, which may lead somewhere, and what is said beside it."""
    title, href = given.get(*_TITLES, at=0), given.get(*_LEADS)
    title = "" if title.startswith(("{", "https://")) else title
    beside = " ".join(filter(None, (given.get(name) for name in _BESIDE)))
    if href and not href.startswith("{"):
        head = f"**{link(href, title or href.rstrip('/').rpartition('/')[2] or href)}**"
    else:
        head = f"**{title}**" if title else ""
    shown = "\\\n".join(filter(None, (head, beside)))
    return f"\n\n{shown}\n\n" if shown else ""


def _elsewhere(name: str, given: Arguments) -> str | None:
    """A page of a service by what it is known by there."""
    pattern, key = _PAGES[name]
    known = given.get(key, "url", "src", "id", at=0)
    url = known if known.startswith("https://") else pattern.format(known)
    words = given.get("title", "label") or known.removeprefix("https://")
    return f"\n\n{link(url, words)}\n\n" if _PAGE_ID.fullmatch(known) or url == known else None


def _pictures(given: Arguments) -> str:
    """The pictures that are named, each with its words."""
    many = given.get("images", "pictures", "photos").strip("{}[] ")
    sources = [one.strip(" \"'") for one in many.split(",")] if many else []
    first = given.get("src", "url", "image_path", "image", "img", "path", "file", "filename")
    sources = sources or [one for one in (first, *given.positional) if one]
    shown = [one for one in sources if is_picture(one.partition("?")[0]) and "*" not in one]
    words, caption = given.get("alt"), given.get("caption", "title")
    if len(shown) > 1:
        return "".join(figure(one) for one in shown[:_MOST_PICTURES])
    return figure(shown[0], alt=words or caption, caption=caption) if shown else ""


_MOST_PICTURES: Final = 50


def _gist(given: Arguments) -> str | None:
    user, number = given.get("user", at=0), given.get("id", at=1)
    path = "/".join(filter(None, (user, number)))
    return link(f"https://gist.github.com/{path}", "Gist on GitHub") if path else None


def _player(kind: str) -> Show:
    def play(given: Arguments) -> str | None:
        source = given.get("src", "mp4", "webm", "url", at=0)
        title = escape(given.get("title", "caption"))
        return (
            f'\n\n<{kind} src="{escape(source)}" title="{title}"></{kind}>\n\n' if source else None
        )

    return play


def _tab(given: Arguments) -> str:
    """What one of several stands for is said in bold."""
    label = given.get("header", "name", "title", "label", at=0)
    return f"\n\n**{label}**\n\n" if label else ""


def _button(given: Arguments) -> str | None:
    href = given.get("href", "link", "url", "relref")
    return f'<a href="{escape(href)}">' if href else None


def _leading(given: Arguments) -> str | None:
    """A link by its arguments alone."""
    url = given.get(*_LEADS, "src", "file", at=0)
    words = given.get(
        "text", "title", "label", "content", "name", "cta_text", at=1 if given.positional else None
    )
    return link(url, words or url) if url and not url.startswith("{") else None


def _branch(given: Arguments) -> str | None:
    """A file or folder of a tree, at the place where its tag is indented."""
    name = given.get("name", "title", at=0)
    return f"- {name}" if name else None


def _text_given(given: Arguments) -> str | None:
    words = given.get("text", "url", at=0)
    return (
        (link(words, words) if words.startswith("https://") else escape(words)) if words else None
    )


def _keys(given: Arguments) -> str | None:
    return "+".join(f"<kbd>{escape(key)}</kbd>" for key in given.positional) or None


def _text(text: str) -> Show:
    return lambda _given: text


def _hugo_figure(given: Arguments) -> str | None:
    """Hugo's, whose title is the beginning of its caption, and who made it the end."""
    source = given.get("src", "link", "url", at=0)
    if not source:
        return None
    title, caption, by = given.get("title"), given.get("caption"), given.get("attr")
    at = given.get("attrlink")
    by = f"[{by}]({at})" if by and at else by
    parts = (title and f"**{title}**" if caption or by else title, caption, by)
    return figure(
        source,
        alt=given.get("alt") or caption or title,
        caption=" ".join(filter(None, parts)),
        href=given.get("link", "href"),
    )


def _post(name: str, given: Arguments) -> str | None:
    """Somebody's post elsewhere, which is a link."""
    user, number = given.get("user"), given.get("id", at=0)
    if (found := _POST_ADDRESS.match(number)) is not None:
        user, number = found[1], found[2]
    if name == "instagram":
        url = f"https://www.instagram.com/p/{number}/"
    else:
        url = f"https://x.com/{user or 'i'}/status/{number}"
    if not (_ID.fullmatch(number) and _ID.fullmatch(user or "i")):
        return None
    return "\n\n" + link(url, f"{say(POST)}: {user}" if user else say(POST)) + "\n\n"


def _video(service: str, number: str) -> str | None:
    pattern, title = _VIDEO[service]
    if (found := _WATCHED.match(number)) is not None:
        number = found[1]
    if number.startswith("https://"):
        return "\n\n" + link(number, f"Video on {title}") + "\n\n"
    return (
        "\n\n" + link(pattern.format(number), f"Video on {title}") + "\n\n"
        if _ID.fullmatch(number)
        else None
    )


def show_at(url: str) -> str:
    """A film or sound at an address, as a frame would show it."""
    return f'\n\n<iframe src="{escape(url)}"></iframe>\n\n'


def show_included(name: str, rest: str) -> str | None:
    """What a tag or an included file shows, by its name: a picture, a film, a box, a list of parts."""
    if not name.startswith(("include", "render")):
        return _picture(parse_arguments(rest))
    file, _, more = rest.partition(" ")
    file = file.lower().rpartition("/")[2].partition(".")[0].strip("\"'")
    given = parse_arguments(more)
    if re.search(r"fig|image|img|picture|photo", file) and (shown := _picture(given)):
        return shown
    service = next((one for one in _VIDEO if one in file), given.get("provider").lower())
    if service in _VIDEO:
        return _video(service, given.get("id", "video_id"))
    if file == "toc":
        return _TOC
    if file in KINDS | _BOXES and (words := given.get("content", "text")):
        kind = given.get("type").lower() or file
        kind = kind if kind in KINDS else "note"
        first = f"> [!{kind}] {given.get('title')}".rstrip()
        return f"\n\n{first}\n> {words}\n\n"
    return None


def _picture(given: Arguments) -> str | None:
    """A picture with its words, named or in order: `"./a.png", "A bridge"`, `a.png 300 "Title" "A bridge"`."""
    sources = [one for one in given.positional if is_picture(one.partition("?")[0])]
    source = given.get("src", "url", "image_path", "image", "path", "file", "filename", "link")
    source = source or next(iter(sources), "")
    if not source:
        return None
    behind = given.positional.index(source) + 1 if source in given.positional else 0
    words = [
        one for one in given.positional[behind:] if _WORDS.match(one) and not _SIZES.search(one)
    ]
    return figure(
        source,
        alt=given.get("alt") or (words[-1] if len(words) > 1 else next(iter(words), "")),
        caption=given.get("caption", "title", "description"),
        href=given.get("href", "linkto"),
    )


Show = Callable[[Arguments], str | None]
_SHOWN: Final[Mapping[str, Show]] = {
    **dict.fromkeys(["figure", "img", "image"], _hugo_figure),
    **dict.fromkeys(["ref", "relref"], lambda given: given.get("path", at=0) or None),
    "gist": _gist,
    "frame": lambda given: f"\n\n*{words}*\n\n" if (words := given.get("caption")) else "",
    **dict.fromkeys(
        ["embed", "player", "reactplayer", "videoplayer", "iframe"],
        lambda given: (
            show_at(url) if (url := given.get("src", "url", at=0)).startswith("https://") else None
        ),
    ),
    "video": _player("video"),
    "audio": _player("audio"),
    "tab": _tab,
    "carousel": lambda given: _pictures(given) or None,
    **dict.fromkeys(
        ["link", "cta", "person", "article", "pdf", "embed-pdf", "embed_pdf", "embedpdf"], _leading
    ),
    **dict.fromkeys(["filetree/folder", "filetree/file"], _branch),
    **dict.fromkeys(["/filetree/folder", "/qr", "/carousel"], _text("")),
    "qr": lambda given: _text_given(given) or "",
    "table": lambda given: None if given.get("path", "src", "file") else "",
    "/table": _text(""),
    "button": _button,
    "/button": _text("</a>"),
    "kbd": _keys,
    "br": _text("<br>"),
    "nbsp": _text("\u00a0"),
    "toc": _text(_TOC),
}
