"""Signed links and keyed names: only ours are taken, each for its one purpose, for as long as said."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.secret import Keyring
from newsletter.tokens import Expired, Tokens, fingerprints
from storage.model.deliveries import DeliveryKind
from storage.model.errors import ConfigError, MessageError
from tests.sizes import examples
from tests.worlds.rows import each

OLD = "11" * 32
NEW = base64.urlsafe_b64encode(bytes(range(200, 240))).decode()
TOKENS = Tokens(Keyring.parse(OLD))
ROTATED = Tokens(Keyring.parse(f"# two\n{NEW}\n\n{OLD}\n"))
REPLACED = Tokens(Keyring.parse(NEW))
NOW = datetime(2026, 11, 3, 9, tzinfo=UTC)
BASE = "notes@example.com"
NONCE = "n0nce-_ü"

ids = st.integers(min_value=0, max_value=2**48 - 1)


def message_id(tokens: Tokens, **changes: object) -> str:
    """A Message-ID of issue 7 to subscriber 44."""
    wanted: dict[str, object] = {
        "kind": DeliveryKind.ISSUE,
        "issue_id": 7,
        "subscriber_id": 44,
        "delivery_id": 1,
        "domain": "example.com",
    } | changes
    return tokens.message_id(**wanted)  # type: ignore[arg-type]


@given(subscriber_id=ids)
def test_links_name_their_subscriber(subscriber_id: int) -> None:
    """What was sealed for a subscriber is read back for that subscriber (rule A10)."""
    unsubscribe = TOKENS.unsubscribe(subscriber_id)
    assert TOKENS.read_unsubscribe(unsubscribe) == subscriber_id
    assert TOKENS.read_preferences(TOKENS.preferences(subscriber_id)) == subscriber_id
    assert re.fullmatch(r"[0-9a-z]{1,60}", unsubscribe)


@settings(max_examples=examples(200))
@given(position=st.integers(0, 43), character=st.characters())
def test_no_character_of_a_link_can_be_changed(position: int, character: str) -> None:
    """A link with any one character replaced, added or removed is nobody's."""
    token = TOKENS.unsubscribe(44)
    replaced = token[:position] + character + token[position + 1 :]
    assert TOKENS.read_unsubscribe(replaced) == (44 if replaced == token else None)
    assert TOKENS.read_unsubscribe(token[:position] + character + token[position:]) is None
    assert TOKENS.read_unsubscribe(token[:position] + token[position + 1 :]) is None


@given(token=st.text())
def test_any_text_may_arrive_as_a_link(token: str) -> None:
    """Text that was not made here is refused quietly, whatever it holds."""
    assert TOKENS.read_unsubscribe(token) is None
    assert TOKENS.read_preferences(token) is None
    assert TOKENS.read_confirm(token, NOW) is None
    assert TOKENS.read_return_path(token) is None


def test_a_link_serves_one_purpose() -> None:
    """No link is accepted where another kind is asked for (rule F3)."""
    made = {
        "unsubscribe": TOKENS.unsubscribe(44),
        "preferences": TOKENS.preferences(44),
        "confirm": TOKENS.confirm(44, "", NOW),
    }
    for purpose, token in made.items():
        assert (TOKENS.read_unsubscribe(token) is not None) == (purpose == "unsubscribe")
        assert (TOKENS.read_preferences(token) is not None) == (purpose == "preferences")
        assert (TOKENS.read_confirm(token, NOW) is not None) == (purpose == "confirm")


def test_links_outlive_a_rotation() -> None:
    """Links made before a new secret was put on top still work; without the old one none do."""
    token = TOKENS.unsubscribe(44)
    address = TOKENS.return_path(7, 44, BASE)
    assert ROTATED.unsubscribe(44) != token
    assert ROTATED.read_unsubscribe(token) == 44
    assert ROTATED.read_confirm(TOKENS.confirm(44, NONCE, NOW), NOW) == (44, NONCE)
    assert ROTATED.read_return_path(address) == (7, 44)
    assert ROTATED.read_preferences(TOKENS.preferences(44)) == 44
    assert ROTATED.read_leave_key(TOKENS.leave_key(44)) == 44
    assert ROTATED.read_feed(TOKENS.feed("ab" * 16)) == "ab" * 16
    assert ROTATED.read_desk(TOKENS.desk(b"ada")) == b"ada"
    assert REPLACED.read_unsubscribe(token) is None
    assert REPLACED.read_return_path(address) is None
    assert TOKENS.read_unsubscribe(ROTATED.unsubscribe(44)) is None


def test_what_must_last_survives_a_rotation() -> None:
    """Suppressions, Message-IDs and the fingerprint belong to the oldest secret (F11, A19)."""
    assert ROTATED.address_hash("ada@example.com") == TOKENS.address_hash("ada@example.com")
    oldest, newest = (fingerprints(Keyring.parse(one))[0] for one in (OLD, NEW))
    assert fingerprints(Keyring.parse(f"{NEW}\n{OLD}")) == (newest, oldest)
    assert newest != oldest
    assert message_id(ROTATED) == message_id(TOKENS) != message_id(REPLACED)
    assert REPLACED.address_hash("ada@example.com") != TOKENS.address_hash("ada@example.com")


@given(subscriber_id=ids, nonce=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_a_confirmation_carries_its_nonce(subscriber_id: int, nonce: str) -> None:
    """A confirmation gives back its subscriber and nonce."""
    token = TOKENS.confirm(subscriber_id, nonce, NOW)
    assert TOKENS.read_confirm(token, NOW) == (subscriber_id, nonce)
    assert token.isalnum()


def test_a_confirmation_expires() -> None:
    """It works to the last second of its time, then says whose it was (rule F3)."""
    token = TOKENS.confirm(44, NONCE, NOW)
    week = timedelta(days=7)
    assert TOKENS.read_confirm(token, NOW + week) == (44, NONCE)
    assert TOKENS.read_confirm(token, NOW + week + timedelta(seconds=1)) == Expired(
        subscriber_id=44
    )
    hour = timedelta(hours=1)
    assert isinstance(TOKENS.read_confirm(token, NOW + 2 * hour, hour), Expired)
    assert TOKENS.read_confirm(token, NOW - hour) == (44, NONCE)


def test_no_digit_of_a_confirmation_can_be_changed() -> None:
    """A confirmation with any one digit changed is refused, not merely expired."""
    token = TOKENS.confirm(44, NONCE, NOW)
    for position, digit in enumerate(token):
        other = "0" if digit != "0" else "1"
        assert (
            TOKENS.read_confirm(token[:position] + other + token[position + 1 :], NOW, timedelta(1))
            is None
        )


def test_message_ids_are_one_per_copy() -> None:
    """A retry has the same Message-ID, another reader, issue or confirmation another (rule A19)."""
    first = message_id(TOKENS)
    assert re.fullmatch(r"<[0-9a-f]{32}@example\.com>", first)
    assert message_id(TOKENS, delivery_id=2) == first
    others = {
        message_id(TOKENS, subscriber_id=45),
        message_id(TOKENS, issue_id=8),
        message_id(TOKENS, issue_id=74, subscriber_id=4),
        *(
            message_id(TOKENS, kind=kind, issue_id=None, delivery_id=number)
            for kind in (DeliveryKind.CONFIRMATION, DeliveryKind.NOTICE)
            for number in (1, 2)
        ),
    }
    assert len(others | {first}) == 8


@given(issue_id=st.integers(0, 10**6), subscriber_id=st.integers(0, 10**10))
def test_return_paths_are_read_back(issue_id: int, subscriber_id: int) -> None:
    """A return path fits its 64 octets, says who it is, and survives a change of case (A34)."""
    address = TOKENS.return_path(issue_id, subscriber_id, BASE)
    assert address.startswith(f"notes+i{issue_id}.s{subscriber_id}.")
    assert address.endswith("@example.com")
    assert len(address.partition("@")[0]) <= 64
    assert TOKENS.read_return_path(address) == (issue_id, subscriber_id)
    assert TOKENS.read_return_path(f" <{address.upper()}> ") == (issue_id, subscriber_id)


def test_forged_return_paths_are_refused() -> None:
    """A changed digit, a leading zero, another reader: no bounce is believed (rule A34)."""
    address = TOKENS.return_path(7, 44, BASE)
    local = address.partition("@")[0]
    for position in range(len("notes+"), len(local)):
        for other in "0ai.":
            forged = local[:position] + other + local[position + 1 :] + "@example.com"
            if forged != address:
                assert TOKENS.read_return_path(forged) is None
    assert TOKENS.read_return_path(address.replace("i7", "i07")) is None
    assert TOKENS.read_return_path(address.replace("i7", "i٧")) is None
    assert TOKENS.read_return_path(BASE) is None


def test_return_paths_work_with_subaddresses_and_confirmations() -> None:
    """A base that has a plus sign already is kept, and mail without an issue has issue 0."""
    address = TOKENS.return_path(None, 44, "notes+list@example.com")
    assert address.startswith("notes+list+i0.s44.")
    assert TOKENS.read_return_path(address) == (0, 44)


def test_a_return_path_never_grows_too_long() -> None:
    """A sender too long for a return path is an error here, not a surprise at the relay."""
    with pytest.raises(MessageError, match="too long"):
        TOKENS.return_path(7, 44, "n" * 50 + "@example.com")


@each(
    ("text", "problem"),
    [
        ("", "holds no secret"),
        ("# only a comment\n\n", "holds no secret"),
        ("00" * 31, "line 1 holds 31 bytes"),
        (f"{OLD}\ncorrect horse battery staple!", "line 2 is neither hex nor base64"),
        ("swordfish1", "line 1"),
        (f"{OLD}\nAAAA\n-_-_", "line 3 holds 3 bytes"),
    ],
)
def test_weak_secrets_are_refused(text: str, problem: str) -> None:
    """A secret that is short or unreadable is named by its line, and never repeated."""
    with pytest.raises(ConfigError, match=problem) as caught:
        Keyring.parse(text, source="secret file")
    assert "horse" not in str(caught.value)
    assert caught.value.source == "secret file"


def test_a_keyring_hides_its_secrets() -> None:
    """Neither repr nor str of a keyring shows a secret."""
    keyring = Keyring.parse(OLD)
    assert repr(keyring) == "Keyring()"
    assert "1111" not in str(keyring)
