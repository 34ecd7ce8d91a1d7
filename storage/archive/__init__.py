"""The archive: issues as they are published, changed, withdrawn and read."""
