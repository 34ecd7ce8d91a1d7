"""The secret file: made once, read, and the keys in it.

It holds one secret per line. The first signs and all verify: to rotate, put a new line on top. The last line, the
oldest, keys what must stay the same for ever.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import stat
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from storage.model import ConfigError, Log

SECRET_BYTES: Final = 32
"""The least a secret may hold: as much as the HMAC-SHA-256 that keys are derived with (RFC 2104 3)."""
_GONE: Final = re.compile(r"gone\s+([0-9a-f]{16})")

_log = Log()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The secrets, newest first. Never shown by repr."""

    secrets: tuple[bytes, ...] = field(repr=False)
    gone: frozenset[str] = field(default=frozenset(), repr=False)
    """Fingerprints of those that the author took away on purpose."""

    @classmethod
    def parse(cls, text: str, *, source: str = "secret") -> Keyring:
        """Reads one secret per line, in hex or base64, and `gone FINGERPRINT` for one that was taken away; blank
        lines and `#` comments are skipped.

        Raises ConfigError, which names `source` and the line but never its content, when a line
        is neither or holds fewer than 32 bytes, or when there is no secret at all.
        """
        found: list[bytes] = []
        gone: set[str] = set()
        problems: list[str] = []
        for number, line in enumerate(text.splitlines(), 1):
            word = line.strip()
            if not word or word.startswith("#"):
                continue
            if match := _GONE.fullmatch(word):
                gone.add(match[1])
                continue
            secret = _decode_secret(word)
            if secret is None:
                problems.append(
                    f"line {number} is neither hex nor base64; bring back the file as it was made"
                )
            elif len(secret) < SECRET_BYTES:
                problems.append(
                    f"line {number} holds {len(secret)} bytes; a secret needs {SECRET_BYTES}"
                )
            else:
                found.append(secret)
        if not found and not problems:
            problems.append(
                "holds no secret; bring it back, or delete the file for a new newsletter to have one made"
            )
        if problems:
            raise ConfigError(source, problems)
        return cls(secrets=tuple(found), gone=frozenset(gone))


def _decode_secret(word: str) -> bytes | None:
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", word):
        return bytes.fromhex(word)
    padded = word.rstrip("=") + "=" * (-len(word.rstrip("=")) % 4)
    try:
        return base64.b64decode(padded.translate(str.maketrans("-_", "+/")), validate=True)
    except (binascii.Error, ValueError):
        return None


def load_secret(path: Path) -> Keyring:
    """Reads the secret file; makes one with a fresh secret, readable by its owner only, if missing.

    Two processes that start together agree on one secret. A file that others may read is used,
    with a warning in the log. Raises ConfigError when the file cannot be read, made or used.
    """
    try:
        if not path.exists():
            _create_secret(path)
        mode = path.stat().st_mode
    except OSError as error:
        raise _unusable(path, error) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        _log.warning("secret.exposed", mode=oct(stat.S_IMODE(mode)), advice="chmod 600")
    return read_secret(path)


def read_secret(path: Path) -> Keyring:
    """Reads the secret file as it is. Raises ConfigError when it is missing, or cannot be read or used."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unusable(path, error) from error
    return Keyring.parse(text, source=str(path))


def _unusable(path: Path, error: OSError | UnicodeDecodeError) -> ConfigError:
    if isinstance(error, PermissionError):
        reason = f"{error.strerror}; run this as the user whose file it is, or give them the file"
    else:
        reason = str(error.strerror) if isinstance(error, OSError) else "is not a text file"
    return ConfigError(str(path), [f"the secret cannot be used: {reason}"])


def merge_secrets(
    kept: bytes, brought: bytes, fingerprints: Callable[[Keyring], Sequence[str]]
) -> bytes:
    """What the secret file is to hold when a backup brings an older one of the same newsletter: all that mails were
    sent with, but for what was taken away on purpose. Of another newsletter, or where there is none, what is brought.
    """
    try:
        ours, theirs = (Keyring.parse(one.decode()) for one in (kept, brought))
    except (ConfigError, UnicodeDecodeError):
        return brought
    if ours.secrets[-1] != theirs.secrets[-1]:
        return brought
    lacking = [
        secret
        for secret, one in zip(theirs.secrets, fingerprints(theirs), strict=True)
        if secret not in ours.secrets and one not in ours.gone
    ]
    if not lacking:
        return kept
    secrets_then = [*ours.secrets[:-1], *lacking, ours.secrets[-1]]
    lines = [*(one.hex() for one in secrets_then), *(f"gone {one}" for one in sorted(ours.gone))]
    return "".join(f"{line}\n" for line in lines).encode()


def _create_secret(path: Path) -> None:
    """Puts a complete file in place in one step, and leaves a file alone that came first."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".secret-")  # mode 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SECRET_BYTES) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        pass  # another process was quicker: its secret is the one
    finally:
        Path(temporary).unlink()
