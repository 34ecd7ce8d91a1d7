"""The commands a person or a timer starts, the demo and the benchmark."""
