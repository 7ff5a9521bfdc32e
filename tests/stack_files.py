"""Stack files that YAML can be read from and that are no labs: as the engine and `make lint-stacks` read them."""

LABEL = "must be lower-case letters, digits and hyphens, beginning with a letter"


def web(value: str) -> bytes:
    """A stack's file, in which the guest `web` is this."""
    return f"config:\n  kvmlab:lab: {{kind: guests, guests: {{web: {value}}}}}\n".encode()


REFUSED: dict[str, tuple[bytes, list[str]]] = {
    "mark": (b"\xef\xbb\xbf" + web("{cpus: 0}"), ["lab.guests.web.cpus: must be from 1 to 255, got 0"]),
    "utf-16": (web("{cpus: 0}").decode().encode("utf-16"), ["lab.guests.web.cpus: must be from 1 to 255, got 0"]),
    "alias": (
        web("&web {cpus: true, disk: 1e9}, db: *web"),
        [
            "lab.guests.db.cpus: must be a whole number from 1 to 255, got True",
            "lab.guests.db.disk: must be a size with its unit, got 1000000000; did you mean '954MiB'?",
            "lab.guests.web.cpus: must be a whole number from 1 to 255, got True",
            "lab.guests.web.disk: must be a size with its unit, got 1000000000; did you mean '954MiB'?",
        ],
    ),
    "numbers": (
        web(f"{{cpus: 1e400, memory: {'9' * 30}, disk: 64_000}}"),
        [
            "lab.guests.web.cpus: must be a whole number from 1 to 255, got '1e400'",
            "lab.guests.web.disk: must be a size with its unit, got 64000; did you mean '1MiB'?",
            "lab.guests.web.memory: must be a size with its unit, got 1e+30; write for example '2GiB'",
        ],
    ),
    "keys": (
        web(r'{}, 007: {}, null: {cpus: 0}, "a\nb\e[2J": {}'),
        [
            f"lab.guests.7: {LABEL}, got '7'; did you mean 'guest-7'?",
            f"""lab.guests["<nil>"]: {LABEL}, got '<nil>'; did you mean 'nil'?""",
            'lab.guests["<nil>"].cpus: must be from 1 to 255, got 0',
            rf"""lab.guests["a\nb\x1b[2J"]: {LABEL}, got 'a\nb\x1b[2J'; did you mean 'a-b-2j'?""",
        ],
    ),
    "deep": (
        web(f"{{cpus: 0, layers: {'[' * 9000 + ']' * 9000}}}"),
        [
            "lab.guests.web.cpus: must be from 1 to 255, got 0",
            "lab.guests.web.layers[0]: must be text, got a list",
            f"lab.guests.web.layers{'[0]' * 29}: must be nested at most 32 levels deep, got more; flatten it",
        ],
    ),
    "json": (
        b"""config: {'kvmlab:lab': '{"kind": "guests", "guests": {"a": {"cpus": 1, "cpus": 2}, "\\ud800": {}}}'}""",
        [
            "lab.guests.a.cpus: must be given once, got it twice; drop one",
            (
                r'lab.guests["\ud800"]: must be text that UTF-8 can hold, got half of a surrogate pair;'
                " write the character itself"
            ),
        ],
    ),
    "guests": (
        web(f"{{}}}}, groups: {{{', '.join(f'g{number}: {{count: 200}}' for number in range(5000))}"),
        ["lab.groups: must make at most 65536 guests, got 1000001; ask for fewer"],
    ),
}
"""What is in the file, and the problems that are told."""
