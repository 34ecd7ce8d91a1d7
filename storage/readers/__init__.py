"""Readers: subscribers and their consent, sign-ups, suppressions, and reports about them."""

from storage.readers.feedreaders import FeedReaders
from storage.readers.gone import Gone
from storage.readers.history import History
from storage.readers.reports import Reports
from storage.readers.roll import Roll
from storage.readers.rows import (
    NewSubscriber,
    end_subscription,
    erase_subscriber,
    find_subscriber,
    keep_suppression,
    to_suppression,
)
from storage.readers.settings import ReaderSettings
from storage.readers.signups import Glance, NewSignUp, SignUps, close_all
from storage.readers.subscribers import Subscribers

__all__ = [
    "FeedReaders",
    "Glance",
    "Gone",
    "History",
    "NewSignUp",
    "NewSubscriber",
    "ReaderSettings",
    "Reports",
    "Roll",
    "SignUps",
    "Subscribers",
    "close_all",
    "end_subscription",
    "erase_subscriber",
    "find_subscriber",
    "keep_suppression",
    "to_suppression",
]
