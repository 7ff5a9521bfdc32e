"""`make lock-images` against a server that plays the publishers; none of the real ones is asked."""

import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from images.lock.__main__ import CATALOGUE, main
from images.lock.catalogue import Pin, read
from images.lock.checksums import DIGITS
from tests.toolchain.certificate import loopback
from tests.toolchain.project import ROOT
from tests.toolchain.publishers import Answer, Handler, Site, breaks_off, drips, hangs, moved, status, text

NONE = "got none; look at the file, and correct stream or checksums"

Lock = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """Serves on loopback, past any proxy."""
    monkeypatch.setenv("no_proxy", "*")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def site(server: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The publishers, with what is pinned now and something older."""
    site = Site(f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(Handler, "site", site, raising=False)
    for pin in read(site.here(CATALOGUE.read_text("utf-8"))):
        site.publish(pin, pin.versions, pin.digest.text)
        site.publish(pin, _step(pin.versions, -1), "0" * DIGITS[pin.algorithm])
    return site


@pytest.fixture
def over() -> Iterator[threading.Event]:
    """Set at the test's end, for answers that wait."""
    event = threading.Event()
    yield event
    event.set()


@pytest.fixture
def catalogue(site: Site, tmp_path: Path) -> Path:
    """A copy whose publishers are the site's."""
    copy = tmp_path / "catalogue.yaml"
    copy.write_text(site.here(CATALOGUE.read_text("utf-8")), "utf-8")
    return copy


@pytest.fixture
def lock(catalogue: Path, capsys: pytest.CaptureFixture[str]) -> Lock:
    """Runs it: exit status, lines, and error lines."""

    def run(*arguments: str, seconds: float = 10) -> tuple[int, list[str], list[str]]:
        result = main(arguments, catalogue, seconds)
        out, err = capsys.readouterr()
        return result, out.splitlines(), err.splitlines()

    return run


def _step(versions: dict[str, str], by: int) -> dict[str, str]:
    """Versions whose first numbers are one more, or one less where there is less."""

    def step(version: str) -> str:
        digits = len(version) - len(version.lstrip("0123456789"))
        return f"{max(0, int(version[:digits]) + by)}{version[digits:]}"

    return {name: step(version) for name, version in versions.items()}


def _pin(catalogue: Path, image: str, architecture: str = "amd64") -> Pin:
    return next(
        pin for pin in read(catalogue.read_text("utf-8")) if (pin.image, pin.architecture) == (image, architecture)
    )


def _sums(pin: Pin) -> str:
    """The path of Debian's file of checksums."""
    return urlsplit(pin.url.text).path.rpartition("/")[0] + "/SHA512SUMS"


def _new(pin: Pin) -> str:
    """A digest that nothing has yet."""
    return f"{len(pin.image) % 10}{len(pin.architecture) % 10}".ljust(DIGITS[pin.algorithm], "e")


def test_nothing_new(lock: Lock, catalogue: Path) -> None:
    """Each pin is looked at, and the file is not even written."""
    before = catalogue.stat().st_mtime_ns, catalogue.stat().st_ino
    pins = read(catalogue.read_text("utf-8"))
    assert lock() == (0, [f"{pin.image} {pin.architecture}: unchanged" for pin in pins], [])
    assert (catalogue.stat().st_mtime_ns, catalogue.stat().st_ino) == before


def test_new_images(lock: Lock, site: Site, catalogue: Path) -> None:
    """Every entry moves to the newest image, by its dated address, and nothing else in the file changes."""
    catalogue.chmod(0o640)
    expected = before = catalogue.read_text("utf-8")
    lines: list[str] = []
    for pin in read(before):
        new = _step(pin.versions, 1)
        expected = expected.replace(pin.url.text, site.publish(pin, new, _new(pin))).replace(pin.digest.text, _new(pin))
        old = "-".join(pin.versions.values())
        lines.append(f"{pin.image} {pin.architecture}: {old} -> {'-'.join(new.values())}")
    assert lock() == (0, lines, [])
    assert catalogue.read_text("utf-8") == expected
    assert catalogue.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in catalogue.parent.iterdir()] == [catalogue.name]
    assert lock()[1] == [f"{line.split(':')[0]}: unchanged" for line in lines]


def test_one_image(lock: Lock, site: Site, catalogue: Path) -> None:
    """With a name, that entry alone is looked at."""
    before = catalogue.read_text("utf-8")
    for pin in read(before):
        site.publish(pin, _step(pin.versions, 1), _new(pin))
    result, lines, errors = lock("debian-12")
    assert (result, errors) == (0, [])
    assert [line.split(":")[0] for line in lines] == ["debian-12 amd64", "debian-12 arm64"]
    assert all("/bookworm/" in path for path in site.asked)
    was, now = yaml.safe_load(before), yaml.safe_load(catalogue.read_text("utf-8"))
    assert was.pop("debian-12") != now.pop("debian-12")
    assert was == now


def test_an_architecture_that_is_not_out_yet(lock: Lock, site: Site, catalogue: Path) -> None:
    """It stays as it was, the other one moves, and the exit status says that not all is well."""
    pin, other = _pin(catalogue, "debian-13"), _pin(catalogue, "debian-13", "arm64")
    new = _step(pin.versions, 1)
    url = site.publish(pin, new, _new(pin))
    before = catalogue.read_text("utf-8")
    old, version = pin.versions["version"], new["version"]
    missing = f"debian-13-genericcloud-arm64-{version}.qcow2"
    assert lock("debian-13") == (
        1,
        [f"debian-13 amd64: {old} -> {version}"],
        [f"debian-13 arm64: must have one sha512 of {missing} in its checksum file, {NONE}"],
    )
    after = before.replace(pin.url.text, url).replace(pin.digest.text, _new(pin))
    assert catalogue.read_text("utf-8") == after
    assert other.url.text in after


def test_an_image_for_one_architecture(lock: Lock) -> None:
    """What an entry does not have is not looked for."""
    assert lock("arch") == (0, ["arch amd64: unchanged"], [])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (text("\0\ufffd\n" * 9999), f"must have one sha512 of {{file}} in its checksum file, {NONE}"),
        (text(bytes(range(256))), f"must have one sha512 of {{file}} in its checksum file, {NONE}"),
        (text("0" * (2**20 + 1)), "must be at most 1048576 bytes at {url}, got more; correct the address"),
        (status(404), "must read {url}, got HTTP 404; look whether it has moved"),
        (status(500), "must read {url}, got HTTP 500; look whether it has moved"),
        (breaks_off, "must read {url}, got IncompleteRead(10 bytes read); check address and network"),
        (
            moved("ftp://localhost/SUMS"),
            "must lead to https, got 'ftp://localhost/SUMS' from {url}; look whether it has moved",
        ),
        (moved("file:///etc/passwd"), "must read {url}, got HTTP 302; look whether it has moved"),
    ],
)
def test_a_checksum_file_that_is_none(lock: Lock, site: Site, catalogue: Path, answer: Answer, told: str) -> None:
    """One line says why; the other entries are looked at all the same."""
    pin = _pin(catalogue, "debian-13")
    site.odd[_sums(pin)] = answer
    before = catalogue.read_bytes()
    result, lines, errors = lock()
    assert result == 1
    assert len(lines) == len(read(before.decode())) - 2
    assert [error.split(":")[0] for error in errors] == ["debian-13 amd64", "debian-13 arm64"]
    expected = told.format(url=site.base + _sums(pin), file=pin.url.text.rpartition("/")[2])
    assert errors[0] == f"debian-13 amd64: {expected}"
    assert catalogue.read_bytes() == before


def test_a_server_that_hangs(lock: Lock, site: Site, catalogue: Path, over: threading.Event) -> None:
    """It is given up after its time, also while it sends a byte now and then."""
    one, two = _sums(_pin(catalogue, "debian-13")), _sums(_pin(catalogue, "debian-12"))
    site.odd |= {one: hangs(over), two: drips(over)}
    result, lines, errors = lock(seconds=0.5)
    assert result == 1
    assert len(lines) == len(read(catalogue.read_text("utf-8"))) - 4
    rest = "got no end of it in 0.5 s; run again"
    assert errors[0] == f"debian-13 amd64: must read {site.base}{one}, {rest}"
    assert errors[2] == f"debian-12 amd64: must read {site.base}{two}, {rest}"


def test_no_server(lock: Lock, catalogue: Path, server: ThreadingHTTPServer) -> None:
    """Without network, each entry has its line."""
    server.shutdown()
    server.server_close()
    result, lines, errors = lock()
    assert (result, lines) == (1, [])
    assert len(errors) == len(read(catalogue.read_text("utf-8")))
    assert all(error.endswith("Connection refused; check address and network") for error in errors)


def test_redirects(lock: Lock, site: Site, catalogue: Path) -> None:
    """Listings and checksums may come from a mirror; the pin is at the publisher's own address."""
    pin = _pin(catalogue, "fedora-44")
    url = site.publish(pin, _step(pin.versions, 1), _new(pin))
    folder = urlsplit(url).path.rpartition("/")[0] + "/"
    page = site.listing(folder)
    assert page
    site.odd |= {folder: moved("/mirror.example.org/44/?from=here"), "/mirror.example.org/44/?from=here": text(page)}
    assert lock("fedora-44")[1] == [
        f"fedora-44 amd64: {pin.versions['version']} -> {_step(pin.versions, 1)['version']}",
        "fedora-44 arm64: unchanged",
    ]
    assert _pin(catalogue, "fedora-44").url.text == url


def test_odd_links(lock: Lock, site: Site, catalogue: Path) -> None:
    """Only a link to something in the folder is a version, however it is written."""
    pin = _pin(catalogue, "debian-13")
    new = _step(pin.versions, 1)
    site.publish(pin, new, _new(pin))
    folder = "/cloud.debian.org/images/cloud/trixie/"
    odd = [
        "../",
        "/",
        "../99990101-1/",
        "/99990101-1/",
        "99990101-1/?C=M",
        "?99990101-1",
        "https://example.org/99990101-1/",
    ]
    links = [*odd, "99990101-1/x", "99990101-1.bak/", "http://[", "", f"{folder}{new['version']}/"]
    site.odd[folder] = text("".join(f'<A class=x HREF="{link}">99990101-1/</A>' for link in links))
    assert lock("debian-13")[1] == [f"debian-13 amd64: {pin.versions['version']} -> {new['version']}"]


@pytest.mark.parametrize("page", ["", "\0<a href", "<html>welcome</html>"])
def test_a_listing_that_is_none(lock: Lock, site: Site, page: str) -> None:
    """Where no version is found, that is said."""
    folder = "/cloud.debian.org/images/cloud/trixie/"
    site.odd[folder] = text(page)
    told = f"must find '{{version}}' in {site.base}{folder}, got nothing like it; look whether it has moved"
    assert lock("debian-13") == (1, [], [f"debian-13 amd64: {told}", f"debian-13 arm64: {told}"])


def test_never_back(lock: Lock, site: Site, catalogue: Path) -> None:
    """A listing without the pinned image, as an old one is, moves no pin to an older one."""
    pin = _pin(catalogue, "debian-13")
    old = _step(pin.versions, -1)["version"]
    site.odd["/cloud.debian.org/images/cloud/trixie/"] = text(f'<a href="{old}/">')
    before = catalogue.read_bytes()
    result, _, errors = lock("debian-13")
    rule = f"must be no older than {pin.versions['version']}, got {old}; run again later, or go back by hand"
    assert (result, errors[0]) == (1, f"debian-13 amd64: {rule}")
    assert catalogue.read_bytes() == before


def test_other_bytes_under_one_name(lock: Lock, site: Site, catalogue: Path) -> None:
    """They are pinned, and the line shows that it is not the version that changed."""
    pin = _pin(catalogue, "debian-13")
    site.files[_sums(pin)] = site.files[_sums(pin)].replace(pin.digest.text, _new(pin))
    assert lock("debian-13")[1][0] == f"debian-13 amd64: sha512 {pin.digest.text[:12]} -> sha512 {_new(pin)[:12]}"
    assert _pin(catalogue, "debian-13").digest.text == _new(pin)


def test_an_address_without_a_version(lock: Lock, site: Site, catalogue: Path) -> None:
    """As openSUSE's, where the file beside the image has its name and ending; letters of a pattern are but letters."""
    folder = f"{site.base}/download.opensuse.org/leap/(16.0)+[x]"
    image = f"{folder}/Leap-16.0+Minimal-VM.x86_64-Cloud.qcow2"
    catalogue.write_text(
        f"leap: # rolling\n  stream: {image.replace('x86_64', '{machine}')}\n  checksums: '{{file}}.sha256'\n"
        f"  amd64:\n    url: {image}\n    sha256: {'1' * 64}\n",
        "utf-8",
    )
    before = catalogue.read_text("utf-8")
    pin = _pin(catalogue, "leap")
    site.publish(pin, {}, "2" * 64)
    assert lock() == (0, [f"leap amd64: sha256 {'1' * 12} -> sha256 {'2' * 12}"], [])
    assert catalogue.read_text("utf-8") == before.replace("1" * 64, "2" * 64)
    assert all(path.endswith(".qcow2.sha256") for path in site.asked)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("file:///etc/SUMS", "must be at an http or https address, got 'file:///etc/SUMS'; correct it"),
        ("http://127.0.0.1:x/S", "must read http://127.0.0.1:x/S, got nonnumeric port: 'x'; check address and network"),
        ("{date}", "must have only arch, machine, version, file in braces, got 'date' in '{date}'; correct it"),
    ],
)
def test_checksums_that_are_nowhere(lock: Lock, catalogue: Path, address: str, told: str) -> None:
    """A slip in the catalogue is told as such."""
    catalogue.write_text(catalogue.read_text("utf-8").replace('"{file}.SHA256"', f"'{address}'"), "utf-8")
    assert lock("arch") == (1, [], [f"arch amd64: {told}"])


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_breaks_off(
    monkeypatch: pytest.MonkeyPatch, lock: Lock, site: Site, catalogue: Path, error: BaseException
) -> None:
    """The file is the old one, and there is no other beside it."""
    pin = _pin(catalogue, "arch")
    site.publish(pin, _step(pin.versions, 1), _new(pin))
    before = catalogue.read_bytes()

    def fsync(_: int) -> None:
        raise error

    monkeypatch.setattr("os.fsync", fsync)
    if isinstance(error, OSError):
        told = "catalogue.yaml: must be written, got [Errno 28] No space left on device; nothing has changed"
        assert lock("arch")[0::2] == (1, [told])
    else:
        with pytest.raises(KeyboardInterrupt):
            lock("arch")
    assert catalogue.read_bytes() == before
    assert [file.name for file in catalogue.parent.iterdir()] == [catalogue.name]


def test_tls_is_checked(
    monkeypatch: pytest.MonkeyPatch,
    lock: Lock,
    site: Site,
    server: ThreadingHTTPServer,
    catalogue: Path,
    tmp_path: Path,
) -> None:
    """A certificate that nobody vouches for is not believed; a server with a trusted one leads nowhere but to https."""
    certificate = loopback(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    catalogue.write_text(catalogue.read_text("utf-8").replace("http://", "https://"), "utf-8")
    result, _, errors = lock("arch")
    assert result == 1
    assert "certificate verify failed" in errors[0]
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert lock("arch") == (0, ["arch amd64: unchanged"], [])
    site.odd["/geo.mirror.pkgbuild.com/images/"] = moved("http://127.0.0.1/")
    folder = f"{site.base.replace('http:', 'https:')}/geo.mirror.pkgbuild.com/images/"
    told = f"must lead to https, got 'http://127.0.0.1/' from {folder}; look whether it has moved"
    assert lock("arch") == (1, [], [f"arch amd64: {told}"])


def test_a_catalogue_that_is_none(lock: Lock, catalogue: Path) -> None:
    """One line, without a traceback."""
    catalogue.write_text("debian-13: 1\n", "utf-8")
    assert lock() == (1, [], ["catalogue.yaml: must have a mapping in line 1, got something else; correct it"])
    catalogue.write_bytes(b"\xff")
    assert lock()[2][0].startswith("catalogue.yaml: must be a text, got 'utf-8' codec")
    catalogue.unlink()
    assert lock()[2][0].startswith("catalogue.yaml: must be a text, got [Errno 2]")


def test_the_command() -> None:
    """`make lock-images IMAGE=...` hands on the name, and the exit status."""
    names = ", ".join(yaml.safe_load(CATALOGUE.read_text("utf-8")))
    command = [sys.executable, "-m", "images.lock", "debain-13"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    told = f"catalogue.yaml: must have an entry of that name, got 'debain-13'; known are {names}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", told)
