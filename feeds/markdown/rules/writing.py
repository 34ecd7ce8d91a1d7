"""The parser's tokens written as HTML: the library's own renderer, without a detour for what is most. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict


class QuickRenderer(RendererHTML):
    """Writes what most of a note is, words and tags without attributes, without asking for rules."""

    def renderInline(  # noqa: N802 - the library's name
        self, tokens: Sequence[Token], options: OptionsDict, env: EnvType
    ) -> str:
        """The HTML of a line."""
        rules = self.rules
        out: list[str] = []
        for index, token in enumerate(tokens):
            if token.type == "text":
                out.append(escapeHtml(token.content))
            elif (rule := rules.get(token.type)) is not None:
                out.append(rule(tokens, index, options, env))
            else:
                out.append(self.renderToken(tokens, index, options, env))
        return "".join(out)

    def renderToken(  # noqa: N802 - the library's name
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """The HTML of a token that has no rule."""
        token = tokens[idx]
        if token.block or token.attrs or token.hidden or token.nesting == 0:
            return super().renderToken(tokens, idx, options, env)
        return f"</{token.tag}>" if token.nesting < 0 else f"<{token.tag}>"
