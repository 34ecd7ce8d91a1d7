"""Names of months as people write them in dates, in languages other than English. Pure.

The names are those of the Unicode CLDR, in the forms that stand in a date; each may be cut to its first three
or more letters where that is no other month.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Final

_NAMES: Final = (
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber maerz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "enero febrero marzo abril mayo junio julio agosto setiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "januar februar marts april maj juni juli august september oktober november december",
    "januar februar mars april mai juni juli august september oktober november desember",
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "ledna února března dubna května června července srpna září října listopadu prosince",
    "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra",
    "január február március április május június július augusztus szeptember október november december",
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου",
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
)
_SHORTEST: Final = 3
MONTH_WORD: Final = r"[^\W\d_]{3,14}"
"""A word that may be a month."""


def month_of(word: str) -> int | None:
    """The number of a month by its name or the beginning of it; None for any other word, and for one that
    means two months.
    """
    bare = word.rstrip(".").removeprefix("ב")
    found = _beginnings().get(_folded(bare), frozenset())
    if len(found) > 1:  # `Mär` is no beginning of a Finnish November
        found = _accented(bare.casefold())
    return next(iter(found)) if len(found) == 1 else None


def _accented(begun: str) -> frozenset[int]:
    """The months that begin so with these accents, of words that have any."""
    if begun.isascii():
        return frozenset()
    listed = (enumerate(names.split(), 1) for names in _NAMES)
    return frozenset(number for names in listed for number, name in names if name.startswith(begun))


@cache
def _beginnings() -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    whole: dict[str, int] = {}
    for names in _NAMES:
        for number, name in enumerate(names.split(), 1):
            folded = _folded(name)
            whole.setdefault(folded, number)
            for length in range(_SHORTEST, len(folded) + 1):
                begun = folded[:length]
                found[begun] = found.get(begun, frozenset()) | {number}
    found.update({name: frozenset({number}) for name, number in whole.items()})
    return found


def _folded(word: str) -> str:
    """Without case and accents: `fevrier` is written as often."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(one for one in plain if not unicodedata.combining(one))
