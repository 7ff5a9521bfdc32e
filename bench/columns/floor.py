"""The floor: the same guests by qemu-img, genisoimage and virsh, eight at a time, without any tool."""

from bench.columns import DISKS, GUEST, IMAGE, Step, accelerator, sweep

LAB = "bench-floor"


class Floor:
    """bench/floor.sh; it has no state, so it has no previews."""

    name = "floor"
    patience = 1800.0
    may_fail = False

    def __init__(self) -> None:
        self._guests = 0

    def begin(self, guests: int) -> None:
        """Nothing of it is left from before."""
        sweep(LAB)
        self._guests = guests

    def resize(self, guests: int) -> None:
        """What is added or removed has the highest number."""
        self._guests = guests

    def command(self, step: Step) -> str | None:
        """A call of the script."""
        calls = {
            Step.UP: f"up {self._guests}",
            Step.ADD: f"add {self._guests}",
            Step.REMOVE: f"remove {self._guests + 1}",
            Step.DESTROY: f"down {self._guests}",
        }
        return f"{_settings()} bench/floor.sh {calls[step]}" if step in calls else None

    def end(self) -> None:
        """Nothing is left of it."""
        sweep(LAB)


def _settings() -> str:
    return (
        f"LAB={LAB} DIRECTORY={DISKS / LAB} IMAGE={IMAGE} ACCELERATOR={accelerator()} PREFIX=10.20.97"
        f" MEMORY={GUEST['memory']} DISK={GUEST['disk']}"
    )
