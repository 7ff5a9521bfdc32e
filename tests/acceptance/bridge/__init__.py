"""An interface becomes a bridge's port, and nothing is lost on the way; `make bridges`."""
