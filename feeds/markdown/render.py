"""Markdown → sanitised HTML and plain text with the same content. Pure.

CommonMark with tables, footnotes, task lists, strikethrough, highlighted code, pictures, wiki
links and bare web addresses. The parser's tokens are made ready once (links resolved, title taken
out, tasks marked) and both renderings start from them, so that they cannot disagree (rule D18).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from markdown_it.token import Token

from feeds.markdown.characters import clean_line, clean_text
from feeds.markdown.citations import Bibliography
from feeds.markdown.code import Highlighter
from feeds.markdown.dialects import Translated, bare_words, translate_dialects
from feeds.markdown.embeds import place_embeds
from feeds.markdown.fields import Fields
from feeds.markdown.html import addresses, sanitise, sanitise_written
from feeds.markdown.links import LinkResolver, Links
from feeds.markdown.maths import Formulas
from feeds.markdown.parser import PARSER, find_h1, place_formulas, plain
from feeds.markdown.plain import build_text, find_summary, summarise
from feeds.markdown.preparing import Preparation
from feeds.markdown.speech import speaking
from feeds.markdown.structure import shape
from storage.model import Remark
from words import Words, words_of

TEMPLATE: Final = "template"
"""The code of the remark that a generator's language stands in a note and is not known."""
PLAYER: Final = "player"
"""The code of the remark that a frame, a video or a sound is a link for readers, or that a drawing is not shown."""
FORM: Final = "form"
"""The code of the remark that a form, a field or button of one, or the link of a script does nothing for readers."""
MATHS: Final = "maths"
"""The code of the remark that a formula cannot be shown as one."""

_WORD: Final = re.compile(r"(?:\A|>)(?:[^<>\w&]|&(?:nbsp|amp|lt|gt|quot);)*\w")
"""In sanitised HTML, in which `<` begins a tag and nothing else."""
_WIKI: Final = re.compile(r"!?\[\[([^\[\]|]+)(?:\|[^\[\]]*)?\]\]")
"""A preview picture as Obsidian names it."""
_SHOWN: Final = re.compile(r"!\[[^\[\]]{0,300}\]\(<?([^()<>\"]{1,500}?)>?(?:\s+\"[^\"]*\")?\)")
"""The same as Markdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A note as readers get it."""

    html: str
    """Sanitised, all URLs absolute, without the title."""
    text: str
    """The same for text/plain: every address of the HTML is written out in it, and a merge field in
    it is one in the HTML (storage/model/fields.py)."""
    summary: str
    """One line of plain text."""
    media: tuple[str, ...]
    """Paths of the note's own pictures below the notes folder."""
    wiki: tuple[str, ...]
    """Keys (`link_key`) of the notes it links to, published or not."""
    warnings: tuple[Remark, ...]
    """For the author: what was left out, or lacks something."""
    has_words: bool = True
    """Whether there is anything to read in it, besides what pictures show."""
    image: str = ""
    """The absolute URL of the preview picture; empty without one."""


def render_markdown(
    body: str,
    *,
    path: str,
    links: Links,
    title: str = "",
    anchor: str = "",
    image: str = "",
    toc: bool = False,
    every_line: bool = False,
    bibliography: Bibliography | None = None,
    words: Words | None = None,
) -> Rendered:
    """Renders Markdown that stands at `path` below the notes folder.

    A first h1 equal to `title` is left out; `toc` puts a list of the parts at the beginning. With `every_line`
    each line of a paragraph is one for readers.
    `anchor` makes the ids of footnotes differ between notes on one page. `image` is the preview
    picture as its author wrote it, `bibliography` what it may cite. `words` name what its author
    gave no name, in English without.
    Raises nothing, whatever the text; the time is bounded by its length.
    """
    with speaking(words or words_of("en")):
        laid = _lay_out(
            body,
            path,
            links,
            bibliography,
            title=title,
            toc=toc,
            anchor=anchor,
            every_line=every_line,
        )
        return _render(laid, image)


def find_remarks(
    body: str,
    *,
    path: str,
    links: Links,
    title: str,
    image: str,
    bibliography: Bibliography | None = None,
    words: Words | None = None,
) -> tuple[Remark, ...]:
    """What `render_markdown` would warn of, without writing what readers get where nothing can come of it."""
    with speaking(words or words_of("en")):
        laid = _lay_out(body, path, links, bibliography, title=title, toc=False)
        if laid.formulas or not laid.is_judged:
            html = laid.write()
            build_text(laid.tokens, laid.resolver, addresses(html), laid.formulas.settle_text)
            laid.formulas.settle_html(laid.fields.settle_html(html))
        _find_preview(image, laid.resolver)
        return laid.resolver.warnings


@dataclass(frozen=True, slots=True, kw_only=True)
class _LaidOut:
    """A note as tokens that are ready, and what belongs to them."""

    tokens: list[Token]
    env: dict[str, object]
    resolver: LinkResolver
    fields: Fields
    formulas: Formulas
    is_judged: bool
    """As `Preparation` has it."""

    def write(self) -> str:
        """As sanitised HTML."""
        html = str(PARSER.renderer.render(self.tokens, PARSER.options, self.env))
        return sanitise_written(html) if self.is_judged else sanitise(html, self.resolver)


def _render(laid: _LaidOut, image: str) -> Rendered:
    tokens, resolver, fields, formulas = laid.tokens, laid.resolver, laid.fields, laid.formulas
    html = laid.write()
    text = build_text(tokens, resolver, addresses(html), formulas.settle_text)
    settled = formulas.settle_html(fields.settle_html(html))  # tells which fields are filled
    found = formulas.as_plain(find_summary(tokens, formulas.is_display, html))
    summary = fields.settle_text(found)
    preview = _find_preview(image, resolver)
    return Rendered(
        html=settled,
        text=fields.settle_text(text),
        summary=summarise(summary),
        media=resolver.media,
        wiki=resolver.targets,
        warnings=resolver.warnings,
        has_words=_WORD.search(html) is not None,
        image=preview or "",
    )


def _lay_out(
    body: str,
    path: str,
    links: Links,
    bibliography: Bibliography | None,
    *,
    title: str,
    toc: bool,
    anchor: str = "",
    every_line: bool = False,
) -> _LaidOut:
    resolver = LinkResolver(path, links)
    body = place_embeds(clean_text(body), path, links, resolver)
    translated = translate_dialects(body, path, bibliography)
    _tell_what_was_lost(translated, bibliography, resolver)
    env: dict[str, object] = {
        "anchor": hashlib.sha256((anchor or path).encode()).hexdigest()[:8],
        "highlighter": Highlighter(),
    }
    formulas = translated.formulas
    formulas.warn = lambda sentence: resolver.warn(MATHS, sentence)
    tokens = PARSER.parse(translated.text, env)
    place_formulas(tokens, formulas)
    tokens = _without_title(tokens, clean_line(title))
    tokens, resolver.anchors = shape(tokens, toc=toc)
    fields = Fields(translated.text)
    preparation = Preparation(resolver, fields, translated.abbreviations, every_line=every_line)
    return _LaidOut(
        tokens=preparation.prepare(tokens),
        env=env,
        resolver=resolver,
        fields=fields,
        formulas=formulas,
        is_judged=preparation.is_judged,
    )


def _tell_what_was_lost(
    translated: Translated, bibliography: Bibliography | None, resolver: LinkResolver
) -> None:
    """Tells the author what readers do not get of what was translated."""
    for unknown in translated.unknown:
        source = unknown.source if unknown.source.startswith("`") else f"`{unknown.source}`"
        resolver.warn(
            TEMPLATE,
            f"{source} is a generator's language that is not known here: left out",
            unknown.line,
        )
    for player in translated.players:
        resolver.warn(
            PLAYER,
            f"`{player.source}` {_why_not_played(player.source)}",
            player.line,
        )
    for control in translated.controls:
        resolver.warn(
            FORM,
            f"`{control.source}` does nothing for readers: mail and feeds have no forms and no scripts; "
            "link to the page that has it",
            control.line,
        )
    for unknown in translated.uncited:
        missing = ", ".join(f"`{one}`" for one in bibliography.missing) if bibliography else ""
        why = f", of which {missing} cannot be read" if missing else ""
        resolver.warn(
            TEMPLATE,
            f"`{unknown.source}` cites what the note's bibliography does not have{why}: its key is shown",
            unknown.line,
        )


def _why_not_played(tag: str) -> str:
    if tag.lower().startswith(("<svg", "<canvas")):
        return "is not shown, but for its title: a picture in a file of its own is"
    return "is a link for readers, for no mail and no feed plays it"


def _find_preview(image: str, resolver: LinkResolver) -> str | None:
    """The address of the preview picture as its author wrote it."""
    if (wiki := _WIKI.fullmatch(image)) is not None:
        return resolver.embed(wiki[1])
    shown = _SHOWN.fullmatch(image)
    return resolver.image(shown[1] if shown else image) if image else None


def _without_title(tokens: list[Token], title: str) -> list[Token]:
    """The tokens without the first h1, if that repeats the title."""
    found = find_h1(tokens)
    if found is None:
        return tokens
    heading = tokens[found + 1]
    words = bare_words(plain(heading.children or ()))
    if title not in {words, clean_line(heading.content)}:
        return tokens
    return tokens[:found] + tokens[found + 3 :]
