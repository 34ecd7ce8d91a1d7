"""Two readers, who have the first issue of a newsletter."""

from __future__ import annotations

READERS = ("ada@example.com", "bob@example.com")
ONCE = len(READERS)
"""Deliveries when everybody got one mail."""
