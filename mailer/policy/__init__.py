"""What follows from an outcome: when to try again, whom to leave out, when to stop. Pure."""
