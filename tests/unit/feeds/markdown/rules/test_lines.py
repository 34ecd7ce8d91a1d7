"""Within a line: addresses and runs of marks are read as the library reads them."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it.common.normalize_url import normalizeLink

from feeds.markdown.parser import PARSER
from feeds.markdown.rules.lines import normalise_address
from tests.sizes import examples
from tests.worlds.rows import each

PIECES = (
    *"/?#&=.:@-_~%+;,!'()*$[]\\ {}|^\"<>aZ9éß日",
    *(
        "http:",
        "https:",
        "HTTPS:",
        "mailto:",
        "//",
        "..",
        "xn--bcher-kva",
        "a.example",
        "%20",
        "%zz",
    ),
    *("www.", "[::1]", "user@", ":80", "javascript:", "x" * 41, "a" * 64, ".".join("ab" * 4)),
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
@settings(max_examples=examples(600), deadline=None)
def test_an_address_is_what_the_library_makes_of_it(address: str) -> None:
    """However it is written: what is passed over as plain would have come out the same."""
    assert normalise_address(address) == normalizeLink(address)


@each(
    "address",
    ["https://a.example/x/y.html?z=1&w=2#part", "../07/note-7.md", "http://a.example", "#part", ""],
)
def test_usual_addresses_stay_as_they_are(address: str) -> None:
    """Addresses of plain letters are neither escaped nor taken apart."""
    assert normalise_address(address) == address == normalizeLink(address)


@each(
    ("written", "html"),
    [
        ("**強調。**続く", "<strong>強調。</strong>続く"),
        ("**「強調」**続く", "<strong>「強調」</strong>続く"),
        ("他说**“引用”**的", "他说<strong>“引用”</strong>的"),
        ("これは**テスト(test)**です", "これは<strong>テスト(test)</strong>です"),
        ("안녕**하세요!**라고", "안녕<strong>하세요!</strong>라고"),
        ("*加粗：*内容", "<em>加粗：</em>内容"),
        ("~~取消。~~続く", "<s>取消。</s>続く"),
        ("**a.**b", "**a.**b"),
        ("文_字_文 a_b_c", "文_字_文 a_b_c"),
        ("🎉**a.**b", "🎉**a.**b"),
    ],
)
def test_marks_mean_what_they_do_in_scripts_without_blanks(written: str, html: str) -> None:
    """Beside Chinese, Japanese and Korean letters a sign within does not undo a mark; elsewhere all is as it was."""
    assert PARSER.render(written).strip() == f"<p>{html}</p>"


@each(
    ("written", "html"),
    [
        ("https://a.example/src/__init__.py", "https://a.example/src/__init__.py"),
        (
            "_a_ https://a.example/_b_/c*d*e _f_",
            "<em>a</em> https://a.example/_b_/c*d*e <em>f</em>",
        ),
        ("http://a.example/b_(c_d)_e.f_g", "http://a.example/b_(c_d)_e.f_g"),
        ("__https://a.example/__init__.py__", "<strong>https://a.example/__init__.py</strong>"),
        ("**https://a.example/b**: c", "<strong>https://a.example/b</strong>: c"),
        ("(*https://a.example/b_c*)", "(<em>https://a.example/b_c</em>)"),
        ("https://a.example/b. *c*d", "https://a.example/b. <em>c</em>d"),
    ],
)
def test_a_mark_in_a_bare_address_is_a_letter_of_it(written: str, html: str) -> None:
    """As GitHub and Obsidian have it; at the end of one it closes what was opened before."""
    assert PARSER.render(written).strip() == f"<p>{html}</p>"
    beside = PARSER.render("[a](https://a.example/b)*c*d")
    assert "</a><em>c</em>d" in beside, "where the address is that of a link, a mark is one"
