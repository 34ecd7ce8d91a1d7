"""What a check looks at beside links and wording: manners of mail, links over the net, mending; and its codes."""

from newsletter.authoring.checks.codes import CODES
from newsletter.authoring.checks.manners import check_manners
from newsletter.authoring.checks.mending import Mended, mend
from newsletter.authoring.checks.online import Answer, LinkAsker, report_answer
from newsletter.authoring.checks.places import tells_place
from newsletter.authoring.checks.rendered import find_outward
from newsletter.authoring.checks.timing import check_around

__all__ = [
    "CODES",
    "Answer",
    "LinkAsker",
    "Mended",
    "check_around",
    "check_manners",
    "find_outward",
    "mend",
    "report_answer",
    "tells_place",
]
