"""Every test here boots guests."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def _hypervisor(libvirt: None) -> None:  # pyright: ignore[reportUnusedFunction]
    """Before a test looks at the host as it is found, libvirt answers there."""
