"""The rule that finds secrets in the clear, and says where they are and never what. Pure.

It knows shapes and names: what it does not know it does not find. An error is what nobody writes but as a secret; a
password may be meant for anybody's eyes, and is warned of.
"""

from collections.abc import Iterator, Mapping

from components import cloud_config
from stacks.config import Lab
from stacks.policy.clear import Clear, in_document, in_text
from stacks.policy.finding import Finding


def plain_text_secret(lab: Lab, layers: Mapping[str, Mapping[str, object]]) -> Iterator[Finding]:
    """A private key, a token, a password or a hash of one that whoever reads the stack's file knows.

    Args:
        lab: what is asked for.
        layers: the documents that guests name, by the names of layers.
    """
    for name, document in layers.items():
        owners = frozenset(guest.path for guest in lab.guests if name in guest.layers)
        for keys, clear in in_document(document):
            yield _finding(cloud_config.joined(f"cloud-init/{name}.yaml", keys), clear, owners)
    # A group's members share one document.
    for guest in {guest.path: guest for guest in lab.guests}.values():
        owners = frozenset({guest.path})
        for keys, clear in in_document(guest.user_data):
            yield _finding(cloud_config.joined(f"{guest.path}.userData", keys), clear, owners)
        seed = guest.install and guest.install.seed
        for file, text in sorted(seed.files.items()) if seed else ():
            if clear := in_text(text):
                yield _finding(f'{guest.path}.install.seed.files["{file}"]', clear, owners)
        if guest.boot and (clear := in_text(guest.boot.cmdline)):
            rule = f"{clear.severity.verb} hold no secret, got {clear.what}"
            todo = "take it out, since anybody on host and guest can read a command line"
            where = f"{guest.path}.boot.cmdline"
            yield Finding("plain-text-secret", clear.severity, where, f"{rule}; {todo}", owners)


def _finding(where: str, clear: Clear, owners: frozenset[str]) -> Finding:
    rule = f"{clear.severity.verb} be a secret of the stack, got {clear.what}"
    return Finding("plain-text-secret", clear.severity, where, f"{rule}; write ${{secrets.NAME}}", owners)
