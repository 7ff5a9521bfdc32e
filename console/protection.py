"""What of a stack must not be deleted. Pure."""

from collections.abc import Sequence

from console.steps import Json


def protected(state: Json) -> list[str]:
    """The names of what must not be deleted, from what `pulumi stack export` prints."""
    resources: Sequence[Json] = state["deployment"].get("resources") or ()
    return [each["urn"].rpartition("::")[2].removesuffix("-disk") for each in resources if each.get("protect")]


def refusal(kept: Sequence[str]) -> str:
    """Why nothing is destroyed: one answer for all that must stay, by name."""
    rule = f"{'is' if len(kept) == 1 else 'are'} protected and must stay, got a destroy"
    return f"{', '.join(sorted(kept))}: {rule}; write protect: false, run `make up`, and destroy then"
