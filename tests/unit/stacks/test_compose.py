"""All hosts of a lab are asked, and one report tells what is wrong on each."""

from typing import cast

import pytest

from components.errors import HostError, Problem
from components.host_facts import HostFacts
from components.probe import Probe
from stacks import compose
from stacks.config import Lab
from tests.unit.stacks.labs import host, lab


class Answer:
    """Stands in for a probe."""

    def __init__(self, facts: HostFacts | None) -> None:
        """Answer with facts, or not at all."""
        self._facts = facts

    def facts(self) -> HostFacts:
        """As a probe has them."""
        if self._facts is None:
            raise HostError("box", [Problem("lab.host", "must be reached by ssh, got 'no route'")])
        return self._facts


def placed(asked: Lab, *facts: HostFacts | None) -> list[tuple[Lab, HostFacts]]:
    """Go through the lab's hosts, which answer that."""
    answers = (cast("Probe", Answer(each)) for each in facts)
    return compose.ask(list(zip(asked.parts(), answers, strict=True)))


def test_all_that_is_wrong() -> None:
    """A host that is not reached hides nothing of another one."""
    asked = lab({"kind": "guests", "hosts": {"nas": {}, "box": {}, "big": {}}, "guests": {"web": {"host": "nas"}}})
    taken = host({"bridges": {"other": "kl-quickstart"}, "networks": {}})
    with pytest.raises(HostError) as refused:
        placed(asked, taken, None, host({}))
    assert str(refused.value) == (
        "host nas, box: 2 problems in what it offers\n"
        "  lab.hosts.box: on box: must be reached by ssh, got 'no route'\n"
        "  lab.network.bridge: on nas: must be free on the host, got 'kl-quickstart' of network 'other'; choose another"
    )


def test_one_host() -> None:
    """Nothing needs to be said of where."""
    asked = lab({"kind": "guests", "host": "box", "guests": {"web": {}}})
    with pytest.raises(HostError) as refused:
        placed(asked, None)
    assert str(refused.value) == (
        "host box: 1 problem in what it offers\n  lab.host: must be reached by ssh, got 'no route'"
    )
    assert placed(asked, host({})) == [(asked, host({}))]
