"""A package repository of the test's own, for a machine that reaches nothing else."""

import subprocess
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[3]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


def fill(directory: Path, suite: str, packages: Iterable[str], status: str) -> int:
    """Put packages into a directory, with those that they need and a machine lacks; how many files that is.

    Args:
        directory: empty.
        suite: of Debian.
        packages: their names.
        status: the machine's /var/lib/dpkg/status.
    """
    state = directory / ".apt"
    for needed in ("lists/partial", "cache/archives/partial"):
        (state / needed).mkdir(parents=True)
    (state / "status").write_text(status, "utf-8")
    mirror = _run("sh", "-c", ". images/lib.sh && find_mirror debian").strip()
    (state / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n", "utf-8")
    options = {
        "Dir::Etc::SourceList": state / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
    }
    apt = ["apt-get", "-q", *(f"-o{key}={value}" for key, value in options.items())]
    _run(*apt, "update")
    _run(*apt, "install", "-y", "--no-install-recommends", "--download-only", *packages)
    files = list((state / "cache" / "archives").glob("*.deb"))
    for file in files:
        file.rename(directory / file.name)
    (directory / "Packages").write_text(_run("dpkg-scanpackages", "-m", ".", at=directory), "utf-8")
    return len(files)


@contextmanager
def served(directory: Path, address: str) -> Generator[str]:
    """Serve a directory while the context lasts; what stands behind `deb` in the sources.list of who uses it."""
    with (directory / ".log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-u", "-m", "http.server", "--bind", address, "--directory", directory, "0"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            assert server.stdout is not None
            # Serving HTTP on 10.20.84.1 port 43210 (http://10.20.84.1:43210/) ...
            url = server.stdout.readline().partition("(")[2].partition("/)")[0]
            yield f"[trusted=yes] {url} ./"
        finally:
            server.terminate()
            server.wait()


def _run(*command: str, at: Path = ROOT) -> str:
    done = subprocess.run(command, cwd=at, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
