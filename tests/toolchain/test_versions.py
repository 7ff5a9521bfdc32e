"""Every version is pinned once: what repeats it by necessity says the same."""

import json
import re
import subprocess
import tomllib

import pytest

from tests.toolchain.project import ROOT

TOOLCHAIN = ROOT / "toolchain"


@pytest.fixture(scope="module")
def pinned() -> dict[str, str]:
    """The assignments of versions.env."""
    text = (TOOLCHAIN / "versions.env").read_text(encoding="utf-8")
    return dict(re.findall(r"^(\w+)=([\d.]+)$", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("directory", "module", "name"),
    [
        ("cli", "github.com/pulumi/pulumi/pkg/v3", "PULUMI_VERSION"),
        ("cli", "github.com/pulumi/pulumi/sdk/v3", "PULUMI_VERSION"),
        ("language-python", "github.com/pulumi/pulumi/sdk/v3", "LANGUAGE_HOST_VERSION"),
    ],
)
def test_go_modules_require_what_is_pinned(pinned: dict[str, str], directory: str, module: str, name: str) -> None:
    """A go.mod names the version of versions.env."""
    text = (TOOLCHAIN / directory / "go.mod").read_text(encoding="utf-8")
    found = re.findall(rf"^(?:require )?\s*{re.escape(module)} v(\S+)", text, re.MULTILINE)
    assert found == [pinned[name]]


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("pulumi", "PULUMI_MINIMUM_VERSION"),
        ("pulumi-command", "COMMAND_PLUGIN_VERSION"),
    ],
)
def test_python_packages_are_those_of_the_plugins(pinned: dict[str, str], package: str, name: str) -> None:
    """An SDK and its plugin have one version, or each run looks for another plugin."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert f"{package}=={pinned[name]}" in project["project"]["dependencies"]


def test_the_toolchain_has_the_pinned_versions(pinned: dict[str, str]) -> None:
    """The CLI and the plugin that are installed are the ones that are pinned."""
    command = ". .toolchain/env; command pulumi version; command pulumi plugin ls --json"
    result = subprocess.run(["sh", "-euc", command], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    version, _, listing = result.stdout.partition("\n")
    assert version == f"v{pinned['PULUMI_VERSION']}"
    plugins = {(plugin["name"], plugin["version"]) for plugin in json.loads(listing)}
    assert ("command", pinned["COMMAND_PLUGIN_VERSION"]) in plugins


def test_no_module_is_replaced() -> None:
    """What is built is what its go.mod names."""
    for path in sorted(TOOLCHAIN.glob("*/go.mod")):
        assert not re.search(r"^replace ", path.read_text(encoding="utf-8"), re.MULTILINE), path
