"""The machines of the tests of bridges, on a kernel that knows VLANs."""

from tests.acceptance.bridge.conftest import make, packages

__all__ = ["make", "packages"]
