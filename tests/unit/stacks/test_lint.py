"""`make lint-stacks` says of files what a preview says of stacks, with nothing but the files."""

from pathlib import Path

import pytest

from stacks import lint
from stacks.config import file as stack_files
from tests.stack_files import REFUSED, web

WELL = b"config:\n  kvmlab:lab: {kind: guests, guests: {web: {}}}\n"


@pytest.fixture(autouse=True)
def stacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of stacks, with none there yet."""
    monkeypatch.setattr(lint, "STACKS", tmp_path / "stacks")
    (tmp_path / "stacks").mkdir()
    return tmp_path / "stacks"


def said(stacks: Path, content: bytes | str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """How a stack of this file is told of."""
    (stacks / "Pulumi.mine.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    status = lint.main(["mine"])
    return status, capsys.readouterr().out


def test_well(stacks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is told of what is well but that it was looked at; stacks are those of the directory, or as named."""
    for name in ("a", "b"):
        (stacks / f"Pulumi.{name}.yaml").write_bytes(WELL)
    assert (lint.main([]), capsys.readouterr().out) == (0, "2 stacks: nothing found\n")
    for arguments in (["a"], ["stacks/Pulumi.a.yaml"], ["a", "Pulumi.a.yaml"]):
        assert (lint.main(arguments), capsys.readouterr().out) == (0, "1 stack: nothing found\n")


def test_shipped(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of this repository are well."""
    monkeypatch.setattr(lint, "STACKS", Path(lint.__file__).parent)
    assert (lint.main(["quickstart", "six"]), capsys.readouterr().out) == (0, "2 stacks: nothing found\n")


def test_one_report(stacks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All stacks, the worst of each first: errors of config and of policy; what is waived has its reason."""
    lab = "config:\n  kvmlab:lab:\n    kind: guests\n    host: {overcommit: {disk: thin}}\n    guests:\n"
    (stacks / "Pulumi.a.yaml").write_bytes(web("{cpu: 2}"))
    (stacks / "Pulumi.b.yaml").write_text(
        lab + '      web: {console: {listen: 8.8.8.8, password: "${secrets.screen}"},'
        ' userData: {password: "${secrets.x}"}}\n'
    )
    (stacks / "Pulumi.c.yaml").write_text(
        lab + "      web: {disks: {a: {size: 1GiB, protect: false}}, autostart: true}\n"
        "      db: {userData: {password: hunter2}, waivers: {plain-text-secret: for show}}\n"
    )
    assert lint.main([]) == 1
    told = capsys.readouterr().out
    assert told.splitlines()[:9] == [
        "error: stack a: 1 problem in kvmlab:lab",
        "  lab.guests.web.cpu: must be a CPU model, got 2; did you mean 'cpus'?",
        "error: stack b: 3 problems in kvmlab:lab",
        (
            "  lab.guests.web.console.listen: must be an address of a private network, got '8.8.8.8', which is one of"
            " the internet's; name another, or take it out and use the tunnel among the outputs, or waive it by"
            " lab.guests.web.waivers.public-console"
        ),
        (
            "  lab.guests.web.console.password: must name a secret of the stack, got 'screen'; set it with: pulumi"
            " config set --stack b --secret --path secrets.screen"
        ),
        (
            "  lab.guests.web.userData.password: must name a secret of the stack, got 'x'; set it with: pulumi config"
            " set --stack b --secret --path secrets.x"
        ),
        (
            "warning: stack c: lab.guests.web.disks.a.protect: should be true where data is to stay, got false; take it"
            " out, since the disk is deleted with the guest, or when it is taken out here, or waive it by"
            " lab.guests.web.waivers.unprotected-disk"
        ),
        (
            "note: stack c: lab.host.overcommit.disk: should be 'promised', got 'thin'; take it out, since a guest that"
            " writes when the pool is full is paused, or waive it by lab.waivers.overcommit"
        ),
        "waived: stack c: lab.guests.db.userData.password: plain-text-secret: for show",
    ]
    assert told.splitlines()[9:] == ["3 stacks: 4 errors, 1 warning, 1 note, 1 waived"]
    assert "hunter2" not in told


@pytest.mark.parametrize(
    ("content", "problems"),
    [REFUSED[name] for name in REFUSED if name != "deep"],
    ids=[name for name in REFUSED if name != "deep"],
)
def test_as_the_engine_reads_it(
    stacks: Path, capsys: pytest.CaptureFixture[str], content: bytes, problems: list[str]
) -> None:
    """In the same words: tests/engine/test_malformed_files.py has the real engine read the same files.

    But for what is thousands of levels deep, which is refused as a file.
    """
    status, told = said(stacks, content, capsys)
    assert told.splitlines()[1:-1] == [f"  {problem}" for problem in problems]
    assert status == 1


LAUGHS = ", ".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 9))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("config:\n  kvmlab:lab: {\n    kind: [\n", "must be YAML, got an error in line 4: "),
        ("config:\n  kvmlab:lab:\n\t  kind: guests\n", "must be YAML, got an error in line 3: found character '...' "),
        (
            "config:\n  a: 1\n  a: 2\n",
            "must be YAML, got an error in line 3: a mapping has a key twice, first in line 2",
        ),
        (web("*wbe"), "must be YAML, got an error in line 2: found undefined alias '...'"),
        (web("{cpus: .nan}"), "must be YAML, got an error in line 2: a number that JSON cannot hold"),
        (web("{cpus: -.INF}"), "must be YAML, got an error in line 2: a number that JSON cannot hold"),
        (web("{image: w\xe9b}").decode().encode("latin-1"), "must be YAML in UTF-8, got other bytes"),
        (web("{image: a\0b}"), "must be YAML in UTF-8, got other bytes"),
        (web("[" * 3000 + "]" * 3000), "must be nested as people write it, got far more; flatten it"),
        ("[1]", "must be a mapping with config:, got a list"),
        ("password: *hunter2", "must be YAML, got an error in line 1: found undefined alias '...'"),
        ("hunter2 and more", "must be a mapping with config:, got text"),
        ("config: [1]", "config must be a mapping with kvmlab:lab, got a list"),
    ],
    ids=["open", "tab", "twice", "alias", "nan", "inf", "latin-1", "nul", "deep", "list", "secret", "text", "config"],
)
def test_no_stack(stacks: Path, capsys: pytest.CaptureFixture[str], content: bytes | str, told: str) -> None:
    """A file that is none is told by its name, without what stands in it."""
    status, report = said(stacks, content, capsys)
    assert status == 1
    assert report.startswith(f"error: stack mine: 1 problem in its file\n  stacks/Pulumi.mine.yaml: {told}")
    assert "hunter2" not in report


@pytest.mark.parametrize(
    "content", ["", "config:\n", "config: {}\n", "encryptionsalt: v1:abc\n", "config: {other:lab: 1}"]
)
def test_empty(stacks: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    """A file without a lab, or of another project, is told how to begin, as by a preview."""
    assert (
        said(stacks, content, capsys)[1].splitlines()[1].startswith("  lab: is empty; start with: pulumi config set ")
    )


@pytest.mark.parametrize("key", ["lab", "kvmlab:lab", "kvmlab:config:lab"])
@pytest.mark.parametrize(
    "value", ["{kind: guests, guests: {web: {}}}", '\'{"kind": "guests", "guests": {"web": {}}}\'']
)
def test_forms(stacks: Path, capsys: pytest.CaptureFixture[str], key: str, value: str) -> None:
    """Each that the engine takes, of keys and of values."""
    assert said(stacks, f"config:\n  {key}: {value}\n", capsys) == (0, "1 stack: nothing found\n")


def test_yaml_of_the_engine(stacks: Path) -> None:
    """Words, times and MACs are text, numbers are numbers, and a merge is one."""
    content = """
config:
  a: &a {power: off, mac: 52:54:00:12:34:56, day: 2026-11-01, octal: 0777, also: 0o17, hex: 0x1F, under: 1_000}
  b: {<<: *a, power: yes, none: ~, empty: , is: True, float: 1.5, tag: !mine x, list: !mine [1], map: !mine {a: 1}}
  c: {eight: 08, long: %s, quoted: "1", plus: +3, version: 1.2.3}
""" % ("9" * 5000)
    (stacks / "Pulumi.mine.yaml").write_text(content)
    config = stack_files.read(stacks / "Pulumi.mine.yaml").config
    a = {"power": "off", "mac": "52:54:00:12:34:56", "day": "2026-11-01", "octal": 511, "also": 15, "hex": 31}
    a["under"] = 1000
    assert config["a"] == a
    b = {
        "power": "yes",
        "none": None,
        "empty": None,
        "is": True,
        "float": 1.5,
        "tag": "x",
        "list": [1],
        "map": {"a": 1},
    }
    assert config["b"] == a | b
    assert config["c"] == {"eight": 8.0, "long": "9" * 5000, "quoted": "1", "plus": 3, "version": "1.2.3"}


def test_endless(stacks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What grows without end when it is read ends in a report."""
    assert "got more up to here" in said(stacks, web(f"{{userData: {{a0: &a0 [ha, ha], {LAUGHS}}}}}"), capsys)[1]
    assert "nested at most 32 levels" in said(stacks, web("&web {userData: *web}"), capsys)[1]


NAMED = 'config:\n  kvmlab:lab: {kind: guests, guests: {web: {userData: {password: "${secrets.root}"}}}}\n'
SET = "pulumi config set --stack mine --secret"


@pytest.mark.parametrize(
    ("secrets", "told"),
    [
        ("  kvmlab:secrets: {root: {secure: v1:AAAA}}\n", []),
        ("  kvmlab:secrets: {secure: v1:AAAA}\n", []),
        ("  kvmlab:seed: {secure: v1:AAAA}\n  kvmlab:secrets: {root: {secure: v1:AAAA}, x: {secure: v1:B}}\n", []),
        (
            "  kvmlab:secrets: {toor: {secure: v1:AAAA}}\n",
            [f"must name a secret of the stack, got 'root'; set it with: {SET} --path secrets.root"],
        ),
        (
            "  kvmlab:secrets: {root: hunter2}\n",
            [f"  secrets: must be secret, got plain text; set it with: {SET} --path secrets.NAME"],
        ),
        (
            "  kvmlab:secrets: hunter2\n",
            [
                "must name a secret of the stack, got 'root'",
                f"  secrets: must be secret, got plain text; set it with: {SET} --path secrets.NAME",
            ],
        ),
        (
            "  kvmlab:seed: hunter2\n  kvmlab:secrets: {root: {secure: v1:AAAA}, web: hunter2}\n",
            [
                f"secrets.web: should be secret, got plain text; set it with: {SET} --path secrets.web",
                f"seed: should be secret, got plain text; set another with: openssl rand -hex 32 | {SET} seed",
            ],
        ),
    ],
)
def test_secrets(stacks: Path, capsys: pytest.CaptureFixture[str], secrets: str, told: list[str]) -> None:
    """They stay encrypted, and are known by their names; what is in the clear is told, and never what it is."""
    _, report = said(stacks, NAMED + secrets, capsys)
    assert len(report.splitlines()) == (len(told) + 1 + ("error:" in report))
    assert all(each in report for each in told)
    assert "hunter2" not in report


def test_secrets_in_the_lab(stacks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One is refused as by a preview, with the command that takes it out."""
    status, report = said(stacks, web("{userData: {password: {secure: v1:AAAA}}}"), capsys)
    assert (status, report) == (
        1,
        (
            "error: stack mine: 1 problem in kvmlab:lab\n  lab.guests.web.userData.password: must not be a secret, got"
            " one; the lab is shown in previews, take it out with: pulumi config rm --stack mine --path"
            " 'lab.guests.web.userData.password'\n1 stack: 1 error\n"
        ),
    )


def test_unknown(stacks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name of no stack is told with those that there are."""
    (stacks / "Pulumi.six.yaml").write_bytes(WELL)
    assert lint.main(["sxi", "six"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "error: stack sxi: 1 problem in its file",
        "  stacks/Pulumi.sxi.yaml: must be the file of a stack, got none; did you mean 'six'?",
        "2 stacks: 1 error",
    ]
