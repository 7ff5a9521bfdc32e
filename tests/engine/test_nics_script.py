"""host/nics.sh, with a libvirt of the test's own: what it would change, from what it finds."""

import subprocess
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT

STUBS = """
virsh() {
    case $* in
        *net-dumpxml*--inactive*) cat "$work/kept.xml" ;;
        *net-dumpxml*) cat "$work/runs.xml" ;;
        *dumpxml*) ;;
        *) printf '%s\\n' "$*" ;;
    esac
}
virsh_all() { printf '%s\\n' "$1" | sed 's/; /\\n/g'; }
changed() { printf 'changed: %s\\n' "$*"; }
DOMAIN=six-web GUEST=web work=$1
. host/nics.sh
"""
MAC, ADDRESS = "52:54:00:00:00:02", "10.30.0.5"
OURS = f"<host mac='{MAC}' name='web' ip='{ADDRESS}'/>"
MOVED = f"<host mac='{MAC}' name='web' ip='10.30.0.9'/>"
OTHERS = "<host mac='52:54:00:00:00:03' name='db' ip='10.30.0.6'/>"
SQUATTER = f"<host mac='52:54:00:00:00:04' name='gone' ip='{ADDRESS}'/>"


def network(*rows: str, names: dict[str, str] | None = None) -> str:
    """As libvirt tells of one."""
    hosts = "".join(
        f"    <host ip='{ip}'>\n      <hostname>{name}</hostname>\n    </host>\n" for ip, name in (names or {}).items()
    )
    body = "".join(f"      {row}\n" for row in rows)
    return f"<network>\n  <dns>\n{hosts}  </dns>\n  <ip>\n    <dhcp>\n{body}    </dhcp>\n  </ip>\n</network>\n"


def call(directory: Path, text: str) -> list[str]:
    """Call one of its functions; what it says and does."""
    done = subprocess.run(
        ["/bin/sh", "-euc", f"{STUBS}{text}", "sh", directory],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def add(what: str, scope: str) -> str:
    """The update that makes it so."""
    rows = {
        "dhcp": ("ip-dhcp-host", OURS),
        "dns": ("dns-host", f"<host ip='{ADDRESS}'><hostname>web</hostname></host>"),
    }
    return f'net-update six-san add {rows[what][0]} "{rows[what][1]}" {scope}'


def drop(row: str, scope: str) -> str:
    """The update that takes it away: a row, or a name's address."""
    section = "ip-dhcp-host" if "mac=" in row else "dns-host"
    return f'net-update six-san delete {section} "{row}" {scope}'


SETTLED = network(OTHERS, OURS, names={ADDRESS: "web", "10.30.0.6": "db"})
CASES: dict[str, tuple[str, str, list[str]]] = {
    "settled": (SETTLED, SETTLED, []),
    "new": (
        network(OTHERS),
        network(OTHERS, OURS),
        [add("dhcp", "--live"), add("dns", "--live"), add("dns", "--config")],
    ),
    "moved": (
        network(MOVED, names={"10.30.0.9": "web"}),
        SETTLED,
        [
            drop("<host ip='10.30.0.9'/>", "--live"),
            drop(MOVED, "--live"),
            add("dhcp", "--live"),
            add("dns", "--live"),
        ],
    ),
    "taken by one that has gone": (
        network(SQUATTER, names={ADDRESS: "gone"}),
        SETTLED,
        [
            drop(f"<host ip='{ADDRESS}'/>", "--live"),
            drop(SQUATTER, "--live"),
            add("dhcp", "--live"),
            add("dns", "--live"),
        ],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_settle(case: str, tmp_path: Path) -> None:
    """A guest has its row and its name, in the network that runs and in the one that is kept; others keep theirs."""
    runs, kept, expected = CASES[case]
    (tmp_path / "runs.xml").write_text(runs, "utf-8")
    (tmp_path / "kept.xml").write_text(kept, "utf-8")
    done = call(tmp_path, f"settle six-san {MAC} {ADDRESS} '--live --config'")
    assert done == [*expected, *([f"changed: reservation of {ADDRESS} in six-san"] if expected else [])]


def test_no_more(tmp_path: Path) -> None:
    """Of a guest that has no NIC there nothing is left; the row of one that goes stays in the network that runs."""
    for name in ("runs.xml", "kept.xml"):
        (tmp_path / name).write_text(SETTLED, "utf-8")
    gone = "changed: no reservation in six-san"
    name = f"<host ip='{ADDRESS}'/>"
    both = [drop(row, scope) for scope in ("--live", "--config") for row in (name, OURS)]
    assert call(tmp_path, "settle six-san - '' '--live --config'") == [*both, gone]
    assert call(tmp_path, f"settle six-san {MAC} '' --config") == [both[0], *both[2:], gone]


def test_what_comes_and_goes(tmp_path: Path) -> None:
    """By aliases: what goes does so first, and what is there already stays."""
    definition = "".join(
        f"<interface type='bridge'>\n<mac address='{number}'/>\n<alias name='ua-nic-{name}'/>\n</interface>\n"
        for number, name in enumerate(("a-000000000000", "b-1-111111111111"))
    )
    (tmp_path / "definition.xml").write_text(definition.replace("'", '"'), "utf-8")
    (tmp_path / "aliases").write_text("ua-nic-a-000000000000\nua-nic-b-1-222222222222\n", "utf-8")
    assert call(tmp_path, "attach_nic() { echo attach $1; }; detach_nic() { echo detach $1; }; apply_nics") == [
        "detach ua-nic-b-1-222222222222",
        "attach ua-nic-b-1-111111111111",
    ]
    assert call(tmp_path, "attach_nic ua-nic-b-1-111111111111") == ["changed: NIC b-1 attached to six-web"]
    assert '<mac address="1"/>' in (tmp_path / "nic.xml").read_text("utf-8")
    assert call(tmp_path, "detach_nic ua-nic-b-1-222222222222") == ["changed: NIC b-1 detached from six-web"]
