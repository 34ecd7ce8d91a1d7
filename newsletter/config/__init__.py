"""The configuration: one frozen Config, read once, every problem at once."""

from newsletter.config.config import Config, Doubt, load_config
from newsletter.config.keyfiles import parse_selector
from newsletter.config.source import render_template
from newsletter.config.times import slots_after
from newsletter.config.values import Late, sender_domain

__all__ = [
    "Config",
    "Doubt",
    "Late",
    "load_config",
    "parse_selector",
    "render_template",
    "sender_domain",
    "slots_after",
]
