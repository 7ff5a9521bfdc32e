"""A bridge of a tagged network, for guests; `make vlans`."""
