"""The vocabulary: issues, readers, deliveries, reports, notes and their states. Standard library only."""
