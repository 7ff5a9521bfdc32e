"""What a preview means for networks, and for NICs on them, in words. Pure: from what components show of themselves."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.domain_nics import made_from
from components.effects import Effect
from console.detail import Detail

Inputs = Mapping[str, Any]


def nics(old: Inputs, new: Inputs, before: Inputs, after: Inputs, effect: Effect) -> Iterator[Detail]:
    """What becomes of a guest's further NICs.

    Args:
        old: what the guest shows now.
        new: what it is to show.
        before: what its command reads now.
        after: what it is to read.
        effect: what a change of one does to the guest.
    """
    # As host/guest.sh and host/ready.sh have it.
    is_told = after.get("WAIT_FOR") != "start" and after.get("INSTANCE_ID")
    untold = "" if is_told else "; its own system is not told of it"
    had: Mapping[str, str] = old.get("nics", {})
    has: Mapping[str, str] = new.get("nics", {})
    was, becomes = (made_from(read.get("DEFINITION", "")) for read in (before, after))
    for name in sorted(had.keys() | has.keys()):
        if name not in has:
            yield Detail(f"NIC {name} goes:", effect, before=had[name])
        elif name not in had:
            yield Detail(f"NIC {name} comes:", effect, after=f"{has[name]}{untold}")
        elif had[name] != has[name]:
            yield Detail(f"NIC {name}:", effect, had[name], f"{has[name]}{untold}")
        elif was.get(name) != becomes.get(name):
            yield Detail(f"NIC {name} goes and comes again", effect)


def network(operation: str, old: Inputs, new: Inputs, guests: Mapping[str, Inputs]) -> str | None:
    """What becomes of a further network and of NICs on it; nothing where the engine's words will do.

    Args:
        operation: `update` or `delete`, of those that there are.
        old: what the network shows now.
        new: what it is to show.
        guests: what each guest shows now.
    """
    lab = old.get("lab")
    if lab is None or operation not in ("update", "delete"):
        return None
    on = _on(str(old.get("name")).removeprefix(f"{lab}-"), guests)
    if operation == "delete":
        return f"destroyed{f'; {on} lose their NICs there' if on else ''}"
    keys = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    changed = ", ".join(f"{key} {old.get(key, 'default')} -> {new.get(key, 'default')}" for key in keys)
    return f"made anew: {changed}{f'; of {on}, the NICs there go and come' if on else ''}"


def _on(key: str, guests: Mapping[str, Inputs]) -> str:
    def is_on(texts: Sequence[str]) -> bool:
        return any(f"{text} ".startswith((f"network {key} ", f"network {key},")) for text in texts)

    return ", ".join(sorted(name for name, shown in guests.items() if is_on([*shown.get("nics", {}).values()])))
