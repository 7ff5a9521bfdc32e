"""`make doctor` for real: with nothing but Python's own library, for root and for nobody."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctor.checks import CHECKS
from tests.engine.conftest import ROOT, Ended, run

PARTS = ("doctor", "components", "host", "Makefile")
SUBJECTS = ["python", *(check.__name__ for check in CHECKS)]


@pytest.fixture
def checkout() -> Iterator[Path]:
    """What the doctor consists of, where anyone may read it: a clone in which nothing was set up."""
    with tempfile.TemporaryDirectory() as name:
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
            copy(ROOT / part, Path(name) / part)
        for path in (Path(name), *Path(name).rglob("*")):
            path.chmod(0o755)
        yield Path(name)


def subjects(ended: Ended) -> list[str]:
    """The names of the lines."""
    lines = ended.output.partition("\n\n")[0].splitlines()
    return [line.split()[1] for line in lines if not line.startswith(" ")]


def test_a_clone_is_enough(checkout: Path) -> None:
    """No package of ours, none of the site's, no colour where no terminal is, and no file left behind."""
    before = sorted(checkout.rglob("*"))
    alone = checkout / "bin"
    alone.mkdir()
    (alone / "python3").write_text(f'#!/bin/sh\nexec {shutil.which("python3")} -S -E "$@"\n', "utf-8")
    (alone / "python3").chmod(0o755)
    ended = run("make", "-s", "doctor", cwd=checkout, env={"PATH": f"{alone}:{os.environ['PATH']}"})
    shutil.rmtree(alone)
    musts = [line for line in ended.output.splitlines() if line.startswith("must ")]
    assert ended.errors.startswith("make: ***") if musts else ended.errors == ""
    assert (ended.status != 0) == bool(musts)
    assert subjects(ended) == SUBJECTS
    assert "\033" not in ended.output
    assert sorted(checkout.rglob("*")) == before


def test_nobody(checkout: Path) -> None:
    """Whoever may not act as root is told so, and what was not seen."""
    (checkout / "bin").mkdir()
    (checkout / "bin" / "sudo").write_text("#!/bin/sh\nexit 1\n", "utf-8")
    (checkout / "bin" / "sudo").chmod(0o755)
    ended = run(
        *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-B", "-m", "doctor"),
        cwd=checkout,
        env={"PATH": f"{checkout}/bin:/usr/bin:/bin"},
    )
    assert (ended.status, ended.errors) == (1, "")
    assert subjects(ended) == SUBJECTS
    assert "may not act as root; not seen: firewall rules" in ended.output
    assert "-> let sudo ask for no password" in ended.output
    assert "\nfirst do what must be done: " in ended.output


def test_it_asks_by_sudo_where_that_lets_it(checkout: Path) -> None:
    """The script goes in whole, though sudo was tried before."""
    (checkout / "bin").mkdir()
    (checkout / "bin" / "sudo").write_text(
        '#!/bin/sh\n[ "$*" != "-n true" ] || { cat >/dev/null; exit 0; }\necho root yes\ncat >&2\n'
    )
    (checkout / "bin" / "sudo").chmod(0o755)
    ended = run(
        *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-B", "-m", "doctor"),
        cwd=checkout,
        env={"PATH": f"{checkout}/bin:/usr/bin:/bin"},
    )
    assert ended.errors == (ROOT / "host" / "facts.sh").read_text("utf-8")
    assert "ok    rights          root\n" in ended.output


def test_by_sudo_is_not_without_it(checkout: Path) -> None:
    """What root sees is no promise to the user who will ask without sudo."""
    env = {"PATH": os.environ["PATH"]}
    whole, by_sudo = (
        run("/usr/bin/python3", "-B", "-m", "doctor", cwd=checkout, env=env | more)
        for more in ({}, {"SUDO_USER": "nobody"})
    )
    assert "ok    rights          nobody, who may act as root\n" in by_sudo.output
    end = "" if whole.status else ", by sudo too unless that asks for no password"
    assert by_sudo.output.splitlines()[-1] == whole.output.splitlines()[-1] + end


def test_a_script_that_fails_is_told(checkout: Path) -> None:
    """In one line, without a stack trace."""
    (checkout / "host" / "facts.sh").write_text("exit 7\n", "utf-8")
    ended = run("/usr/bin/python3", "-B", "-m", "doctor", cwd=checkout)
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors.startswith("doctor: must be able to run host/facts.sh, got ")
    assert ended.errors.count("\n") == 1


def test_colour_on_a_terminal(checkout: Path) -> None:
    """Only there."""
    command = ["script", "-qec", "/usr/bin/python3 -B -m doctor", "/dev/null"]
    done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False, timeout=120)
    assert "\033[32mok   \033[0m" in done.stdout
