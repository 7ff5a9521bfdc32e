"""A guest of ours plays a bare machine, for each module anew."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.packages import packages as packages_of
from tests.acceptance.host import repository
from tests.acceptance.host.machine import BARE, GATEWAY, IMAGE, INNER, OUTER, Machine, empty_image
from tests.acceptance.tell import tell
from tests.e2e.lab import ROOT, Lab, host

SSH = """#!/bin/sh
# A test's fault comes before the login that would confirm a bridge.
case "$*" in *" bridge.sh confirm") [ ! -e {fault} ] || . {fault} ;; esac
exec /usr/bin/ssh -F {config} "$@"
"""


NO_MORE = "--no-install-recommends"


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """This host before all."""
    for stack in (f"{OUTER}-alone", INNER, OUTER):
        Lab(stack).sweep()
    return host()


@pytest.fixture(scope="module")
def fault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shell text that runs before a login that would confirm a bridge, once a test has written it."""
    return tmp_path_factory.mktemp("fault") / "fault"


@pytest.fixture(scope="module")
def machine(found: dict[str, list[str]], fault: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Up, with nothing of ours on it, and with a mirror that it reaches."""
    assert OUTER not in found["pools"]
    outer = Lab(OUTER)
    size = {"cpus": 2, "memory": "4GiB", "disk": "12GiB"}
    outer.write({"kind": "guests", "network": {"cidr": f"{GATEWAY[:-1]}0/24"}, "guests": {BARE: size}})
    outer.make("up")
    shim = tmp_path_factory.mktemp("bin") / "ssh"
    shim.write_text(SSH.format(fault=fault, config=f"{ROOT}/.kvmlab/ssh/{OUTER}/config"), "utf-8")
    shim.chmod(0o755)
    made = Machine(outer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
        packages = tmp_path_factory.mktemp("packages")
        count = repository.fill(
            packages, "trixie", [*packages_of("apt", "server"), "acl", "apparmor"], made.run("cat /var/lib/dpkg/status")
        )
        tell(f"{count} packages to install")
        with repository.served(packages, GATEWAY) as source:
            sources = f"rm -rf /etc/apt/sources.list.d/* && echo 'deb {source}' >/etc/apt/sources.list"
            made.run(f"sudo sh -c {sources!r}")
            made.run(f"sudo tee {IMAGE} >/dev/null", empty_image(tmp_path_factory.mktemp("image")))
            # As Debian's installer leaves a machine.
            made.run(f"sudo apt-get -q update && sudo apt-get -q -y install {NO_MORE} apparmor")
            # Somebody who may log in and nothing else.
            made.run("sudo useradd -m plain && sudo cp -r .ssh /home/plain && sudo chown -R plain: /home/plain/.ssh")
            made.before = made.system()
            yield made
    outer.remove()


@pytest.fixture(scope="module")
def alone(machine: Machine) -> Iterator[Lab]:
    """The machine itself as a lab, not made yet."""
    lab = Lab(f"{machine.lab.stack}-alone")
    lab.write({"kind": "host", "host": BARE})
    yield lab
    lab.remove()
