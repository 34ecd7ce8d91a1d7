"""Digests: when they are due in each reader's zone, and having them made."""

from newsletter.digests.calendar import Occasion, last_occasion, next_occasion
from newsletter.digests.making import ComingDigest, DigestDesk

__all__ = ["ComingDigest", "DigestDesk", "Occasion", "last_occasion", "next_occasion"]
