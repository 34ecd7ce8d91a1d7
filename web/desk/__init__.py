"""The author's desk: what is due, was sent and came back, and the author's hand on it."""

from web.desk.desk import Desk

__all__ = ["Desk"]
