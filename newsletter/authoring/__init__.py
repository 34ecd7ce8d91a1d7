"""What the author asks for before anything is sent: schedules, previews, checks, test copies."""
