"""Four families of distributions: how each makes packages, has a repository, and says what is installed."""

import io
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.acceptance.packages.machine import Machine

WAIT = "[ ! -e /run/slow ] || { : >/run/waits; until [ -e /run/go ]; do sleep 0.1; done; }"
"""What a slow package does once it is unpacked, where it is told to be slow."""
SIZE = 4 * 1024 * 1024
"""Of a big package's file."""


class Package(NamedTuple):
    """A package with one file."""

    name: str
    version: str = "2"
    needs: str = ""
    recommends: str = ""
    provides: str = ""
    big: bool = False
    slow: bool = False

    @property
    def content(self) -> bytes:
        """Of its file."""
        return bytes(SIZE) if self.big else b"1\n"


@dataclass(frozen=True)
class Family:
    """What one package manager wants."""

    manager: str
    release: str
    """Its os-release."""
    config: Mapping[str, str]
    """Files by path; {url} is the repository's."""
    begin: str
    """Makes an empty database, in shell."""
    add: str
    """Installs the files in a directory, without a repository."""
    refresh: str
    """Reads what the repository has."""
    get: str
    """Installs a package by name, as a user would."""
    drop: str
    """Removes one by name, as a user would."""
    listing: str
    """Prints what is installed, name and version."""

    def configure(self, machine: Machine, url: str) -> None:
        """Name the one repository."""
        for path, text in self.config.items():
            machine.do(
                'mkdir -p "$(dirname "$FILE")"; printf %s "$TEXT" >"$FILE"', FILE=path, TEXT=text.format(url=url)
            )

    def start(self, machine: Machine, made: Path) -> None:
        """A fresh system of this family, with the old packages on it."""
        machine.do('rm -f /etc/os-release; printf %s "$TEXT" >/etc/os-release', TEXT=self.release)
        machine.do(self.begin)
        self.configure(machine, f"file://{made}/new")
        machine.do(self.add, AT=str(made / "old"))
        machine.do(self.refresh)

    def installed(self, machine: Machine) -> set[str]:
        """Names and versions, as `curl 1`."""
        return set(machine.do(self.listing).splitlines())


APT = Family(
    "apt",
    'ID=linuxmint\nID_LIKE="ubuntu debian"\n',
    {"/etc/apt/sources.list": "deb [trusted=yes] {url} ./\n"},
    "rm -rf /etc/apt/sources.list.d /etc/apt/apt.conf.d /var/lib/apt /var/cache/apt /var/lib/dpkg;"
    " mkdir -p /var/lib/dpkg/info /var/lib/dpkg/updates /var/lib/apt/lists/partial /var/cache/apt/archives/partial;"
    " mkdir -p /etc/apt/apt.conf.d; echo 'APT::Sandbox::User \"root\";' >/etc/apt/apt.conf.d/root;"
    " : >/var/lib/dpkg/status; : >/var/lib/dpkg/available",
    'dpkg -i "$AT"/*.deb',
    "apt-get update",
    'apt-get -y install "$NAME"',
    'apt-get -y purge "$NAME"',
    "dpkg-query -W -f '${Package} ${Version}\\n'",
)
DNF = Family(
    "dnf",
    'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.6"\n',
    {"/etc/yum.repos.d/test.repo": "[test]\nname=test\nbaseurl={url}\ngpgcheck=0\nretries=1\n"},
    "rm -rf /etc/yum.repos.d /var/lib/rpm; mkdir -p /etc/rpm;"
    " echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros; rpm --initdb",
    'rpm -i "$AT"/*.rpm',
    "dnf makecache",
    'dnf -y install "$NAME"',
    'dnf -y remove --noautoremove "$NAME"',
    "rpm -qa --qf '%{NAME} %{VERSION}\\n'",
)
ZYPPER = Family(
    "zypper",
    'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n',
    {"/etc/zypp/repos.d/test.repo": "[test]\nname=test\nbaseurl={url}\nenabled=1\nautorefresh=1\ngpgcheck=0\n"},
    DNF.begin,
    DNF.add,
    "zypper refresh",
    'zypper -n install "$NAME"',
    'zypper -n remove "$NAME"',
    DNF.listing,
)
PACMAN = Family(
    "pacman",
    "ID=endeavouros\nID_LIKE=arch\n",
    {
        "/etc/pacman.conf": "[options]\nArchitecture = auto\nCheckSpace\nSigLevel = Never\n[test]\nServer = {url}\n",
    },
    "mkdir -p /var/lib/pacman",
    'pacman -U --noconfirm "$AT"/*.pkg.tar',
    "pacman -Sy",
    'pacman -S --noconfirm "$NAME"',
    'pacman -R --noconfirm "$NAME"',
    "pacman -Q | sed 's/-1$//'",
)
FAMILIES = (APT, DNF, ZYPPER, PACMAN)


def build(family: Family, machine: Machine, packages: Iterable[Package], directory: Path) -> None:
    """Make packages of a family, and a repository of them, in a directory."""
    directory.mkdir(parents=True)
    match family.manager:
        case "apt":
            _debs(packages, directory)
        case "pacman":
            _pacman(packages, directory)
        case _:
            (directory / "spec").write_text(_spec(packages), "utf-8")
            machine.do(
                'cd "$AT"; rpmbuild -bb -D "_topdir /run/b" -D "_rpmdir $PWD" spec; mv noarch/* .', AT=str(directory)
            )
            machine.do('createrepo_c -q "$AT"', AT=str(directory))


def _debs(packages: Iterable[Package], directory: Path) -> None:
    for package in packages:
        tree = directory / "tree" / package.name
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "opt").mkdir()
        (tree / "opt" / package.name).write_bytes(package.content)
        fields = {
            "Package": package.name,
            "Version": package.version,
            "Architecture": "all",
            "Maintainer": "nobody",
            "Description": "nothing",
            "Depends": package.needs,
            "Recommends": package.recommends,
            "Provides": package.provides,
        }
        control = "".join(f"{key}: {value}\n" for key, value in fields.items() if value)
        (tree / "DEBIAN" / "control").write_text(control, "utf-8")
        if package.slow:
            (tree / "DEBIAN" / "postinst").write_text(f"#!/bin/sh\n{WAIT}\n", "utf-8")
            (tree / "DEBIAN" / "postinst").chmod(0o755)
        subprocess.run(["dpkg-deb", "--build", tree, directory], check=True, capture_output=True)
    index = subprocess.run(["dpkg-scanpackages", "-m", "."], cwd=directory, check=True, capture_output=True)
    (directory / "Packages").write_bytes(index.stdout)


def _spec(packages: Iterable[Package]) -> str:
    """One source package of which all others are parts."""
    lines = ["Name: source", "Version: 1", "Release: 1", "Summary: -", "License: -", "BuildArch: noarch"]
    lines += ["%description", "-"]
    install, files, scripts = ["%install", "mkdir -p %{buildroot}/opt"], list[str](), list[str]()
    for package in packages:
        name = package.name
        lines += [f"%package -n {name}", f"Version: {package.version}", "Summary: -"]
        # The shell, since there is no other package that a script could have it from.
        provides = package.provides and f"{package.provides}, /bin/sh"
        fields = {"Requires": package.needs, "Recommends": package.recommends, "Provides": provides}
        lines += [f"{key}: {value}" for key, value in fields.items() if value]
        lines += [f"%description -n {name}", "-"]
        install.append(f"head -c {len(package.content)} /dev/zero >%{{buildroot}}/opt/{name}")
        files += [f"%files -n {name}", f"/opt/{name}"]
        if package.slow:
            scripts += [f"%post -n {name}", WAIT]
    return "\n".join([*lines, *install, *scripts, *files, ""])


def _pacman(packages: Iterable[Package], directory: Path) -> None:
    """And the list of them, as repo-add writes it: https://man.archlinux.org/man/alpm.7 has no more of its form."""
    listed = dict[str, bytes]()
    for package in packages:
        fields = {
            "name": package.name,
            "version": f"{package.version}-1",
            "arch": "any",
            "isize": str(len(package.content)),
            "depends": package.needs,
            "optdepends": package.recommends,
            "provides": package.provides,
        }
        named = {
            "name": "pkgname",
            "version": "pkgver",
            "isize": "size",
            "depends": "depend",
            "optdepends": "optdepend",
        }
        info = "".join(f"{named.get(key, key)} = {value}\n" for key, value in fields.items() if value)
        script = {".INSTALL": f"post_install() {{ {WAIT}; }}\n".encode()} if package.slow else {}
        file = directory / f"{package.name}-{package.version}-1-any.pkg.tar"
        _tar(file, {".PKGINFO": info.encode(), **script, f"opt/{package.name}": package.content})
        fields |= {"filename": file.name, "csize": str(file.stat().st_size)}
        entry = "".join(f"%{key.upper()}%\n{value}\n\n" for key, value in fields.items() if value)
        listed[f"{package.name}-{package.version}-1/desc"] = entry.encode()
    _tar(directory / "test.db", listed)


def _tar(file: Path, contents: Mapping[str, bytes]) -> None:
    with tarfile.open(file, "w") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
