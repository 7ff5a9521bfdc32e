"""The typed config of a stack: a frozen lab, or one report of everything that is wrong with it."""

from stacks.config.lab import (
    Boot,
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
    Nic,
    Overcommit,
    Pool,
    Segment,
    Source,
    UrlImage,
)
from stacks.config.loading import load

__all__ = [
    "Boot",
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
    "Nic",
    "Overcommit",
    "Pool",
    "Segment",
    "Source",
    "UrlImage",
    "load",
]
