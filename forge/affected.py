"""Which stacks a change touches: by what each is made from, before the change and after it. Pure."""

from collections.abc import Iterable

from forge.tree import Tree, is_for_all


def affected(changed: Iterable[str], before: Tree, after: Tree) -> list[str]:
    """The stacks whose preview a change may make another, sorted."""
    paths = frozenset(changed)
    if any(is_for_all(path) for path in paths):
        return sorted(after.stacks)
    return [stack for stack in sorted(after.stacks) if _is_touched(stack, paths, before, after)]


def gone(before: Tree, after: Tree) -> list[str]:
    """The stacks whose config a change deletes, sorted: what they made stays."""
    return sorted(before.stacks.keys() - after.stacks.keys())


def _is_touched(stack: str, paths: frozenset[str], before: Tree, after: Tree) -> bool:
    if stack not in before.stacks:
        return True
    needs = before.needs(stack) | after.needs(stack)
    folders = tuple(need for need in needs if need.endswith("/"))
    if paths & needs or any(path.startswith(folders) for path in paths if folders):
        return True
    return before.images(stack) != after.images(stack)
