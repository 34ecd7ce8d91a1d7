"""How the languages that we speak write a day: loading Babel for one date takes longer than a thousand mails. Pure.

Each is what the CLDR has for it (the long form of a date); a test compares the two for every day of a year.
"""

from __future__ import annotations

from datetime import date
from typing import Final

_PLAIN: Final = "{day} {month} {year}"
_IBERIAN: Final = "{day} de {month} de {year}"
_EASTERN: Final = "{year}年{number}月{day}日"

_FORMS: Final = {
    "en": _PLAIN,
    "de": "{day}. {month} {year}",
    "fr": _PLAIN,
    "es": _IBERIAN,
    "it": _PLAIN,
    "pt": _IBERIAN,
    "nl": _PLAIN,
    "ja": _EASTERN,
    "zh": _EASTERN,
    "zh-Hant": _EASTERN,
    "ar": _PLAIN,
}
_MONTHS: Final = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "ar": "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
}


def write_day(language: str, day: date) -> str | None:
    """The day as it is written in a language, named exactly as here; None for any other."""
    form = _FORMS.get(language)
    if form is None:
        return None
    months = _MONTHS.get(language)
    month = months.split()[day.month - 1] if months else ""
    return form.format(day=day.day, month=month, number=day.month, year=day.year)
