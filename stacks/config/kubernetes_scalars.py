"""Scalars of Kubernetes' own, which check themselves as the others do."""

import re
from collections.abc import Callable
from ipaddress import IPv4Network, ip_address

from components.errors import got
from stacks.config.scalars import LABEL_MAX, PRIVATE, ScalarError, private_network

OLDEST = 31
"""The first of 1 whose kubeadm takes the configuration that we write, v1beta4."""
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_VERSION = re.compile(r"v?(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})(?:\.(0|[1-9][0-9]{0,2}))?", re.ASCII)
# https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?", re.ASCII)
_RULE = f"must be at most {LABEL_MAX} letters, digits, '-', '_' and '.', with a letter or a digit at each end"
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_DNS_MAX = 253
_FILE_MAX = 255
"""The kernel's, of one name in a path."""
_CLUSTER = (*PRIVATE, IPv4Network("100.64.0.0/10"))
"""Private ones, and what carriers have for themselves: https://www.rfc-editor.org/rfc/rfc6598."""


def version(value: object) -> str:
    """A version of Kubernetes, without its v; as a number it has lost digits, and is never guessed at."""
    example = 'write for example "1.35.4"'
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ScalarError(f'must be text, got the number {got(value)}, which may have lost digits; quote it: "1.30.0"')
    match = _VERSION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ScalarError(f"must be a version of Kubernetes, got {got(value)}; {example}")
    if match[3] is None:
        raise ScalarError(f"must be a whole version, with its patch number, got {got(value)}; {example}")
    if match[1] != "1":
        raise ScalarError(f"must be of Kubernetes 1, got {got(value)}; {example}")
    if int(match[2]) < OLDEST:
        raise ScalarError(f"must be 1.{OLDEST}.0 or newer, got {got(value)}; {example}")
    return str(value).removeprefix("v")


def cluster_cidr(shortest: int, longest: int, example: str) -> Callable[[object], IPv4Network]:
    """A network within the cluster, which nothing outside sees.

    Args:
        shortest: the prefix of the largest.
        longest: the prefix of the smallest.
        example: one that is right.
    """
    return lambda value: private_network(value, (shortest, longest), _CLUSTER, example)


def label_key(value: str) -> str | None:
    """The rule that the key of a label or a taint breaks."""
    prefix, slash, name = value.rpartition("/")
    if not _NAME.fullmatch(name):
        return _RULE
    if slash and not is_subdomain(prefix):
        return "must have a DNS name in lower case before its '/'"
    return None


def label_value(value: object) -> str:
    """A label's value, which may be empty."""
    if not isinstance(value, str):
        hint = f'; quote it: "{str(value).lower()}"' if isinstance(value, bool | int) else "; write it as text"
        raise ScalarError(f"must be text, got {got(value)}{hint}")
    if value and not _NAME.fullmatch(value):
        raise ScalarError(f"{_RULE}, got {got(value)}; write for example 'ssd'")
    return value


def taint(value: object) -> str:
    """A taint, as kubectl takes it: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/."""
    example = "write for example 'gpu=yes:NoSchedule'"
    if not isinstance(value, str) or ":" not in value:
        raise ScalarError(f"must be a taint, key=value:effect, got {got(value)}; {example}")
    left, _, effect = value.rpartition(":")
    key, _, label = left.partition("=")
    if effect not in EFFECTS:
        raise ScalarError(f"must have an effect of {', '.join(EFFECTS)}, got {got(value)}; {example}")
    if label_key(key) or (label and not _NAME.fullmatch(label)):
        raise ScalarError(f"must have a key and a value as labels have them, got {got(value)}; {example}")
    return value


def alt_name(value: object) -> str:
    """A DNS name, with a wildcard or without, or an address."""
    example = "write for example 'k8s.home.arpa' or '192.168.1.5'"
    if not isinstance(value, str):
        raise ScalarError(f"must be a DNS name or an IP address, got {got(value)}; {example}")
    try:
        return str(ip_address(value))
    except ValueError:
        pass
    # Digits and dots alone are an address with a slip in it.
    nearest = value.lower()
    is_name = is_subdomain(nearest.removeprefix("*.")) and not re.fullmatch(r"[0-9.]+", value)
    if is_name and value == nearest:
        return value
    hint = f"did you mean {nearest!r}?" if is_name else example
    raise ScalarError(f"must be a DNS name in lower case or an IP address, got {got(value)}; {hint}")


def checkout_file(value: object) -> str:
    """A file of the checkout, by its path from the top."""
    example = "write for example 'stacks/manifests/app.yaml'"
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ScalarError(f"must be the path of a file of the checkout, got {got(value)}; {example}")
    if value.startswith(("/", "~")) or {"", ".", ".."} & set(value.split("/")):
        rule = "must be a path from the top of the checkout, without '.', '..' and '//'"
        raise ScalarError(f"{rule}, got {got(value)}; {example}")
    if any(len(name) > _FILE_MAX for name in value.split("/")):
        raise ScalarError(f"must be a path of names of at most {_FILE_MAX} characters, got {got(value)}; {example}")
    return value


def is_subdomain(value: str) -> bool:
    """Whether it is a DNS name as Kubernetes has them."""
    return len(value) <= _DNS_MAX and all(map(_DNS_LABEL.fullmatch, value.split(".")))
