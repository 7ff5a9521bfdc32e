"""host/image.sh, run for real: from a web server of the test's own, and with images as their publishers wrap them."""

import gzip
import hashlib
import io
import os
import signal
import subprocess
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
MIB = 1024**2
OTHER = b"another disk".ljust(510) + b"\x55\xaa"
SECRET = "/etc/passwd"  # noqa: S105 (a path)
DISK = "a disk (qcow2, VMDK, VDI, VHD, VHDX, or raw with a boot sector)"
LINKED = "must be a whole disk by itself, got one that names another file; export it as one file, without a base"
FORMATS = {
    "qcow2": ("-O", "qcow2"),
    "raw": ("-O", "raw"),
    "vmdk": ("-O", "vmdk"),
    "vmdk-stream": ("-O", "vmdk", "-o", "subformat=streamOptimized"),
    "vdi": ("-O", "vdi"),
    "vhd": ("-O", "vpc", "-o", "force_size"),
    "vhd-fixed": ("-O", "vpc", "-o", "subformat=fixed,force_size"),
    "vhdx": ("-O", "vhdx"),
}


class Quiet(SimpleHTTPRequestHandler):
    """A server that keeps its log to itself."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's own signature)
        """Say nothing."""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """An image as its publisher offers it."""
    (tmp_path / "web").mkdir()
    image = tmp_path / "web" / "disk.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", image, "1M"], check=True)
    return image


@pytest.fixture
def url(published: Path) -> Iterator[str]:
    """Where it is published."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(published.parent)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/disk.qcow2"
    server.shutdown()


def image(action: str, pool: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the script as the Image component does."""
    environment = {"PATH": PATH, "LAB": "t", "POOL_PATH": str(pool), "LINK": "base-t"}
    return subprocess.run(
        ["host/image.sh", action],
        cwd=ROOT,
        env=environment | settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(autouse=True)
def no_way_left(tmp_path: Path) -> Iterator[None]:
    """A pool that a test leaves goes, and what the machine remembers of the way to it."""
    yield
    for link in (tmp_path / "pool").glob("base-*"):
        assert image("delete", tmp_path / "pool", LINK=link.name).returncode == 0


def sha512(file: Path) -> str:
    """A file's digest."""
    return hashlib.sha512(file.read_bytes()).hexdigest()


def test_stored_under_its_digest(tmp_path: Path, published: Path, url: str) -> None:
    """The right bytes are kept by content; a second run finds them, and delete leaves nothing."""
    pool, digest = tmp_path / "pool", sha512(published)
    first = image("apply", pool, URL=url, DIGEST=f"sha512:{digest}")
    assert first.returncode == 0, first.stderr
    assert (pool / "base-t").resolve() == pool / f"{digest[:32]}.qcow2"
    assert image("apply", pool, URL=url, DIGEST=f"sha512:{digest}").stdout == "ok: image base-t\n"
    assert image("delete", pool).returncode == 0
    assert not pool.exists()


def test_wrong_digest_is_kept_aside(tmp_path: Path, published: Path, url: str) -> None:
    """Other bytes are never used: they are evidence, and nothing else of the lab is left."""
    pool, actual = tmp_path / "pool", sha512(published)
    done = image("apply", pool, URL=url, DIGEST=f"sha512:{'0' * 128}")
    aside = tmp_path / f"pool.rejected-{actual[:12]}"
    assert done.returncode == 1
    assert done.stderr == (
        f"image {url}: its sha512 must be {'0' * 128}, got {actual}; "
        f"the file is kept aside as {aside} and is not used\n"
    )
    assert aside.stat().st_mode & 0o777 == 0o600
    assert not pool.exists()


def test_nothing_there(tmp_path: Path, published: Path, url: str) -> None:
    """An address that has no such file is one clear error, and leaves nothing."""
    done = image("apply", tmp_path / "pool", URL=f"{url}.gone", DIGEST=f"sha512:{sha512(published)}")
    assert done.returncode == 1
    assert done.stderr.startswith(f"image {url}.gone: cannot be downloaded, ")
    assert not (tmp_path / "pool").exists()


def test_unreachable(tmp_path: Path) -> None:
    """No network and no recipe is said at once."""
    done = image("apply", tmp_path / "pool", URL="http://127.0.0.1:1/x", DIGEST=f"sha512:{'0' * 128}")
    assert done.stderr == "image http://127.0.0.1:1/x: cannot be reached; check the network, or give a local file\n"
    assert not (tmp_path / "pool").exists()


def test_two_names_of_the_same_bytes(tmp_path: Path, published: Path) -> None:
    """One goes, and guests that stand on the other keep their base."""
    pool = tmp_path / "pool"
    for link in ("base-one", "base-two"):
        assert image("apply", pool, LINK=link, FILE=str(published)).returncode == 0
    assert image("delete", pool, LINK="base-one").returncode == 0
    assert (pool / "base-two").resolve().exists()
    assert image("delete", pool, LINK="base-two").returncode == 0
    assert not pool.exists()


def test_a_foreign_directory_stays(tmp_path: Path, published: Path) -> None:
    """A directory that was there before, and what lies in it, is as found after delete."""
    pool = tmp_path / "pool"
    pool.mkdir()
    (pool / "mine").write_text("x")
    assert image("apply", pool, FILE=str(published)).returncode == 0
    assert image("delete", pool).returncode == 0
    assert [file.name for file in pool.iterdir()] == ["mine"]


@pytest.fixture(scope="module")
def disks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The same disk, mostly empty, in every format."""
    directory = tmp_path_factory.mktemp("disks")
    raw = directory / "raw"
    with raw.open("wb") as file:
        file.truncate(16 * MIB)
        file.write(b"\xeb\x63".ljust(510) + b"\x55\xaa")
        file.seek(5 * MIB)
        file.write(os.urandom(MIB))
    made: dict[str, bytes] = {}
    for name, options in FORMATS.items():
        to = directory / f"{name}.made"
        subprocess.run(["qemu-img", "convert", "-f", "raw", *options, raw, to], check=True)
        made[name] = to.read_bytes()
    return made


def compressed(tool: str, content: bytes) -> bytes:
    """As that tool compresses it."""
    return subprocess.run([tool, "-c", "-1"], input=content, capture_output=True, check=True).stdout


def tar(*members: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    """A tar, for the better of names that no file system would take."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return made.getvalue()


def zipped(*members: tuple[str, bytes]) -> bytes:
    """A zip."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


def special(name: str, kind: bytes, to: str = "") -> tarfile.TarInfo:
    """What is no plain file."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, to
    return info


def made_by(directory: Path, *command: str) -> bytes:
    """The file `made` of a command."""
    subprocess.run(command, cwd=directory, check=True, capture_output=True)
    return (directory / "made").read_bytes()


def assert_holds(pool: Path, link: str, disks: dict[str, bytes]) -> None:
    """The pool has the disk, as a sparse qcow2."""
    found = (pool / link).resolve()
    (pool.parent / "expected").write_bytes(disks["raw"])
    command = ["qemu-img", "compare", "-f", "qcow2", "-F", "raw", found, pool.parent / "expected"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert found.stat().st_blocks * 512 < 4 * MIB


OVA = (("appliance.ovf", b"<Envelope/>"), ("appliance.mf", b"SHA256(appliance.ovf)= 00"))
BOX = (
    ("metadata.json", b'{"provider": "libvirt"}'),
    ("Vagrantfile", b"Vagrant.configure"),
    ("info.json.gz", gzip.compress(b"{}")),
)

Wrap = Callable[[dict[str, bytes]], bytes]
WRAPPED: dict[str, Wrap] = {
    **{name: lambda disks, name=name: disks[name] for name in FORMATS},
    **{tool: lambda disks, tool=tool: compressed(tool, disks["raw"]) for tool in ("gzip", "xz", "zstd", "bzip2")},
    "tar.xz": lambda disks: compressed("xz", tar(("disk.raw", disks["raw"]))),
    "ova": lambda disks: tar(*OVA, ("appliance-disk1.vmdk", disks["vmdk-stream"])),
    "ova-compressed": lambda disks: tar(*OVA, ("disk1.vmdk.gz", gzip.compress(disks["vmdk-stream"]))),
    "box": lambda disks: gzip.compress(tar(*BOX, ("box.img", disks["qcow2"]))),
    "box-virtualbox": lambda disks: tar(
        *BOX, ("./box.ovf", b"<Envelope/>"), ("./box-disk001.vmdk", disks["vmdk-stream"])
    ),
    "zip": lambda disks: zipped(("vhd/README.txt", b"read me"), ("vhd/disk [1]*?.vhd", disks["vhd"])),
    "zip-of-an-ova": lambda disks: zipped(("a.ova", tar(*OVA, ("disk.vmdk.bz2", compressed("bzip2", disks["vmdk"]))))),
    "odd-names": lambda disks: tar(
        ("-x", b"--to-command=sh"),
        ("new\nline", b"- d"),
        ("- d", b"d"),
        ("b\\ö [1]*", disks["qcow2"]),
        ("", b"nameless"),
    ),
}


@pytest.mark.parametrize("wrap", WRAPPED.values(), ids=WRAPPED)
def test_content_decides(tmp_path: Path, disks: dict[str, bytes], wrap: Wrap) -> None:
    """Whatever a disk is wrapped in, and whatever that is called, it becomes a sparse qcow2 under the file's digest."""
    file, pool = tmp_path / "image", tmp_path / "pool"
    file.write_bytes(wrap(disks))
    done = image("apply", pool, FILE=str(file))
    assert done.returncode == 0, done.stderr
    assert_holds(pool, "base-t", disks)
    assert sorted(each.name for each in pool.iterdir()) == sorted([".kvmlab", "base-t", f"{sha512(file)[:32]}.qcow2"])
    assert image("delete", pool).returncode == 0
    assert not pool.exists()


def test_published_and_wrapped(tmp_path: Path, published: Path, url: str, disks: dict[str, bytes]) -> None:
    """The digest is that of the file as it is published."""
    published.write_bytes(compressed("xz", disks["qcow2"]))
    done = image("apply", tmp_path / "pool", URL=url, DIGEST=f"sha512:{sha512(published)}")
    assert done.returncode == 0, done.stderr
    assert_holds(tmp_path / "pool", "base-t", disks)


def test_the_digest_comes_first(tmp_path: Path, published: Path, url: str) -> None:
    """What was not pinned is not even looked into."""
    published.write_bytes(b"\x1f\x8bno gzip")
    done = image("apply", tmp_path / "pool", URL=url, DIGEST=f"sha512:{'0' * 128}")
    assert f"its sha512 must be {'0' * 128}, got " in done.stderr


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_file_with_a_digest(tmp_path: Path, published: Path, algorithm: str) -> None:
    """Either algorithm, right or wrong."""
    pool, digest = tmp_path / "pool", hashlib.new(algorithm, published.read_bytes()).hexdigest()
    wrong = image("apply", pool, FILE=str(published), DIGEST=f"{algorithm}:{'0' * len(digest)}")
    assert wrong.stderr == (
        f"image {published}: its {algorithm} must be {'0' * len(digest)}, got {digest}; it is not used\n"
    )
    assert not pool.exists()
    assert image("apply", pool, FILE=str(published), DIGEST=f"{algorithm}:{digest}").returncode == 0
    assert (pool / f"{digest[:32]}.qcow2").exists()


@pytest.mark.parametrize("pack", [tar, zipped], ids=["tar", "zip"])
@pytest.mark.parametrize("name", ["disk2.img", "a b", "-x", "*", "[1]", "bö", "a\\\\b", "d/e"])
def test_one_of_several(tmp_path: Path, disks: dict[str, bytes], pack: Callable[..., bytes], name: str) -> None:
    """It is named as the archive's own tool lists it, and only it is used."""
    if pack is zipped:
        name = name.replace("\\\\", "\\")
    file, pool = tmp_path / "image", tmp_path / "pool"
    file.write_bytes(
        pack((f"{name}/below", OTHER), (name.replace("\\\\", "\\"), disks["vdi"]), ("disk1.img", OTHER), ("1", OTHER))
    )
    done = image("apply", pool, FILE=str(file), IMAGE_DISK=name)
    assert done.returncode == 0, done.stderr
    assert_holds(pool, "base-t", disks)


def test_several_of_one(tmp_path: Path, disks: dict[str, bytes]) -> None:
    """Two disks of one archive are two images, of which one may go."""
    file, pool = tmp_path / "image", tmp_path / "pool"
    file.write_bytes(tar(("a", disks["qcow2"]), ("b", OTHER)))
    for name in ("a", "b"):
        assert image("apply", pool, LINK=f"base-{name}", FILE=str(file), IMAGE_DISK=name).returncode == 0
    assert image("delete", pool, LINK="base-b").returncode == 0
    assert_holds(pool, "base-a", disks)
    assert len(list(pool.glob("*.qcow2"))) == 1


def descriptor(extent: str) -> bytes:
    """A VMDK that has its data elsewhere."""
    return (
        f'# Disk DescriptorFile\nversion=1\nCID=0\nparentCID=ffffffff\ncreateType="monolithicFlat"\n{extent}\n'.encode()
    )


def embedded(disks: dict[str, bytes]) -> bytes:
    """The same in the form of one that has its data in itself: without a capacity, QEMU goes by the text."""
    text = descriptor(f'RW 1 FLAT "{SECRET}" 0').ljust(512, b"\0")
    return disks["vmdk"][:12] + bytes(8) + disks["vmdk"][20:512] + text + disks["vmdk"][1024:]


def with_parent(disks: dict[str, bytes]) -> bytes:
    """A VMDK that stands on another file."""
    start = disks["vmdk"].index(b"# Disk DescriptorFile")
    text = descriptor(f'RW 32768 SPARSE "made"\nparentFileNameHint="{SECRET}"').replace(
        b"parentCID=ffffffff", b"parentCID=00000001"
    )
    return disks["vmdk"][:start] + text.ljust(1024, b"\0") + disks["vmdk"][start + 1024 :]


Hostile = Callable[[dict[str, bytes], Path], bytes]
REFUSED: dict[str, tuple[Hostile, str]] = {
    "text": (lambda _disks, _tmp: b"not an image", f"must hold {DISK}, got something else; give another file"),
    "nothing": (lambda _disks, _tmp: b"", f"must hold {DISK}, got something else; give another file"),
    "raw-without-boot-sector": (
        lambda disks, _tmp: bytes(512) + disks["raw"][512:],
        f"must hold {DISK}, got something else; give another file",
    ),
    "compressed-text": (
        lambda _disks, _tmp: gzip.compress(b"not an image"),
        f"must hold {DISK}, got something else; give another file",
    ),
    "two-disks": (
        lambda disks, _tmp: tar(*OVA, ("a, b.vmdk", disks["vmdk"]), ("c.vmdk.gz", gzip.compress(disks["vmdk"]))),
        "must hold one disk, got 'a, b.vmdk', 'c.vmdk.gz'; name one by the image's `disk`",
    ),
    "no-disk": (
        lambda _disks, _tmp: tar(*OVA),
        f"must hold {DISK}, got 'appliance.ovf', 'appliance.mf'; give another file",
    ),
    "empty-tar": (lambda _disks, _tmp: tar(), f"must hold {DISK}, got something else; give another file"),
    "empty-zip": (lambda _disks, _tmp: zipped(), f"must hold {DISK}, got nothing; give another file"),
    "above": (
        lambda disks, _tmp: tar(("../../etc/x", disks["qcow2"])),
        "must have its disk below the archive's top, got '../../etc/x'; pack it anew",
    ),
    "above-in-the-middle": (
        lambda disks, _tmp: zipped(("a/../../etc/x", disks["qcow2"])),
        "must have its disk below the archive's top, got 'a/../../etc/x'; pack it anew",
    ),
    "absolute": (
        lambda disks, _tmp: tar(("/etc/x", disks["qcow2"])),
        "must have its disk below the archive's top, got '/etc/x'; pack it anew",
    ),
    "symlink": (
        lambda _disks, _tmp: tar(special("disk.img", tarfile.SYMTYPE, SECRET)),
        f"must hold {DISK}, got 'disk.img'; give another file",
    ),
    "hard-link": (
        lambda _disks, _tmp: tar(special("disk.img", tarfile.LNKTYPE, SECRET)),
        f"must hold {DISK}, got 'disk.img'; give another file",
    ),
    "device": (
        lambda _disks, _tmp: tar(special("disk.img", tarfile.BLKTYPE)),
        f"must hold {DISK}, got 'disk.img'; give another file",
    ),
    "backing-file": (
        lambda _disks, tmp: made_by(tmp, "qemu-img", "create", "-f", "qcow2", "-b", SECRET, "-F", "raw", "made"),
        LINKED,
    ),
    "backing-file-in-an-archive": (
        lambda _disks, tmp: tar(
            ("d", made_by(tmp, "qemu-img", "create", "-f", "qcow2", "-b", SECRET, "-F", "raw", "made"))
        ),
        LINKED,
    ),
    "data-file": (
        lambda _disks, tmp: made_by(tmp, "qemu-img", "create", "-f", "qcow2", "-o", "data_file=x", "made", "1M"),
        LINKED,
    ),
    "extent": (lambda _disks, _tmp: descriptor(f'RW 1 FLAT "{SECRET}" 0'), LINKED),
    "extent-embedded": (lambda disks, _tmp: embedded(disks), LINKED),
    "extent-in-an-archive": (
        lambda _disks, _tmp: tar(*OVA, ("disk1.vmdk", descriptor(f'RW 1 FLAT "{SECRET}" 0'))),
        f"must hold {DISK}, got 'appliance.ovf', 'appliance.mf', 'disk1.vmdk'; give another file",
    ),
    "extent-compressed": (lambda _disks, _tmp: gzip.compress(descriptor(f'RW 1 FLAT "{SECRET}" 0')), LINKED),
    "parent": (lambda disks, _tmp: with_parent(disks), LINKED),
    "too-deep": (
        lambda disks, _tmp: gzip.compress(tar(("a", gzip.compress(tar(("b", gzip.compress(disks["qcow2"]))))))),
        "must be wrapped at most 4 times, got one more, a gzip; unpack it by hand",
    ),
    "many-files": (
        lambda disks, _tmp: tar(*((f"{number}", b"") for number in range(10_000)), ("disk", disks["qcow2"])),
        "must hold at most 100 files where the image's `disk` names none, got 10001; name it",
    ),
}


@pytest.mark.parametrize(("hostile", "told"), REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, disks: dict[str, bytes], hostile: Hostile, told: str) -> None:
    """One line that says what to do, and nothing is left, here or anywhere."""
    file = tmp_path / "image"
    file.write_bytes(hostile(disks, tmp_path))
    before = sorted(tmp_path.iterdir())
    done = image("apply", tmp_path / "pool", FILE=str(file))
    assert done.stderr == f"image {file}: {told}\n"
    assert done.returncode == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(
    ("members", "disk", "told"),
    [
        ([("a", b"x"), ("b", b"y")], "c", f"must hold {DISK}, got 'a', 'b'; give another file"),
        (
            [special("a", tarfile.SYMTYPE, SECRET)],
            "a",
            "must have one plain file 'a', got a link, a device, an encrypted file, or several; pack it anew",
        ),
        (
            [("a", b"x"), ("a", b"y")],
            "a",
            "must have one plain file 'a', got a link, a device, an encrypted file, or several; pack it anew",
        ),
        ([("a", b"x")], "a", f"must hold {DISK}, got something else; give another file"),
    ],
)
def test_named_and_refused(
    tmp_path: Path, members: list[tuple[str, bytes] | tarfile.TarInfo], disk: str, told: str
) -> None:
    """A name finds one plain file that is a disk, or is wrong."""
    file = tmp_path / "image"
    file.write_bytes(tar(*members))
    assert image("apply", tmp_path / "pool", FILE=str(file), IMAGE_DISK=disk).stderr == f"image {file}: {told}\n"
    assert not (tmp_path / "pool").exists()


@pytest.mark.parametrize("wrap", ["qcow2", "tar.xz"])
def test_a_name_that_nothing_bears(tmp_path: Path, disks: dict[str, bytes], wrap: str) -> None:
    """A wrong name is no reason to take what is there."""
    file = tmp_path / "image"
    file.write_bytes(WRAPPED[wrap](disks))
    got = {"qcow2": "no archive", "tar.xz": "'disk.raw'"}[wrap]
    assert image("apply", tmp_path / "pool", FILE=str(file), IMAGE_DISK="x").stderr == (
        f"image {file}: must hold a file 'x', got {got}; set the image's `disk` to what it holds, or to nothing\n"
    )
    assert not (tmp_path / "pool").exists()


@pytest.mark.parametrize(
    "wrap", ["qcow2", "vmdk", "vmdk-stream", "vdi", "vhd", "vhdx", "gzip", "xz", "zstd", "bzip2", "ova", "zip", "box"]
)
def test_truncated(tmp_path: Path, disks: dict[str, bytes], wrap: str) -> None:
    """Half of a file is refused in one line, and nothing is left."""
    file, pool = tmp_path / "image", tmp_path / "pool"
    whole = WRAPPED[wrap](disks)
    file.write_bytes(whole[: len(whole) // 2])
    done = image("apply", pool, FILE=str(file))
    assert done.returncode == 1
    assert done.stderr.startswith(f"image {file}: must be whole, got ")
    assert done.stderr.endswith("; fetch or export it again\n")
    assert done.stderr.count("\n") == 1
    assert str(pool) not in done.stderr
    assert sorted(tmp_path.iterdir()) == [file]


def test_encrypted_zip(tmp_path: Path, disks: dict[str, bytes]) -> None:
    """Nobody is asked for a password."""
    (tmp_path / "disk").write_bytes(disks["qcow2"])
    subprocess.run(["zip", "-q", "-P", "secret", "image", "disk"], cwd=tmp_path, check=True)
    done = image("apply", tmp_path / "pool", FILE=str(tmp_path / "image.zip"), IMAGE_DISK="disk")
    assert done.stderr == (
        f"image {tmp_path}/image.zip: must have one plain file 'disk', "
        "got a link, a device, an encrypted file, or several; pack it anew\n"
    )
    assert not (tmp_path / "pool").exists()


def test_no_such_file(tmp_path: Path) -> None:
    """A file that has gone since the preview."""
    done = image("apply", tmp_path / "pool", FILE="/nowhere/x")
    assert done.stderr.startswith("image /nowhere/x: must be a file that can be copied, got 'cp: ")
    assert not (tmp_path / "pool").exists()


def test_no_room(tmp_path: Path) -> None:
    """A full disk is told as such, and freed."""
    file, room = tmp_path / "image", tmp_path / "room"
    file.write_bytes(compressed("gzip", os.urandom(8 * MIB)))
    room.mkdir()
    steps = f"mount -t tmpfs -o size=12m none '{room}' && ! host/image.sh apply >&2 && ls -A '{room}'"
    environment = {"PATH": PATH, "LAB": "t", "POOL_PATH": f"{room}/pool", "LINK": "base-t", "FILE": str(file)}
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", steps],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stderr.splitlines() if not line.startswith("changed: ")]
    assert [line.partition(", got ")[0] for line in told] == [f"image {file}: must have room to be unpacked"]
    assert (done.returncode, done.stdout) == (0, "")


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    """A PATH with all that there is, to take from it or to replace."""
    to = tmp_path / "bin"
    to.mkdir()
    for directory in reversed(PATH.split(":")):
        for tool in Path(directory).iterdir():
            (to / tool.name).unlink(missing_ok=True)
            (to / tool.name).symlink_to(tool)
    for manager in ("apt", "dnf", "zypper", "pacman"):
        (to / manager).unlink(missing_ok=True)
    return to


@pytest.mark.parametrize(("tool", "wrap"), [("zstd", "zstd"), ("unzip", "zip")])
def test_a_missing_tool(tmp_path: Path, disks: dict[str, bytes], tools: Path, tool: str, wrap: str) -> None:
    """Where no package manager can bring it, it is named."""
    file = tmp_path / "image"
    file.write_bytes(WRAPPED[wrap](disks))
    (tools / tool).unlink()
    done = image("apply", tmp_path / "pool", FILE=str(file), PATH=str(tools))
    assert done.stderr == (
        "packages: must be installed by apt, dnf, zypper or pacman, got none of them; "
        f"install {tool} by hand and run again\n"
    )
    assert not (tmp_path / "pool").exists()


def hold(tools: Path, began: Path) -> None:
    """Let a conversion say that it has begun, and take its time."""
    (tools / "qemu-img").unlink()
    (tools / "qemu-img").write_text(
        f'#!/bin/sh\ncase $1 in convert) : >"{began}"; exec sleep 60 ;; esac\nexec /usr/bin/qemu-img "$@"\n', "utf-8"
    )
    (tools / "qemu-img").chmod(0o755)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_killed(tmp_path: Path, disks: dict[str, bytes], tools: Path, how: signal.Signals) -> None:
    """Who is told to stop leaves nothing; what a killed run leaves is of no matter to the next one."""
    file, pool, began = tmp_path / "image", tmp_path / "pool", tmp_path / "began"
    file.write_bytes(WRAPPED["ova-compressed"](disks))
    hold(tools, began)
    environment = {"PATH": str(tools), "LAB": "t", "POOL_PATH": str(pool), "LINK": "base-t", "FILE": str(file)}
    running = subprocess.Popen(["host/image.sh", "apply"], cwd=ROOT, env=environment, start_new_session=True)
    while not began.exists():
        assert running.poll() is None
        time.sleep(0.05)
    if how == signal.SIGKILL:
        (pool / "base-t.part.qcow2").write_bytes(b"half")
    os.killpg(running.pid, how)
    assert running.wait() != 0
    assert pool.exists() == (how == signal.SIGKILL)
    assert image("apply", pool, FILE=str(file)).returncode == 0
    assert_holds(pool, "base-t", disks)
    assert len(list(pool.iterdir())) == 3
    assert image("delete", pool).returncode == 0
    assert not pool.exists()


def test_progress_ends_at_once() -> None:
    """A step that takes no time does not wait for ever for its own progress."""
    steps = "n=0; while [ $n -lt 2000 ]; do progress x; stop_progress; n=$((n + 1)); done"
    done = subprocess.run(
        ["sh", "-euc", f". host/lib.sh; {steps}"],
        cwd=ROOT,
        env={"PATH": PATH},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout + done.stderr == ""


def test_a_disk_below_its_image(tmp_path: Path, disks: dict[str, bytes]) -> None:
    """C08 at apply: no guest gets a disk that is smaller than what it stands on, and libvirt is asked for nothing."""
    file, pool = tmp_path / "image", tmp_path / "pool"
    file.write_bytes(WRAPPED["tar.xz"](disks))
    assert image("apply", pool, FILE=str(file)).returncode == 0
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "virsh").write_text(f'#!/bin/sh\n: >"{tmp_path}/asked"\nexit 1\n', "utf-8")
    (tmp_path / "bin" / "virsh").chmod(0o755)
    names = ("DOMAIN", "GUEST", "DEFINITION", "OWNER", "POOL", "NETWORK", "MAC", "ADDRESS")
    environment = dict.fromkeys(names, "imagetest") | {
        "PATH": f"{tmp_path}/bin:{PATH}",
        "POOL_PATH": str(pool),
        "LINK": "base-t",
        "DISK_BYTES": str(16 * MIB - 512),
    }
    done = subprocess.run(
        ["host/guest.sh", "apply"],
        cwd=ROOT,
        env=environment,
        input="key 1\nx\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == (
        "imagetest: its disk must be at least its image's 16777216 bytes, got 16776704; "
        "set the guest's `disk` to 16MiB or more\n"
    )
    assert done.returncode == 1
    assert not (tmp_path / "asked").exists()
    assert not (pool / "imagetest.unfinished").exists()
    Path("/run/lock/kvmlab-imagetest").unlink()


def test_what_a_preview_sees(tmp_path: Path, disks: dict[str, bytes], tools: Path) -> None:
    """What can be used is told by its kind, and by its size where no one need unpack it to know."""
    given: dict[str, tuple[bytes, str]] = {
        **{name: (disks[name], f"{name.split('-')[0].replace('vhd', 'vpc')} {16 * MIB} -") for name in FORMATS},
        "vhdx": (disks["vhdx"], f"vhdx {16 * MIB} -"),
        "a tar.xz": (WRAPPED["tar.xz"](disks), "xz - -"),
        "an ova": (WRAPPED["ova"](disks), "tar - -"),
        "a zip": (WRAPPED["zip"](disks), "zip - -"),
        "text": (b"not an image", "unknown - -"),
        "broken": (disks["vdi"][:100], "unknown - -"),
        "extent": (descriptor(f'RW 1 FLAT "{SECRET}" 0'), "elsewhere - -"),
        "parent": (with_parent(disks), f"elsewhere {16 * MIB} -"),
    }
    directory = tmp_path / "files"
    directory.mkdir()
    for name, (content, _) in given.items():
        (directory / name).write_bytes(content)
    os.mkfifo(directory / "pipe")
    expected = [f"file {told} {directory}/{name}" for name, (_, told) in given.items()]
    (tools / "virsh").unlink(missing_ok=True)
    asked = "\n".join(f"base-x - {directory}/{name}" for name in (*given, "pipe"))
    done = subprocess.run(
        ["host/probe.sh"],
        cwd=ROOT,
        env={"PATH": str(tools), "LAB": "t", "POOL_PATH": str(tmp_path / "pool"), "FILES": asked},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert [line for line in done.stdout.splitlines() if line.startswith("file ")] == [
        *expected,
        f"file missing - - {directory}/pipe",
    ]
