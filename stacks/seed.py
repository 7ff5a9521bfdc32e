"""The stack's seed, from which all keys of a lab follow."""

from pathlib import Path

import pulumi

from components.errors import ConfigError, Problem

SEED_FILE = Path(__file__).parents[1] / ".kvmlab" / "seed"


def stack_seed() -> str:
    """The secret `kvmlab:seed` of the stack, or the seed that the first `make up` wrote for this checkout."""
    seed = pulumi.Config("kvmlab").get("seed")
    if seed is None and SEED_FILE.exists():
        seed = SEED_FILE.read_text(encoding="ascii").strip()
    if not seed:
        stack = pulumi.get_stack()
        raise ConfigError(
            stack,
            [
                Problem(
                    "seed",
                    f"must be set, got nothing; run `make up`, or set one that all who run this stack share:"
                    f" openssl rand -hex 32 | pulumi config set --stack {stack} --secret seed",
                )
            ],
        )
    return seed
