"""What stands for what is not known offline, so that nobody takes it for more than that."""

import json
from collections.abc import Mapping

from components.errors import KvmLabError

VARIABLE = "KVMLAB_OFFLINE"
"""The directory with the copy, to a program that is to ask no host."""
AT_UP = "[known at up]"
"""What will follow from the seed."""
NO_KEY = f"{AT_UP}\n"
"""In the place of a private key's file."""
SECRET = "unknown"  # noqa: S105 (none)
"""In the place of each secret: a value of no use, which passes where a password is checked."""


class OfflineError(KvmLabError):
    """Why there is no offline preview, in a line."""

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)
        self.problems = ()


def visible(inputs: Mapping[str, object]) -> str:
    """What is visible of a guest's seed, from the component's inputs: in the seed's place on both sides."""
    keys = ("cloud_config", "install_files", "nics")
    return json.dumps({key: inputs[key] for key in keys if key in inputs}, sort_keys=True)
