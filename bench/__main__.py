"""`make bench`: run all comparisons, print tables, write bench/results.json and the tables of docs/benchmarks.md.

usage: python -m bench [boot|scale|growth|comment|cluster]...   without a part: all but the last, which needs a bundle;
only then are results written

Exit 1 when a limit is not met.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

from bench import report
from bench.boot import boot
from bench.cluster import cluster
from bench.comment import rendering
from bench.figures import Measured
from bench.growth import growth
from bench.scale import scale
from bench.timing import machine

PARTS: dict[str, Callable[[], Measured]] = {"boot": boot, "scale": scale, "growth": growth, "comment": rendering}
ALONE: dict[str, Callable[[], Measured]] = {"cluster": cluster}
"""What is run by its name only."""


def main(wanted: Sequence[str]) -> int:
    """Run, show, record."""
    known = PARTS | ALONE
    if unknown := set(wanted) - known.keys():
        raise SystemExit(f"bench: parts must be of {', '.join(known)}, got {', '.join(sorted(unknown))}")
    if os.geteuid() != 0:
        raise SystemExit("bench: must run as root, as what it compares with has no sudo of its own")
    # As at an interrupt, what was made is removed.
    signal.signal(signal.SIGTERM, _stop)
    parts = [known[name]() for name in wanted or PARTS]
    record: report.Record = {
        "machine": machine(),
        "ratios": [ratio for part in parts for ratio in part.ratios],
        "figures": [figure for part in parts for figure in part.figures],
    }
    print(report.tables(record))
    if not wanted:
        report.RESULTS.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
        report.write(record)
    over = [ratio["name"] for ratio in record["ratios"] if ratio["ratio"] > ratio["limit"]]
    for name in over:
        print(f"over its limit: {name}", file=sys.stderr)
    return int(bool(over))


def _stop(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


sys.exit(main(sys.argv[1:]))
