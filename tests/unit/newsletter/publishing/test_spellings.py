"""One tag whatever its case."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.publishing.spellings import Spellings


def test_the_first_spelling_is_shown() -> None:
    """What the oldest issue writes, all write; its own author may spell a tag of his own anew."""
    spellings = Spellings([(1, "Python"), (2, "straße")])
    assert spellings.spell(["PYTHON", "python", "New"]) == ("Python", "New")
    assert spellings.spell(["python", "STRASSE"], 1) == ("python", "straße")
    spellings.put(1, ["python"])
    assert spellings.spell(["Python"], 3) == ("python",)
    spellings.put(1, [])
    assert spellings.spell(["Python"], 3) == ("Python",)


@given(st.lists(st.lists(st.sampled_from(["a", "A", "b", "B", "ß", "SS", "ss"])), max_size=8))
def test_no_two_issues_write_one_tag_differently(issues: list[list[str]]) -> None:
    """However they come, of every tag there is one spelling in the archive."""
    spellings, archive = Spellings([]), dict[int, tuple[str, ...]]()
    for number, tags in enumerate(issues):
        issue_id = number % 5
        archive[issue_id] = spellings.spell(tags, issue_id)
        spellings.put(issue_id, archive[issue_id])
    shown = {tag for tags in archive.values() for tag in tags}
    assert len({tag.casefold() for tag in shown}) == len(shown)
