"""The lab of a stack's file, read without an engine."""

import json
from pathlib import Path
from typing import cast

import yaml

from stacks.config import Lab
from stacks.config.decoding import decode
from stacks.config.loading import image_names
from stacks.config.parsing import parse
from stacks.offline.words import OfflineError


def lab_of(root: Path, stack: str) -> Lab:
    """The lab of a stack of a checkout.

    Args:
        root: the checkout, or as much of one as this needs: `stacks/` and `cloud-init/`.
        stack: the stack.

    Raises:
        OfflineError: there is no such file, or it is no config.
        ConfigError: with every problem that was found.
    """
    file = root / "stacks" / f"Pulumi.{stack}.yaml"
    layers = frozenset(each.stem for each in (root / "cloud-init").glob("*.yaml"))
    try:
        found: object = yaml.safe_load(file.read_text("utf-8"))
    except FileNotFoundError:
        raise OfflineError(f"STACK={stack}: must be there, got no file {file}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise OfflineError(f"{file}: must be YAML, got {str(error).splitlines()[0]}") from None
    config = cast("dict[str, object]", found).get("config") if isinstance(found, dict) else None
    lab = cast("dict[str, object]", config).get("kvmlab:lab") if isinstance(config, dict) else None
    return parse(decode(None if lab is None else json.dumps(lab, default=str)), stack, layers, image_names())
