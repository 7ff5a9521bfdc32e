"""The build from Go modules, with a stand-in for Go: what is built, when again, and what a kill leaves."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.toolchain.conftest import PULUMI, Checkout, script

# Writes a Pulumi wherever it is told to build something, as slowly as the test asks, and notes what it was asked.
GO = """\
#!/bin/sh
if [ "$1" = list ]; then
    echo "$GO_MODULE"
    exit
fi
echo "${3##*/}" >>"$HOME/built"
while [ "$1" != -o ]; do shift; done
echo half >"$2"
sleep "${GO_SECONDS:-0}"
[ -z "${GO_ERROR:-}" ] || { echo "$GO_ERROR" >&2 && exit 1; }
cp "$HOME/pulumi" "$2"
chmod +x "$2"
"""
PARTS = ["cli", "language-python", "command"]


@pytest.fixture
def builder(checkout: Checkout) -> Checkout:
    """A checkout on a machine with Go alone."""
    home = Path(checkout.env["HOME"])
    script(checkout.bin / "go", GO)
    script(home / "pulumi", PULUMI)
    script(home / "module/python/cmd/pulumi-language-python-exec", "#!/usr/bin/env python\n")
    checkout.env["GO_MODULE"] = str(home / "module")
    return checkout


def built(checkout: Checkout) -> list[str]:
    """What Go was asked for since the last call."""
    log = Path(checkout.env["HOME"]) / "built"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return lines


def test_everything_is_built_and_installed(builder: Checkout) -> None:
    """The build ends in a toolchain whose plugins lie in its PULUMI_HOME and whose language host has its script."""
    result = builder.bootstrap("build")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("changed: built pulumi 3.274.1, plugin command 1.2.1\n")
    assert built(builder) == PARTS
    toolchain = builder.root / ".toolchain"
    assert (toolchain / "home/plugins/resource-command-v1.2.1/pulumi-resource-command").is_file()
    assert os.access(toolchain / "libexec/pulumi-language-python-exec", os.X_OK)
    assert builder.source("sh", "pulumi version") == "v3.274.1\n"
    assert not list(toolchain.glob("work.*"))


def test_only_what_changed_is_built_again(builder: Checkout) -> None:
    """A changed source rebuilds its own part; a changed test or README rebuilds nothing."""
    assert builder.bootstrap("build").returncode == 0
    built(builder)
    command = builder.root / "toolchain/command"
    (command / "README.md").write_text("new\n", encoding="utf-8")
    (command / "main_test.go").write_text("package main\n", encoding="utf-8")
    assert builder.bootstrap("build").stdout == "ok: toolchain and .venv\n"
    (command / "main.go").write_text("package main\n", encoding="utf-8")
    assert builder.bootstrap("build").returncode == 0
    assert built(builder) == ["command"]


def test_a_failing_build_shows_why(builder: Checkout) -> None:
    """What the compiler said is shown, and no env file promises a toolchain."""
    result = builder.bootstrap("build", GO_ERROR="main.go:1: broken")
    assert result.returncode == 1
    assert result.stderr == "main.go:1: broken\ntoolchain: building cli failed; its last lines are above\n"
    assert not (builder.root / ".toolchain/env").exists()


def test_a_long_build_says_that_it_lives(builder: Checkout) -> None:
    """There is a line of progress at least every ten seconds."""
    result = builder.bootstrap("build", GO_SECONDS="8.5", GO_ERROR="enough")
    assert "toolchain: building pulumi 3.274.1 (some minutes the first time): 8 s\n" in result.stdout


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_killed_build_converges(builder: Checkout, number: signal.Signals) -> None:
    """Whatever a kill left is not used: the next run makes the rest and ends whole."""
    first = subprocess.Popen(
        ["toolchain/bootstrap"],
        cwd=builder.root,
        env=builder.env | {"KVMLAB_TOOLCHAIN": "build", "GO_SECONDS": "0.6"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    log = Path(builder.env["HOME"]) / "built"
    while not log.exists() or "language-python" not in log.read_text(encoding="utf-8"):
        time.sleep(0.05)
    first.send_signal(number)
    first.wait(10)
    assert not (builder.root / ".toolchain/env").exists()
    assert built(builder) == PARTS[:2]
    result = builder.bootstrap("build")
    assert result.returncode == 0, result.stderr
    assert built(builder) == PARTS[1:]
    assert builder.source("sh", "pulumi version") == "v3.274.1\n"
    assert not list((builder.root / ".toolchain").glob("work.*"))
    assert not (builder.root / ".toolchain/lock").exists()
    assert builder.bootstrap("build").stdout == "ok: toolchain and .venv\n"
    # Nobody goes on to tell of what has ended, who would hold its output open.
    first.communicate(timeout=30)


def test_two_runs_do_not_meet(builder: Checkout) -> None:
    """A run waits for the one before it and finds its work done."""
    env = builder.env | {"KVMLAB_TOOLCHAIN": "build", "GO_SECONDS": "0.3"}
    runs = [
        subprocess.Popen(["toolchain/bootstrap"], cwd=builder.root, env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    outputs = [run.communicate(timeout=30)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sum("waiting for the run of process" in output for output in outputs) == 1
    assert sorted(built(builder)) == sorted(PARTS)


def test_the_language_host_finds_the_projects_packages(builder: Checkout, tmp_path: Path) -> None:
    """The host starts with the project's environment first on PATH, or this checkout's where it has none."""
    assert builder.bootstrap("build").returncode == 0
    script(builder.root / ".toolchain/libexec/pulumi-language-python", '#!/bin/sh\necho "${PATH%%:*} $*"\n')
    script(builder.root / ".venv/bin/python", "#!/bin/sh\n")
    script(tmp_path / "project/.venv/bin/python", "#!/bin/sh\n")
    (tmp_path / "plain").mkdir()
    for project, environment in (("project", tmp_path / "project/.venv"), ("plain", builder.root / ".venv")):
        result = subprocess.run(
            [builder.root / ".toolchain/bin/pulumi-language-python", "-root", "."],
            cwd=tmp_path / project,
            env=builder.env,
            capture_output=True,
            text=True,
            check=True,
        )
        assert result.stdout == f"{environment}/bin -root .\n"
