"""OpenTofu with the provider that the plain program has too."""

import json
import shutil

from bench.columns import DISKS, GUEST, IMAGE, WORK, Step, accelerator, patience, sweep
from bench.timing import ROOT, shell

LAB = "bench-tofu"
TOOLS = WORK / "tofu-bin"
WORDS = {
    # It refreshes unless it is told not to; Pulumi does so when it is told to.
    Step.PREVIEW_NEW: "plan -refresh=false",
    Step.UP: "apply -refresh=false -auto-approve",
    Step.PREVIEW: "plan -refresh=false -detailed-exitcode",
    Step.UP_AGAIN: "apply -refresh=false -auto-approve",
    Step.REFRESH: "plan",
    Step.ADD: "apply -refresh=false -auto-approve",
    Step.REMOVE: "apply -refresh=false -auto-approve",
    Step.DESTROY: "destroy -refresh=false -auto-approve",
}


def build() -> None:
    """The command and the provider, from their Go modules; where that fails, the column stays empty."""
    try:
        shell("bench/setup tofu")
    except SystemExit as error:
        print(error, flush=True)


def built() -> bool:
    """Whether there is a column."""
    return all((TOOLS / name).exists() for name in ("tofu", "terraform-provider-libvirt"))


class Tofu:
    """bench/tofu."""

    name = "OpenTofu"
    patience = 120.0
    may_fail = True

    def __init__(self, place: str = "") -> None:
        """Describe it.

        Args:
            place: tells copies of the lab apart.
        """
        self._directory = WORK / f"{LAB}{place}"
        self.state = self._directory / "terraform.tfstate"

    def begin(self, guests: int) -> None:
        """A directory without a state."""
        self.end()
        self._directory.mkdir(parents=True)
        shutil.copy2(ROOT / "bench" / "tofu" / "main.tf", self._directory)
        provider = f'dev_overrides {{ "dmacvicar/libvirt" = "{TOOLS}" }}'
        (self._directory / "tofurc").write_text(f"provider_installation {{\n{provider}\n}}\n", encoding="utf-8")
        self.patience = patience(guests)
        self.resize(guests)

    def resize(self, guests: int) -> None:
        """The variables."""
        variables = {
            "lab": LAB,
            "guests": guests,
            "cidr": "10.20.91.0/24",
            "bridge": f"kl-{LAB}",
            "directory": str(DISKS / LAB),
            "image": str(IMAGE),
            "accelerator": accelerator(),
            "memory": GUEST["memory"],
            "disk": GUEST["disk"],
        }
        (self._directory / "terraform.tfvars.json").write_text(json.dumps(variables), encoding="utf-8")

    def command(self, step: Step) -> str | None:
        """As one types it, where there is one to be typed."""
        if not built():
            return None
        settings = f"TF_CLI_CONFIG_FILE={self._directory}/tofurc TF_IN_AUTOMATION=1 CHECKPOINT_DISABLE=1"
        return f"{settings} {TOOLS}/tofu -chdir={self._directory} {WORDS[step]} -input=false -no-color"

    def end(self) -> None:
        """Neither guests nor state is left."""
        sweep(LAB)
        shutil.rmtree(self._directory, ignore_errors=True)
