"""The benchmark: what the product achieves, as ratios to references measured in the same run."""
