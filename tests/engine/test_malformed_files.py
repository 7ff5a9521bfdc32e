"""Stack files that are wrong as files: what the CLI refuses by itself, and what only the program can.

Where the CLI's words name no place, docs/how-to/trouble.md says how to find it.
"""

import pytest

from stacks.config.plain import LARGEST
from tests.engine.conftest import CASE, Checkout, Ended, assert_refused
from tests.stack_files import REFUSED, web

pytestmark = pytest.mark.usefixtures("untouched")

CLI = "error: getting stack configuration: "


def preview(checkout: Checkout, content: bytes) -> Ended:
    """Preview the stack with this file; whatever comes of it, nothing is written down."""
    checkout.write_config("").write_bytes(content)
    private = checkout.root / ".kvmlab"
    before = {file: file.read_bytes() for file in private.rglob("*") if file.is_file()}
    ended = checkout.preview(CASE)
    assert {file: file.read_bytes() for file in private.rglob("*") if file.is_file()} == before
    return ended


LAUGHS = ", ".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 9))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            b"config:\n  kvmlab:lab:\n    kind: guests\n    guests:\n      web: {cpus: 1}\n      web: {cpus: 2}\n",
            'yaml: unmarshal errors:\n  line 6: mapping key "web" already defined at line 5',
        ),
        (web("&web {userData: *web}"), "invalid YAML file: yaml: anchor 'web' value contains itself"),
        (web("*wbe"), "invalid YAML file: yaml: unknown anchor 'wbe' referenced"),
        (
            web(f"{{userData: {{a0: &a0 [ha, ha], {LAUGHS}}}}}"),
            "invalid YAML file: yaml: document contains excessive aliasing",
        ),
        (web("{image: w\xe9b}").decode().encode("latin-1"), "invalid YAML file: yaml: invalid trailing UTF-8 octet"),
        (web("{}").decode().encode("utf-16-le"), "invalid YAML file: yaml: control characters are not allowed"),
        (web("{image: a\0b}"), "invalid YAML file: yaml: control characters are not allowed"),
        (
            b"config:\n  kvmlab:lab:\n    kind: guests\n\tguests: {}\n",
            "invalid YAML file: yaml: line 3: found a tab character that violates indentation",
        ),
        (web("[" * 20_000 + "]" * 20_000), "invalid YAML file: yaml: line 2: exceeded max depth of 10000"),
    ],
    ids=["duplicate", "cycle", "no-anchor", "laughs", "latin-1", "utf-16-without-mark", "nul", "tab", "too-deep"],
)
def test_refused_by_the_cli(checkout: Checkout, content: bytes, told: str) -> None:
    """YAML that is none, or that would be endless, ends before the program starts."""
    ended = preview(checkout, content)
    assert (ended.status, ended.output, ended.errors) == (1, "", f"{CLI}{told}\n")


@pytest.mark.parametrize("value", [".nan", ".inf"])
def test_no_number(checkout: Checkout, value: str) -> None:
    """What JSON cannot hold ends before the program starts, too."""
    ended = preview(checkout, web(f"{{cpus: {value}}}"))
    assert (ended.status, ended.output) == (1, "")
    assert ended.errors.startswith(f"{CLI}invalid YAML file: ")
    assert "json: unsupported value: " in ended.errors


def test_too_large(checkout: Checkout) -> None:
    """Linux starts no program with what is larger than a lab may be."""
    ended = preview(checkout, web(f"{{userData: {{locale: {'x' * LARGEST}}}}}"))
    assert ended.status == 1
    assert "argument list too long" in ended.diagnostics
    assert "Traceback" not in ended.output + ended.errors


@pytest.mark.parametrize(("content", "problems"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_by_the_program(checkout: Checkout, content: bytes, problems: list[str]) -> None:
    """YAML of any form that is no lab ends in one report."""
    count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
    assert_refused(preview(checkout, content), f"stack {CASE}: {count} in kvmlab:lab", *problems)


def test_more_than_is_told(checkout: Checkout) -> None:
    """Thousands of keys that are wrong make a report that can be read."""
    ended = preview(checkout, web(f"{{userData: {{{', '.join(f'package{number}: 1' for number in range(5000))}}}}}"))
    rule = "is not a key of cloud-config; did you mean 'packages'?"
    names = sorted(f"package{number}" for number in range(5000))[:100]
    problems = [f"lab.guests.web.userData.{name}: {rule}" for name in names]
    assert_refused(ended, f"stack {CASE}: more than 100 problems in kvmlab:lab", *problems)
