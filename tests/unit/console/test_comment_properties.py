"""What holds of each comment, whatever is in a preview: its length, its Markdown, and that it tells no secret."""

import json
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt  # what rich reads Markdown with

from components.effects import PENDING, UNWRITTEN
from console import text
from console.comment import LIMIT, comment, failure
from console.reading import CONCEALED, read
from console.visible import visible
from tests.unit.console.previews import OTHER, disk, guest, part, preview, table

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
LINES = {"paragraph", "heading", "table", "thead", "tbody", "tr", "th", "td", "bullet_list", "list_item"}
BLOCKS = {"fence", "inline", "html_block", *(f"{kind}_{end}" for kind in LINES for end in ("open", "close"))}
INLINES = {"text", "code_inline", "strong_open", "strong_close", "em_open", "em_close", "html_inline", "softbreak"}
TOLD = "TELLTALE"
"""What all planted secrets have in common."""

bits = st.sampled_from(
    [
        *(
            "`",
            "```",
            "|",
            "\\",
            "*",
            "_",
            "[x](y)",
            "<!--",
            "-->",
            "</details>",
            "<b>",
            "@all",
            "#1",
            "~~",
            "&lt;",
            ":",
        ),
        *("\n", "\r", "\u202e", "\u200b", "\x1b[31m", "\ud800", "\u2028", "é", "\U0001f600", "http://a.b", "- ", "1. "),
        *(" ", "a", "0", "node-1"),
    ]
)
odd = st.lists(bits, max_size=8).map("".join)
names = odd.map(lambda name: f"g{name}")
secrets = st.sampled_from(
    ["[secret]"]
    + [
        {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", key: value}
        for key, value in (
            ("plaintext", json.dumps(f"{TOLD}-in-plain")),
            ("plaintext", json.dumps({"password": f"{TOLD}-within"})),
            ("ciphertext", f"v1:{TOLD}"),
            ("value", f"{TOLD}-as-it-is"),
        )
    ]
)


@st.composite
def previews(draw: st.DrawFn) -> dict[str, Any]:
    """Of guests, disks and networks with odd texts in them."""
    steps: list[Any] = []
    told: dict[str, list[str]] = {"warning": draw(st.lists(odd, max_size=3)), "info": []}
    for name in draw(st.lists(names, max_size=4, unique=True)):
        operation = draw(st.sampled_from(["create", "delete", "replace", "update", "same"]))
        new: dict[str, Any] = draw(
            st.fixed_dictionaries({}, optional={"description": odd, "image": odd, "console": odd})
        )
        if draw(st.booleans()):
            new["cloud_config"] = draw(odd) * draw(st.integers(1, 40))
        new |= draw(st.fixed_dictionaries({}, optional={"nics": st.dictionaries(odd, odd, max_size=2)}))
        steps += guest(operation, new, {**OTHER, "INSTANCE_ID": draw(odd)} if draw(st.booleans()) else {}, name)
        steps += disk(operation, 1024, 2048, draw(odd)) if draw(st.booleans()) else []
        said = draw(st.sampled_from([PENDING, UNWRITTEN, "odd", ""]))
        told["info" if said == UNWRITTEN else "warning"] += [f"guest {name}: {said}"] if said else []
    steps += part("Network", f"network.{draw(odd)}", "update", {"name": "six", "mtu": draw(odd)}, {"name": "six"})
    told["info"].append(table(f"{draw(odd).replace(',', ' ')} memory,1GiB,0,0,,1GiB,1GiB"))
    if draw(st.integers(0, 5)) == 0:
        told["error"] = draw(st.lists(odd, min_size=1, max_size=3))
    return preview(steps, **told)


def well_formed(told: str) -> None:
    """Of blocks and marks that are ours; all else is text or code; what is unfolded ends."""
    depth = 0
    for token in MARKDOWN.parse(told):
        assert token.type in BLOCKS, (token.type, token.content)
        if token.type == "html_block" and not token.content.startswith("<!-- kvmlab preview: "):
            assert token.content.startswith(("<details><summary>", "</details>")), token.content
            depth += token.content.count("<details>") - token.content.count("</details>")
            assert depth in (0, 1)
        for each in token.children or ():
            assert each.type in INLINES, (each.type, each.content)
            assert each.type != "html_inline" or each.content in ("<code>", "</code>")
            # Outside of code a forge looks for these.
            assert each.type != "text" or not {*"@#<>`[]|"} & {*_without_code(token.children or [], each)}
    assert depth == 0
    assert all(visible(line) == line for line in told.split("\n"))


def _without_code(children: list[Any], each: Any) -> str:
    """A text, if it does not stand in `<code>`."""
    before = children[: next(number for number, child in enumerate(children) if child is each)]
    marks = [child.content for child in before if child.type == "html_inline"]
    return "" if marks and marks[-1] == "<code>" else each.content


@settings(max_examples=60, deadline=None)
@given(previews())
def test_any_preview(told: dict[str, Any]) -> None:
    """A comment is short enough, well formed, and the same each time."""
    seen = read(json.dumps(told), "a test")
    made = comment(seen, "six")
    assert len(made) <= LIMIT
    well_formed(made)
    assert made == comment(seen, "six")
    assert all(visible(line) == line for line in (*text.lines(seen), *text.said(seen), *text.errors(seen)))


@settings(max_examples=50, deadline=None)
@given(st.lists(odd, max_size=4), odd)
def test_any_failure(errors: list[str], stack: str) -> None:
    """The same of what the CLI says, and of any name of a stack."""
    well_formed(failure(errors, stack))


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 300), st.integers(1, 3000), st.booleans())
def test_never_too_long(guests: int, length: int, is_error: bool) -> None:
    """However much there is to say."""
    steps = [
        each
        for number in range(guests)
        for each in guest(
            "update",
            {"description": f"{number}" * length, "cloud_config": f"{number}\n" * length},
            {**OTHER, "INSTANCE_ID": "x"},
            f"{number * 7}x",
        )
    ]
    made = comment(
        preview(steps, warning=["w" * length] * 40, error=["e" * length] * guests if is_error else []), "six"
    )
    assert len(made) <= LIMIT
    well_formed(made)


def plant(value: Any, draw: st.DataObject) -> Any:
    """The same, in which any text may be a secret."""
    match value:
        case dict():
            return {key: plant(each, draw) for key, each in cast("dict[str, Any]", value).items()}
        case list():
            return [plant(each, draw) for each in cast("list[Any]", value)]
        case str() if draw.draw(st.integers(0, 2)) == 0:
            return draw.draw(secrets)
        case _:
            return value


@settings(max_examples=60, deadline=None)
@given(previews(), st.data())
def test_no_secret(told: dict[str, Any], data: st.DataObject) -> None:
    """Planted in all that a state has, before and after; the program may even have said it."""
    for step in told["steps"]:
        for which in ("oldState", "newState"):
            if which in step:
                step[which]["inputs"] = plant(step[which]["inputs"], data)
                step[which]["outputs"] = plant(step[which]["inputs"], data)
    if f"{TOLD}-in-plain" in json.dumps(told["steps"]):
        told["diagnostics"].append({"severity": "warning", "message": f"warning: it is {TOLD}-in-plain"})
    seen = read(json.dumps(told), "a test")
    for made in (comment(seen, "six"), "\n".join([*text.lines(seen), *text.said(seen)])):
        assert TOLD not in made
        assert "[secret]" not in made
        assert "4dabf18193072939515e22adb298388d" not in made
        assert "1b47061264138c4ac30d75fd1eb44270" not in made


def test_the_other_side_of_a_secret() -> None:
    """What becomes a secret may have stood there in plain: neither is told, of texts and of documents."""
    steps = guest("update", {"description": "[secret]", "cloud_config": "[secret]"}, {**OTHER, "INSTANCE_ID": "x"})
    steps[0]["oldState"]["inputs"] |= {"description": TOLD, "cloud_config": TOLD}
    seen = read(json.dumps(preview(steps)), "a test")
    for made in (comment(seen, "six"), "\n".join(text.lines(seen))):
        assert TOLD not in made
        assert CONCEALED in made
