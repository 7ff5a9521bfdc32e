"""A stack without its secrets: copies of its state and its config, which a passphrase opens that is none. Pure.

In place of a secret stands what is visible of it: what has not changed, as far as anybody can tell without the seed and
the passphrase, is then no change.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from pwd import getpwuid
from typing import Any, cast

import yaml

from components.cloud_init import HIDDEN, shown
from components.kubernetes import visible as visible_nodes
from components.shell import by_root
from components.ssh import OVER_SSH
from components.ssh_access import files
from stacks.offline.words import NO_KEY, SECRET, OfflineError, visible

PASSPHRASE = "offline"  # noqa: S105 (of what holds no secret)
SALT = "v1:BeqBUlcasuo=:v1:y3rac/VrmE3FYjDZ:Oi8ysvbi2KPhrzpeHZd7zsLLNPCT+A=="
"""Pulumi's for that passphrase."""
CIPHERTEXT = "v1:+CfnYxID3Blx4tT6:XZ880WJtnhAs5rVqFp+3m1pRaxpxK6M="
"""SECRET, encrypted with it."""
VERSIONS = (3, 4)
"""Of a state: https://github.com/pulumi/pulumi/blob/master/sdk/go/common/apitype/versions.go"""
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_IS_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (how Pulumi marks one)
_MARKS = re.compile(r"\[hidden [0-9a-f]{8}\]")
_COMMAND = "command:local:Command"
_OF_NODES = re.compile(r"[/ ]kubernetes\.sh (init|join|ready)$")
_OURS = "kvmlab:index:"

Json = Mapping[str, Any]


def deployment(text: str, where: str, project: str, stack: str) -> dict[str, Any]:
    """What a state holds, as `pulumi stack export` prints it or a backend keeps it.

    Args:
        text: all of it.
        where: how messages call it.
        project: the project that it must be of.
        stack: the stack.

    Raises:
        OfflineError: it is something else.
    """
    exported = "must be what `pulumi stack export` prints"
    try:
        found: object = json.loads(text)
    except ValueError:
        raise OfflineError(f"{where}: {exported}, got what ends early or is no JSON; export it anew") from None
    state = _mapping(found)
    version, held = state.get("version"), _mapping(state.get("deployment"))
    if "checkpoint" in state:
        held = _mapping(_mapping(state["checkpoint"]).get("latest"))
    if not isinstance(version, int) or not state.keys() & {"checkpoint", "deployment"}:
        raise OfflineError(f"{where}: {exported}, got something else; export it anew")
    if version not in VERSIONS:
        known = " or ".join(map(str, VERSIONS))
        raise OfflineError(f"{where}: must be of version {known}, got {version}; take the Pulumi that wrote it")
    found = held.get("resources") or []
    resources = cast("list[object]", found) if isinstance(found, list) else [None]
    urns = [_mapping(each).get("urn") for each in resources]
    if not all(isinstance(urn, str) and urn.count("::") >= 3 for urn in urns):
        raise OfflineError(f"{where}: {exported}, got one with resources that have no name; export it anew")
    whose = {tuple(str(urn).removeprefix("urn:pulumi:").split("::")[:2]) for urn in urns}
    for other, its in sorted(whose - {(stack, project)}):
        rule = f"must be of stack {stack!r} of project {project!r}"
        raise OfflineError(f"{where}: {rule}, got one of {other!r} of {its!r}; give that stack's own")
    return {**held, "resources": resources}


def checkpoint(held: Json, stack: str, project: str) -> str:
    """The copy of a state, as Pulumi's file backend keeps it.

    Args:
        held: what the state holds.
        stack: the stack.
        project: its project.
    """
    latest = {
        "manifest": held.get("manifest") or {"time": "2026-01-01T00:00:00Z", "magic": "", "version": ""},
        "secrets_providers": {"type": "passphrase", "state": {"salt": SALT}},
        "metadata": {},
        "resources": list(_resources(held)),
    }
    # What a run has not come to the end with is for the next `up` to find out.
    return json.dumps({"version": 3, "checkpoint": {"stack": f"organization/{project}/{stack}", "latest": latest}})


def config(text: str) -> str:
    """The copy of a stack's config file: each secret another one, and nothing of how the old ones are decrypted."""
    try:
        top = yaml.compose(text, yaml.CSafeLoader)
    except yaml.YAMLError:
        return text  # Pulumi says why
    if not isinstance(top, yaml.MappingNode):
        return text
    cuts = list(_secure(top))
    for key, value in top.value:
        if key.value in ("encryptionsalt", "encryptedkey", "secretsprovider"):
            cuts.append((key.start_mark.index, value.end_mark.index, ""))
    for start, end, instead in sorted(cuts, reverse=True):
        text = text[:start] + instead + text[end:]
    return f"{text.rstrip()}\nencryptionsalt: {SALT}\n"


def _secure(node: yaml.Node) -> Iterator[tuple[int, int, str]]:
    """Where secrets stand, from and to, and what is to stand there."""
    match node:
        case yaml.MappingNode(value=[(yaml.ScalarNode(value="secure"), yaml.ScalarNode() as value)]):
            yield value.start_mark.index, value.end_mark.index, CIPHERTEXT
        case yaml.MappingNode():
            for _, value in node.value:
                yield from _secure(value)
        case yaml.SequenceNode():
            for value in node.value:
                yield from _secure(value)
        case _:
            pass


def _resources(held: Json) -> Iterator[dict[str, Any]]:
    resources = [cast("dict[str, Any]", _public(_with_visible_marks(each))) for each in held["resources"]]
    inputs = {each["urn"]: each.get("inputs", {}) for each in resources}
    for resource in resources:
        if resource["type"] == _COMMAND:
            of = inputs.get(resource.get("parent", ""), {})
            changed = {**_ran_here(resource), **_stand_in(resource, of)}
            for which in ("inputs", "outputs"):
                told = {**resource.get(which, {}), **changed}
                resource[which] = {key: value for key, value in told.items() if value is not None}
        yield resource


def _with_visible_marks(resource: Json) -> Json:
    """A component of ours, whose hidden values have marks that only the seed's holder can make."""
    if not str(resource.get("type", "")).startswith(_OURS) or "inputs" not in resource:
        return resource
    inputs = dict(resource["inputs"])
    if "cloud_config" in inputs:
        inputs["cloud_config"] = _hidden(inputs["cloud_config"])
    if "install_files" in inputs:
        inputs["install_files"] = _MARKS.sub(HIDDEN, inputs["install_files"])
    return {**resource, "inputs": inputs}


def _hidden(text: str) -> str:
    """Cloud-config as the program shows it that knows no seed; earlier versions hid less of it."""
    found: object = yaml.load(text, yaml.CSafeLoader)
    document = _mapping(found)
    keys = [str(key) for key in document.pop("ssh_authorized_keys", [])]
    return shown([document], None, [_MARKS.sub(HIDDEN, key) for key in keys])


def _public(value: object) -> object:
    """Without a secret."""
    match value:
        case dict():
            if cast("Json", value).get(_SIGNATURE) == _IS_SECRET:
                return secret(SECRET)
            return {key: _public(below) for key, below in cast("Json", value).items()}
        case list():
            return [_public(below) for below in cast("list[object]", value)]
        case _:
            return value


def secret(text: str) -> dict[str, str]:
    """Something that Pulumi is to hide as it hides a secret."""
    return {_SIGNATURE: _IS_SECRET, "plaintext": json.dumps(text)}


def _stand_in(resource: Json, component: Json) -> dict[str, Any]:
    """What a command reads that is made of secrets."""
    create = resource.get("inputs", {}).get("create", "")
    if create.endswith(("/guest.sh apply", f"/{OVER_SSH} guest.sh apply")):
        return {"stdin": secret(visible(component))}
    if create.endswith("/ssh_access.sh apply") and "guests" in component:
        return {"stdin": secret(files(component["directory"], component["login"], component["guests"], NO_KEY))}
    if _OF_NODES.search(create):
        return {"stdin": secret(visible_nodes(component))}
    return {}


def _ran_here(resource: Json) -> dict[str, Any]:
    """Who runs a command is whoever runs `up`, and no change."""
    inputs = resource.get("inputs", {})
    create, environment = inputs.get("create", ""), inputs.get("environment", {})
    if f"/{OVER_SSH} " in create or create.endswith("/ssh_access.sh apply"):
        return {}
    changed: dict[str, Any] = {"interpreter": by_root()}
    if create.startswith("host/setup.sh "):
        own = {} if os.geteuid() == 0 else {"LIBVIRT_USER": getpwuid(os.geteuid()).pw_name}
        kept = {key: value for key, value in environment.items() if key != "LIBVIRT_USER"}
        changed["environment"] = {**kept, **own}
    return changed


def project(root: Path) -> str:
    """The project's name."""
    named = yaml.safe_load((root / "Pulumi.yaml").read_text("utf-8"))
    return str(named["name"])


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
