"""A plain Pulumi program: what one writes at first, by the libvirt provider alone."""

from collections.abc import Mapping

import yaml

from bench.columns import DISKS, GUEST, IMAGE, WORK, accelerator, patience, sweep
from bench.columns.pulumi import PulumiColumn
from bench.timing import ROOT, shell

DIRECTORY = ROOT / "bench" / "plain"
LAB = "bench-plain"


def build() -> None:
    """The plugin, from its Go modules, and the packages."""
    shell("bench/setup plain")


class Plain(PulumiColumn):
    """bench/plain, in an environment of its own, so that ours never sees its packages and its plugin."""

    def __init__(self, place: str = "") -> None:
        super().__init__(
            "plain program",
            LAB,
            [DIRECTORY / "Pulumi.yaml", DIRECTORY / "__main__.py"],
            place,
        )

    may_fail = True
    settings: Mapping[str, str] = {
        "PULUMI_HOME": f"{WORK}/plain-home",
        "PATH": f"{WORK}/plain-venv/bin:$PATH",
    }

    def begin(self, guests: int) -> None:
        """A new stack, in the program's own virtual environment."""
        super().begin(guests)
        (self.project / ".venv").symlink_to(WORK / "plain-venv")
        self.patience = patience(guests)

    def resize(self, guests: int) -> None:
        """The stack's config."""
        config = {
            "guests": guests,
            "cidr": "10.20.96.0/24",
            "bridge": f"kl-{LAB}",
            "directory": str(DISKS / LAB),
            "image": str(IMAGE),
            "accelerator": accelerator(),
            "memory": GUEST["memory"],
            "disk": GUEST["disk"],
        }
        keys = {"libvirt:uri": "qemu:///system"} | {f"plain:{key}": value for key, value in config.items()}
        (self.project / f"Pulumi.{LAB}.yaml").write_text(yaml.safe_dump({"config": keys}), encoding="utf-8")

    def end(self) -> None:
        """Neither guests nor copy nor state is left."""
        sweep(LAB)
        super().end()
