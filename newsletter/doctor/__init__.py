"""What stands between this machine and a reader: relay, domain, site, a copy received."""

from newsletter.doctor.diagnosis import Diagnosis
from newsletter.doctor.doctor import Surroundings, examine, examine_copy, find_own_address

__all__ = ["Diagnosis", "Surroundings", "examine", "examine_copy", "find_own_address"]
