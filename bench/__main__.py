"""`make bench`: run all comparisons, print a table, write bench/results.json. Exit 1 when a limit is not met."""

import json
import sys
from pathlib import Path

from bench.boot import boot
from bench.preview import preview
from bench.timing import Ratio, machine

RESULTS = Path(__file__).parent / "results.json"


def main() -> int:
    """Run, show, record."""
    ratios = [*preview(), boot()]
    record = {"machine": machine(), "ratios": [_row(ratio) for ratio in ratios]}
    RESULTS.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"{'':50} {'ratio':>6} {'limit':>6}")
    for ratio in ratios:
        print(f"{ratio.name:50} {ratio.ratio:6.2f} {ratio.limit:6.2f} {'' if ratio.ratio <= ratio.limit else 'over'}")
    return int(any(ratio.ratio > ratio.limit for ratio in ratios))


def _row(ratio: Ratio) -> dict[str, object]:
    runs = {"ours": [round(run, 2) for run in ratio.ours], "floor": [round(run, 2) for run in ratio.floor]}
    return {"name": ratio.name, "ratio": round(ratio.ratio, 3), "limit": ratio.limit, "runs": runs}


sys.exit(main())
