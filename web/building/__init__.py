"""The site as static files, for a web server that stands in front of the service or alone."""

from web.building.build import build, mark
from web.building.keeper import Keeper

__all__ = ["Keeper", "build", "mark"]
