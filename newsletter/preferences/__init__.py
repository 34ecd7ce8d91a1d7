"""A reader's own page: what they get and how, their address, their feed, what is kept of them."""

from newsletter.preferences.choices import LANGUAGES, zones
from newsletter.preferences.desk import FeedOwner, PreferencesDesk, ReaderPage, Saved, TopicChoice
from newsletter.preferences.form import Form, Problem

__all__ = [
    "LANGUAGES",
    "FeedOwner",
    "Form",
    "PreferencesDesk",
    "Problem",
    "ReaderPage",
    "Saved",
    "TopicChoice",
    "zones",
]
