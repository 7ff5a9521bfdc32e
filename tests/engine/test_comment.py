"""The comment of a pull request, of the real CLI's previews."""

import pytest

from tests.engine.conftest import CASE, ROOT, Checkout, Ended, run


def comment(checkout: Checkout, stack: str) -> Ended:
    """Print it, as make does."""
    settings = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return run(
        "python", "-m", "console", "preview-comment", stack, cwd=checkout.root, env=checkout.environment | settings
    )


@pytest.mark.usefixtures("untouched")
def test_a_new_stack(checkout: Checkout) -> None:
    """Nothing of it is there: all of it is created."""
    told = comment(checkout, "quickstart")
    assert (told.status, told.errors) == (0, "")
    assert told.output.startswith(
        "<!-- kvmlab preview: quickstart -->\n### Preview of `quickstart`\n\nGuests: 1 created.\n"
    )
    assert "| `web` | created | " in told.output


@pytest.mark.usefixtures("untouched")
def test_a_wrong_config(checkout: Checkout) -> None:
    """The comment has the report; the status is the preview's."""
    checkout.write_config(
        "config:\n  kvmlab:lab: {kind: guests, network: {cidr: 10.213.77.0/24}, guests: {web: {cpu: 2}}}\n"
    )
    told = comment(checkout, CASE)
    assert told.status != 0
    assert told.output == (
        f"<!-- kvmlab preview: {CASE} -->\n### Preview of `{CASE}`\n\n"
        "**The preview failed** with an error. What would change is not known.\n\n"
        f"```text\nstack {CASE}: 1 problem in kvmlab:lab\n"
        "  lab.guests.web.cpu: must be a CPU model, got 2; did you mean 'cpus'?\n```\n"
    )


def test_no_stack(checkout: Checkout) -> None:
    """What the CLI says of it."""
    told = comment(checkout, "nosuch")
    assert told.status != 0
    assert told.errors == "error: no stack named 'nosuch' found\n"
    assert "```text\nno stack named 'nosuch' found\n```\n" in told.output


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            '"version":3,',
            '"version":99,',
            "of a version that this Pulumi reads, got a newer one; use the Pulumi that wrote it",
        ),
        ("}}\n", "", "readable, got: "),
    ],
    ids=["newer", "cut-short"],
)
def test_a_state_that_cannot_be_read(checkout: Checkout, old: str, new: str, said: str) -> None:
    """The comment says why there is no preview, and what to do."""
    file = checkout.root / f".kvmlab/state/.pulumi/stacks/kvmlab/{CASE}.json"
    whole = file.read_text("utf-8")
    changed = f"{whole.strip()}\n".replace(old, new, 1)
    assert changed.strip() != whole.strip()
    file.write_text(changed, "utf-8")
    told = comment(checkout, CASE)
    file.write_text(whole, "utf-8")
    assert told.status != 0
    assert f"```text\nstack {CASE}: its state must be {said}" in told.output
