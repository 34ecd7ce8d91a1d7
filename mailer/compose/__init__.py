"""An issue to a skeleton to a message for one reader. Pure."""
