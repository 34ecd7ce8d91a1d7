"""The service: what happens when."""

from newsletter.app import Newsletter

__all__ = ["Newsletter"]
