"""Sign-ups as the store keeps them until they are decided."""

from __future__ import annotations

from datetime import datetime

from storage.readers.signups import NewSignUp
from tests.conftest import NOON
from tests.worlds.store import MINUTE, Store


def sign_up(
    store: Store,
    *,
    key: str = "a@example.org",
    domain: str = "example.org",
    ip: str = "192.0.2.1",
    at: datetime = NOON,
) -> int:
    """A request from the form; its number."""
    before = {signup.id for signup in store.signups.waiting(1000)}
    row = NewSignUp(
        address=key, address_key=key, domain=domain, ip=ip, source="form", consent="v1", at=at
    )
    store.signups.keep(row)
    (new,) = {signup.id for signup in store.signups.waiting(1000)} - before
    return new


def test_signups_wait_in_order_until_they_are_looked_at(store: Store) -> None:
    """None is lost, the oldest is first, a closed one is gone from the list."""
    numbers = [sign_up(store, key=f"{letter}@example.org") for letter in "abc"]
    assert [signup.id for signup in store.signups.waiting(2)] == numbers[:2]
    store.signups.close(numbers[0], at=NOON)
    waiting = store.signups.waiting()
    assert [signup.address for signup in waiting] == ["b@example.org", "c@example.org"]


def test_signups_are_counted_by_what_the_limits_look_at(store: Store) -> None:
    """Origin, network, address, domain and all; only those before, only those since (rule F6)."""
    sign_up(store, at=NOON - 2 * MINUTE)
    sign_up(store, key="b@example.org", ip="192.0.2.2")
    sign_up(store, key="a@example.net", domain="example.net", ip="2001:db8::1")
    closed = sign_up(store)
    store.signups.close(closed, at=NOON)
    last = sign_up(store)

    def count(**by: str) -> int:
        return store.signups.count(since=NOON - MINUTE, before_id=last, **by)

    assert count() == 3
    assert count(ip="192.0.2.1") == 1
    assert count(ip_prefix="192.0.2.") == 2
    assert count(ip_prefix="2001:db8:") == 1
    assert count(ip_prefix="%") == 0
    assert count(key="a@example.org") == 1
    assert count(domain="example.net") == 1
    assert count(domain="example.org", ip="192.0.2.2") == 1


def test_only_handled_signups_are_pruned(store: Store) -> None:
    """A request nobody looked at is kept however old it is."""
    old, waiting, fresh = (sign_up(store, at=NOON + n * MINUTE) for n in (0, 0, 5))
    store.signups.close(old, at=NOON)
    store.signups.close(fresh, at=NOON)
    assert store.signups.prune(before=NOON + MINUTE) == 1
    assert store.signups.prune(before=NOON + MINUTE) == 0
    assert [signup.id for signup in store.signups.waiting()] == [waiting]
