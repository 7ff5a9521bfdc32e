"""From the selected stack's config to the lab of its kind."""

from stacks import config, guests

KINDS = {"guests": guests.compose}


def compose() -> None:
    """Make the lab that the stack's config describes."""
    lab = config.load()
    KINDS[lab.kind](lab)
