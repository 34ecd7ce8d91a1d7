"""One module for each system: whether an export is its, and the posts in it."""

from newsletter.importing.readers.beehiiv import is_beehiiv, read_beehiiv
from newsletter.importing.readers.buttondown import is_buttondown, read_buttondown
from newsletter.importing.readers.ghost import is_ghost, read_ghost
from newsletter.importing.readers.kit import is_kit, read_kit
from newsletter.importing.readers.mailchimp import is_mailchimp, read_mailchimp
from newsletter.importing.readers.mailman import is_mailman, read_mailman
from newsletter.importing.readers.medium import is_medium, read_medium
from newsletter.importing.readers.substack import is_substack, read_substack
from newsletter.importing.readers.wordpress import is_wordpress, read_wordpress

__all__ = [
    "is_beehiiv",
    "is_buttondown",
    "is_ghost",
    "is_kit",
    "is_mailchimp",
    "is_mailman",
    "is_medium",
    "is_substack",
    "is_wordpress",
    "read_beehiiv",
    "read_buttondown",
    "read_ghost",
    "read_kit",
    "read_mailchimp",
    "read_mailman",
    "read_medium",
    "read_substack",
    "read_wordpress",
]
