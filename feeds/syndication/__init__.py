"""Issues to RSS, Atom and JSON Feed. Pure."""

from feeds.syndication.feed import Document, build_feed
from feeds.syndication.ids import (
    FeedFormat,
    feed_url,
    issue_url,
    newsletter_namespace,
    note_guid,
    read_tag,
    tag_path,
)

__all__ = [
    "Document",
    "FeedFormat",
    "build_feed",
    "feed_url",
    "issue_url",
    "newsletter_namespace",
    "note_guid",
    "read_tag",
    "tag_path",
]
