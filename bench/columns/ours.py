"""This program: a lab of like guests, from its stack config."""

import shutil
from ipaddress import IPv4Network

import yaml

from bench.columns import GUEST, IMAGE, STAND_IN, sweep
from bench.columns.pulumi import PulumiColumn
from bench.timing import ROOT

PROGRAM = ("Pulumi.yaml", "__main__.py", "components", "stacks", "doctor", "cloud-init", "images", "host")
LARGEST_GROUP = 200
DYNAMIC = 16
"""How many addresses at the network's end are not for guests."""


class Ours(PulumiColumn):
    """The program of this checkout."""

    def __init__(self, lab: str = "bench-ours", cidr: str = "10.20.98.0/24", *, big_host: bool = False) -> None:
        """Describe it.

        Args:
            lab: the stack, and what all that it makes is named after.
            cidr: the lab's network.
            big_host: whether it is to take the host for one with more memory and disk.
        """
        super().__init__("ours", lab, [ROOT / name for name in PROGRAM])
        self._cidr = IPv4Network(cidr)
        self._big_host = big_host

    def begin(self, guests: int) -> None:
        """A new stack, with secrets of its own."""
        super().begin(guests)
        (self.project / ".kvmlab").mkdir()
        (self.project / ".kvmlab" / "seed").write_text("5eed" * 16, encoding="utf-8")
        for name in (".venv", ".toolchain"):
            (self.project / name).symlink_to(ROOT / name)
        if self._big_host:
            probe = self.project / "host" / "probe.sh"
            probe.rename(probe.with_name("own_probe.sh"))
            shutil.copy2(STAND_IN / "probe.sh", probe)

    def resize(self, guests: int) -> None:
        """The stack's config; of one group while that is permitted."""
        lab = {
            "kind": "guests",
            "network": {
                "cidr": str(self._cidr),
                "dhcp": {"start": str(self._cidr[-DYNAMIC]), "end": str(self._cidr[-2])},
            },
            "image": {"file": str(IMAGE)},
            "groups": {
                f"w{first}": _group(min(guests - first, LARGEST_GROUP)) for first in range(0, guests, LARGEST_GROUP)
            },
        }
        path = self.project / "stacks" / f"Pulumi.{self.stack}.yaml"
        path.write_text(yaml.safe_dump({"config": {"kvmlab:lab": lab}}), encoding="utf-8")

    def end(self) -> None:
        """Neither guests nor copy nor state is left."""
        sweep(self.stack)
        super().end()


def _group(count: int) -> dict[str, int | str]:
    return {
        "count": count,
        "memory": f"{GUEST['memory']}MiB",
        "disk": f"{GUEST['disk']}MiB",
        # Nothing answers in an empty guest.
        "waitFor": "start",
        "shutdownTimeout": "0s",
    }
