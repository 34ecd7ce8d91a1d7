"""What a resolver must answer, and what its silence means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Resolver(Protocol):
    """Asks the DNS. Each answer is None when the DNS itself did not answer; then nothing is known."""

    def txt(self, name: str) -> list[str] | None:
        """The TXT records, the strings of each joined (RFC 7208 3.3); empty when there are none."""
        ...

    def mx(self, name: str) -> list[str] | None:
        """Mail exchangers, the preferred first, without trailing dots; a null MX is an empty name."""
        ...

    def addresses(self, name: str) -> list[str] | None:
        """IPv4 and IPv6 addresses."""
        ...

    def exists(self, name: str) -> bool | None:
        """Whether there is such a name, whatever it holds; asked with SOA, as Yahoo does."""
        ...

    def names(self, address: str) -> list[str] | None:
        """The names an address points back to (PTR), without trailing dots."""
        ...


class DnsSilence(Exception):
    """The DNS did not answer a question; `str` is the name asked for."""


def answer(ask: Callable[[str], list[str] | None], name: str) -> list[str]:
    """What the DNS says of a name. Raises DnsSilence when it says nothing at all."""
    found = ask(name)
    if found is None:
        raise DnsSilence(name)
    return found
