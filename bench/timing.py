"""Runs a command and says how long it took and how much memory all of its processes held; what the machine is."""

import os
import platform
import select
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SAMPLE_SECONDS = 0.2
TICKS = os.sysconf("SC_CLK_TCK")
LINES = 12
"""How much is shown of what a failed command said, where a failure ends nothing."""
PROGRAM = b"pulumi-language-python-exec"
"""In the command line of the process that runs a Pulumi program in Python, whatever started it."""


class End(StrEnum):
    """How a command ended."""

    WELL = "well"
    HUNG = "hung"
    """It took too long and was killed."""
    FAILED = "failed"


class Run(NamedTuple):
    """What a command took."""

    seconds: float
    peak_mib: float
    """Most that its processes held at one time. See _Watch."""
    program_seconds: float
    """How long the process of the Pulumi program ran; 0 where there was none."""
    end: End


def shell(command: str, directory: Path = ROOT) -> float:
    """Seconds that a shell command takes; a failure ends the benchmark with the command's output."""
    return measure(command, directory).seconds


def measure(command: str, directory: Path = ROOT, patience: float = 3600, *, may_fail: bool = False) -> Run:
    """Run a shell command to its end.

    Args:
        command: the command.
        directory: where it runs.
        patience: seconds after which it and all that it started are killed.
        may_fail: whether a failure, too, is something to be measured; else it ends the benchmark. Either way its
            output is shown.
    """
    with tempfile.TemporaryFile("w+") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            ["sh", "-c", command],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        watch = _Watch(process.pid)
        try:
            killed = not watch.until_end(started + patience)
            seconds = time.monotonic() - started
        except BaseException:
            # Interrupted: a session of its own hears nothing of that.
            watch.kill()
            raise
        if killed:
            watch.kill()
        status = process.wait()
        end = End.HUNG if killed else End.FAILED if status else End.WELL
        if end is End.FAILED:
            output.seek(0)
            message = f"{command}: exit status {status}\n{output.read()}"
            if not may_fail:
                raise SystemExit(message)
            print(*message.splitlines()[-LINES:], sep="\n", flush=True)
    return Run(seconds, watch.peak_kib / 1024, watch.program_seconds, end)


class _Process(NamedTuple):
    """A process as it is seen once."""

    pid: int
    started: float
    """Seconds since the machine was."""
    memory: tuple[bytes, bytes]
    """Where its stack begins, which is by chance, and the size of all.

    The same as its parent's where it has been forked off and runs nothing of its own yet: engine and plugins lend such
    a child their own memory, which would count twice.
    """


class _Watch:
    """Looks at the processes of a session five times a second.

    The session is the command and all that it starts: engine, language host, program, plugins, scripts, virsh. What
    libvirt starts, QEMU above all, is not in it. Counted is PSS: a page that processes share is shared out among them.
    """

    def __init__(self, session: int) -> None:
        self._session = session
        self._end = os.pidfd_open(session)
        self._program: tuple[int, float] | None = None
        self.peak_kib = 0
        self.program_seconds = 0.0

    def until_end(self, deadline: float) -> bool:
        """Whether the command ends before that."""
        poll = select.poll()
        poll.register(self._end, select.POLLIN)
        try:
            while time.monotonic() < deadline:
                for ready, _ in poll.poll(SAMPLE_SECONDS * 1000):
                    if ready == self._end:
                        return True
                    self._program_ended(poll)
                self._sample(poll)
            return False
        finally:
            if self._program:
                self._program_ended(poll)
            os.close(self._end)

    def kill(self) -> None:
        """End all of it, at once: what hangs does not listen."""
        while processes := self._processes():
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            time.sleep(0.1)

    def _processes(self) -> list[_Process]:
        found: list[_Process] = []
        for entry in os.scandir("/proc"):
            if entry.name.isdecimal():
                # From the third field on, the state: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
                fields = _read(f"/proc/{entry.name}/stat").rpartition(b")")[2].split()
                # What has ended holds nothing and cannot be killed.
                if fields and int(fields[3]) == self._session and fields[0] != b"Z":
                    found.append(_Process(int(entry.name), int(fields[19]) / TICKS, (fields[25], fields[20])))
        return found

    def _sample(self, poll: select.poll) -> None:
        total = 0
        seen: set[tuple[bytes, bytes]] = set()
        for process in self._processes():
            if process.memory in seen:
                continue
            seen.add(process.memory)
            lines = _read(f"/proc/{process.pid}/smaps_rollup").splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith(b"Pss:"))
            looking = self._program is None and self.program_seconds == 0
            if looking and PROGRAM in _read(f"/proc/{process.pid}/cmdline"):
                self._program_found(process, poll)
        self.peak_kib = max(self.peak_kib, total)

    def _program_found(self, process: _Process, poll: select.poll) -> None:
        try:
            self._program = (os.pidfd_open(process.pid), process.started)
        except ProcessLookupError:
            return
        poll.register(self._program[0], select.POLLIN)

    def _program_ended(self, poll: select.poll) -> None:
        if self._program:
            file, started = self._program
            self.program_seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - started
            poll.unregister(file)
            os.close(file)
            self._program = None


def _read(path: str) -> bytes:
    """What the kernel says of a process, or nothing where that has ended meanwhile."""
    try:
        return Path(path).read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def machine() -> dict[str, str | int]:
    """What the figures were made on."""
    model = next((line for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines() if "model name" in line), "")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "cpu": model.partition(": ")[2],
        "cores": os.cpu_count() or 0,
        "memory_gib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**3,
        "kernel": platform.release().split("-")[0],
        "python": platform.python_version(),
    }
