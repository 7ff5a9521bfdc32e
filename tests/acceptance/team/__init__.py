"""A state that a team shares."""
