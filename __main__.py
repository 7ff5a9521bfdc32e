"""The program: make the lab that the selected stack's config describes."""

from stacks.pace import set_pace

set_pace()

from stacks.compose import compose  # noqa: E402 (a heavy import, at the pace that was set)

compose()
