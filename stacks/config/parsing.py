"""From what stands in the config to a lab, or to one error that lists every problem."""

from collections.abc import Collection
from itertools import chain, islice
from typing import cast

from components.errors import MOST, ConfigError, Problem
from stacks.config import checks
from stacks.config.lab import Lab
from stacks.config.plain import TooLargeError
from stacks.config.problems import word
from stacks.config.raw import path
from stacks.config.reading import read
from stacks.config.resolving import resolve


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
        raise ConfigError(stack, [Problem("lab", f"must be a mapping, got {word(raw)}; {_start(stack)}")])
    try:
        reading = read(cast("dict[object, object]", raw))
    except TooLargeError as error:
        raise ConfigError(stack, [Problem(path(error.place), str(error))]) from None
    # One more than a report tells, so that it can say that there are more.
    problems = [*islice(chain(reading.problems, checks.across(reading, stack, layers, images)), MOST + 1)]
    if problems:
        raise ConfigError(stack, problems)
    return resolve(reading.lab, stack)


def _start(stack: str) -> str:
    """The shortest way to a lab that is one."""
    return (
        f"start with: pulumi config set --stack {stack} --path lab.kind guests"
        f" && pulumi config set --stack {stack} --path lab.guests.web.memory 1GiB"
    )
