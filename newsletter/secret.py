"""The secret: read, made once, and the keys in it."""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from storage.model import ConfigError, Log

SECRET_BYTES: Final = 32
"""The least a secret may hold: as much as the HMAC-SHA-256 that keys are derived with (RFC 2104 3)."""


_log = Log()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The secrets, newest first. Never shown by repr."""

    secrets: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def parse(cls, text: str, *, source: str = "secret") -> Keyring:
        """Reads one secret per line, in hex or base64; blank lines and `#` comments are skipped.

        Raises ConfigError, which names `source` and the line but never its content, when a line
        is neither or holds fewer than 32 bytes, or when there is no secret at all.
        """
        found: list[bytes] = []
        problems: list[str] = []
        for number, line in enumerate(text.splitlines(), 1):
            word = line.strip()
            if not word or word.startswith("#"):
                continue
            secret = _decode_secret(word)
            if secret is None:
                problems.append(f"line {number} is neither hex nor base64")
            elif len(secret) < SECRET_BYTES:
                problems.append(
                    f"line {number} holds {len(secret)} bytes; a secret needs {SECRET_BYTES}"
                )
            else:
                found.append(secret)
        if not found and not problems:
            problems.append("holds no secret; delete the file to have a new one made")
        if problems:
            raise ConfigError(source, problems)
        return cls(secrets=tuple(found))


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
        text = path.read_text("utf-8")
        mode = path.stat().st_mode
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not a text file"
        raise ConfigError(str(path), [f"the secret cannot be used: {reason}"]) from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        _log.warning("secret.exposed", mode=oct(stat.S_IMODE(mode)), advice="chmod 600")
    return Keyring.parse(text, source=str(path))


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
