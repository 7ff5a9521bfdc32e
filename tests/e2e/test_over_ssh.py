"""A lab on another machine: all as on this one, by logins. The machine is this one, behind an sshd of its own."""

from collections.abc import Iterator

import pytest

from tests.e2e.lab import Lab, act_at, host, image, run, wait_until_quiet
from tests.sshd import NAME, Sshd, on_path

# Before a test looks at the host as it is found, libvirt answers there.
pytestmark = pytest.mark.usefixtures("libvirt")

STACK = "e2e-over-ssh"
QUICK = {"memory": "128MiB", "disk": "8GiB", "waitFor": "start", "shutdownTimeout": "0s"}


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """The host before the lab."""
    Lab(STACK).sweep()
    return host()


@pytest.fixture(scope="module")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """The way in, which whatever runs from here on finds."""
    with on_path(tmp_path_factory.mktemp("sshd")) as sshd:
        yield sshd


@pytest.fixture(scope="module")
def lab(found: dict[str, list[str]], sshd: Sshd) -> Iterator[Lab]:
    """A lab with one guest, up; what is still there at the end goes."""
    assert "e2e-over-ssh" not in found["pools"]
    made = Lab(STACK)
    write(made, sshd)
    output = made.make("up")
    assert "1 of 1 guests ready in " in output, output
    yield made
    made.remove()


def write(lab: Lab, sshd: Sshd, **more: object) -> None:
    """One guest that boots, and more."""
    lab.write(
        {
            "kind": "guests",
            "host": {"address": NAME, "hostKey": sshd.public_key},
            "network": {"cidr": "10.20.82.0/24"},
            # No packages are sent: the machine names a file of its own.
            "image": {"file": str(image())},
            "guests": {"web": {}, **more},
        }
    )


def test_a_guest_is_reached_through_the_machine(lab: Lab, sshd: Sshd) -> None:
    """By plain ssh, which goes through the machine's sshd, by the key that is pinned there, too."""
    before = sshd.logins
    sshd.known()
    assert lab.ssh("web", "hostname --fqdn") == "web.e2e-over-ssh.internal"
    assert sshd.logins == before + 1


def test_nothing_to_change_is_one_login(lab: Lab, sshd: Sshd) -> None:
    """For a preview, and for an up."""
    before = sshd.logins
    assert lab.changes() == {}
    assert sshd.logins == before + 1
    done = lab.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive")
    assert done.returncode == 0, done.stdout
    assert sshd.logins == before + 2


def test_a_step_is_one_login(lab: Lab, sshd: Sshd) -> None:
    """One guest more is one login more."""
    write(lab, sshd, db=QUICK)
    before = sshd.logins
    lab.make("up")
    assert sshd.logins == before + 2


def test_the_connection_is_lost(lab: Lab, sshd: Sshd) -> None:
    """A guest that was being made goes, by what is left over there; the error says what happened, and up goes on."""
    # In the midst of the longest of all answers, which ssh waits for over there.
    slow = {"userData": {"runcmd": [["sleep", "300"]]}, "shutdownTimeout": "0s"}
    write(lab, sshd, db=QUICK, slow=slow)
    output = act_at("slow.*cloud-init is running", lambda _: sshd.hang_up(), "make", "up", f"STACK={STACK}")
    assert f"host {NAME}: must be reached by ssh, got " in output, output
    for _ in range(30):
        if f"{STACK}-slow" not in host()["domains"]:
            break
        run("sleep", "1")
    assert sorted(host()["domains"]) == [f"{STACK}-db", f"{STACK}-web"]
    write(lab, sshd, db=QUICK, slow=QUICK)
    lab.make("up")
    assert lab.changes() == {}


@pytest.mark.usefixtures("lab")
def test_a_machine_that_is_not_reached(sshd: Sshd) -> None:
    """That is told in the words of config, before anything is changed."""
    sshd.configure(port=1)
    done = run("make", "up", f"STACK={STACK}")
    assert done.returncode != 0
    assert f"host {NAME}: 1 problem in what it offers\n" in done.stdout, done.stdout
    assert "  lab.host: must be reached by ssh, got 'ssh: connect to host" in done.stdout, done.stdout
    sshd.configure()


def test_destroyed(lab: Lab, found: dict[str, list[str]]) -> None:
    """The machine is as it was found."""
    lab.make("destroy")
    wait_until_quiet()
    assert host() == found
