"""The program's side of an offline preview: facts and identities without a host, a seed or a passphrase."""

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import pulumi

from components import cloud_init, identity
from components.effects import OFFLINE
from components.errors import HostError, Problem
from components.host_facts import HostFacts
from components.keys import SshKey
from stacks import nics, preflight, seeds
from stacks.common import Common
from stacks.config import GuestSpec, Lab
from stacks.offline import base, known, recorded
from stacks.offline.base import Base
from stacks.offline.known import Part
from stacks.offline.words import AT_UP, NO_KEY, VARIABLE, OfflineError
from stacks.refresh import is_refresh
from stacks.secrets import stack_secrets

STATE, SOURCE, BASE, REFUSED = "state.json", "source", "base", "refused"
"""In the copy's directory: what the state holds, what it was taken from, what the repository held then, or why not."""


@dataclass(frozen=True)
class Offline:
    """What such a preview goes by."""

    source: str
    """Where the state is from, in words."""
    parts: Sequence[Part]
    """What it holds of ours."""
    base: Base | None = None
    """What the repository held when that state was made, if somebody has told."""
    _looked_at: dict[str, tuple[str, bool]] = field(default_factory=dict[str, tuple[str, bool]])

    @cached_property
    def guests(self) -> Mapping[str, Part]:
        """Those that the state holds, by name."""
        return {part.name: part for part in known.of_kind(self.parts, "Guest")}

    def instance(self, lab: Lab, guest: GuestSpec) -> str:
        """A guest's instance-id: the one that it has while nothing that anyone can see would make another."""
        part = self.guests.get(guest.name)
        if part is None or part.environment.get("INSTANCE_ID", "") == "":
            return f"iid-{AT_UP}"
        mac = identity.mac_address(lab.stack, guest.name)
        is_default = nics.first_link(lab, guest, mac).is_default
        prefix = lab.network.ipv6
        seen = (self.cloud_config(guest), lab.network.domain, mac, is_default or (str(prefix) if prefix else ""))
        return part.environment["INSTANCE_ID"] if seen == known.seen_instance(part, self.parts) else f"iid-{AT_UP}"

    def cloud_config(self, guest: GuestSpec) -> str:
        """What people see of a guest's cloud-init."""
        return self._shown(guest)[0]

    def is_compared(self, guest: GuestSpec) -> bool:
        """Whether what is hidden in it can be told from what it was."""
        return self._shown(guest)[1]

    def _shown(self, guest: GuestSpec) -> tuple[str, bool]:
        if guest.name not in self._looked_at:
            part = self.guests.get(guest.name)
            compared = self.base.shown(guest, part.inputs["cloud_config"]) if self.base and part else None
            plain = compared or cloud_init.shown(seeds.layers(guest), None, guest.authorized_keys)
            self._looked_at[guest.name] = plain, compared is not None
        return self._looked_at[guest.name]

    def host_key(self, guest: GuestSpec) -> SshKey:
        """A guest's host key, of which nobody needs the private half."""
        part = self.guests.get(guest.name)
        return SshKey(NO_KEY, part.environment["HOST_KEY"] if part else AT_UP)

    def password_mark(self, guest: GuestSpec) -> str | None:
        """What tells a screen's password from another: of a new one nothing does yet."""
        if guest.console.password is None:
            return None
        part = self.guests.get(guest.name)
        shown = part.inputs.get("console_password", "") if part else ""
        return shown.removeprefix("[hidden ").removesuffix("]") or AT_UP

    def common(self, lab: Lab, placed: Sequence[tuple[Lab, HostFacts]]) -> Common:
        """What guests have of their lab."""
        return Common(
            shown_key=None,
            lab_key=SshKey(NO_KEY, AT_UP),
            host_keys={guest.name: self.host_key(guest) for guest in lab.guests},
            addresses=preflight.addresses(lab, placed),
            nic_addresses=nics.addresses(lab, placed),
            secrets=stack_secrets(),
            cloud_configs={guest.name: self.cloud_config(guest) for guest in lab.guests},
            instances={guest.name: self.instance(lab, guest) for guest in lab.guests},
            marks={guest.name: self.password_mark(guest) for guest in lab.guests},
        )

    def place(self, lab: Lab) -> list[tuple[Lab, HostFacts]]:
        """Each part of a lab, with what is known of its host.

        Raises:
            OfflineError: a file of facts is none.
            HostError: with all that keeps hosts from carrying their parts, as far as is known.
        """
        pulumi.warn(f"{OFFLINE}: no host was asked, and no passphrase used; from config and {self.source}")
        placed: list[tuple[Lab, HostFacts]] = []
        found: dict[str, list[Problem]] = {}
        for part in lab.parts():
            facts, problems = _placed(part, self)
            placed.append((part, facts))
            if problems:
                found[part.host.address] = problems
        if found:
            alone = len(placed) == 1
            raise HostError(
                f"{', '.join(found)}, as far as is known offline",
                [p if alone else _on(host, p) for host, all_ in found.items() for p in all_],
            )
        for line in _uncompared(lab, self):
            pulumi.warn(f"{OFFLINE}: {line}")
        return placed

    @staticmethod
    def tell_lost(problems: Sequence[Problem]) -> None:
        """Warn of guests whose disks may not be lost, if something has been written to them, which is not known."""
        for problem in problems:
            pulumi.warn(f"{OFFLINE}: if it has been written to, `make up` refuses: {problem.path}: {problem.message}")


@cache
def read() -> Offline:
    """The copy beside which the program runs.

    Raises:
        OfflineError: there is none, or this is no preview.
    """
    directory = os.environ[VARIABLE]
    if not pulumi.runtime.is_dry_run():
        raise OfflineError(
            f"{VARIABLE}: is for previews alone, got an update; unset it, and run where hosts are reached"
        )
    if is_refresh():
        raise OfflineError("OFFLINE: must not come with REFRESH, which asks hosts, got both; leave one out")
    state = Path(directory) / STATE
    if not state.is_file():
        raise OfflineError(f"{VARIABLE}: is set by `make preview OFFLINE=1`, got {directory!r}; unset it")
    refused = state.parent / REFUSED
    if refused.is_file():
        raise OfflineError(refused.read_text("utf-8"))
    held = json.loads(state.read_text("utf-8"))["checkpoint"]["latest"]
    before = base.read(state.parent / BASE, pulumi.get_stack())
    return Offline((state.parent / SOURCE).read_text("utf-8"), known.parts(held["resources"]), before)


def _on(host: str, problem: Problem) -> Problem:
    return Problem(problem.path, f"on {host}: {problem.message}")


def _placed(part: Lab, away: Offline) -> tuple[HostFacts, list[Problem]]:
    host = part.host.address
    file = recorded.FACTS / part.stack / recorded.file_name(host)
    if not file.is_file():
        facts = known.assumed(part, away.parts)
        pulumi.warn(f"{OFFLINE}: facts of {host}: none recorded; {_unchecked(part, facts)}")
        facts = known.with_state(part, facts, away.parts)
        return facts, preflight.without_host(part, facts)
    where = str(file.relative_to(recorded.FACTS.parents[1]))
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise OfflineError(f"{where}: must be text that can be read; record it anew") from None
    told = recorded.read(text, where, part, platform.machine())
    pulumi.warn(f"{OFFLINE}: facts of {host}: recorded {told.day}")
    facts = known.with_state(part, told.facts, away.parts)
    for warning in preflight.warnings(part, facts):
        pulumi.warn(warning)
    return facts, preflight.problems(part, facts)


def _unchecked(part: Lab, facts: HostFacts) -> str:
    """What goes without, and what is taken for granted."""
    told = f"packages by {facts.package_manager}"
    if part.kind != "host":
        told = f"{preflight.accelerator(part, facts)} as accelerator, {told}"
        return f"capacity, images and bridges are not checked; assumed: {told}"
    return f"nothing of it is checked; assumed: {told}"


def _uncompared(lab: Lab, away: Offline) -> Iterator[str]:
    """What may have changed, and cannot be told."""
    kept = [guest for guest in lab.guests if guest.name in away.guests]
    with_hidden = (guest for guest in kept if cloud_init.HIDDEN in away.cloud_config(guest))
    if hidden := [guest.name for guest in with_hidden if not away.is_compared(guest)]:
        told = "BASE is not what was deployed" if away.base else "BASE would tell"
        yield f"not compared ({told}): what is hidden in cloud-init of {_names(hidden)}"
    if installed := [guest.name for guest in kept if seeds.install_shown(guest, None)]:
        yield f"not compared (the seed would tell): what is in files for the installers of {_names(installed)}"
    if secrets := [guest.name for guest in kept if seeds.names_secrets(guest) or guest.console.password]:
        yield f"not compared (the passphrase would tell): values of secrets of {_names(secrets)}"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:4])
    return f"{shown} and {len(names) - 4} more" if len(names) > 4 else shown
