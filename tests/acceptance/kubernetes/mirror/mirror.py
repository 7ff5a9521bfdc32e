"""All of the mirror: what it serves, and what a guest must be told to take it for what it plays."""

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tests.acceptance.kubernetes.mirror import debian, images, packages
from tests.acceptance.kubernetes.mirror.answers import Answers
from tests.acceptance.kubernetes.mirror.authority import Authority
from tests.acceptance.kubernetes.mirror.layer import debian_packages, script_for
from tests.acceptance.kubernetes.mirror.parts import PINS, Parts
from tests.acceptance.kubernetes.mirror.server import Log, serving
from tests.acceptance.kubernetes.mirror.signer import Signer

HOSTS, SOURCES, APT = "/etc/hosts", "/etc/apt/sources.list.d/debian.sources", "/etc/apt/apt.conf.d/90mirror"
CERTIFICATE = "/usr/local/share/ca-certificates/mirror.crt"


def found(address: str, names: Iterable[str], authority: Authority) -> dict[str, str]:
    """Files, by path, with which a machine finds servers of these names at an address, and trusts them."""
    return {
        # Debian's own server has such records, which name others.
        APT: 'Acquire::EnableSrvRecords "false";\nAcquire::http::Proxy "DIRECT";\nAcquire::https::Proxy "DIRECT";\n',
        CERTIFICATE: authority.certificate,
        HOSTS: f"{address} {' '.join(names)}\n",
    }


class Mirror:
    """Made of parts, and not served yet."""

    def __init__(self, parts: Parts, status: str, signer: Signer, at: Path) -> None:
        """Make it.

        Args:
            parts: programs and images.
            status: what packages its guests have.
            signer: whose key its repositories are signed by.
            at: an empty directory.
        """
        self.signer, self.parts = signer, parts
        self._at, self._authority = at, Authority()
        version = PINS["KUBERNETES_VERSION"]
        self.packages = packages.packages(version, PINS["CNI_VERSION"], parts.programs)
        places = {name: at / name for name in ("kubernetes", "debian")}
        for place in places.values():
            place.mkdir()
        self.answers: Answers = {
            **packages.serve(places["kubernetes"], self.packages, signer),
            **debian.serve(places["debian"], debian_packages(), status, signer),
            **images.serve(parts.images, parts.blobs),
        }

    @property
    def names(self) -> list[str]:
        """Of the servers that it plays."""
        return sorted({path.partition("/")[0] for path in self.answers})

    @contextmanager
    def served(self, address: str, further: Answers = MappingProxyType({})) -> Generator[Log]:
        """Serve it at an address, with further answers before its own; what was asked for."""
        with serving(address, {**self.answers, **further}, self._authority.context(self.names, self._at)) as log:
            yield log

    def files(self, address: str) -> dict[str, str]:
        """What a machine must have to find it at an address, by path."""
        return {**found(address, self.names, self._authority), SOURCES: debian.sources(self.signer)}

    def user_data(self, address: str) -> dict[str, Any]:
        """The same as cloud-config, and the layer's script with the mirror's fingerprint."""
        files = self.files(address)
        written = [{"path": path, "content": files[path]} for path in (SOURCES, APT)]
        return {
            # At each boot, before anything is asked for.
            "bootcmd": [
                ["sh", "-c", f"grep -qF '{files[HOSTS].strip()}' {HOSTS} || echo '{files[HOSTS].strip()}' >>{HOSTS}"]
            ],
            "apt": {"preserve_sources_list": True},
            "ca_certs": {"trusted": [files[CERTIFICATE]]},
            "write_files": [*written, script_for(self.signer.fingerprint)],
        }
