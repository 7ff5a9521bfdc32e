"""What the kernel would make of a profile: the parser's output is a table of states, which is walked here as it does.

Source: https://github.com/torvalds/linux/blob/v6.1/security/apparmor/match.c
"""

import struct
from pathlib import Path

MAGIC = 0x1B5E783D
ACCEPT, BASE, CHECK, DEFAULT, CLASSES, NEXT = 1, 2, 3, 4, 5, 8
READ = 4
NOT_OWNER = 14
"""Where the rights of somebody who does not own the file begin."""
SAME_AS_ANOTHER = 1 << 31
"""The state differs from its default state only in what is listed for it."""


def reads(policy: Path, path: str) -> bool:
    """Whether who is confined by the last profile of a file may read a path."""
    table = _tables(policy.read_bytes())
    state = 1
    for byte in path.encode():
        character = table[CLASSES][byte] if CLASSES in table else byte
        while True:
            base = table[BASE][state]
            at = (base & 0xFFFFFF) + character
            if table[CHECK][at] == state:
                state = table[NEXT][at]
                break
            state = table[DEFAULT][state]
            if not base & SAME_AS_ANOTHER:
                break
    return bool(table[ACCEPT][state] >> NOT_OWNER & READ)


def _tables(policy: bytes) -> dict[int, tuple[int, ...]]:
    """The tables of the last automaton, which is that of the files: the first one is that of the program's name."""
    automaton = policy[policy.rindex(struct.pack(">I", MAGIC)) :]
    _, at, end = struct.unpack_from(">III", automaton)
    tables: dict[int, tuple[int, ...]] = {}
    while at < end:
        name, width, _, length = struct.unpack_from(">HHII", automaton, at)
        tables[name] = struct.unpack_from(f">{length}{ {1: 'B', 2: 'H', 4: 'I'}[width] }", automaton, at + 12)
        at += -(-(12 + length * width) // 8) * 8
    return tables
