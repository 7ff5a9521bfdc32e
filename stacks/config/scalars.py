"""Scalars that check themselves: each takes what YAML gave and returns a value, or says which rule it breaks."""

import re
from collections.abc import Callable, Sequence
from ipaddress import (
    AddressValueError,
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Interface,
    IPv6Network,
    NetmaskValueError,
)

from components import cloud_secrets
from components.errors import got, shorten

MIB = 1024**2
_UNITS = {"MiB": MIB, "GiB": 1024**3, "TiB": 1024**4, "MB": 1000**2, "GB": 1000**3, "TB": 1000**4}
_SIZE = re.compile(r"(\d{1,15})(?:\.(\d{1,6}))?([A-Za-z]*)", re.ASCII)
_PERCENT = re.compile(r"(\d{1,6})%", re.ASCII)
_DURATION = re.compile(r"(\d{1,6})([smh])", re.ASCII)
_DIGITS = re.compile("0|[1-9][0-9]{0,5}")
_CONTROL = r"\x00-\x08\x0a-\x1f\x7f-\x9f"  # but for the tab
_LARGEST = 64 * 1024**4

RATIO_MAX = 16
LABEL_MAX = 63
LABEL_RULE = "must be lower-case letters, digits and hyphens, beginning with a letter"
_LABEL = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?", re.ASCII)
_INTERFACE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*", re.ASCII)
_CPU_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,63}", re.ASCII)
_VOLUME_LABEL = re.compile(r"[A-Za-z0-9_-]{1,16}", re.ASCII)
_MACHINE_MAX = 255
CMDLINE_MAX = 2047
_MACHINE = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9:][A-Za-z0-9_.:-]*", re.ASCII)
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", re.ASCII)
_LOCAL6 = IPv6Network("fd00::/8")
_VOLUME_GROUP = re.compile(r"[A-Za-z0-9_+][A-Za-z0-9_+.-]*", re.ASCII)
PRIVATE = tuple(IPv4Network(block) for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


class ScalarError(ValueError):
    """A value breaks a rule; the text is a problem's message: `<rule>, got <value>; <what to do>`."""


def whole(low: int, high: int) -> Callable[[object], int]:
    """A whole number in a range; the CLI may have turned 2 into 2.0, which still is one."""

    def check(value: object) -> int:
        # bool is a subclass of int, and `cpus: true` is no number.
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            hint = f"; write {value} without quotes" if isinstance(value, str) and _digits(value) else ""
            raise ScalarError(f"must be a whole number from {low} to {high}, got {got(value)}{hint}")
        if not low <= value <= high:
            raise ScalarError(f"must be from {low} to {high}, got {got(value)}")
        return int(value)

    return check


def cpu_model(value: object) -> str:
    """A CPU model's name, as libvirt might know one."""
    if isinstance(value, int) and not isinstance(value, bool):
        raise ScalarError(f"must be a CPU model, got {got(value)}; did you mean 'cpus'?")
    if not isinstance(value, str) or not _CPU_MODEL.fullmatch(value):
        raise ScalarError(f"must be a CPU model, got {got(value)}; write for example host-model")
    return value


def line(longest: int) -> Callable[[object], str]:
    """A line for people to read."""

    def check(value: object) -> str:
        if not isinstance(value, str):
            raise ScalarError(f"must be text, got {got(value)}; quote it as it was meant")
        if not value.strip() or not value.isprintable():
            raise ScalarError(f"must be one line of printable text, got {got(value)}")
        if len(value) > longest:
            raise ScalarError(f"must be at most {longest} characters, got {len(value)}; shorten it")
        return value

    return check


def reason(value: object) -> str:
    """Why something is well that looks as if it were not, for people to read."""
    if value is None or (isinstance(value, str) and not value.strip()):
        raise ScalarError("must be a reason, got nothing; say in a line why it is well here, or take it out")
    if isinstance(value, bool):
        raise ScalarError(f"must be a reason, got {got(value)}; say in a line why it is well here, or take it out")
    return line(200)(value)


def secret_name(value: object) -> str:
    """The name of a secret, written as cloud-init layers name one; what is no name may be the secret itself."""
    found = cloud_secrets.name(value) if isinstance(value, str) else None
    if not found:
        todo = "keep it by: pulumi config set --secret --path secrets.NAME"
        raise ScalarError(f"must name a secret of the stack, as '${{secrets.NAME}}', got something else; {todo}")
    return found


def switch(value: object) -> bool:
    """True or false, as YAML has them; words that mean the same are not guessed at."""
    if isinstance(value, bool):
        return value
    meant = {"true": "true", "yes": "true", "on": "true", "false": "false", "no": "false", "off": "false"}
    word = meant.get(value.lower()) if isinstance(value, str) else None
    hint = f"; write {word} without quotes" if word else ""
    raise ScalarError(f"must be true or false, got {got(value)}{hint}")


def size(smallest: int, step: int) -> Callable[[object], int]:
    """A size with its unit, in bytes: at least `smallest` and a multiple of `step`."""

    def check(value: object) -> int:
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 2**63:
            # The unit of a bare number is never guessed: 8 may be meant in any.
            hint = f"{got(value)}GiB" if value < 1024 else f"{max(1, round(value / MIB))}MiB"
            raise ScalarError(f"must be a size with its unit, got {got(value)}; did you mean '{hint}'?")
        match = _SIZE.fullmatch(value.replace(" ", "")) if isinstance(value, str) else None
        if match is None:
            raise ScalarError(f"must be a size with its unit, got {got(value)}; write for example '2GiB'")
        digits, fraction, unit = match[1], match[2] or "", match[3]
        if unit not in _UNITS:
            meant = {"m": "MiB", "g": "GiB", "t": "TiB"}.get(unit[:1].lower())
            number = f"{digits}.{fraction}" if fraction else digits
            hint = f"did you mean '{number}{meant}'?" if meant else f"the units are {', '.join(_UNITS)}"
            raise ScalarError(f"must be a size with its unit, got {got(value)}; {hint}")
        scaled, rest = divmod(int(digits + fraction) * _UNITS[unit], 10 ** len(fraction))
        if scaled < smallest:
            raise ScalarError(f"must be at least {show_size(smallest)}, got {got(value)}")
        if scaled > _LARGEST:
            raise ScalarError(f"must be at most {show_size(_LARGEST)}, got {got(value)}")
        if rest or scaled % step:
            nearest = show_size(-(-scaled // MIB) * MIB)
            hint = (
                f"write '{nearest}'" if "i" in unit else f"write '{nearest}', or '{digits}{unit[0]}iB' if that is meant"
            )
            raise ScalarError(f"must be a multiple of {show_size(step)}, got {got(value)}; {hint}")
        return scaled

    return check


def percent(low: int, high: int) -> Callable[[object], int]:
    """A part of a whole, which may be more than all of it, in percent."""

    def check(value: object) -> int:
        match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            digits = _digits(value) if isinstance(value, str) else None
            hint = f"did you mean '{digits}%'?" if digits else "write for example '150%'"
            if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= high:
                # A small number is one that others call a ratio.
                hint = f"did you mean '{round(value * 100 if value <= RATIO_MAX else value)}%'?"
            raise ScalarError(f"must be a whole number of percent, got {got(value)}; {hint}")
        part = int(match[1])
        if not low <= part <= high:
            raise ScalarError(f"must be from {low}% to {high}%, got {got(value)}")
        return part

    return check


def duration(longest: int) -> Callable[[object], int]:
    """A length of time with its unit, in seconds."""

    def check(value: object) -> int:
        match = _DURATION.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            digits = _digits(value)
            hint = f"did you mean '{digits}s'?" if digits else "write for example '90s' or '10m'"
            raise ScalarError(f"must be a time with its unit, s, m or h, got {got(value)}; {hint}")
        seconds = int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]
        if seconds > longest:
            raise ScalarError(f"must be at most {show_duration(longest)}, got {got(value)}")
        return seconds

    return check


def some_time(seconds: int) -> int:
    """A limit that can be kept."""
    if seconds == 0:
        raise ScalarError("must be longer than no time, got '0s'; write for example '2m'")
    return seconds


def show_duration(seconds: int) -> str:
    """Seconds as a user writes them: `90s`, `10m`, `2h`."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def show_size(amount: int) -> str:
    """Bytes as a user writes them: `2GiB`, `1907MiB`."""
    for unit in ("TiB", "GiB", "MiB"):
        if amount % _UNITS[unit] == 0:
            return f"{amount // _UNITS[unit]}{unit}"
    return f"{amount} bytes"


def address(value: object) -> IPv4Address:
    """An IPv4 address."""
    if isinstance(value, str):
        try:
            return IPv4Address(value)
        except AddressValueError:
            pass
    raise ScalarError(f"must be an IPv4 address, got {got(value)}; write for example '10.20.0.10'")


def nic_address(value: object) -> IPv4Address:
    """An IPv4 address, and with its prefix what is one too and knows its network."""
    if isinstance(value, str) and "/" in value:
        try:
            return IPv4Interface(value)
        except (AddressValueError, NetmaskValueError):
            raise ScalarError(
                f"must be an IPv4 address with its prefix, got {got(value)}; write for example '192.168.1.10/24'"
            ) from None
    return address(value)


def mac(value: object) -> str:
    """The MAC address of one NIC, in lower case."""
    if not isinstance(value, str) or not _MAC.fullmatch(value):
        raise ScalarError(f"must be a MAC address, got {got(value)}; write for example '52:54:00:12:34:56'")
    if int(value[:2], 16) & 1:
        rule = f"must be a MAC address of one NIC, got {got(value)}, of many"
        raise ScalarError(f"{rule}; begin it with an even number, as '52'")
    if not value.strip("0:"):
        raise ScalarError(f"must be a MAC address of one NIC, got {got(value)}; write for example '52:54:00:12:34:56'")
    return value.lower()


def cidr(value: object) -> IPv4Network:
    """A private IPv4 network with its prefix, large enough for guests and small enough for one bridge."""
    return private_network(value, (16, 28), PRIVATE, "10.20.0.0/24")


def private_network(
    value: object, prefixes: tuple[int, int], blocks: Sequence[IPv4Network], example: str
) -> IPv4Network:
    """An IPv4 network with its prefix that nobody has on the internet.

    Args:
        value: what stands there.
        prefixes: that of the largest, and that of the smallest.
        blocks: within which it must be.
        example: one that is right.
    """
    todo, (shortest, longest) = f"write for example '{example}'", prefixes
    if not isinstance(value, str) or "/" not in value:
        raise ScalarError(f"must be an IPv4 network with its prefix, got {got(value)}; {todo}")
    try:
        network = IPv4Network(value, strict=False)
    except (AddressValueError, NetmaskValueError):
        raise ScalarError(f"must be an IPv4 network with its prefix, got {got(value)}; {todo}") from None
    if not shortest <= network.prefixlen <= longest:
        raise ScalarError(f"must have a prefix from /{shortest} to /{longest}, got {got(value)}; {todo}")
    if not any(network.subnet_of(block) for block in blocks):
        within = ", ".join(map(str, blocks))
        raise ScalarError(f"must be private, within one of {within}, got {got(value)}; {todo}")
    if value != str(network):
        raise ScalarError(f"must be a network address, got {got(value)}; did you mean '{network}'?")
    return network


def prefix6(value: object) -> IPv6Network:
    """A unique local IPv6 prefix of 64 bits, which is what guests make addresses in: RFC 4193, RFC 4291."""
    example = "write for example 'fd12:3456:789a:1::/64'"
    try:
        network = IPv6Interface(value if isinstance(value, str) else "").network
    except (AddressValueError, NetmaskValueError):
        raise ScalarError(f"must be an IPv6 prefix, got {got(value)}; {example}") from None
    if network.prefixlen != 64 or "/" not in str(value):
        raise ScalarError(f"must have the prefix /64, got {got(value)}; {example}")
    if not network.subnet_of(_LOCAL6):
        raise ScalarError(f"must be private, within {_LOCAL6}, got {got(value)}; {example}")
    if IPv6Interface(str(value)).ip != network.network_address:
        raise ScalarError(f"must be a network address, got {got(value)}; did you mean '{network}'?")
    return network


def domain(value: object) -> str:
    """A DNS domain in lower case."""
    if isinstance(value, str) and len(value) <= 189 and all(map(is_label, value.split("."))):
        return value
    raise ScalarError(f"must be a DNS domain in lower case, got {got(value)}; write for example 'lab.internal'")


def interface(value: object) -> str:
    """A network interface's name: the kernel takes 15 bytes (IFNAMSIZ without its terminator)."""
    if not isinstance(value, str) or not _INTERFACE.fullmatch(value):
        rule = "must be letters, digits, '.', '_' and '-', beginning with a letter"
        raise ScalarError(f"{rule}, got {got(value)}; write for example 'kl-lab'")
    if len(value) > 15:
        raise ScalarError(f"must be at most 15 characters, got {got(value)} of {len(value)}; shorten it")
    return value


def port(value: object) -> str:
    """An interface of a host: by name, by the MAC address that it has whatever it is called, or by what it does."""
    if isinstance(value, str) and (value == "default-route" or _MAC.fullmatch(value)):
        return value.lower()
    try:
        return interface(value)
    except ScalarError:
        rule = "must be an interface's name, its MAC address, or 'default-route'"
        raise ScalarError(f"{rule}, got {got(value)}; `ip link` lists them") from None


def directory(value: object) -> str:
    """An absolute directory of our own, so that nothing of the system's is taken for ours."""
    path = absolute_file(value).rstrip("/")
    if path.count("/") < 2:
        example = f"write for example '{shorten(path)}/lab'"
        raise ScalarError(f"must be a directory below another one, got {got(value)}; {example}")
    return path


def volume_group(value: object) -> str:
    """A volume group's name: https://man7.org/linux/man-pages/man8/lvm.8.html#VALID_NAMES."""
    if not isinstance(value, str) or not _VOLUME_GROUP.fullmatch(value) or len(value) > LABEL_MAX:
        rule = f"must be a volume group's name of at most {LABEL_MAX} characters"
        raise ScalarError(f"{rule}, got {got(value)}; `vgs` lists them")
    return value


def absolute_file(value: object) -> str:
    """An absolute path in its shortest form."""
    if not isinstance(value, str) or not value.startswith("/"):
        raise ScalarError(f"must be an absolute path, got {got(value)}; begin it with '/'")
    if not value.isprintable() or "//" in value or {".", ".."} & set(value.split("/")):
        raise ScalarError(f"must be a plain path without '.', '..', '//' or control characters, got {got(value)}")
    return value


def member(value: object) -> str:
    """The name of a file in an archive, below its top."""
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ScalarError(f"must be the name of a file in the archive, got {got(value)}; write for example 'disk.img'")
    if {"", ".."} & set(value.split("/")):
        raise ScalarError(f"must be a file below the archive's top, got {got(value)}; write for example 'disk.img'")
    return value


def volume_label(value: object) -> str:
    """What an installer calls a disk; not what cloud-init calls its own."""
    if not isinstance(value, str) or not _VOLUME_LABEL.fullmatch(value):
        rule = "must be at most 16 letters, digits, '_' and '-'"
        raise ScalarError(f"{rule}, got {got(value)}; write for example 'OEMDRV'")
    if value.lower() == "cidata":
        rule = "must be another label than that of the guest's seed for cloud-init"
        raise ScalarError(f"{rule}, got {got(value)}; write what cloud-init is to read under userData")
    return value


def file_text(value: object) -> str:
    """What is in a file, which may hold a password and is not shown; lines, that end as lines do."""
    if not isinstance(value, str):
        raise ScalarError(f"must be text, got {_kind(value)}; write it as a block, below '|'")
    if re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", value):
        raise ScalarError("must be text without control characters, got one; take it out")
    return value if value.endswith("\n") or not value else f"{value}\n"


def cmdline(value: object) -> str:
    """A kernel's command line: https://docs.kernel.org/arch/x86/boot.html (cmdline_size)."""
    if not isinstance(value, str) or not value.isprintable():
        raise ScalarError(f"must be one line of text, got {got(value)}; write for example 'console=ttyS0'")
    if len(value.encode()) > CMDLINE_MAX:
        raise ScalarError(f"must be at most {CMDLINE_MAX} characters, got {len(value.encode())}; shorten it")
    if "${secrets." in value:
        raise ScalarError("must hold no secret, which anybody on host and guest could read, got one; take it out")
    return value


def machine(value: object) -> str:
    """This machine, or another one as the command ssh takes it; nothing that it would take for an option."""
    if isinstance(value, str) and value.lower() in ("localhost", "127.0.0.1", "::1", "local"):
        if value == "local":
            return value
        raise ScalarError(f"must be 'local' for this machine, got {got(value)}; did you mean 'local'?")
    if not isinstance(value, str) or not _MACHINE.fullmatch(value):
        rule = "must be 'local', or what ssh takes: a name or user@name, without a port"
        raise ScalarError(f"{rule}, got {got(value)}; ports, keys and jump hosts go into ~/.ssh/config")
    if len(value) > _MACHINE_MAX:
        raise ScalarError(f"must be at most {_MACHINE_MAX} characters, got {got(value)} of {len(value)}; shorten it")
    return value


def host_key(value: object) -> str:
    """A machine's public key: its type and its base64, without a comment."""
    return " ".join(public_key(value).split()[:2])


def url(value: object) -> str:
    """A web address; plain http is good enough because the digest decides."""
    if not isinstance(value, str) or not re.fullmatch(rf"https?://[^\s/{_CONTROL}]+/[^\s{_CONTROL}]+", value):
        raise ScalarError(f"must be an http or https URL of a file, got {_kind(value)}")
    if "@" in value.split("/")[2]:
        raise ScalarError("must hold no user name or password, got a URL with both; serve the file without")
    return value


def digest(length: int) -> Callable[[object], str]:
    """A digest in hexadecimal."""

    def check(value: object) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            raise ScalarError(f"must be text, got a number; quote it, a number of {length} digits does not survive")
        if not isinstance(value, str) or not re.fullmatch(r"[0-9a-fA-F]+", value):
            raise ScalarError(f"must be {length} hexadecimal digits, got {got(value)}")
        if len(value) != length:
            raise ScalarError(f"must be {length} hexadecimal digits, got {len(value)}; copy the whole digest")
        return value.lower()

    return check


def public_key(value: object) -> str:
    """One line of an OpenSSH public key; the value is never shown, it may be a private key pasted by mistake."""
    rule = "must be an OpenSSH public key such as 'ssh-ed25519 AAAA... me'"
    if not isinstance(value, str):
        raise ScalarError(f"{rule}, got {'nothing' if value is None else 'a value that is not text'}")
    key = value.strip()
    if "PRIVATE KEY" in key:
        raise ScalarError(
            "must be a public key, got a private key; take it out and use a new pair, this one is exposed"
        )
    if key.startswith(("/", "~", "./")) and "\n" not in key:
        raise ScalarError(f"{rule}, got the path of a file; paste what is in the .pub file")
    if not _is_public_key(key):
        raise ScalarError(f"{rule}, got something else; paste the one line of the .pub file")
    return key


def is_name(value: str) -> bool:
    """Whether a name has the form of a host name, a DNS label and a libvirt object alike."""
    return _LABEL.fullmatch(value) is not None


def is_label(value: str) -> bool:
    """Whether a name has their form and their length."""
    return len(value) <= LABEL_MAX and is_name(value)


def suggest_label(value: str) -> str | None:
    """The nearest name that is allowed, if anything of it can be kept."""
    import unicodedata  # an error path: not worth its import on every run

    plain = unicodedata.normalize("NFKD", value.casefold()).encode("ascii", "ignore").decode()
    label = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if label[:1].isdigit():
        label = f"guest-{label}"
    return label if is_label(label) else None


def _digits(value: object) -> str | None:
    """A whole number as a hint can repeat it: in quotes or not, and with few digits."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**6 and value == value // 1:
        return str(int(value))
    return value if isinstance(value, str) and _DIGITS.fullmatch(value) else None


def _is_public_key(key: str) -> bool:
    """Whether the key's blob names the same type as its text, as sshd demands."""
    from binascii import Error, a2b_base64

    types = "ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\\.com"
    match = re.fullmatch(rf"({types}) ([A-Za-z0-9+/]+={{0,2}})(?: [^{_CONTROL}]*)?", key)
    if match is None:
        return False
    try:
        blob = a2b_base64(match[2])
    except Error:
        return False
    kind = match[1].encode()
    return blob[:4] == len(kind).to_bytes(4, "big") and blob[4:].startswith(kind) and len(blob) > 4 + len(kind) + 4


def _kind(value: object) -> str:
    """A value without what may be a password in a URL."""
    if isinstance(value, str) and "@" in value:
        return "one with an '@'"
    return got(value) if not isinstance(value, str) else repr(shorten(value))
