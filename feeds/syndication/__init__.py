"""Issues to RSS, Atom and JSON Feed. Pure."""

from feeds.syndication.chain import Chain, build_chain
from feeds.syndication.entries import Enclosure
from feeds.syndication.feed import Document, Spot, build_feed
from feeds.syndication.ids import (
    FeedFormat,
    archive_url,
    feed_url,
    is_feed_path,
    issue_url,
    media_url,
    newsletter_namespace,
    note_guid,
    read_archive,
    read_tag,
    tag_path,
)

__all__ = [
    "Chain",
    "Document",
    "Enclosure",
    "FeedFormat",
    "Spot",
    "archive_url",
    "build_chain",
    "build_feed",
    "feed_url",
    "is_feed_path",
    "issue_url",
    "media_url",
    "newsletter_namespace",
    "note_guid",
    "read_archive",
    "read_tag",
    "tag_path",
]
