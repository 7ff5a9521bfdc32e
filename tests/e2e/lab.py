"""A lab in this checkout, driven as a user drives it: a stack file, make, and ssh."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from components.identity import owner

ROOT = Path(__file__).parents[2]


def run(*command: str, timeout: int = 900, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run to the end, output and errors together; what went wrong is in the assertion's text.

    Whatever does not end in time is stopped as Ctrl-C stops it, with all that it started: left alone, a run would hold
    its lab, and an emulated guest its CPU, for all tests that follow.
    """
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        env={**os.environ, **environment},
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=60)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        raise AssertionError(f"{shlex.join(command)}: not done after {timeout} s\n{output}") from None
    return subprocess.CompletedProcess(command, process.returncode, output)


def act_at(pattern: str, act: Callable[["subprocess.Popen[str]"], object], *command: str) -> str:
    """Run a command in a session of its own, act once when its output matches, and wait for its end; the output."""
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    seen, acted = "", False
    for line in process.stdout:
        seen += line
        if not acted and re.search(pattern, line):
            act(process)
            acted = True
    assert process.wait(timeout=60) != 0, seen
    assert acted, f"no line matched {pattern!r} in\n{seen}"
    return seen


def image() -> Path:
    """Debian 13 of its packages, for guests where its own image cannot be reached; built where it is not there."""
    built = ROOT / ".kvmlab/images/debian-13.qcow2"
    done = run("images/build", "debian-13", str(built))
    assert done.returncode == 0, done.stdout
    return built


class Lab:
    """One stack."""

    def __init__(self, stack: str) -> None:
        """Name the stack; nothing is made yet."""
        self.stack = stack
        self.file = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
        self.patience = 900

    def write(self, lab: Mapping[str, object]) -> None:
        """Write the stack's config, as a user would edit it."""
        self.file.write_text(yaml.safe_dump({"config": {"kvmlab:lab": dict(lab)}}), encoding="utf-8")

    def make(self, target: str) -> str:
        """Run a make target for the stack; its output."""
        done = run("make", target, f"STACK={self.stack}", timeout=self.patience)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def pulumi(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Plain pulumi, after sourcing the env file."""
        command = shlex.join(["pulumi", *arguments, "--stack", self.stack])
        return run("sh", "-c", f". .toolchain/env && {command}")

    def changes(self, *arguments: str) -> dict[str, str]:
        """What a preview would do, by resource name and type; resources that stay are left out."""
        done = run(
            "sh",
            "-c",
            f". .toolchain/env && pulumi preview --json --stack {self.stack} {shlex.join(arguments)} 2>/dev/null",
        )
        assert done.returncode == 0, done.stdout
        steps: list[dict[str, Any]] = json.loads(done.stdout)["steps"]
        return {
            step["urn"].split("::", 2)[2]: step["op"] for step in steps if step["op"] not in ("same", "read", "refresh")
        }

    def kill_during(self, operation: str, pattern: str) -> str:
        """Run plain `pulumi up` or `destroy` and SIGKILL it, scripts and all, when its output matches; the output."""
        killed: list[int] = []

        def kill(_process: "subprocess.Popen[str]") -> None:
            # The scripts first, or they would clear up.
            for pid in (*_scripts(), *_pulumi_processes(self.stack)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)

        assert run("make", "stack", f"STACK={self.stack}").returncode == 0
        command = f"pulumi {operation} --stack {self.stack} --yes --skip-preview --non-interactive"
        seen = act_at(pattern, kill, "sh", "-c", f". .toolchain/env && {command}")
        assert killed, seen
        return seen

    def ssh(self, guest: str, command: str) -> str:
        """Run a command in a guest by the very ssh command of the stack's outputs; no prompt may come up."""
        done = self.pulumi("stack", "output", "guests", "--json")
        login = json.loads(done.stdout)[guest]["ssh"]
        reached = run("sh", "-c", f"{login} -o BatchMode=yes {shlex.quote(command)}", timeout=120)
        assert reached.returncode == 0, reached.stdout
        return reached.stdout.strip()

    def remove(self) -> None:
        """Destroy what there is, then the stack itself and its file."""
        if self.file.exists():
            self.make("destroy")
            self.pulumi("stack", "rm", "--yes")
            self.file.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Start from nothing: also what tests that were killed have left, of a checkout that may be gone."""
        self.remove()
        for domain in _virsh("list"):
            if run("virsh", "-q", "desc", domain).stdout.strip() == owner(self.stack):
                run("virsh", "destroy", domain)
                run("virsh", "undefine", domain, "--nvram", "--managed-save")
        for kind, names in (("net", _virsh("net-list")), ("pool", _virsh("pool-list"))):
            if self.stack in names:
                run("virsh", f"{kind}-destroy", self.stack)
                run("virsh", f"{kind}-undefine", self.stack)
        shutil.rmtree(Path("/var/lib/libvirt/images") / self.stack, ignore_errors=True)


def _pulumi_processes(stack: str) -> list[int]:
    found = (line.split(" ", 1)[0] for line in _processes("-x", "pulumi"))
    return [int(pid) for pid in found if f"--stack\0{stack}\0" in Path(f"/proc/{pid}/cmdline").read_text("utf-8")]


def _virsh(command: str) -> list[str]:
    done = run("virsh", "-q", command, "--all", "--name")
    assert done.returncode == 0, done.stdout
    return done.stdout.split()


def host() -> dict[str, list[str]]:
    """What a lab could leave behind on its host."""
    rules = run("iptables-save").stdout + run("ip6tables-save").stdout
    # Counters and comments change by themselves. A host's first network loads the tables, with nothing in them, and
    # libvirt's own chains; both stay.
    kept = [re.sub(r" \[\d+:\d+\]", "", line) for line in rules.splitlines() if line[:1] in ("-", ":")]
    kept = [line for line in kept if not re.match(r":LIBVIRT|:[A-Z]+ ACCEPT$", line)]
    return {
        "domains": _virsh("list"),
        "networks": _virsh("net-list"),
        "pools": _virsh("pool-list"),
        "images": sorted(str(path) for path in Path("/var/lib/libvirt/images").rglob("*")),
        "leases": sorted(path.name for path in Path("/var/lib/libvirt/dnsmasq").glob("*")),
        "links": sorted(re.findall(r"^\d+: ([^:@]+)", run("ip", "-o", "link").stdout, re.MULTILINE)),
        "rules": [line for line in kept if "LIBVIRT" not in line or "-j LIBVIRT" not in line],
        "processes": [
            line
            for line in _processes("-f", "^[^ ]*(qemu-system|dnsmasq .*/var/lib/libvirt/dnsmasq)")
            if "default.conf" not in line and "<defunct>" not in line
        ],
        "scripts": scripts(),
    }


def scripts() -> list[str]:
    """The scripts of this checkout's host/ that run now."""
    return [*_scripts().values()]


def _scripts() -> dict[int, str]:
    found = (line.split(" ", 1) for line in _processes("-f", "^/bin/sh host/"))
    return {int(pid): command for pid, command in found if _directory(pid) == str(ROOT)}


def _processes(*which: str) -> list[str]:
    """PID and command, a line each; those of containers, with a libvirt of their own, do not count."""
    return run("pgrep", "-a", "--ns", str(os.getpid()), "--nslist", "pid", *which).stdout.splitlines()


def _directory(pid: str) -> str:
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""  # it has ended


def wait_until_quiet(seconds: int = 30) -> None:
    """Let what a killed run left behind come to its end."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and scripts():
        time.sleep(1)
