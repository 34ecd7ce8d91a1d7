"""Which names are elements of HTML. Pure."""

from __future__ import annotations

from typing import Final

from storage.model import names_in

ELEMENTS: Final = names_in(
    """a abbr acronym address area article aside audio b base basefont bdi bdo big blink blockquote body br button canvas
    caption center cite code col colgroup datalist dd del details dfn dialog div dl dt em embed fieldset figcaption
    figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe img image input ins kbd
    label legend li link main mark marquee math menu meta meter nav nobr noembed noframes noscript object ol optgroup
    option p picture plaintext portal pre progress q rb rp rt rtc ruby s samp script search section select small source
    span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead title tr track tt u ul
    var video wbr xmp"""
)
"""HTML's; not those that say nothing alone and are words as well, as `<dir>` and `<output>`."""
