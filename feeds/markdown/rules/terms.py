"""How a term looks, and how many of them may stand above one definition, for whoever reads such lists. Pure."""

from __future__ import annotations

import re
from typing import Final

MOST_TERMS: Final = 4
TERM: Final = re.compile(r"(?!\d+[.)][ \t])[\w*`\[\"“][^\n]{0,59}")
"""One of them: short, and no item."""
