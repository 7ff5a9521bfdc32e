"""What happens to a lab in pull requests: which stacks a change touches, and the one comment that each stack has.

A run ends with a ForgeError, one line that says what is wrong and what to do; after an UnsureError it looks again.
"""


class ForgeError(Exception):
    """What a run ends with, in one line."""


class UnsureError(ForgeError):
    """A server failed while it was asked to make something, and may have made it."""
