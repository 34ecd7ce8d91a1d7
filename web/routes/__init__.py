"""The routes, by who comes: readers, those who join or leave, services, the operator."""

from web.routes.feednews import FeedNews
from web.routes.finding import Finding
from web.routes.joining import Joining
from web.routes.looks import Looks
from web.routes.outbox import OutboxPages
from web.routes.preferences import PreferencePages
from web.routes.reading import Reading
from web.routes.vitals import Vitals
from web.routes.webhooks import Webhooks

__all__ = [
    "FeedNews",
    "Finding",
    "Joining",
    "Looks",
    "OutboxPages",
    "PreferencePages",
    "Reading",
    "Vitals",
    "Webhooks",
]
