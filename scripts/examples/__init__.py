"""Small scripts of an author's own, to copy and change."""
