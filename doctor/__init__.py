"""Says what a machine lacks for a lab, and changes nothing. The first thing to run: `make doctor`.

Standard library alone, and no `match`: it runs before anything is installed, on Pythons that are too old for the rest.
"""

import sys

if sys.version_info < (3, 9):  # noqa: UP036 (whoever has such a one is told, and not shown a stack trace)
    sys.exit("python3: must be 3.9 or newer, got %d.%d; install python3.11 or newer" % sys.version_info[:2])  # noqa: UP031
