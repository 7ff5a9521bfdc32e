"""A stack's first hour with the real CLI: its secrets, its state, and a config file that stays as it is in git."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.toolchain.project import CONFIG, ROOT, Project


def test_a_stack_lives_and_its_config_stays_as_it_is(project: Project) -> None:
    """Through init, preview, up, refresh and destroy the committed file keeps every byte, and nothing warns."""
    assert project.ok("toolchain/stack lab") == (
        f"changed: made {project.private}/passphrase\nchanged: made {project.private}/seed\nchanged: made stack lab\n"
    )
    assert project.config.read_text(encoding="utf-8") == CONFIG
    for command in ("preview", "up --yes", "refresh --yes", "up --yes --skip-preview", "destroy --yes"):
        result = project.sh(f"pulumi {command} --stack lab --non-interactive")
        assert result.returncode == 0, result.stdout + result.stderr
        assert "warning" not in (result.stdout + result.stderr).lower()
        assert project.config.read_text(encoding="utf-8") == CONFIG
    assert project.ok("git diff") == ""


def test_an_existing_stack_costs_nothing(project: Project) -> None:
    """`make up` calls this every time, so it must not start Pulumi."""
    project.ok("toolchain/stack lab")
    project.replace_pulumi("exit 9")
    assert project.ok("toolchain/stack lab") == "ok: stack lab\n"


def test_secrets_are_private_and_stay(project: Project) -> None:
    """Passphrase and seed are 32 random bytes for the owner alone, and are never made twice."""
    project.ok("toolchain/stack lab")
    files = [project.private / "passphrase", project.private / "seed"]
    before = [file.read_text(encoding="ascii") for file in files]
    assert all(len(bytes.fromhex(text)) == 32 for text in before)
    assert len(set(before)) == 2
    assert [oct(file.stat().st_mode & 0o777) for file in files] == ["0o600", "0o600"]
    assert oct(project.private.stat().st_mode & 0o777) == "0o700"
    project.ok("toolchain/stack other")
    assert [file.read_text(encoding="ascii") for file in files] == before


@pytest.mark.parametrize("name", ["passphrase", "seed"])
def test_a_lost_secret_is_not_replaced(project: Project, name: str) -> None:
    """Where stacks exist, a new passphrase could not read them and a new seed would change every guest."""
    project.ok("toolchain/stack lab")
    (project.private / name).unlink()
    result = project.sh("toolchain/stack lab")
    assert result.returncode == 1
    assert result.stderr == (
        f"{project.private}/{name}: must exist while {project.private}/state holds stacks, got no file; "
        "restore it from a backup, it cannot be made again\n"
    )
    assert not (project.private / name).exists()


def test_a_passphrase_file_of_ones_own_must_be_there(project: Project) -> None:
    """A file that the user named is never made by us."""
    missing = "/nowhere/phrase"
    result = project.sh("toolchain/stack lab", PULUMI_CONFIG_PASSPHRASE_FILE=missing)
    assert result.returncode == 1
    assert result.stderr == (
        "PULUMI_CONFIG_PASSPHRASE_FILE: must name a readable file, got '/nowhere/phrase'; "
        "make that file, or unset the variable\n"
    )


def test_a_removed_state_leaves_no_trap(project: Project) -> None:
    """A salt that fits only a passphrase that is gone does not stand in the way of a new start."""
    project.ok("toolchain/stack lab; command pulumi preview --stack lab --non-interactive")
    assert "encryptionsalt:" in project.config.read_text(encoding="utf-8")
    shutil.rmtree(project.private)
    project.ok("toolchain/stack lab; pulumi preview --stack lab --non-interactive")
    assert project.config.read_text(encoding="utf-8") == CONFIG


def test_a_salt_of_ones_own_is_kept(project: Project) -> None:
    """A salt that is committed, or that encrypted values need, is left where it is."""
    project.ok("toolchain/stack lab; pulumi config set --secret token hidden --stack lab")
    needed = project.config.read_text(encoding="utf-8")
    assert "encryptionsalt:" in needed
    assert project.ok("pulumi config get token --stack lab") == "hidden\n"
    project.ok("pulumi config rm token --stack lab")
    assert project.config.read_text(encoding="utf-8") == CONFIG
    project.ok("command pulumi preview --stack lab --non-interactive; git add stacks; toolchain/tidy")
    assert "encryptionsalt:" in project.config.read_text(encoding="utf-8")


def test_a_wrong_name_is_pulumis_to_explain(project: Project) -> None:
    """What Pulumi has against a name is shown, and the exit status says so."""
    result = project.sh("toolchain/stack 'no such name'")
    assert result.returncode == 1
    assert "stack name" in result.stderr.lower()


def _committed() -> dict[str, str]:
    """The stack configs that git has, by name of the stack."""
    listing = subprocess.check_output(["git", "ls-files", "--", "stacks/Pulumi.*.yaml"], cwd=ROOT, text=True)
    return {
        Path(name).stem.removeprefix("Pulumi."): subprocess.check_output(
            ["git", "cat-file", "-p", f":{name}"], cwd=ROOT, text=True
        )
        for name in listing.splitlines()
    }


def test_committed_config_is_in_pulumis_own_form(project: Project) -> None:
    """Pulumi writes a config file in a form of its own; a committed one must have it to survive unchanged."""
    for name, text in _committed().items():
        config = project.root / "stacks" / f"Pulumi.{name}.yaml"
        plain = re.sub(r"(?m)^encryptionsalt: .*\n", "", text)  # which is the next test's business
        config.write_text(plain, encoding="utf-8")
        project.ok(f"git add stacks; toolchain/stack {name}")
        assert config.read_text(encoding="utf-8") == plain


def test_no_salt_is_committed() -> None:
    """A salt fits the passphrase of one checkout; committed, it would lock every other clone out."""
    committed = _committed()
    assert committed
    assert [name for name, text in committed.items() if "encryptionsalt:" in text] == []
