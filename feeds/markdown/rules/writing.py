"""The parser's tokens written as HTML: the library's own renderer, without a detour for what is most. Pure.

Text is escaped and links are marked as the sanitiser writes them, so that what is well need not be written twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict


def escape_text(text: str) -> str:
    """Text as HTML (HTML 13.3), not for an attribute."""
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text or ">" in text:
        text = text.replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\xa0", "&nbsp;") if "\xa0" in text else text


class QuickRenderer(RendererHTML):
    """Writes what most of a note is, words and pairs of tags, without asking for rules."""

    def render(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:
        """The HTML of a note."""
        rules = self.rules
        out: list[str] = []
        for index, token in enumerate(tokens):
            if token.type == "inline":
                if token.children:
                    out.append(self.renderInline(token.children, options, env))
            elif (rule := rules.get(token.type)) is not None:
                out.append(rule(tokens, index, options, env))
            else:
                out.append(self.renderToken(tokens, index, options, env))
        return "".join(out)

    def renderInline(  # noqa: N802 - the library's name
        self, tokens: Sequence[Token], options: OptionsDict, env: EnvType
    ) -> str:
        """The HTML of a line."""
        rules = self.rules
        out: list[str] = []
        for index, token in enumerate(tokens):
            if token.type == "text":
                out.append(escape_text(token.content))
            elif (rule := rules.get(token.type)) is not None:
                out.append(rule(tokens, index, options, env))
            else:
                out.append(self.renderToken(tokens, index, options, env))
        return "".join(out)

    def text(self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType) -> str:
        """A text that is in no line."""
        return escape_text(tokens[idx].content)

    def code_inline(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Code within a line."""
        return f"<code>{escape_text(tokens[idx].content)}</code>"

    def code_block(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """Indented code."""
        return f"<pre><code>{escape_text(tokens[idx].content)}</code></pre>\n"

    def link_open(
        self, tokens: Sequence[Token], idx: int, _options: OptionsDict, _env: EnvType
    ) -> str:
        """The beginning of a link."""
        return f'<a{self.renderAttrs(tokens[idx])} rel="noopener">'

    def renderToken(  # noqa: N802 - the library's name
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """The HTML of a token that has no rule."""
        token = tokens[idx]
        if token.hidden:
            return ""
        if token.nesting < 0 and not token.attrs:
            return f"</{token.tag}>\n" if token.block else f"</{token.tag}>"
        if token.nesting <= 0:
            return super().renderToken(tokens, idx, options, env)
        attrs = self.renderAttrs(token) if token.attrs else ""
        if not token.block:
            return f"<{token.tag}{attrs}>"
        before = "\n" if idx and tokens[idx - 1].hidden else ""
        following = tokens[idx + 1] if idx + 1 < len(tokens) else None
        is_tight = following is not None and (
            following.type == "inline"
            or following.hidden
            or (following.nesting < 0 and following.tag == token.tag)
        )
        return f"{before}<{token.tag}{attrs}>" + ("" if is_tight else "\n")
