"""Has a feed read by a program of its own, so that no feed costs the service more than that."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from newsletter.cores import on_every_core
from newsletter.following.saying import SaidFeed, read_said
from storage.model import FetchError

_PARSER: Final = Path(__file__).with_name("parser.py")
_PATIENCE_S: Final = 90


def read_feed(body: bytes, media_type: str, url: str) -> SaidFeed:
    """What is in a feed that came from an address. Raises FetchError with a sentence for what is none."""
    try:
        with tempfile.TemporaryDirectory() as empty, on_every_core():
            done = subprocess.run(  # noqa: S603 - our own program; what came is its input
                [sys.executable, "-P", str(_PARSER), media_type[:200]],
                input=body,
                capture_output=True,
                cwd=empty,
                timeout=_PATIENCE_S,
                check=False,
            )
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        raise FetchError("it takes too long to read") from error
    if done.returncode < 0:
        raise FetchError("it takes too long to read")
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        is_ours = done.stderr.count(b"\n") <= 1
        raise FetchError(told[:300] if is_ours else "it cannot be read as a feed")
    return read_said(done.stdout.decode("utf-8", "surrogatepass"), url)
