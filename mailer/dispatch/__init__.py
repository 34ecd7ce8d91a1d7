"""Many connections as one worker: claims, pace, groups, outcomes, an orderly end."""

from mailer.dispatch.dispatcher import Dispatcher, Summary

__all__ = ["Dispatcher", "Summary"]
