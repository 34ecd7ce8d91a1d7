"""What one newsletter is made of, part by part; newsletter/assembly.py opens what they stand on."""

from newsletter.parts.part import Waker
from newsletter.parts.parts import Parts

__all__ = ["Parts", "Waker"]
