"""A feed as a second store of notes: asked for, read, and its entries kept as notes."""

from newsletter.following.fetching import Fetcher, is_public_address
from newsletter.following.follower import Follower
from newsletter.following.memory import FeedMemory, Followed
from newsletter.following.opening import open_notes
from newsletter.following.telling import shown, tell_failure, tell_hold, tell_standing

__all__ = [
    "FeedMemory",
    "Fetcher",
    "Followed",
    "Follower",
    "is_public_address",
    "open_notes",
    "shown",
    "tell_failure",
    "tell_hold",
    "tell_standing",
]
