"""`python -m bundle.write_images PROGRAMS TREE BUSYBOX OUTPUT`: all container images in one archive."""

import sys
from pathlib import Path

from bundle import archive, contents, versions


def main() -> None:
    """Do it."""
    programs, tree, busybox, output = map(Path, sys.argv[1:])
    archive.write(contents.images(versions.pinned(), programs, tree, busybox), output)


main()
