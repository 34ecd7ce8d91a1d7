r"""Citations in a text, by author and year: pandoc's `[see @doe99, p. 3]` and `@doe99`, TeX's `\citep{doe99}`. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Final

from feeds.markdown.citations.works import Bibliography, Work, escape
from feeds.markdown.speech import say
from words import to_say

_KEY: Final = r"(?:\{([^{}\n]{1,200})\}|(\w(?:[\w:.#$%&+?<>~/-]{0,200}\w)?))"
_BRACKETED: Final = re.compile(
    r"(?<![\[\]!\\])\[(?=[^\[\]\n]{0,500}?(?<![A-Za-z0-9_@])-?@[\w{])([^\[\]\n]{1,500})\](?![(\[{:\]])"
)
_CITE: Final = re.compile(rf"(?<![A-Za-z0-9_@\\/.\[])(-?)@{_KEY}")
_WITHIN: Final = re.compile(rf"(?<![A-Za-z0-9_@\\/.])(-?)@{_KEY}")
_NAMED: Final = re.compile(
    rf"(?<![A-Za-z0-9_@\\/.\[-])@{_KEY}(?:[ ]\[((?!-?@)[^\[\]@\n]{{1,200}})\](?![(\[{{:]))?"
)
_TEX: Final = re.compile(
    r"\\(?:(citet|textcite|citeauthor)|cite|citep|parencite|autocite|footcite|citealp|citeyear)\*?"
    r"(?:\[([^\[\]\n]{0,200})\])?(?:\[([^\[\]\n]{0,200})\])?\{([^{}\n]{1,500})\}"
)
_PLACE: Final = re.compile(
    r"^:{3,}[ \t]*\{[^}\n]*#refs\b[^}\n]*\}[ \t]*\n(?:[ \t]*\n)*:{3,}[ \t]*$", re.MULTILINE
)
_LAST_HEADING: Final = re.compile(r"(?:^|\n)#{1,6}[ \t][^\n]*\s*\Z")
_REFERENCES: Final = to_say("References")


def mend_tex(text: str) -> str:
    """TeX's citations as pandoc's."""

    def mended(found: re.Match[str]) -> str:
        keys = [f"@{{{key.strip()}}}" for key in found[4].split(",") if key.strip()]
        before, behind = (found[2], found[3]) if found[3] is not None else ("", found[2])
        if not keys:
            return ""
        if found[1]:
            last = f"{keys[-1]} [{behind}]" if behind else keys[-1]
            return ", ".join((*keys[:-1], last))
        inside = "; ".join(keys)
        inside = f"{before} {inside}" if before else inside
        return f"[{inside}, {behind}]" if behind else f"[{inside}]"

    return _TEX.sub(mended, text) if "\\" in text else text


class Citing:
    """The citations of one note: what they are called, what is listed, what is told."""

    def __init__(
        self,
        bibliography: Bibliography,
        *,
        put: Callable[[str], str],
        told: Callable[[re.Match[str]], None],
        everywhere: bool,
    ) -> None:
        """`put` keeps a piece of Markdown from being read as anything else, `told` hears of what is cited and
        known nowhere, with the text around it. `everywhere`: a lone `@name` is a citation even if nobody knows it.
        """
        self._works = bibliography.works
        self._put = put
        self._told = told
        self._everywhere = everywhere
        self._years: dict[str, str] = {}

    def read(self, text: str) -> str:
        """The text with what is cited by author and year, and a list of it at its end."""
        self._years = self._tell_apart(text)
        text = _BRACKETED.sub(self._read_bracketed, text)
        text = _NAMED.sub(self._read_named, text)
        text = _CITE.sub(self._read_alone, text)
        return self._list(text) if self._years else _PLACE.sub("", text)

    def _tell_apart(self, text: str) -> dict[str, str]:
        """The works that are cited, in the order of their list, and their years: `1984a` where another of the
        same people has that year.
        """
        keys = dict.fromkeys(
            found[2] or found[3]
            for found in _WITHIN.finditer(text)
            if (found[2] or found[3]) in self._works
        )
        cited = sorted(keys, key=lambda key: _order(self._works[key]))
        names = [(self._works[key].author, self._works[key].year) for key in cited]
        count, met = Counter(names), Counter[tuple[str, str]]()
        years: dict[str, str] = {}
        for key, name in zip(cited, names, strict=True):
            letter = chr(ord("a") + min(met[name], 25)) if count[name] > 1 and name[1] else ""
            met[name] += 1
            years[key] = f"{name[1]}{letter}"
        return years

    def _read_bracketed(self, found: re.Match[str]) -> str:
        def cite(one: re.Match[str]) -> str:
            key = one[2] or one[3]
            if key not in self._years:
                self._told(found)
                return escape(key)
            year = self._years[key]
            author = "" if one[1] else escape(self._works[key].author)
            return self._put(" ".join(filter(None, (author, year))))

        return f"({_WITHIN.sub(cite, found[1])})"

    def _read_named(self, found: re.Match[str]) -> str:
        key = found[1] or found[2]
        if key not in self._years:
            return found[0]
        year = ", ".join(filter(None, (self._years[key], found[3])))
        return self._put(escape(self._works[key].author)) + (f" ({year})" if year else "")

    def _read_alone(self, found: re.Match[str]) -> str:
        key = found[2] or found[3]
        if key in self._years:
            return f"({self._years[key]})"
        if not self._everywhere:
            return found[0]
        self._told(found)
        return key

    def _list(self, text: str) -> str:
        """Where its author says, below a heading that ends the note, or below one of ours."""
        lines = (f"- {self._works[key].listed(year)}" for key, year in self._years.items())
        listed = self._put("\n".join(lines))
        if _PLACE.search(text):
            return _PLACE.sub(lambda _found: listed, text, count=1)
        heading = "" if _LAST_HEADING.search(text) else f"\n\n## {say(_REFERENCES)}"
        return f"{text.rstrip()}{heading}\n\n{listed}\n"


def _order(work: Work) -> tuple[str, str, str]:
    return work.author.casefold(), work.year, work.title.casefold()
