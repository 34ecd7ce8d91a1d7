"""What a system wraps around an author's words is told from them."""

from __future__ import annotations

from newsletter.importing.cleaning import Cleaned
from tests.worlds.rows import each


@each(
    ("around", "stays"),
    [
        ("form", False),
        ("div class=paywall", False),
        ("div class='wide share-dialog'", False),
        ("div id=templateFooter", False),
        ("div", True),
        ("div class='' id=''", True),
        ("div class='paywalls Paywall' id=paywall", True),
        ("div class=templateFooter", True),
    ],
)
def test_noise_is_known_by_element_class_or_id(around: str, stays: bool) -> None:
    """One of its classes is enough, as systems write it; the same name elsewhere is the author's."""
    name = around.partition(" ")[0]
    left = Cleaned(f"<p>before</p><{around}>within<b>it</b></{name}><p>behind</p>").soup.get_text()
    assert left == ("beforewithinitbehind" if stays else "beforebehind")
