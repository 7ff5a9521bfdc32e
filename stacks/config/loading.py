"""The lab of the stack that runs: from the engine's config, or from memory where that config was read before."""

import re
from pathlib import Path

import pulumi
from pulumi.runtime import is_config_secret

from components.errors import ConfigError
from stacks.config.lab import Lab
from stacks.config.memory import remembered

PROJECT = "kvmlab"
ROOT = Path(__file__).parents[2]


def load() -> Lab:
    """The lab of the stack that runs.

    Raises:
        ConfigError: with every problem that was found.
    """
    stack = pulumi.get_stack()
    config = pulumi.Config(PROJECT)
    if is_config_secret(config.full_key("lab")):
        from stacks.config.secrets import secret_problems

        # Decrypted by now: the value goes no further than this function, not even into a check.
        raise ConfigError(stack, secret_problems(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack))
    value, layers, images = config.get("lab"), layer_names(), image_names()

    def parsed() -> Lab:
        # Imported here, with the models and pydantic: where the lab is remembered, nobody waits for them.
        from stacks.config.decoding import decode
        from stacks.config.parsing import parse

        return parse(decode(value), stack, layers, images)

    return remembered(stack, [value, sorted(layers), sorted(images)], parsed)


def layer_names() -> frozenset[str]:
    """The cloud-init layers that exist."""
    return frozenset(file.stem for file in (ROOT / "cloud-init").glob("*.yaml"))


def image_names() -> frozenset[str]:
    """The catalogue's images: its top-level keys, read without a YAML parser because only names are wanted."""
    text = (ROOT / "images" / "catalogue.yaml").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^([a-z][\w.-]*):", text, re.MULTILINE | re.ASCII))
