"""A feed as a second store of notes: asked for, read, and its entries kept as notes."""

from newsletter.following.fetching import Fetcher
from newsletter.following.follower import Follower
from newsletter.following.memory import FeedMemory, Followed
from newsletter.following.opening import open_notes
from newsletter.following.reaching import Dial, Resolve, dial_any, is_public_address, look_up, wrap
from newsletter.following.telling import shown, tell_failure, tell_hold, tell_standing

__all__ = [
    "Dial",
    "FeedMemory",
    "Fetcher",
    "Followed",
    "Follower",
    "Resolve",
    "dial_any",
    "is_public_address",
    "look_up",
    "open_notes",
    "shown",
    "tell_failure",
    "tell_hold",
    "tell_standing",
    "wrap",
]
