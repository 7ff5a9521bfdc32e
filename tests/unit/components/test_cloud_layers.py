"""Layers are read from files and merged into one document."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from components.cloud_layers import layer_names, load_layer, merge
from components.errors import KvmLabError

CASES = Path(__file__).parents[2] / "cases" / "cloud_init"
LAYERS = Path(__file__).parents[3] / "cloud-init"
MERGES: list[dict[str, Any]] = yaml.safe_load((CASES / "merge.yaml").read_text("utf-8"))

# What a key holds follows from its name, as in cloud-config.
scalars = st.integers(0, 3)
documents = st.recursive(
    st.dictionaries(st.sampled_from(["a", "b"]), scalars),
    lambda below: st.fixed_dictionaries(
        {}, optional={"a": scalars, "list": st.lists(scalars, max_size=3), "map": below}
    ),
    max_leaves=5,
)


@pytest.mark.parametrize("case", MERGES, ids=lambda case: case["name"])
def test_merge(case: dict[str, Any]) -> None:
    """Layers make the document of the case, and none of them is changed."""
    before = deepcopy(case["layers"])
    assert merge(*case["layers"]) == case["merged"]
    assert case["layers"] == before


@given(documents, documents, documents)
def test_merge_in_steps(one: dict[str, object], two: dict[str, object], three: dict[str, object]) -> None:
    """Layers merged in two steps make what they make at once."""
    assert merge(merge(one, two), three) == merge(one, merge(two, three)) == merge(one, two, three)


@pytest.mark.parametrize("name", layer_names(LAYERS))
def test_shipped_layer(name: str) -> None:
    """A layer of ours is a document that also cloud-init itself can read."""
    assert load_layer(name, LAYERS)
    assert (LAYERS / f"{name}.yaml").read_text("utf-8").startswith("#cloud-config\n")


def test_dates_are_text(tmp_path: Path) -> None:
    """A date stays the text that cloud-init wants."""
    (tmp_path / "ana.yaml").write_text("users: [{name: ana, expiredate: 2030-01-31}]")
    assert load_layer("ana", tmp_path) == {"users": [{"name": "ana", "expiredate": "2030-01-31"}]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"- runcmd", "must be a mapping of cloud-config keys, got a list"),
        (b"", "must be a mapping of cloud-config keys, got nothing"),
        (b"a: b\nc: [", "must be YAML, got an error in line 2: expected the node content, but found '<stream end>'"),
        (
            b"runcmd: []\npackages: []\nruncmd: []",
            "must be YAML, got an error in line 3: the key 'runcmd' is given twice",
        ),
        (b"password: *geheim", "must be YAML, got an error in line 1: found undefined alias '...'"),
        (
            b"password: !geheim",
            "must be YAML, got an error in line 1: could not determine a constructor for the tag '...'",
        ),
        (b"a: \xff", "must be YAML in UTF-8, got other bytes"),
        (b"a: \x00", "must be YAML in UTF-8, got other bytes"),
    ],
)
def test_unreadable_layer(tmp_path: Path, content: bytes, message: str) -> None:
    """A file that is no layer is refused by its name."""
    directory = tmp_path / "cloud-init"
    directory.mkdir()
    (directory / "mine.yaml").write_bytes(content)
    with pytest.raises(KvmLabError) as error:
        load_layer("mine", directory)
    assert str(error.value) == f"layer mine: 1 problem in its file\n  cloud-init/mine.yaml: {message}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("dokcer", "; did you mean 'docker'?"),
        ("../secrets", "; it has base, docker"),
        ("zzz", "; it has base, docker"),
    ],
)
def test_no_such_layer(tmp_path: Path, name: str, hint: str) -> None:
    """A layer that is not there is refused with the nearest name or all names, and never read from elsewhere."""
    directory = tmp_path / "cloud-init"
    directory.mkdir()
    for each in ("base", "docker"):
        (directory / f"{each}.yaml").write_text("#cloud-config\n{}")
    (tmp_path / "secrets.yaml").write_text("{}")
    with pytest.raises(KvmLabError) as error:
        load_layer(name, directory)
    assert (
        str(error.value)
        == f"layer {name}: 1 problem in its file\n  cloud-init: must hold the layer, got {name!r}{hint}"
    )
