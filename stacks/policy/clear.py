"""What a secret in the clear looks like, in texts and in cloud-config. Pure; no value leaves this module."""

import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from components.cloud_config_keys import Keys, Value
from stacks.policy.finding import Severity


class Clear(NamedTuple):
    """What was found, by its kind alone; the worst is the greatest."""

    severity: Severity
    what: str


PRIVATE_KEY = Clear(Severity.ERROR, "a private key in the clear")
TOKEN = Clear(Severity.ERROR, "a token in the clear")
PASSWORD = Clear(Severity.WARNING, "a password in the clear")
HASH = Clear(Severity.NOTE, "a password's hash, at which anybody may guess")

_REFERENCE = re.compile(r"\$\{secrets\.[^}]+\}")
_BREAK = r"(?:\s|\\n|\\r)"
_PRIVATE_KEYS = re.compile(
    # With its first line, so that a script may look for one; of PEM, OpenSSH, PuTTY, age and WireGuard.
    rf"-----BEGIN (?:[A-Z0-9]{{1,20}} ){{0,3}}PRIVATE KEY(?: BLOCK)?-----{_BREAK}{{1,20}}"
    r"(?:[A-Za-z-]{1,40}:[^\n\\]{0,80}(?:\n|\\n)){0,4}"
    rf"{_BREAK}{{0,20}}[A-Za-z0-9+/=]{{16}}"
    r"|PuTTY-User-Key-File-\d: |\bAGE-SECRET-KEY-1[A-Z0-9]{20}"
    r"|(?:PrivateKey|PresharedKey)\s{0,20}=\s{0,20}[A-Za-z0-9+/]{42,43}="
)
_TOKENS = re.compile(
    # As their issuers mark them: GitHub, GitLab, Slack, AWS, Tailscale, Vault, Docker, npm, PyPI, Hugging Face.
    r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{50}|gl(?:pat|rt|dt)-[\w-]{20}|xox[abeprs]-[A-Za-z0-9-]{20}"
    r"|AKIA[0-9A-Z]{16}\b|tskey-[a-z]+-\w{12}|hv[sbr]\.[\w-]{24}|dckr_pat_[\w-]{20}|npm_[A-Za-z0-9]{36}"
    r"|pypi-[\w-]{50}|hf_[A-Za-z0-9]{30})"
)
_VALUE = r"(?![\s$<{-])(?!['\"][$<{])"
"""No variable, no placeholder, no further option."""
_PASSWORDS = re.compile(
    # Logins in URLs, options of commands, chpasswd's and installers' own ways.
    # Each part has an end, so that no text takes long.
    rf"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{{0,20}}://[^\s/:@'\"]{{1,64}}:{_VALUE}[^\s/@'\"]{{1,128}}@"
    rf"|(?<!\S)['\"]?--(?:[a-z]{{1,20}}-)?pass(?:word|phrase|wd)?['\"]?[= ] ?{_VALUE}[^\s'\"]"
    rf"|(?<![\w.-])[\w.-]{{1,64}}:{_VALUE}[^\s|'\"]{{1,128}}['\"]? {{0,4}}\| {{0,4}}(?:sudo )?chpasswd\b"
    rf"|^[ \t]{{0,20}}rootpw +(?:--plaintext +)?{_VALUE}\S"
    rf"|\bpasswd/(?:root|user)-password(?:-again)?\s{{1,20}}password\s{{1,20}}{_VALUE}\S",
    re.MULTILINE,
)
_ENCODED = re.compile(r"[A-Za-z0-9+/\s]{40,}={0,2}")
_HASH = re.compile(r"\$(?:1|2[abxy]?|5|6|7|y|gy|sha1)\$\S+")
_NAMES = frozenset(
    (
        *("password", "passwd", "plain_text_passwd", "hashed_passwd", "passphrase", "psk", "preshared_key"),
        *("token", "secret", "client_secret", "secret_key", "private_key", "api_key", "apikey"),
        *("auth_key", "authkey", "registration_key", "activation_key"),
    )
)
"""Keys of cloud-config, and of what it holds, whose text is one."""
_NONE = frozenset({"", "r", "random", "none"})
"""In a password's place: cloud-init makes one up, or there is none."""


def in_text(text: str) -> Clear | None:
    """The worst that a text holds."""
    if _PRIVATE_KEYS.search(text) or _PRIVATE_KEYS.search(_decoded(text)):
        return PRIVATE_KEY
    if _TOKENS.search(text):
        return TOKEN
    return PASSWORD if _PASSWORDS.search(text) else None


def in_document(document: Mapping[str, object]) -> Iterator[tuple[Keys, Clear]]:
    """Each place of a cloud-config document that holds one, with the worst there."""
    yield from _in(cast("Value", document), ())


def _in(value: Value, keys: Keys) -> Iterator[tuple[Keys, Clear]]:
    match value:
        case dict():
            for key, below in value.items():
                yield from _in(below, (*keys, key))
        case list() if keys == ("chpasswd", "list"):
            yield from _in("\n".join(map(str, value)), keys)
        case list():
            found = [each for position, below in enumerate(value) for each in _in(below, (*keys, position))]
            yield from found or _in_command(value, keys)
        case bool() | None:
            pass
        case _:
            text = str(value)
            found = [in_text(text), _of_users(text) if keys == ("chpasswd", "list") else _named(text, keys)]
            if worst := max((each for each in found if each), default=None):
                yield keys, worst


def _in_command(value: list[Value], keys: Keys) -> Iterator[tuple[Keys, Clear]]:
    """What a command holds that is written as a list of its parts, none of which does."""
    if all(isinstance(part, str) for part in value) and (clear := in_text(" ".join(map(str, value)))):
        yield keys, clear


def _named(text: str, keys: Keys) -> Clear | None:
    """What a text is by the name of its key."""
    name = keys[-1] if keys else ""
    if not isinstance(name, str) or name.lower().replace("-", "_") not in _NAMES:
        return None
    return _password(text)


def _of_users(text: str) -> Clear | None:
    """What stands in lines of users and their passwords."""
    found = [_password(line.partition(":")[2].strip()) for line in text.splitlines()]
    return max((each for each in found if each), default=None)


def _password(text: str) -> Clear | None:
    if text.lower() in _NONE or text.startswith(("!", "*", "<", "{{")) or _REFERENCE.search(text):
        return None
    if _HASH.fullmatch(text):
        return HASH
    return None if text.startswith("$") else PASSWORD


def _decoded(text: str) -> str:
    """What stands in Base64, where all of a text is that."""
    if not _ENCODED.fullmatch(text.strip()):
        return ""
    try:
        return b64decode("".join(text.split()), validate=True).decode("ascii", "replace")
    except ValueError:
        return ""
