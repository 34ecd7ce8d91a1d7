"""HTTP as every route needs it: connections, forms, conditional answers, limits, responses."""

from web.http.connection import Bounds, bounded
from web.http.forms import parse_fields, parse_lists
from web.http.guard import (
    FILE_POLICY,
    OUTBOX_FRAME,
    PICTURE_POLICY,
    Guard,
    frame_policy,
    mail_policy,
    page_policy,
    protecting_headers,
)
from web.http.guesses import Guesses
from web.http.later import Later
from web.http.manners import Manners
from web.http.memory import Count, Memory
from web.http.negotiation import (
    client_ip,
    http_date,
    is_proxy,
    is_unchanged,
    pack,
    packed_etag,
    wants_json,
    wants_page,
)
from web.http.private import TOKEN_HEADERS, comes_from_here, origin_of
from web.http.readership import Census, Readership
from web.http.responses import ASSET_CACHE, FEED_CACHE, NO_STORE, PAGE_CACHE, Body, Packer
from web.http.sharing import FORM, FormSharing, Sharing
from web.http.standing import Standing, find_standing, read_page

__all__ = [
    "ASSET_CACHE",
    "FEED_CACHE",
    "FILE_POLICY",
    "FORM",
    "NO_STORE",
    "OUTBOX_FRAME",
    "PAGE_CACHE",
    "PICTURE_POLICY",
    "TOKEN_HEADERS",
    "Body",
    "Bounds",
    "Census",
    "Count",
    "FormSharing",
    "Guard",
    "Guesses",
    "Later",
    "Manners",
    "Memory",
    "Packer",
    "Readership",
    "Sharing",
    "Standing",
    "bounded",
    "client_ip",
    "comes_from_here",
    "find_standing",
    "frame_policy",
    "http_date",
    "is_proxy",
    "is_unchanged",
    "mail_policy",
    "origin_of",
    "pack",
    "packed_etag",
    "page_policy",
    "parse_fields",
    "parse_lists",
    "protecting_headers",
    "read_page",
    "wants_json",
    "wants_page",
]
