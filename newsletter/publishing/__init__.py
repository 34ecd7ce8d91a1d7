"""From the notes folder to published issues: what is due, whose file it is, what it becomes."""
