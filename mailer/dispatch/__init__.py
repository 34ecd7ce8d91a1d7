"""Many connections as one worker: claims, pace, groups, outcomes, an orderly end."""
