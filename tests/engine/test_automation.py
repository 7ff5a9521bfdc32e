"""Labs driven by a program, through Pulumi's Automation API; what people type is tested next door."""

import pytest
from pulumi import automation

from tests.engine.conftest import CASE, Checkout
from tests.engine.test_previews import GOLDEN


def stack(checkout: Checkout, name: str) -> automation.Stack:
    """A stack of the checkout, with the settings that the env file makes."""
    settings = automation.LocalWorkspaceOptions(env_vars=checkout.environment)
    return automation.select_stack(name, work_dir=str(checkout.root), opts=settings)


@pytest.mark.usefixtures("untouched")
def test_a_preview_counts_what_people_see(checkout: Checkout) -> None:
    """As many resources as the preview that is kept shows."""
    shown = (GOLDEN / "quickstart.txt").read_text("utf-8").count(": (create)\n")
    assert shown > 10
    summary = stack(checkout, "quickstart").preview().change_summary
    assert summary == {automation.OpType.CREATE: shown}


@pytest.mark.usefixtures("untouched")
def test_a_refusal_is_an_error_with_the_whole_report(checkout: Checkout) -> None:
    """What is wrong with a lab reaches the program that drives it."""
    checkout.write_config("config:\n  kvmlab:lab: {kind: guests, guests: {web: {memory: much, cpu: 2}}}\n")
    with pytest.raises(automation.CommandError) as refused:
        stack(checkout, CASE).preview()
    assert "lab.guests.web.cpu: must be a CPU model, got 2; did you mean 'cpus'?" in str(refused.value)
    assert "lab.guests.web.memory: must be a size with its unit, got 'much'" in str(refused.value)
