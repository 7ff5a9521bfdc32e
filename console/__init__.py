"""What a person at a terminal, or a reader of a CI log, sees of a run."""
