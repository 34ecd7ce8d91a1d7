"""The service over time: ticks, duties, workers, an orderly stop."""
