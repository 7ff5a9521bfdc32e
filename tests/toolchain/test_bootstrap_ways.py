"""Which way the toolchain is made, and what is said when none works."""

import time
from pathlib import Path

import pytest

from tests.toolchain.conftest import PULUMI, Checkout, script

NOWHERE = "http://127.0.0.1:9"


def test_an_unknown_way_is_refused(checkout: Checkout) -> None:
    """A way that does not exist is named, with those that do."""
    result = checkout.bootstrap("source")
    assert result.returncode == 1
    assert result.stderr == (
        "KVMLAB_TOOLCHAIN: must be auto, path, download or build, got 'source'; set one of these\n"
    )


def test_what_is_on_path_comes_first(checkout: Checkout) -> None:
    """A new enough Pulumi with its plugin is taken as it is, with the user's own PULUMI_HOME."""
    checkout.install_pulumi()
    result = checkout.bootstrap(KVMLAB_DOWNLOAD_BASE=NOWHERE)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"changed: toolchain is pulumi 3.274.1 at {checkout.bin}/pulumi\n"
    assert checkout.source("sh", 'echo "$PULUMI_HOME"') == f"{checkout.env['HOME']}/.pulumi\n"


def test_an_old_pulumi_is_not_taken(checkout: Checkout) -> None:
    """A Pulumi older than the SDK is named with its version and place."""
    checkout.install_pulumi()
    script(checkout.bin / "pulumi", PULUMI.replace("3.274.1", "3.99.0"))
    result = checkout.bootstrap("path")
    assert result.returncode == 1
    assert f"pulumi: must be at least 3.272.0, got 3.99.0 ({checkout.bin}/pulumi); upgrade it\n" in result.stdout
    assert result.stderr == ("KVMLAB_TOOLCHAIN: must be a way that works here, got 'path'; see the reasons above\n")


def test_a_missing_plugin_is_named(checkout: Checkout) -> None:
    """A Pulumi without the plugin is not taken, and the command that adds it is given."""
    checkout.install_pulumi()
    plugin = Path(checkout.env["HOME"]) / ".pulumi/plugins/resource-command-v1.2.1/pulumi-resource-command"
    plugin.unlink()
    result = checkout.bootstrap("path")
    assert result.returncode == 1
    assert "run `pulumi plugin install resource command 1.2.1`\n" in result.stdout


def test_no_way_is_a_fast_and_full_answer(checkout: Checkout) -> None:
    """With no Pulumi, no network and no Go, the reason for each is given at once."""
    started = time.monotonic()
    result = checkout.bootstrap(KVMLAB_DOWNLOAD_BASE=NOWHERE)
    assert time.monotonic() - started < 5
    assert result.returncode == 1
    reasons = [line for line in result.stdout.splitlines() if line.startswith("toolchain: not by")]
    path, download, build = reasons
    assert path == (
        "toolchain: not by path: pulumi: must be on PATH, got none; "
        "install it, or set KVMLAB_TOOLCHAIN=download or build"
    )
    assert download == (
        f"toolchain: not by download: {NOWHERE}/releases/sdk/pulumi-3.274.1-checksums.txt: must be reachable, "
        "got [Errno 111] Connection refused; check the network"
    )
    assert build == (
        "toolchain: not by build: go: must be on PATH to build the toolchain, got none; "
        "install Go (https://go.dev/dl), or install Pulumi"
    )


@pytest.mark.parametrize("way", ["auto", "path"])
def test_a_second_run_is_quick_and_changes_nothing(checkout: Checkout, way: str) -> None:
    """Up to date is found without asking anyone, in the time that `make up` may lose on it."""
    checkout.install_pulumi()
    assert checkout.bootstrap("path").returncode == 0
    started = time.monotonic()
    result = checkout.bootstrap(way)
    assert time.monotonic() - started < 0.5
    assert result.stdout == "ok: toolchain and .venv\n"


def test_what_was_taken_from_path_may_go(checkout: Checkout) -> None:
    """A plugin that the user removed is missed on the next run."""
    checkout.install_pulumi()
    assert checkout.bootstrap("path").returncode == 0
    (Path(checkout.env["HOME"]) / ".pulumi/plugins/resource-command-v1.2.1/pulumi-resource-command").unlink()
    assert checkout.bootstrap("path").returncode == 1


def test_a_checkout_that_moved_is_made_anew(checkout: Checkout) -> None:
    """The env file names its checkout, so it does not survive a move."""
    checkout.install_pulumi()
    assert checkout.bootstrap("path").returncode == 0
    checkout.root = checkout.root.rename(checkout.root.with_name("moved"))
    assert "changed:" in checkout.bootstrap("path").stdout
    assert checkout.source("sh", 'echo "$KVMLAB_ROOT"') == f"{checkout.root}\n"
