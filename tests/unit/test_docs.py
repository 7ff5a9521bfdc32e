"""The labs that README, docs and stacks/ show are labs, and the errors that README shows are errors."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from components.errors import ConfigError
from stacks.config.loading import image_names
from stacks.config.parsing import parse

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LAYERS = {file.stem for file in (ROOT / "cloud-init").glob("*.yaml")}
IMAGES = image_names()


def shown() -> dict[str, str]:
    """Every lab that a page shows, by page and place."""
    labs: dict[str, str] = {}
    for page in PAGES:
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)):
            if "kvmlab:lab" in block:
                labs[f"{page.name}-{number}"] = block
    return labs


def lab(text: str) -> Any:
    """What stands under kvmlab:lab."""
    return yaml.safe_load(text)["config"]["kvmlab:lab"]


@pytest.mark.parametrize("text", shown().values(), ids=shown().keys())
def test_labs_that_pages_show(text: str) -> None:
    """A reader can copy them."""
    made = parse(lab(text), "mine", LAYERS, IMAGES)
    assert made.guests or made.kind == "host"


def test_example_stacks() -> None:
    """They are labs, and name the schema for editors; a team with stacks of its own may have deleted them."""
    files = [ROOT / "stacks" / f"Pulumi.{stack}.yaml" for stack in ("quickstart", "six")]
    for file in (file for file in files if file.exists()):
        text = file.read_text("utf-8")
        assert text.startswith("# yaml-language-server: $schema=lab.schema.json\n")
        assert parse(lab(text), file.stem.removeprefix("Pulumi."), LAYERS, IMAGES).guests


def test_the_table_of_images() -> None:
    """It has what the catalogue has."""
    catalogue: dict[str, Any] = yaml.safe_load((ROOT / "images" / "catalogue.yaml").read_text("utf-8"))
    rows = [
        (f"`{name}`", ", ".join(sorted({"amd64", "arm64"} & set(entry))), urlsplit(str(entry["amd64"]["url"])).netloc)
        for name, entry in catalogue.items()
    ]
    page = (ROOT / "docs" / "reference" / "images.md").read_text("utf-8")
    assert re.findall(r"^\| (`[\w.-]+`) \| ([\w, ]+) \| ([\w.-]+) \| `\w+` \|$", page, re.MULTILINE) == rows


def test_the_error_that_readme_shows() -> None:
    """Word by word."""
    page = (ROOT / "README.md").read_text("utf-8")
    raw = {"kind": "guests", "groups": {"node": {"count": 6, "cpu": 2, "memory": 8}}}
    with pytest.raises(ConfigError) as refused:
        parse(raw, "six", LAYERS, IMAGES)
    assert f"error: {refused.value}\n" in page


def test_links_lead_somewhere() -> None:
    """Every relative link of a page is a file."""
    dead = [
        f"{page.name}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert dead == []
