"""What happens to a lab in pull requests: which stacks a change touches, and the one comment that each stack has.

A run ends with a ForgeError, one line that says what is wrong and what to do. Unsure is one after which it looks again.
"""


class ForgeError(Exception):
    """What a run ends with, in one line."""


class Unsure(ForgeError):  # noqa: N818 (what a run is after it, which mostly is no error)
    """A server failed while it was asked to make something, and may have made it."""
