"""What is kept. Imports nothing of ours; the only room that sees the database."""
