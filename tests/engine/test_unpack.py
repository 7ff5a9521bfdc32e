"""What components/archive.py packs, the scripts of host/ take apart to the byte."""

import subprocess
from pathlib import Path

from components.archive import pack
from tests.engine.conftest import ROOT

FILES = {
    "user-data": "#cloud-config\nwrite_files:\n  - content: |\n      key 3\n\n      %s \\n $HOME 'x' \"y\"\n",
    "empty": "",
    "network-config": "\n\n",
    "key": f"{'x' * 100_000}\né ü \u2028 \x0b\n",
}


def test_unpack(tmp_path: Path) -> None:
    """Empty files, empty lines, long ones, and lines that look like a head come out as they went in."""
    subprocess.run(
        ["sh", "-euc", f'. host/lib.sh; umask 077; unpack "{tmp_path}"'],
        cwd=ROOT,
        input=pack(FILES).encode(),
        check=True,
    )
    assert {file.name: file.read_bytes().decode() for file in tmp_path.iterdir()} == FILES
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
