"""The sections of the configuration, key by key."""

from newsletter.config.sections.file import SECTIONS, File, parse_sections
from newsletter.config.sections.looks import LOGO_PLACE, SitePicture, SiteSection
from newsletter.config.sections.returning import BouncesSection, WebhooksSection
from newsletter.config.sections.sending import DispatchSection, DkimSection, Doubt
from newsletter.config.sections.serving import (
    DeskSection,
    FeedsSection,
    StorageSection,
    SubscribersSection,
    WebSection,
)
from newsletter.config.sections.writing import NewsletterSection, NotesSection, ScheduleSection

__all__ = [
    "LOGO_PLACE",
    "SECTIONS",
    "BouncesSection",
    "DeskSection",
    "DispatchSection",
    "DkimSection",
    "Doubt",
    "FeedsSection",
    "File",
    "NewsletterSection",
    "NotesSection",
    "ScheduleSection",
    "SitePicture",
    "SiteSection",
    "StorageSection",
    "SubscribersSection",
    "WebSection",
    "WebhooksSection",
    "parse_sections",
]
