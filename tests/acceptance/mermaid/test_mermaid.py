"""Mermaid's own parser reads what `make graph` and comments show, with nothing in a name taken for more than a name.

Needs Node 20 and npm, which fetches Mermaid into a directory of the test's own.
"""

import html
import json
import random
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from console.mermaid import mermaid
from tests.unit.console.topologies import LABS, guest, machine, network, preview, workers

HERE = Path(__file__).parent
BITS = (
    *(
        '"',
        "'",
        "`",
        "#",
        ";",
        "#quot;",
        "#35;",
        "&lt;",
        "&",
        "<b>",
        "</svg>",
        "<script>",
        "]",
        ")",
        "}",
        "|",
        "[",
        "(",
    ),
    *("{", "%%", "%%{init: {}}%%", "-->", "---", ":::created", "end", "subgraph x", "click n1 call f()", "\n", "\\n"),
    *(
        "\r",
        "\t",
        "\0",
        "$$x$$",
        "1. ",
        "- ",
        "* ",
        "**",
        "_",
        "@{shape: x}",
        "fa:fa-x",
        "ü",
        "漢",
        "\U0001f600",
        "\u202e",
    ),
    *(
        "\ufb02\xb0\xb0",
        "\xb6\xdf",
        "style n1 fill:#f00",
        "\u2028",
        "javascript" + "\N{FULLWIDTH COLON}",
        " ",
        "a",
        "0",
    ),
)
"""Of which odd names are made; without colons of their own, which no name has."""
NAMES = 400


def odd_names() -> list[str]:
    """The same ones each time."""
    chosen = random.Random(26)  # noqa: S311 (no secret)
    whole = ["".join(chosen.choices(BITS, k=chosen.randint(1, 8))) for _ in range(NAMES)]
    return [name.replace(":", ";") for name in [*BITS, *whole]]


@pytest.fixture(scope="module")
def parser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with Mermaid in it, by its lock."""
    directory = tmp_path_factory.mktemp("mermaid")
    for name in ("package.json", "package-lock.json", "parse.mjs"):
        shutil.copy(HERE / name, directory)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return directory


def parse(parser: Path, charts: Mapping[str, list[str]]) -> dict[str, Any]:
    """What Mermaid makes of each."""
    given = json.dumps({name: "\n".join(lines) for name, lines in charts.items()})
    done = subprocess.run(["node", "parse.mjs"], cwd=parser, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def shown(text: str) -> str:
    """As a browser shows what Mermaid holds: its marks of numbers are characters once it draws."""
    return html.unescape(
        re.sub(r"\ufb02\xb0(\xb0?)(\w+)\xb6\xdf", lambda found: f"&{found[1] and '#'}{found[2]};", text)
    )


def counted(lines: list[str]) -> tuple[int, int, int]:
    """Nodes, links and frames that are meant."""
    forms = (r" *(n\d+|legend|note)(\[|\().*", r"  n\d+ [-=.]{3}.*", r"  subgraph .*")
    nodes, links, frames = (sum(bool(re.fullmatch(form, line)) for line in lines) for form in forms)
    return nodes, links, frames


def test_labs(parser: Path) -> None:
    """Labs of all forms, and of six hundred guests."""
    crowd = [guest("create", f"g{number}x", cpus=1 + number % 30, address="10.20.0.9") for number in range(600)]
    labs = {**LABS, "alike": workers(600), "crowd": preview(machine("same"), network("same"), *crowd)}
    charts = {name: mermaid(lab) for name, lab in labs.items()}
    found = parse(parser, charts)
    for name, lines in charts.items():
        one = found[name]
        assert (len(one["nodes"]), len(one["links"]), len(one["frames"])) == counted(lines), name
        assert one["acting"] == 0
        for node in one["nodes"].values():
            (*_, word) = shown(node["text"]).split("<br>")
            assert not node["classes"] or word.startswith(("created", "destroyed", "replaced", "made", "re", "changed"))


def test_odd_names(parser: Path) -> None:
    """Each is the text of one node, and nothing besides."""
    names = odd_names()
    charts = {
        str(number): mermaid(
            preview(
                network("same", stack=name),
                guest("same", name, stack=name, address="10.0.0.1", nics={name: "bridge br0"}),
            )
        )
        for number, name in enumerate(names)
    }
    found = parse(parser, charts)
    for number, name in enumerate(names):
        one = found[str(number)]
        assert (sorted(one["nodes"]), one["acting"]) == (["n1", "n2", "n3"], 0), name
        assert sorted(one["links"]) == [["n1", "n3"], ["n2", "n3"]], name
        assert [frame["nodes"] for frame in one["frames"]] == [["n1", "n2", "n3"]], name
        text = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in name)
        first, *_, last = shown(one["nodes"]["n3"]["text"]).split("<br>")
        assert (squeezed(first), last) == (squeezed(text), "10.0.0.1"), name


def squeezed(text: str) -> str:
    """Spaces at ends are Mermaid's to take away."""
    return text.strip()
