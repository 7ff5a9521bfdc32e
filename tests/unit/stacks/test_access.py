"""The commands that lead into a guest are those that a person would type."""

import pytest

from stacks import access
from tests.unit.stacks.labs import lab

HERE = "virsh -c qemu:///system console quickstart-web"
THERE = "virsh -c qemu+ssh://me@nas/system console quickstart-web"
OPEN = {"listen": "0.0.0.0", "password": "${secrets.screen}"}  # noqa: S104 (on purpose)


@pytest.mark.parametrize(
    ("host", "console", "expected"),
    [
        ("local", "none", {"console": HERE}),
        ("local", "vnc", {"console": HERE, "viewer": "virt-viewer -c qemu:///system quickstart-web"}),
        ("local", {"port": 6000}, {"console": HERE, "viewer": "remote-viewer vnc://127.0.0.1:6000"}),
        ("local", {"port": 6000, **OPEN}, {"console": HERE, "viewer": "remote-viewer vnc://127.0.0.1:6000"}),
        (
            "me@nas",
            {"port": 6000, **OPEN},
            {
                "console": THERE,
                "tunnel": "ssh -N -L 6000:127.0.0.1:6000 me@nas",
                "viewer": "remote-viewer vnc://127.0.0.1:6000",
            },
        ),
        (
            "me@nas",
            {"port": 6000, **OPEN, "listen": "192.0.2.2"},
            {"console": THERE, "viewer": "remote-viewer vnc://192.0.2.2:6000"},
        ),
        ("local", OPEN, {"console": HERE, "viewer": "virt-viewer -c qemu:///system quickstart-web"}),
        ("me@nas", "spice", {"console": THERE, "viewer": "virt-viewer -c qemu+ssh://me@nas/system quickstart-web"}),
        (
            "me@nas",
            {"type": "spice", "port": 6000},
            {
                "console": THERE,
                "tunnel": "ssh -N -L 6000:127.0.0.1:6000 me@nas",
                "viewer": "remote-viewer spice://127.0.0.1:6000",
            },
        ),
        ("me@fd00::1", "none", {"console": THERE.replace("nas", "[fd00::1]")}),
    ],
)
def test_commands(host: str, console: object, expected: dict[str, str]) -> None:
    """A login, the serial console, and the screen, if there is one: here, or through SSH."""
    asked = lab({"kind": "guests", "host": host, "guests": {"web": {"console": console}}})
    told = access.commands("quickstart", asked.guests[0], asked.host, ".kvmlab/ssh/quickstart/config")
    assert told == {"ssh": "ssh -F .kvmlab/ssh/quickstart/config web", **expected}
