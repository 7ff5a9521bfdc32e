"""The typed config of a stack: a frozen lab, or one report of everything that is wrong with it."""

from stacks.config.lab import (
    CatalogueImage,
    Console,
    DataDisk,
    Digest,
    FileImage,
    GuestSpec,
    Host,
    Image,
    Lab,
    Network,
    Overcommit,
    Pool,
    Segment,
    UrlImage,
)
from stacks.config.loading import load

__all__ = [
    "CatalogueImage",
    "Console",
    "DataDisk",
    "Digest",
    "FileImage",
    "GuestSpec",
    "Host",
    "Image",
    "Lab",
    "Network",
    "Overcommit",
    "Pool",
    "Segment",
    "UrlImage",
    "load",
]
