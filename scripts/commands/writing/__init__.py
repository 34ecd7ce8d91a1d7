"""Commands about notes before they go out."""
