"""Keys that are written here are keys to OpenSSH, and so are the files that hold them."""

from pathlib import Path

import pytest

from components.keys import SshKey, ssh_key
from components.ssh_access import SshGuest, known_hosts, ssh_config
from tests.engine.conftest import run

PURPOSES = ["quickstart/lab", "quickstart/web/host", ""]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_ssh_keygen_reads_it(tmp_path: Path, purpose: str) -> None:
    """ssh-keygen finds in the private half the public one that we tell, and an ed25519 key of 256 bits."""
    key = ssh_key("5eed", purpose)
    file = written(tmp_path, key)
    public = run("ssh-keygen", "-y", "-P", "", "-f", str(file))
    assert (public.status, public.errors) == (0, "")
    assert public.output.split()[:2] == key.public.split()
    (tmp_path / "key.pub").write_text(f"{key.public}\n")
    shown = run("ssh-keygen", "-l", "-f", str(tmp_path / "key.pub")).output.split()
    assert (shown[0], shown[-1]) == ("256", "(ED25519)")


def test_it_signs(tmp_path: Path) -> None:
    """What OpenSSH signs with the private half, it verifies with the public one, and with no other."""
    key, other = ssh_key("5eed", "a"), ssh_key("5eed", "b")
    file, message = written(tmp_path, key), tmp_path / "message"
    message.write_text("hello")
    assert run("ssh-keygen", "-Y", "sign", "-q", "-n", "file", "-f", str(file), str(message)).status == 0
    statuses: list[int] = []
    for public in (key.public, other.public):
        (tmp_path / "signers").write_text(f"ana {public}\n")
        verify = f"ssh-keygen -Y verify -n file -I ana -f {tmp_path}/signers -s {message}.sig <{message}"
        statuses.append(run("sh", "-c", verify).status)
    assert statuses[0] == 0
    assert statuses[1] != 0


def test_ssh_reads_the_config(tmp_path: Path) -> None:
    """A guest's name leads ssh to its address, with the lab's own user, key and known_hosts and no question asked."""
    file = tmp_path / "config"
    addresses = {"web": "10.20.0.5", "web-1": "10.20.0.6"}
    guests: dict[str, SshGuest] = {name: {"address": each, "host_key": ""} for name, each in addresses.items()}
    file.write_text(ssh_config(str(tmp_path), "lab", guests))
    shown = run("ssh", "-G", "-F", str(file), "web")
    assert shown.status == 0
    settings = dict(line.split(" ", 1) for line in shown.output.splitlines())
    assert settings["hostname"] == "10.20.0.5"
    assert settings["user"] == "lab"
    assert settings["identityfile"] == f"{tmp_path}/id_ed25519"
    assert settings["identitiesonly"] == "yes"
    assert settings["userknownhostsfile"] == f"{tmp_path}/known_hosts"
    assert settings["stricthostkeychecking"] == "true"


def test_ssh_finds_the_host_key(tmp_path: Path) -> None:
    """A guest's host key is found by its name and by its address."""
    key = ssh_key("5eed", "quickstart/web/host").public
    file = tmp_path / "known_hosts"
    file.write_text(known_hosts({"web": {"address": "10.20.0.5", "host_key": key}}))
    for known in ("web", "10.20.0.5"):
        found = run("ssh-keygen", "-F", known, "-f", str(file))
        assert found.status == 0
        assert key in found.output
    assert run("ssh-keygen", "-F", "db", "-f", str(file)).status == 1


def written(directory: Path, key: SshKey) -> Path:
    """The private half as a file that OpenSSH accepts."""
    file = directory / "key"
    file.write_text(key.private)
    file.chmod(0o600)
    return file
