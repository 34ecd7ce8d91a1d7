"""The commands a person or a timer starts, the demo and the benchmark."""

from scripts.faces import open_when_asked

open_when_asked()
