"""The addresses of issues: numbers for those that are taken, old ones that lead on."""

from __future__ import annotations

import pytest

from storage.archive.issues import MailOrder
from storage.archive.together import Unmailed
from tests.conftest import NOON
from tests.integration.storage.test_issues_store import revise
from tests.worlds.store import Store, draft


def test_a_slug_that_is_taken_gets_a_number(store: Store) -> None:
    """Two notes may wish for one slug; both get a free one, and keep it."""
    slugs = [
        store.issues.publish(
            draft(name, slug="news"), published_at=NOON, mail=MailOrder(at=None), now=NOON
        ).issue.slug
        for name in ("a", "b", "c")
    ]
    assert slugs == ["news", "news-2", "news-3"]


@pytest.mark.parametrize("together", [True, False])
def test_a_slug_that_another_language_has_gets_the_language(store: Store, together: bool) -> None:
    """A translation that wishes for the slug of what it translates is told from it by its language; a second one in
    that language by a number.
    """
    drafts = [
        draft(f"{number}", slug="news", language=language)
        for number, language in enumerate(("", "de", "pt-BR", "de", ""))
    ]
    if together:
        new = [Unmailed(draft=one, published_at=NOON, reason="old") for one in drafts]
        made = store.issues.publish_unmailed(new, now=NOON)
    else:
        order = MailOrder(at=None)
        made = [
            store.issues.publish(one, published_at=NOON, mail=order, now=NOON).issue
            for one in drafts
        ]
    slugs = [one.slug for one in made if one]
    assert slugs == ["news", "news-de", "news-pt-br", "news-de-2", "news-2"]


def test_a_number_that_is_taken_is_passed_over(store: Store) -> None:
    """A note that is really called `news-2` does not lose its slug to the second `news`."""
    store.publish("news-2")
    store.publish("news")
    again = draft("other", slug="news")
    issue = store.issues.publish(again, published_at=NOON, mail=MailOrder(at=None), now=NOON).issue
    assert issue.slug == "news-3"


@pytest.mark.parametrize(("first", "second"), [("a_b", "axb"), ("100%", "1000"), ("ä", "a")])
def test_slugs_that_only_look_alike_to_a_pattern_are_free(
    store: Store, first: str, second: str
) -> None:
    """Signs that mean something to LIKE are only signs."""
    store.publish(second)
    assert store.publish(first).slug == first


def test_an_old_slug_leads_to_the_issue_for_ever(store: Store) -> None:
    """After a change by the author old links lead on, and no other issue gets the old slug."""
    first = store.publish("first")
    assert revise(store, "first", slug="renamed") == "renamed"
    former = store.issues.by_slug("first")
    assert former is not None
    assert (former.id, former.slug) == (first.id, "renamed")
    newcomer = draft("other", slug="first")
    other = store.issues.publish(newcomer, published_at=NOON, mail=MailOrder(at=None), now=NOON)
    assert other.issue.slug == "first-2"


def test_an_issue_may_have_its_own_old_slug_back(store: Store) -> None:
    """Changing there and back gives no number."""
    store.publish("first")
    revise(store, "first", slug="renamed")
    assert revise(store, "first", slug="first") == "first"


def test_a_wished_slug_of_another_issue_is_not_taken_over(store: Store) -> None:
    """An explicit wish gives way to whoever was there before."""
    store.publish("first")
    store.publish("second")
    assert revise(store, "second", slug="first") == "first-2"


def test_without_a_wish_the_slug_stays(store: Store) -> None:
    """A new title changes nothing about the address of the page."""
    store.publish("first")
    assert revise(store, "first", title="Quite another", slug=None) == "first"


def test_an_unknown_slug_is_no_issue(store: Store) -> None:
    """Nothing is found by a slug that nobody had."""
    store.publish("first")
    assert store.issues.by_slug("firs") is None
