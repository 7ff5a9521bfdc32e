"""A script of host/ on another machine: by a real sshd, which here is on loopback."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sshd import NAME, Sshd

HOST = Path(__file__).parents[2] / "host"
SCRIPT = """\
#!/bin/sh
set -eu
printf '%s|' "$1" "$ODD" "$EMPTY" "$(cat)"
echo 'a warning' >&2
exit "$STATUS"
"""
SLOW = """\
#!/bin/sh
set -eu
trap 'echo ended >"$TRACE"; exit 1' TERM
echo begun
while :; do sleep 0.2; done
"""
ENDS_ITS_GROUP = """\
#!/bin/sh
echo begun
sleep 1
kill -s TERM 0
"""


@pytest.fixture
def sshd(tmp_path: Path) -> Iterator[Sshd]:
    """The machine."""
    (tmp_path / "sshd").mkdir()
    made = Sshd(tmp_path / "sshd")
    yield made
    made.stop()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout with scripts that only tests have."""
    host = tmp_path / "project" / "host"
    host.mkdir(parents=True)
    for name in ("over_ssh.sh", "arrive.sh"):
        shutil.copy2(HOST / name, host)
    for name, text in (("tell.sh", SCRIPT), ("slow.sh", SLOW), ("ends.sh", ENDS_ITS_GROUP)):
        (host / name).write_text(text, "utf-8")
    return host.parent


def start(sshd: Sshd, project: Path, *call: str, host: str = NAME, **settings: str) -> "subprocess.Popen[str]":
    """Call a script over there."""
    environment = {**os.environ, **sshd.environment, "SSH_DESTINATION": host, **settings}
    return subprocess.Popen(
        ["host/over_ssh.sh", *call],
        cwd=project,
        env={"SETTINGS": " ".join(settings), **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ask(sshd: Sshd, project: Path, host: str = NAME, **settings: str) -> tuple[int, str, str]:
    """Exit status, output and errors of the script that tells what it gets."""
    given = {"ODD": 'it\'s\n"odd" $HOME `x` \\ ', "EMPTY": "", "STATUS": "0"}
    process = start(sshd, project, "tell.sh", "apply", host=host, SETTINGS="ODD EMPTY STATUS", **{**given, **settings})
    output, errors = process.communicate("secret\nlines", timeout=60)
    return process.returncode, output, errors


TOLD = 'apply|it\'s\n"odd" $HOME `x` \\ ||secret\nlines|'


def left_behind() -> list[Path]:
    """Directories that arrived and have not gone."""
    return [path for path in Path("/tmp").glob("tmp.*") if (path / "settings").exists()]  # noqa: S108 (mktemp's own)


def test_all_that_a_script_is_given_arrives(sshd: Sshd, project: Path) -> None:
    """Argument, settings whatever is in them, and stdin; back come output, errors and status, for one login."""
    before = left_behind()
    assert ask(sshd, project) == (0, TOLD, "a warning\n")
    assert ask(sshd, project, STATUS="7") == (7, TOLD, "a warning\n")
    assert sshd.logins == 2
    time.sleep(2)
    assert left_behind() == before


def test_ways_in(sshd: Sshd, project: Path) -> None:
    """An agent's key does, and so does a way through another machine."""
    sock = sshd.directory / "agent"
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", sock], stdout=subprocess.DEVNULL)
    try:
        while not sock.exists():
            time.sleep(0.1)
        loaded = {**os.environ, "SSH_AUTH_SOCK": str(sock)}
        subprocess.run(["ssh-add", "-q", sshd.key], env=loaded, check=True)
        sshd.configure("IdentityFile none")
        assert ask(sshd, project, SSH_AUTH_SOCK=str(sock))[0] == 0
    finally:
        agent.terminate()
        agent.wait()
    sshd.configure()
    sshd.config.write_text(f"Host {NAME}-behind\nProxyJump {NAME}\n{sshd.config.read_text('utf-8')}", "utf-8")
    assert ask(sshd, project, host=f"{NAME}-behind") == (0, TOLD, "a warning\n")
    assert sshd.logins == 3


def test_refusals(sshd: Sshd, project: Path) -> None:
    """Each is one message that says what to do, and nothing has been run."""

    def refused(**settings: str) -> str:
        status, output, errors = ask(sshd, project, **settings)
        assert (status, output) == (69, "")
        assert errors.startswith(f"host {NAME}: ")
        assert errors.count("\n") == 1
        return errors.removeprefix(f"host {NAME}: ").strip()

    other = sshd.key.with_suffix(".pub").read_text("utf-8").strip()
    sshd.known("ssh-ed25519 ", other)
    todo = "take that out if the machine was made anew, else somebody stands in between"
    assert refused() == f"must have the host key that {sshd.known_hosts}:2 tells, got another one; {todo}"
    assert refused(SSH_HOST_KEY=other) == f"must have the host key that lab.host.hostKey tells, got another one; {todo}"

    sshd.known()
    assert ask(sshd, project, SSH_HOST_KEY=sshd.public_key)[0] == 0
    unknown = refused()
    assert unknown.startswith("must have a host key that is known, got ")
    assert unknown.endswith(f"; log in once by hand: ssh {NAME}, or set lab.host.hostKey")

    sshd.known(sshd.public_key)
    sshd.configure(f"IdentityFile {sshd.host_key}", "IdentitiesOnly yes")
    answer = "root@127.0.0.1: Permission denied (publickey,keyboard-interactive)."
    todo = f"try: ssh -o BatchMode=yes {NAME} true"
    assert refused() == f"must let you in without a password, got '{answer}'; {todo}"

    sshd.configure(port=1)
    reason = "ssh: connect to host 127.0.0.1 port 1: Connection refused"
    assert refused() == f"must be reached by ssh, got '{reason}'; try: ssh {NAME} true"


def wait_for(file: Path) -> None:
    """Until it is there."""
    for _ in range(100):
        if file.exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"no {file}")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_script_over_there(
    sshd: Sshd, project: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """It hears of it and clears up."""
    trace = tmp_path / "trace"
    process = start(sshd, project, "slow.sh", "apply", TRACE=str(trace))
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    process.communicate(timeout=10)
    assert process.returncode == 129
    wait_for(trace)


def test_a_script_that_ends_all_of_its_group(sshd: Sshd, project: Path) -> None:
    """As one does that nobody waits for: what arrived with it goes all the same."""
    before = left_behind()
    process = start(sshd, project, "ends.sh", "apply")
    output, _ = process.communicate(timeout=60)
    assert output == "begun\n"
    assert process.returncode != 0
    time.sleep(3)
    assert set(left_behind()) <= set(before)


def test_a_kill_ends_the_script_over_there(sshd: Sshd, project: Path, tmp_path: Path) -> None:
    """Nobody waits for it any more once whoever called is gone."""
    trace = tmp_path / "trace"
    environment = {**os.environ, **sshd.environment, "SSH_DESTINATION": NAME, "SETTINGS": "TRACE", "TRACE": str(trace)}
    caller = subprocess.Popen(
        ["/bin/sh", "-c", "host/over_ssh.sh slow.sh apply; :"],
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert caller.stdout is not None
    assert caller.stdout.readline() == "begun\n"
    caller.kill()
    caller.wait()
    wait_for(trace)


def test_a_machine_that_stalls(sshd: Sshd, project: Path, tmp_path: Path) -> None:
    """In the middle of a script, and before a login: both come to an end."""
    process = start(sshd, project, "slow.sh", "apply", TRACE=str(tmp_path / "trace"))
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"
    sshd.stall()
    _, errors = process.communicate(timeout=40)
    assert process.returncode == 69
    assert errors == f"host {NAME}: must be reached by ssh, got 'the connection ended'; try: ssh {NAME} true\n"
    status, _, errors = ask(sshd, project)
    assert status == 69
    assert "must be reached by ssh, got 'Connection timed out during banner exchange" in errors, errors
    sshd.go_on()
    wait_for(tmp_path / "trace")
    assert ask(sshd, project)[0] == 0
