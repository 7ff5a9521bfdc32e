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
