"""How the archive is shown elsewhere: the site as files."""

from newsletter.showing.building import Building, BuildReport, DeadLink

__all__ = ["BuildReport", "Building", "DeadLink"]
