"""The configuration: one frozen Config, read once, every problem at once."""

from newsletter.config.config import LOGO_PLACE, Config, Doubt, SitePicture, load_config
from newsletter.config.keyfiles import parse_selector
from newsletter.config.reloading import take_changes
from newsletter.config.source import render_template
from newsletter.config.times import slots_after
from newsletter.config.values import Late, WeekTime, sender_domain

__all__ = [
    "LOGO_PLACE",
    "Config",
    "Doubt",
    "Late",
    "SitePicture",
    "WeekTime",
    "load_config",
    "parse_selector",
    "render_template",
    "sender_domain",
    "slots_after",
    "take_changes",
]
