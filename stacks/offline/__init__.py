"""Previews where hosts cannot be reached and the passphrase is not there: docs/decisions/0028.

`python -m stacks.offline` runs a command beside a copy of a stack, which `copies` makes and in which nothing is secret.
In it, the program (`program`) takes facts that were recorded (`recorded`) for those that hosts would tell, and from the
copy (`known`) what only the seed's holder could make.
"""

import os
from typing import TYPE_CHECKING

from stacks.offline.words import VARIABLE

if TYPE_CHECKING:
    from stacks.offline.program import Offline


def offline() -> "Offline | None":
    """What this run goes by, if it is to ask no host.

    Raises:
        OfflineError: it is none that may be so.
    """
    if VARIABLE not in os.environ:
        return None
    # Nobody else waits for it.
    from stacks.offline.program import read

    return read()
