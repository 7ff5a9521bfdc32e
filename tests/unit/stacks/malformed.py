"""What can be wrong with a lab: kinds of mistakes, each of which knows where the report must point."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from components.errors import got
from stacks.config.plain import DEEPEST, LARGEST, Again
from stacks.config.raw import Place
from tests.unit.stacks.generated_labs import HIDDEN, Json, Spot

UNENCODABLE = "\ud800"
"""Half of a surrogate pair: JSON can write it, and UTF-8 cannot hold it."""


class Broken:
    """What stands at a spot instead of what is right.

    No dataclass: hypothesis would look into the value, which may be larger or deeper than anybody can.

    Attributes:
        value: what stands there.
        below: where the report must point, from the spot on.
        exact: whether it points there and nowhere else.
    """

    def __init__(self, value: Any, below: tuple[Place, ...] = ((),), *, exact: bool = True) -> None:
        self.value = value
        self.below = below
        self.exact = exact

    def __repr__(self) -> str:
        return f"Broken(..., {[place[:4] for place in self.below]})"


Breaking = Callable[[Spot], "st.SearchStrategy[Broken] | None"]
"""How a spot can be broken, if it is of the sort that can."""


def _instead(*values: object) -> st.SearchStrategy[Broken]:
    return st.sampled_from([Broken(value) for value in values])


def _for_word(word: str, *values: object) -> Breaking:
    return lambda spot: _instead(*values) if spot.word == word else None


def _beside(spot: Spot, key: Any, value: object) -> Broken:
    """A mapping with one more key, which is wrong."""
    return Broken({**spot.value, key: value}, ((key if isinstance(key, str) else got(key),),))


def _is_text(spot: Spot) -> bool:
    # What is in a file may be anything that is text.
    return spot.schema["type"] == "string" and spot.word != "text of a file"


def _least(spot: Spot) -> Json | str:
    """The least that may stand below a name."""
    least: dict[str, Json | str] = {
        "groups": {"count": 1},
        "disks": {"size": "1GiB"},
        "networks": {"mode": "isolated"},
        "nics": {"bridge": "br0"},
        "shares": {"path": "/srv/data"},
        "labels": "ssd",
    }
    return least.get(str(spot.place[-1]), {}) if spot.place else {}


def _other_type(spot: Spot) -> st.SearchStrategy[Broken]:
    samples: Json = {"null": None, "boolean": True, "integer": 7, "number": 1.5, "string": "hello"}
    samples |= {"array": ["hello"], "object": {"hello": 1}}
    return _instead(*(sample for name, sample in samples.items() if name not in spot.types))


def _beyond(spot: Spot) -> st.SearchStrategy[Broken] | None:
    if spot.schema["type"] != "integer":
        return None
    low, high = spot.schema["minimum"], spot.schema["maximum"]
    return _instead(low - 1, high + 1, low - 1.0, low + 0.5, 10**9, -(10**9), 1e22)


def _unknown_key(spot: Spot) -> st.SearchStrategy[Broken] | None:
    if not spot.is_closed:
        return None
    return st.sampled_from([_beside(spot, key, 1) for key in ("nonsense", "<x>", "<file>", "a.b", "")])


def _missing_key(spot: Spot) -> st.SearchStrategy[Broken] | None:
    # What a file lacks decides which form of it was meant.
    is_file = spot.place[-1:] in (("image",), ("kernel",), ("initrd",), ("iso",))
    required: list[str] = [] if is_file else spot.schema.get("required", [])
    without = [Broken({k: v for k, v in spot.value.items() if k != key}, ((key,),)) for key in required]
    return st.sampled_from(without) if without else None


def _outside(spot: Spot) -> st.SearchStrategy[Broken] | None:
    is_guests = spot.word == "IPv4 address" and spot.place[0] == "guests"
    return _instead("203.0.113.9", "10.99.99.99") if is_guests else None


def _twice_listed(spot: Spot) -> st.SearchStrategy[Broken] | None:
    is_layers = spot.schema.get("items", {}).get("x-word") == "layer name"
    return st.just(Broken(["docker", "docker"], ((1,),))) if is_layers else None


_GARBAGE = st.sampled_from([UNENCODABLE, "\0", "\x1b[2J", "a\nb", "\x9b", "\r"])


def _garbled_text(spot: Spot) -> st.SearchStrategy[Broken] | None:
    def garbled(end: int, garbage: str) -> Broken:
        return Broken(spot.value[:end] + garbage + spot.value[end:])

    return st.builds(garbled, st.integers(1, len(spot.value) - 1), _GARBAGE) if _is_text(spot) else None


def _garbled_key(spot: Spot) -> st.SearchStrategy[Broken] | None:
    if not (spot.is_closed or spot.is_named):
        return None
    return _GARBAGE.map(lambda garbage: _beside(spot, f"w{garbage}b", _least(spot)))


def _garbled_document(spot: Spot) -> st.SearchStrategy[Broken] | None:
    inside = [
        Broken({"runcmd": ["true", f"echo {HIDDEN}{UNENCODABLE}"]}, (("runcmd", 1),)),
        Broken({f"runcmd{UNENCODABLE}": []}, ((f"runcmd{UNENCODABLE}",),)),
        Broken({"swap": {"a\0": HIDDEN}}, (("swap", "a\0"),)),
    ]
    return st.sampled_from(inside) if spot.is_document else None


def _long_text(spot: Spot) -> st.SearchStrategy[Broken] | None:
    def long(letter: str, length: int) -> Broken:
        return Broken(letter * length)

    made = st.builds(long, st.sampled_from("1x/-é"), st.sampled_from([300, 5000, LARGEST // 2, LARGEST, 10**7]))
    return made if _is_text(spot) or spot.schema["type"] == "integer" else None


def _long_key(spot: Spot) -> st.SearchStrategy[Broken] | None:
    lengths = st.sampled_from([300, 5000, LARGEST, 10**6])
    made = lengths.map(lambda length: _beside(spot, "k" * length, _least(spot)))
    return made if spot.is_closed or spot.is_named else None


def _long_number(spot: Spot) -> st.SearchStrategy[Broken] | None:
    return _instead(10**5000, -(10**5000), 10**300) if "integer" in spot.types or _is_text(spot) else None


def _long_list(spot: Spot) -> st.SearchStrategy[Broken] | None:
    items: list[object] = ["docker", 7, None, []]
    made = st.sampled_from(items).map(lambda item: Broken([item] * 200_000, exact=False))
    return made if "array" in spot.types else None


def _long_document(spot: Spot) -> st.SearchStrategy[Broken] | None:
    long = [
        Broken({"locale": "x" * 10**7}, (("locale",),)),
        Broken({"users": [1] * 30_000}, exact=False),
        Broken({f"package{number}": 1 for number in range(5000)}, exact=False),
    ]
    return st.sampled_from(long) if spot.is_document else None


def _many_keys(spot: Spot) -> st.SearchStrategy[Broken] | None:
    numbers = st.sampled_from([200, 5000, 50_000])
    made = numbers.map(lambda number: Broken({**spot.value, **{f"k{key}": None for key in range(number)}}, exact=False))
    return made if spot.is_closed or spot.is_named else None


def _many_guests(spot: Spot) -> st.SearchStrategy[Broken] | None:
    groups = {f"g{number}": {"count": 200} for number in range(2000)}
    return st.just(Broken(groups)) if spot.place == ("groups",) else None


def _deep(spot: Spot) -> st.SearchStrategy[Broken] | None:
    def nested(depth: int, key: str | int) -> Broken:
        value: Any = 1
        for _ in range(depth):
            value = [value] if key == 0 else {key: value}
        return Broken(value, ((key,) * (DEEPEST - len(spot.place)),), exact=False)

    made = st.builds(nested, st.sampled_from([DEEPEST + 1, 300, 1000, 20_000]), st.sampled_from([0, "a"]))
    return made if spot.place else None


def _given_twice(spot: Spot) -> st.SearchStrategy[Broken] | None:
    if spot.schema["type"] != "object" or not spot.value:
        return None
    return st.sampled_from(sorted(spot.value)).map(
        lambda key: Broken({**spot.value, Again(key): spot.value[key]}, ((key,),))
    )


def _alias_of_wrong(spot: Spot) -> st.SearchStrategy[Broken] | None:
    if spot.place != ("guests",):
        return None
    shared = {"cpus": 0}
    return st.just(Broken({"one": shared, "two": shared}, (("one", "cpus"), ("two", "cpus"))))


def _cycle(spot: Spot) -> st.SearchStrategy[Broken] | None:
    if not (spot.is_document or "array" in spot.types):
        return None
    value: Any = {} if spot.is_document else []
    key = "swap" if spot.is_document else 0
    value.update(swap=value) if spot.is_document else value.append(value)
    return st.just(Broken(value, ((key,) * (DEEPEST - len(spot.place)),), exact=False))


def _laughs(spot: Spot) -> st.SearchStrategy[Broken] | None:
    if not spot.is_document:
        return None
    laugh: Any = "ha"
    for _ in range(20):
        laugh = [laugh] * 9
    return st.just(Broken({"runcmd": laugh}, (("runcmd",),), exact=False))


def _no_number(spot: Spot) -> st.SearchStrategy[Broken] | None:
    odd = (True, False, "2", "1e3", "0x10", "٢", "1_0", "007", float("nan"), float("inf"), -float("inf"))
    return _instead(*odd) if spot.schema["type"] == "integer" else None


def _no_text(spot: Spot) -> st.SearchStrategy[Broken] | None:
    odd = (7, 1.30, 12321123131, 1e22, 1e-7, int("1234" * 16), True, float("nan"), float("inf"))
    return _instead(*odd) if _is_text(spot) else None


def _no_key(spot: Spot) -> st.SearchStrategy[Broken] | None:
    keys: list[Any] = [7, 1.30, True, None, 10**5000, float("inf")]
    if not (spot.is_closed or spot.is_named or spot.is_document):
        return None
    return st.sampled_from([_beside(spot, key, _least(spot)) for key in keys])


def _private_key(spot: Spot) -> st.SearchStrategy[Broken] | None:
    key = f"-----BEGIN OPENSSH PRIVATE KEY-----\n{HIDDEN}\n-----END OPENSSH PRIVATE KEY-----\n"
    is_keys = spot.schema.get("items", {}).get("x-word") == "public key"
    return st.sampled_from([Broken(key), Broken([key], ((0,),)), Broken([[key]], ((0,),))]) if is_keys else None


def _login(spot: Spot) -> st.SearchStrategy[Broken] | None:
    urls = (f"https://root:{HIDDEN}@example.org/a.qcow2", f"qemu+ssh://root:{HIDDEN}@host/system", f"//:{HIDDEN}@@/")
    return _instead(*urls) if _is_text(spot) and spot.word not in ("command line", "line of text", "reason") else None


def _text_document(spot: Spot) -> st.SearchStrategy[Broken] | None:
    texts = (f"password: {HIDDEN}", f"{{password: {HIDDEN}}}", f"#cloud-config\npassword: {HIDDEN}\n")
    return _instead(*texts) if spot.types == frozenset({"object"}) else None


KINDS: dict[str, dict[str, Breaking]] = {
    "type": {"other": _other_type},
    "unit": {
        word: _for_word(word, "", "2", "GiB", "2 bananas", "1e3MiB", "0x1GiB", "-1GiB", "٣GiB", "1,5GiB", 2, 2.5)
        for word in ("size", "time", "percentage")
    },
    "range": {
        "number": _beyond,
        "size": _for_word("size", "0MiB", "1MiB", "65TiB", "999999999999999TiB", "1.000001GiB", "0.000001MiB"),
        "time": _for_word("time", "25h", "999999h", "86401s", "9999999s"),
        "percentage": _for_word("percentage", "0%", "10001%", "999999%", "1.5%", "-1%", "%", "100 %"),
        "network": _for_word("IPv4 network", "10.0.0.0/8", "10.0.0.0/30", "8.8.8.0/24", "10.0.0.1/24", "fd00::/64"),
        "version": _for_word("version", "1.35", "1_31", "latest", "1.30.9", "2.0.0", "v1.35.x", "1.36.0-rc.1"),
        "network of a cluster": _for_word(
            "network of a cluster", "10.0.0.0/7", "10.0.0.0/30", "8.8.8.0/24", "fd00::/64"
        ),
        "taint": _for_word("taint", "gpu", "gpu=yes:Never", ":NoSchedule", "gpu=a b:NoSchedule", "A/b=c:NoExecute"),
        "name or address": _for_word("name or address", "K8s.home.arpa", "192.168.1", "10.0.0.1/8", "a..b", "*"),
        "address": _for_word("IPv4 address", "256.0.0.1", "10.20.0", "::1", "10.20.0.010", "10.20.0.3/24"),
        "digest": _for_word("64 hexadecimal digits", "0" * 63, "0" * 128, "g" * 64),
        "interface": _for_word("interface name", "x" * 16, "-x", "1x", "a b"),
        "path": _for_word("absolute path", "a/b", "/a/../b", "/a//b", "~"),
    },
    "reference": {
        "layer": _for_word("layer name", "dokcer", "Docker", "../docker", ""),
        "image": _for_word("catalogue name", "debian", "debian-13.yaml", ""),
        "layer twice": _twice_listed,
        "address": _outside,
        "unknown key": _unknown_key,
        "missing key": _missing_key,
    },
    "encoding": {"text": _garbled_text, "key": _garbled_key, "document": _garbled_document},
    "size": {
        "text": _long_text,
        "key": _long_key,
        "number": _long_number,
        "list": _long_list,
        "document": _long_document,
        "keys": _many_keys,
        "guests": _many_guests,
    },
    "depth": {"nested": _deep},
    "duplicated keys": {"given twice": _given_twice},
    "anchors": {"alias": _alias_of_wrong, "cycle": _cycle, "laughs": _laughs},
    "numbers that are not": {"number": _no_number, "text": _no_text, "key": _no_key},
    "secrets": {"private key": _private_key, "login": _login, "document": _text_document},
}
