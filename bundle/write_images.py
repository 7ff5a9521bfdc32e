"""`python -m bundle.write_images SOURCE PROGRAMS TREE BUSYBOX OUTPUT`: the images that are made here, in one archive.

Those of other sources that a node gets besides are told, a line each.
"""

import sys
from pathlib import Path

from bundle import archive, contents, versions


def main() -> None:
    """Do it."""
    source, (programs, tree, busybox, output) = sys.argv[1], map(Path, sys.argv[2:])
    pins = versions.pinned()
    if source == "official":
        archive.write([contents.probe(pins, busybox)], output)
        print("\n".join(contents.pulled(pins)))  # noqa: T201 (a command line tool)
    else:
        archive.write(contents.images(pins, programs, tree, busybox), output)


main()
