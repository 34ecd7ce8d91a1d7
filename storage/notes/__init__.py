"""The author's side of what is kept: the notes folder, what the poll remembers, schedules."""
