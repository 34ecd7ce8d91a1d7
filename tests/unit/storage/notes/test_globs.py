"""Patterns of paths."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.notes.globs import compile_globs
from tests.worlds.rows import each


@each(
    ("pattern", "fitting", "others"),
    [
        (
            "posts/**",
            ["posts/a.md", "posts/x/a.md", "posts"],
            ["a.md", "my/posts/a.md", "posts2/a.md"],
        ),
        ("posts", ["posts/a.md", "my/posts/a.md", "posts"], ["posts.md", "a/posts.md"]),
        ("posts/", ["posts/a.md"], ["posts.md"]),
        ("/posts", ["posts/a.md"], ["my/posts/a.md"]),
        ("posts/*.md", ["posts/a.md"], ["posts/x/a.md", "posts/a.mdx"]),
        ("*.draft.md", ["a.draft.md", "x/y/a.draft.md"], ["a.md", "draft.md"]),
        ("**/drafts/**", ["drafts/a.md", "x/drafts/a.md", "x/y/drafts/z/a.md"], ["draftsx/a.md"]),
        ("20??/*", ["2026/a.md", "2026/x/a.md"], ["206/a.md", "x/2026/a.md"]),
        ("[ab].md", ["a.md", "x/b.md"], ["c.md"]),
        ("[!ab].md", ["c.md"], ["a.md"]),
        ("a(b|c)+.md", ["a(b|c)+.md"], ["ab.md"]),
        ("Новости*", ["Новости 5.md"], ["новости.md"]),
    ],
)
def test_a_pattern_fits_as_people_expect(
    pattern: str, fitting: list[str], others: list[str]
) -> None:
    """`*` stays within a folder, `**` crosses them, a bare name counts anywhere, dots are dots."""
    globs = compile_globs([pattern])
    assert globs is not None
    assert [path for path in fitting + others if globs.match(path)] == fitting


def test_without_a_pattern_nothing_is_said() -> None:
    """No pattern, or one of blanks and slashes, is none: it leaves everything as it is."""
    assert compile_globs([]) is None
    assert compile_globs([" ", "/"]) is None


@given(st.lists(st.text(alphabet="ab*?[]!-/.^\\(", max_size=12), max_size=3), st.text(max_size=20))
def test_whatever_is_written_is_a_pattern(patterns: list[str], folder: str) -> None:
    """No text makes a broken pattern, and what fits a folder fits all that lies in it."""
    globs = compile_globs(patterns)
    if globs is not None and globs.match(folder):
        assert globs.match(f"{folder}/a.md")
