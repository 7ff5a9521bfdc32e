"""What all models of the config share: their base, and the words in which the reference tells what a change does."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from stacks.config.raw import Raw

if TYPE_CHECKING:
    from pydantic.config import JsonDict, JsonValue

NAMES: "JsonDict" = {"pattern": "^[a-z]([a-z0-9-]*[a-z0-9])?$"}

# What a change of a key does, in the words of the reference: first which of live, restart, replace and refused it is.
REDEFINE = "restart, once and cleanly, with the same disks"
REPLACE = "replace: a new root disk, the same data disks"
NO_GUEST = "live, no guest notices"
NETWORK = "restart of all guests, with the same disks, for a new network"
EVERYTHING = "replace: everything is made anew"
ANOTHER_FILE = "as another file"
GROWS = "live when it grows; refused when it shrinks"
BRIDGE = "the bridge is taken away, and the new one made; the host keeps its addresses"
BY_CLOUD_INIT = "as `onCloudInitChange` says"


def doc(change: str, shown: str | None = None, **more: "JsonValue") -> "JsonDict":
    """For the reference: what a change of the field does, and its default in words where it is no plain value."""
    return {"x-change": change, "x-default": shown, **more}


def word_or_mapping(value: Raw) -> str:
    """Which form of a key the user meant, so that only that form's problems are reported."""
    return "\0mapping" if isinstance(value, dict) else "\0name"


class Model(BaseModel):
    """camelCase outside, snake_case inside; frozen, and nothing unknown is let through."""

    # Only the model of the whole lab is ever built, and its parts within it.
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, defer_build=True)
