"""The figures day by day, and a picture of them that tells its data."""

from __future__ import annotations

import json
from datetime import date, timedelta
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from newsletter.figures.drawing import draw
from newsletter.figures.stats import Stats, count_days

FIRST = date(2026, 11, 1)
SVG = "{http://www.w3.org/2000/svg}"
COUNTS = st.dictionaries(
    st.integers(-40, 29).map(lambda n: FIRST + timedelta(days=n)), st.integers(0, 500), max_size=30
)


@given(COUNTS, COUNTS, COUNTS)
def test_every_day_is_there_and_readers_add_up(
    joined: dict[date, int], left: dict[date, int], back: dict[date, int]
) -> None:
    """Whatever came when: no gap, and the last day's readers are all who came less all who went."""
    last = FIRST + timedelta(days=29)
    points = count_days(joined, left, back, {}, first=FIRST, last=last)
    assert [point.day for point in points] == [FIRST + timedelta(days=n) for n in range(30)]
    assert points[-1].readers == sum(joined.values()) - sum(left.values())
    document = ET.fromstring(draw(Stats(points=points, issues=()), "N <&> \"'"))
    data = json.loads(document.findtext(f"{SVG}metadata") or "")
    assert [row[1] for row in data["rows"]] == [point.readers for point in points]


def test_the_picture_is_told_in_words() -> None:
    """A screen reader has its title and what is seen in it; nothing in it runs or is fetched."""
    points = count_days({FIRST: 3}, {}, {}, {}, first=FIRST, last=FIRST + timedelta(days=1))
    text = draw(Stats(points=points, issues=()), "Notes <b>")
    document = ET.fromstring(text)
    assert document.get("role") == "img"
    named = {one.get("id"): one.text for one in document if one.get("id")}
    ids = (document.get("aria-labelledby") or "").split()
    assert named[ids[0]] == "Notes <b>"
    assert "3 readers then, 3 now; 3 joined" in (named[ids[1]] or "")
    assert "<script" not in text
    assert "href" not in text
