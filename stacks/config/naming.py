"""Names that users give to guests, disks, networks and the like: one rule, and what to take in place of a wrong one."""

from collections.abc import Collection

from components.errors import got
from stacks.config.scalars import LABEL_RULE, is_name, suggest_label


def misnamed(name: str, taken: Collection[str]) -> str | None:
    """The rule that a name breaks, with what to do.

    Args:
        name: as it was given.
        taken: the names beside it.
    """
    if is_name(name):
        return None
    nearest = suggest_label(name)
    if nearest in taken:
        todo = f"{nearest!r} is taken, choose another name"
    else:
        todo = f"did you mean {nearest!r}?" if nearest else "choose another name"
    return f"{LABEL_RULE}, got {got(name)}; {todo}"
