"""The site as static files, for a web server that stands in front of the service or alone."""

from web.building.build import build
from web.building.keeper import Keeper
from web.building.sight import Sight

__all__ = ["Keeper", "Sight", "build"]
