"""What a proof that takes its time says on the way."""

import sys


def tell(text: str) -> None:
    """A line for who watches, and wants to repeat it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
