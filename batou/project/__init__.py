"""Projects: start one, lock its requirements, and the launcher that runs batou in it."""
