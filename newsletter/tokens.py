"""Owns everything keyed with the secret: links, Message-IDs, return paths, address hashes. Pure.

Every use has a key of its own, derived from the secret and the name of the use, so that nothing made for one
purpose is accepted for another (rule F3). All values are lower-case letters, digits, dots and plus signs: neither a
mail program that breaks links, nor a relay that folds case, can change their meaning. Of several secrets the first
signs and all verify; the last, the oldest, keys what must stay the same for ever.
"""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from newsletter.secret import Keyring
from storage.model import DeliveryKind, MessageError

MAX_LOCAL_PART: Final = 64
"""Octets before the @ of a return path (RFC 5321 4.5.3.1.1)."""

LINK_MAX_AGE: Final = timedelta(days=7)
"""How long a confirmation may be used, unless told otherwise (rule F3: 30 days at most)."""

_ID_BYTES: Final = 6
_TIME_BYTES: Final = 5
_MAC_BYTES: Final = 16
_FEED_BYTES: Final = 16
_ADDRESS_BYTES: Final = 32
_FINGERPRINT_BYTES: Final = 8
_RETURN_MAC_BYTES: Final = 6
"""48 bits: guessing one needs 2^48 bounces at our door, and earns a false bounce (rule A34)."""

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})+")
_NUMBER: Final = "[0-9]{1,18}"
_RETURN_LOCAL: Final = re.compile(
    rf".+\+i({_NUMBER})\.s({_NUMBER})\.([0-9a-f]{{{2 * _RETURN_MAC_BYTES}}})"
)
_LEAVE_MAC_BYTES: Final = 8
"""64 bits, for a key that ends a subscription and stands in a header that others may see."""
_LEAVE_KEY: Final = re.compile(rf"u({_NUMBER})\.([0-9a-f]{{{2 * _LEAVE_MAC_BYTES}}})")


class _Purpose(StrEnum):
    """What a key is for. The words are part of every key: changing one voids what it signed."""

    UNSUBSCRIBE = "unsubscribe"
    LEAVE_BY_MAIL = "leave-by-mail"
    PREFERENCES = "preferences"
    FEED = "feed"
    CONFIRM = "confirm"
    RETURN_PATH = "return-path"
    MESSAGE_ID = "message-id"
    ADDRESS = "address"
    FINGERPRINT = "fingerprint"
    DESK = "desk"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """A genuine confirmation that is too old; its reader may be offered a new one (rule F3)."""

    subscriber_id: int


_SIZES: Final = {
    _Purpose.LEAVE_BY_MAIL: _LEAVE_MAC_BYTES,
    _Purpose.RETURN_PATH: _RETURN_MAC_BYTES,
    _Purpose.ADDRESS: _ADDRESS_BYTES,
    _Purpose.FINGERPRINT: _FINGERPRINT_BYTES,
}
"""Octets of the codes that are not `_MAC_BYTES` long."""


class Tokens:
    """Makes and reads everything keyed. The same input gives the same output, on every machine.

    Methods that read return None for whatever was not made here, and compare in constant time.
    """

    def __init__(self, keyring: Keyring) -> None:
        self._keys = {purpose: _derive(keyring, purpose) for purpose in _Purpose}
        # What every copy of an issue needs, at hand.
        self._unsubscribe = self._keys[_Purpose.UNSUBSCRIBE][0]
        self._preferences = self._keys[_Purpose.PREFERENCES][0]
        self._return_path = self._keys[_Purpose.RETURN_PATH][0]
        self._message_id = self._keys[_Purpose.MESSAGE_ID][-1]
        self._address = self._keys[_Purpose.ADDRESS][-1]  # and every row of a list

    def unsubscribe(self, subscriber_id: int) -> str:
        """The opaque part of an unsubscribe link (RFC 8058 3.1, rule A10).

        Never expires and outlives a rotation of the secret (rule A11). 44 hex digits.
        """
        return _seal(self._unsubscribe, _id_bytes(subscriber_id))

    def read_unsubscribe(self, token: str) -> int | None:
        """The subscriber that an unsubscribe link belongs to."""
        return _read_id(self._open(_Purpose.UNSUBSCRIBE, token))

    def leave_key(self, subscriber_id: int) -> str:
        """What a mail must say to unsubscribe this reader, like `u44.0123456789abcdef` (rule C11).

        Short enough for an address. Never expires and outlives a rotation of the secret (rule A11).
        """
        who = f"u{subscriber_id}"
        key = self._keys[_Purpose.LEAVE_BY_MAIL][0]
        return f"{who}.{_code(key, who.encode())}"

    def read_leave_key(self, text: str) -> int | None:
        """The subscriber that such a key belongs to; capitals are as good as small letters."""
        match = _LEAVE_KEY.fullmatch(text.lower())
        if match is None:
            return None
        who = f"u{match[1]}".encode()
        for key in self._keys[_Purpose.LEAVE_BY_MAIL]:
            if hmac.compare_digest(_code(key, who), match[2]):
                return int(match[1])
        return None

    def preferences(self, subscriber_id: int) -> str:
        """The opaque part of a link to a reader's own settings; like `unsubscribe`, never both."""
        return _seal(self._preferences, _id_bytes(subscriber_id))

    def read_preferences(self, token: str) -> int | None:
        """The subscriber that a preferences link belongs to."""
        return _read_id(self._open(_Purpose.PREFERENCES, token))

    def feed(self, feed_key: str) -> str:
        """The opaque part of a reader's own feed, from its key of 32 hex digits; a new key voids it."""
        return _seal(self._keys[_Purpose.FEED][0], bytes.fromhex(feed_key))

    def read_feed(self, token: str) -> str | None:
        """The key of the feed that a link leads to."""
        payload = self._open(_Purpose.FEED, token)
        return payload.hex() if payload is not None and len(payload) == _FEED_BYTES else None

    def confirm(self, subscriber_id: int, nonce: str, now: datetime) -> str:
        """The opaque part of a confirmation link, good for one purpose, reader and nonce (F3).

        It works once because using it changes the subscriber's nonce, which the caller compares.
        """
        issued = int(now.timestamp()).to_bytes(_TIME_BYTES)
        payload = _id_bytes(subscriber_id) + issued + nonce.encode()
        return _seal(self._keys[_Purpose.CONFIRM][0], payload)

    def read_confirm(
        self, token: str, now: datetime, max_age: timedelta = LINK_MAX_AGE
    ) -> tuple[int, str] | Expired | None:
        """The subscriber and the nonce of a confirmation link, if it is not older than `max_age`.

        One from the future is taken: it is genuine, and only a clock was set back.
        """
        payload = self._open(_Purpose.CONFIRM, token)
        if payload is None or len(payload) < _ID_BYTES + _TIME_BYTES:
            return None
        subscriber_id = int.from_bytes(payload[:_ID_BYTES])
        issued = int.from_bytes(payload[_ID_BYTES : _ID_BYTES + _TIME_BYTES])
        if now - datetime.fromtimestamp(issued, UTC) > max_age:
            return Expired(subscriber_id=subscriber_id)
        return subscriber_id, payload[_ID_BYTES + _TIME_BYTES :].decode()

    def desk(self, payload: bytes) -> str:
        """A key to the author's desk, or to a form on it; what `payload` says is for whoever asks it back."""
        return _seal(self._keys[_Purpose.DESK][0], payload)

    def read_desk(self, token: str) -> bytes | None:
        """What such a key says."""
        return self._open(_Purpose.DESK, token)

    def message_id(
        self,
        *,
        kind: DeliveryKind,
        issue_id: int | None,
        subscriber_id: int,
        delivery_id: int,
        domain: str,
    ) -> str:
        """The Message-ID `<…@domain>` of a delivery: the same on every retry (rule A19)."""
        token = self.message(
            kind=kind, issue_id=issue_id, subscriber_id=subscriber_id, delivery_id=delivery_id
        )
        return f"<{token}@{domain}>"

    def message(
        self, *, kind: DeliveryKind, issue_id: int | None, subscriber_id: int, delivery_id: int
    ) -> str:
        """What stands before the @ of it.

        One per issue and subscriber; other mail has no issue, so there it is one per delivery.
        Keyed with the oldest secret, so that a rotation between two tries does not change it.
        """
        number = f"{delivery_id}" if issue_id is None else f"{issue_id}:{subscriber_id}"
        return _code(self._message_id, (kind + ":" + number).encode())

    def return_path(self, issue_id: int | None, subscriber_id: int, base_address: str) -> str:
        """The envelope sender that says whose bounce it is: `local+i7.s44.mac@domain` (rule A34).

        Mail without an issue has `i0`. Equal on every retry, as greylisting needs (rule B19).
        Raises MessageError when the part before the @ would pass 64 octets.
        """
        local, _, domain = base_address.rpartition("@")
        who = f"i{issue_id or 0}.s{subscriber_id}"
        extended = f"{local}+{who}.{_code(self._return_path, who.encode())}"
        if len(extended.encode()) > MAX_LOCAL_PART:
            raise MessageError("the sender's address is too long to carry a return path")
        return f"{extended}@{domain}"

    def read_return_path(self, address: str) -> tuple[int, int] | None:
        """The issue (0 = none) and subscriber that a bounce's recipient address names.

        The domain is not looked at: mail arrives here by whatever name it was routed.
        """
        local = address.strip().removeprefix("<").rpartition("@")[0].lower()
        match = _RETURN_LOCAL.fullmatch(local) if len(local) <= MAX_LOCAL_PART else None
        if match is None:
            return None
        issue_id, subscriber_id, given = match.groups()
        who = f"i{issue_id}.s{subscriber_id}".encode()
        for key in self._keys[_Purpose.RETURN_PATH]:
            if hmac.compare_digest(_code(key, who), given):
                return int(issue_id), int(subscriber_id)
        return None

    def address_hash(self, address_key: str) -> str:
        """What is kept of an address that must never be mailed again (rule F11). 64 hex digits.

        Takes the form that is equal for equal mailboxes. Keyed with the oldest secret: a rotation
        forgets no suppression.
        """
        return _mac(self._address, address_key.encode("utf-8", "surrogatepass")).hex()

    def _open(self, purpose: _Purpose, token: str) -> bytes | None:
        # bytes.fromhex also takes blanks and capitals: one token must have one spelling.
        if not _HEX.fullmatch(token):
            return None
        sealed = bytes.fromhex(token)
        payload, given = sealed[:-_MAC_BYTES], sealed[-_MAC_BYTES:]
        for key in self._keys[purpose]:
            if hmac.compare_digest(_mac(key, payload), given):
                return payload
        return None


def _derive(keyring: Keyring, purpose: _Purpose) -> tuple[blake2b, ...]:
    """Keyed BLAKE2b (RFC 7693 3.3), begun once: taking the key in is most of a short code's work."""
    label, size = f"newsletter {purpose} 1".encode(), _SIZES.get(purpose, _MAC_BYTES)
    keys = (hmac.digest(secret, label, "sha256") for secret in keyring.secrets)
    return tuple(blake2b(key=key, digest_size=size) for key in keys)


def _mac(key: blake2b, payload: bytes) -> bytes:
    code = key.copy()
    code.update(payload)
    return code.digest()


def _code(key: blake2b, payload: bytes) -> str:
    """The same in hexadecimal."""
    code = key.copy()
    code.update(payload)
    return code.hexdigest()


def _seal(key: blake2b, payload: bytes) -> str:
    return payload.hex() + _code(key, payload)


def _id_bytes(number: int) -> bytes:
    return number.to_bytes(_ID_BYTES)


def _read_id(payload: bytes | None) -> int | None:
    return int.from_bytes(payload) if payload is not None and len(payload) == _ID_BYTES else None


def fingerprints(keyring: Keyring) -> tuple[str, ...]:
    """Tells each secret from any other, and nothing else about it. 16 hex digits each, newest first.

    A database keeps them, so that a start with the wrong secret is noticed, and one that is lost.
    """
    return tuple(_code(key, b"") for key in _derive(keyring, _Purpose.FINGERPRINT))


def looks_keyed(address: str) -> bool:
    """Whether an address has the shape of a return path, whoever made it."""
    local = address.rpartition("@")[0].lower()
    name, plus, extension = local.rpartition("+")
    return bool(name and plus) and extension.startswith("i") and extension.count(".") == 2
