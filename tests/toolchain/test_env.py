"""What a shell has after it sourced .toolchain/env."""

import pytest

from tests.toolchain.conftest import Checkout, script

SHELLS = ["sh", "bash"]
SHOW = """
for name in PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE_FILE PULUMI_SKIP_UPDATE_CHECK; do
    eval "echo \\"$name=\\${$name-unset}\\""
done
"""


@pytest.fixture
def ready(checkout: Checkout) -> Checkout:
    """A checkout with its env file."""
    checkout.install_pulumi()
    assert checkout.bootstrap("path").returncode == 0
    return checkout


@pytest.mark.parametrize("shell", SHELLS)
def test_state_and_passphrase_lie_in_the_checkout(ready: Checkout, shell: str) -> None:
    """Without settings of one's own the first run needs no account."""
    assert ready.source(shell, SHOW) == (
        f"PULUMI_BACKEND_URL=file://{ready.root}/.kvmlab/state?metadata=skip\n"
        f"PULUMI_CONFIG_PASSPHRASE_FILE={ready.root}/.kvmlab/passphrase\n"
        "PULUMI_SKIP_UPDATE_CHECK=true\n"
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_ones_own_settings_are_kept(ready: Checkout, shell: str) -> None:
    """A backend and a passphrase of one's own win, the latter even when it is empty."""
    shown = ready.source(shell, SHOW, PULUMI_BACKEND_URL="s3://labs", PULUMI_CONFIG_PASSPHRASE="")
    assert shown.splitlines()[:2] == ["PULUMI_BACKEND_URL=s3://labs", "PULUMI_CONFIG_PASSPHRASE_FILE=unset"]
    own = "/etc/phrase"
    shown = ready.source(shell, SHOW, PULUMI_CONFIG_PASSPHRASE_FILE=own)
    assert "PULUMI_CONFIG_PASSPHRASE_FILE=/etc/phrase\n" in shown


@pytest.mark.parametrize("shell", SHELLS)
def test_path_is_extended_once(ready: Checkout, shell: str) -> None:
    """Sourced twice, the toolchain and the environment stand first on PATH, once."""
    path = ready.source(shell, 'echo "$PATH"').strip()
    assert path == f"{ready.root}/.toolchain/bin:{ready.root}/.venv/bin:{ready.bin}"


@pytest.mark.parametrize("shell", SHELLS)
def test_pulumi_keeps_its_arguments_and_status(ready: Checkout, shell: str) -> None:
    """The function over pulumi passes everything through, failures included, in strict shells too."""
    script(ready.bin / "pulumi", '#!/bin/sh\nprintf "<%s>" "$@"\nexit 3\n')
    assert ready.source(shell, 'pulumi "a b" "" c || echo "=$?"') == "<a b><><c>=3\n"
