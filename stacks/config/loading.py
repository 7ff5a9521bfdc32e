"""From the stack's config to a lab, or to one error that lists every problem."""

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import cast

import pulumi
from pulumi.runtime import is_config_secret

from components.errors import ConfigError, Problem, got
from stacks.config import checks
from stacks.config.lab import Lab, resolve
from stacks.config.raw import Raw
from stacks.config.reading import read
from stacks.config.secrets import secret_problems

PROJECT = "kvmlab"
ROOT = Path(__file__).parents[2]


def parse(raw: object, stack: str, layers: Collection[str], images: Collection[str]) -> Lab:
    """The lab that a raw config describes.

    Args:
        raw: what stands under `kvmlab:lab`.
        stack: the stack's name, from which many names follow.
        layers: the names of the cloud-init layers that exist.
        images: the names of the catalogue's images.

    Raises:
        ConfigError: with every problem that was found.
    """
    if raw is None or raw in ({}, ""):
        raise ConfigError(stack, [Problem("lab", f"is empty; {_start(stack)}")])
    if not isinstance(raw, dict):
        raise ConfigError(stack, [Problem("lab", f"must be a mapping, got {got(raw)}; {_start(stack)}")])
    reading = read(cast("dict[str, Raw]", raw))
    problems = [*reading.problems, *checks.across(reading, stack, layers, images)]
    if problems:
        raise ConfigError(stack, problems)
    return resolve(reading.lab, stack)


def load() -> Lab:
    """The lab of the stack that runs."""
    stack = pulumi.get_stack()
    config = pulumi.Config(PROJECT)
    if is_config_secret(config.full_key("lab")):
        # Decrypted by now: the value goes no further than this function, not even into a check.
        raise ConfigError(stack, secret_problems(ROOT / "stacks" / f"Pulumi.{stack}.yaml", stack))
    return parse(_decode(config.get("lab")), stack, layer_names(), image_names())


def layer_names() -> frozenset[str]:
    """The cloud-init layers that exist."""
    return frozenset(file.stem for file in (ROOT / "cloud-init").glob("*.yaml"))


def image_names() -> frozenset[str]:
    """The catalogue's images: its top-level keys, read without a YAML parser because only names are wanted."""
    text = (ROOT / "images" / "catalogue.yaml").read_text(encoding="utf-8")
    return frozenset(re.findall(r"^([a-z][\w.-]*):", text, re.MULTILINE | re.ASCII))


def _start(stack: str) -> str:
    """The shortest way to a lab that is one."""
    return (
        f"start with: pulumi config set --stack {stack} --path lab.kind guests"
        f" && pulumi config set --stack {stack} --path lab.guests.web.memory 1GiB"
    )


def _decode(value: str | None) -> object:
    """What the engine hands over: JSON for everything but plain text."""
    if value is None:
        return None
    try:
        return json.loads(value)
    except ValueError:
        return value
