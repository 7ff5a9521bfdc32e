"""virt-aa-helper reads the images of a pool anywhere, by a rule where it takes one, which goes with the pool."""

from pathlib import Path

import pytest

from tests.acceptance.confinement.watched import NAME, Watched

pytestmark = pytest.mark.usefixtures("libvirt")

ODD = "/var/spool/a, b#c'd&e <é> (x) $y~z=!;@"
"""A path of which each character is plain between quotes."""


@pytest.fixture
def machine(tmp_path: Path, packages: Path) -> Watched:
    """With the profile that the installed libvirt has."""
    return Watched(tmp_path, packages)


@pytest.fixture
def strict(machine: Watched) -> Watched:
    """With one that knows no images by their names alone."""
    text = machine.profile.read_text()
    assert "  /**.qcow{,2} r,\n" in text
    machine.profile.write_text(text.replace("  /**.qcow{,2} r,\n", ""))
    machine.load()
    return machine


def made(machine: Watched, pool: str) -> str:
    """What the script says of a pool that it could make."""
    done = machine.image("apply", pool)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(machine: Watched, pool: str) -> str:
    """What it says of one that it could not, of which nothing is left."""
    done = machine.image("apply", pool)
    assert done.returncode == 1, done.stdout
    machine.assert_nothing_left()
    return done.stderr


def rule(pool: str) -> str:
    """A pool's line."""
    return f'"{pool}/**" r, # kvmlab: {pool}\n'


@pytest.mark.parametrize("pool", ["/srv/labs", "/mnt/big/labs", "/var/spool/labs", "/home/ana/labs", ODD])
def test_where_no_rule_is_needed(machine: Watched, pool: str) -> None:
    """What libvirt's own profile allows is left at that."""
    assert "virt-aa-helper" not in made(machine, pool)
    assert machine.image("delete", pool).returncode == 0
    assert (machine.loads, machine.rules.read_bytes()) == (0, b"")
    machine.assert_nothing_left()


def test_two_pools(strict: Watched) -> None:
    """Each has its line, which goes with it; all else in the file stays, byte by byte."""
    theirs = b'# mine\n"/data/**" r,'
    strict.rules.write_bytes(theirs)
    strict.rules.chmod(0o640)
    assert f"changed: virt-aa-helper may read {ODD}\n" in made(strict, ODD)
    made(strict, "/var/spool/two")
    assert strict.rules.read_text() == rule("/var/spool/two") + rule(ODD) + theirs.decode()
    assert "virt-aa-helper" not in made(strict, ODD)
    assert strict.reads(f"{ODD}/any")
    assert strict.reads("/var/spool/two/any")
    assert not strict.reads("/var/spool/any")
    assert f"changed: {ODD} is confined as before\n" in strict.image("delete", ODD).stdout
    assert strict.rules.read_text() == rule("/var/spool/two") + theirs.decode()
    assert not strict.reads(f"{ODD}/any")
    assert strict.reads("/var/spool/two/any")
    strict.image("delete", "/var/spool/two")
    assert (strict.rules.read_bytes(), strict.rules.stat().st_mode & 0o777) == (theirs, 0o640)
    assert strict.reads("/data/any")
    assert not strict.reads("/var/spool/two/any")
    strict.assert_nothing_left()


def test_a_file_that_was_not_there(strict: Watched) -> None:
    """It goes again, and so does one that was empty become empty."""
    made(strict, "/var/spool/one")
    strict.image("delete", "/var/spool/one")
    assert strict.rules.read_bytes() == b""
    strict.rules.unlink()
    text = strict.profile.read_text()
    strict.profile.write_text(text.replace(f"  #include <local/{NAME}>", f"  include if exists <local/{NAME}>"))
    made(strict, "/var/spool/one")
    made(strict, "/var/spool/two")
    strict.image("delete", "/var/spool/one")
    assert strict.rules.read_text() == rule("/var/spool/two")
    strict.image("delete", "/var/spool/two")
    assert not strict.rules.exists()
    strict.assert_nothing_left()


def test_a_link_on_the_way(strict: Watched) -> None:
    """AppArmor knows no links: the rule is for where they lead."""
    spool = strict.places["/var/spool"]
    (spool / "big").mkdir()
    (spool / "link").symlink_to("big")
    made(strict, "/var/spool/link/labs")
    assert strict.rules.read_text() == '"/var/spool/big/labs/**" r, # kvmlab: /var/spool/link/labs\n'
    assert strict.image("delete", "/var/spool/link/labs").returncode == 0
    assert strict.rules.read_bytes() == b""
    assert sorted(spool.iterdir()) == [spool / "big", spool / "link"]


def test_killed_half_way(strict: Watched) -> None:
    """The next run goes on, and what is loaded at its end is what the file says."""
    pool = "/var/spool/labs"
    strict.end_next("KILL")
    assert strict.image("apply", pool).returncode != 0
    assert strict.rules.read_text() == rule(pool)
    assert not strict.reads(f"{pool}/any")
    made(strict, pool)
    assert strict.rules.read_text() == rule(pool)
    assert strict.reads(f"{pool}/any")
    strict.end_next("KILL")
    assert strict.image("delete", pool).returncode != 0
    assert strict.rules.read_bytes() == b""
    assert strict.reads(f"{pool}/any")
    assert strict.image("delete", pool).returncode == 0
    assert not strict.reads(f"{pool}/any")
    strict.assert_nothing_left()


def test_interrupted(strict: Watched) -> None:
    """Nothing is left, as ever after Ctrl-C."""
    strict.end_next("INT")
    assert strict.image("apply", "/var/spool/labs").returncode == 129
    assert strict.rules.read_bytes() == b""
    strict.assert_nothing_left()


def test_somebody_writes_into_our_file(strict: Watched) -> None:
    """A file that we made is theirs when they have."""
    strict.rules.unlink()
    text = strict.profile.read_text()
    strict.profile.write_text(text.replace(f"  #include <local/{NAME}>", f"  include if exists <local/{NAME}>"))
    made(strict, "/var/spool/labs")
    with strict.rules.open("a") as file:
        file.write("/data/** r,\n")
    strict.image("delete", "/var/spool/labs")
    assert strict.rules.read_text() == "/data/** r,\n"
    strict.assert_nothing_left()


def test_what_the_profile_denies(machine: Watched) -> None:
    """No rule helps there: it is told before any guest is made, and the rule is not left."""
    pool = "/home/ana/.labs/big"
    assert refused(machine, pool) == (
        f"{pool}: must be where virt-aa-helper may read, got one that /etc/apparmor.d/{NAME} denies; "
        "choose another pool.path\n"
    )
    assert machine.rules.read_bytes() == b""
    assert not machine.reads(f"{pool}/any")


def test_a_parser_that_refuses(strict: Watched) -> None:
    """It is told in the parser's words, and the file is put back, with the fault that was there."""
    theirs = b"this is no rule\n"
    strict.rules.write_bytes(theirs)
    assert refused(strict, "/var/spool/labs") == (
        f"/etc/apparmor.d/{NAME}: must load with a rule for /var/spool/labs, got 'AppArmor parser error for "
        f"/etc/apparmor.d/{NAME} in profile /etc/apparmor.d/local/{NAME} at line 2: syntax error, unexpected TOK_ID, "
        "expecting TOK_MODE'; mend it, or choose another pool.path\n"
    )
    assert strict.rules.read_bytes() == theirs


@pytest.mark.parametrize("character", '"*?[]{}\\')
def test_what_no_profile_can_name(machine: Watched, character: str) -> None:
    """A guest's own profile would hold it as a pattern, so QEMU could read too little or too much."""
    pool = f"/srv/a{character}b"
    assert refused(machine, pool) == (
        f'{pool}: must be without "*?[]{{}}\\ where AppArmor is at work, got {pool}; choose another pool.path\n'
    )
    assert machine.loads == 0
