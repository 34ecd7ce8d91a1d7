"""Many connections as one worker: claims, pace, groups, outcomes, an orderly end."""

from mailer.dispatch.dispatcher import Dispatcher, Summary
from mailer.dispatch.relaystate import RelayStanding

__all__ = ["Dispatcher", "RelayStanding", "Summary"]
