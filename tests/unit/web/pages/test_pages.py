"""What a page makes of an issue's HTML."""

from __future__ import annotations

import pytest

from web.pages.pages import let_scroll


@pytest.mark.parametrize(
    ("html", "scrolls"),
    [
        ("<pre><code>short\n</code></pre>", False),
        (f"<pre><code>{'a' * 34}\n{'b' * 34}\n</code></pre>", False),
        (f"<pre><code>a\n{'a' * 35}\n</code></pre>", True),
        (f'<pre><code><span class="k">{"&lt;" * 34}</span>\n</code></pre>', False),
        (f"<pre><code>{'漢' * 18}\n</code></pre>", True),
        ("<pre><code>\t\t\t\t\t\t\t\t\ta\n</code></pre>", True),
        ("<table><tr><td>1</td></tr></table>", False),
        (f"<table><tr>{'<th>a</th>' * 5}</tr></table>", True),
    ],
)
def test_what_a_phone_has_no_room_for_scrolls_by_keyboard(html: str, scrolls: bool) -> None:
    """Wide tables and long lines of code can have the focus (WCAG 2.1.1), and nothing else can."""
    assert ('tabindex="0"' in let_scroll(html)) == scrolls
