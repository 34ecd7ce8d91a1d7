"""The newsletter in figures: growth, deliveries, bounces, complaints, leavers over time, and their drawing."""

from newsletter.figures.drawing import draw
from newsletter.figures.feedcount import FeedCount
from newsletter.figures.stats import IssueFigures, Point, Stats, StatsDesk

__all__ = [
    "FeedCount",
    "IssueFigures",
    "Point",
    "Stats",
    "StatsDesk",
    "draw",
]
