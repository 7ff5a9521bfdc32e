"""Plain ssh finds guests by name, with no prompt and no other key."""

import os

import pulumi
import pytest

from components.archive import pack
from components.ssh import Ssh
from components.ssh_access import SshAccess, SshGuest, known_hosts, ssh_config
from tests.unit.mocks import Secret, run

GUESTS: dict[str, SshGuest] = {
    "web": {"address": "10.20.0.5", "host_key": "ssh-ed25519 AAAAweb"},
    "db": {"address": "10.20.0.6", "host_key": "ssh-ed25519 AAAAdb"},
}
CONFIG = """\
Host web
  HostName 10.20.0.5
Host db
  HostName 10.20.0.6
Host *
  User lab
  IdentityFile .kvmlab/ssh/six/id_ed25519
  IdentitiesOnly yes
  UserKnownHostsFile .kvmlab/ssh/six/known_hosts
  StrictHostKeyChecking yes
"""
KNOWN_HOSTS = """\
web,10.20.0.5 ssh-ed25519 AAAAweb
db,10.20.0.6 ssh-ed25519 AAAAdb
"""


def test_guests_of_a_machine_behind_ssh() -> None:
    """Ssh goes through it, by the user's own config, or by the key that is pinned."""
    pinned: Ssh = {"destination": "nas", "host_key": "ssh-ed25519 AAAAnas"}
    guests: dict[str, SshGuest] = {
        "web": {**GUESTS["web"], "host": {"destination": "me@box"}},
        "db": {**GUESTS["db"], "host": pinned},
        "here": {"address": "10.20.0.7", "host_key": "ssh-ed25519 AAAAhere"},
    }
    web, db, here = ssh_config(".kvmlab/ssh/six", "lab", guests).split("Host ")[1:4]
    assert web.splitlines()[2] == "  ProxyCommand ssh -o StrictHostKeyChecking=yes -W [%h]:%p -- me@box"
    key = "-o HostKeyAlias=kvmlab-host-nas -o UserKnownHostsFile=.kvmlab/ssh/six/known_hosts"
    assert db.splitlines()[2] == f"  ProxyCommand ssh -o StrictHostKeyChecking=yes {key} -W [%h]:%p -- nas"
    assert here == "here\n  HostName 10.20.0.7\n"
    known = f"{KNOWN_HOSTS}here,10.20.0.7 ssh-ed25519 AAAAhere\nkvmlab-host-nas ssh-ed25519 AAAAnas\n"
    assert known_hosts(guests) == known


def test_files() -> None:
    """Both files are these; tests/engine has them read by a real ssh."""
    assert ssh_config(".kvmlab/ssh/six", "lab", GUESTS) == CONFIG
    assert known_hosts(GUESTS) == KNOWN_HOSTS


def test_component(monkeypatch: pytest.MonkeyPatch) -> None:
    """The three files go to the user's own machine, as the user, in one secret text."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    def program() -> None:
        key = pulumi.Output.from_input("private\n")
        SshAccess("access", {"directory": ".kvmlab/ssh/six", "login": "lab", "guests": GUESTS, "private_key": key})

    command = run(program)["Command access-ssh"].inputs
    packed = command["stdin"]
    assert isinstance(packed, Secret)
    assert "interpreter" not in command
    assert packed.value == pack({"config": CONFIG, "known_hosts": KNOWN_HOSTS, "id_ed25519": "private\n"})
