"""An empty Pulumi program: the floor of all that is a run of Pulumi and makes nothing."""

from bench.columns.pulumi import PulumiColumn
from bench.timing import ROOT

DIRECTORY = ROOT / "bench" / "empty"


def empty() -> PulumiColumn:
    """bench/empty, in the environment of ours."""
    return PulumiColumn("empty program", "bench-empty", [DIRECTORY / "Pulumi.yaml", DIRECTORY / "__main__.py"])
