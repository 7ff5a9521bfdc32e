"""Texts of others within Markdown: shown as they are, and never read as Markdown, HTML or a mention. Pure.

https://github.github.com/gfm/ is what GitHub, Forgejo and Gitea have in common.
"""

import html
import re
from collections.abc import Iterable

from console.visible import TAB, visible

LONGEST = 200
"""Of a value in a line; what is longer is told by its beginning and its length."""
_OURS = re.compile(r"(?!.*(?:www\.|://|:\w+:|GH-\d|[0-9a-f]{7})|\d+[.)](?: |$)|[-+ ])[A-Za-z0-9 ,:;()/.%→'-]*")
"""Nothing that means anything to Markdown, and nothing that a forge makes a link or a picture of."""


def code(text: str, longest: int = LONGEST) -> str:
    """A text in a line or in a cell of a table, as code: there a forge looks for neither mentions nor references."""
    shown, more = _short(visible(text), longest)
    if not shown or shown != shown.strip() or "`" in shown or "|" in shown:
        shown = "".join(each if each.isalnum() or each == " " else f"&#{ord(each)};" for each in shown)
        return f"<code>{shown}</code>{more}"
    return f"`{shown}`{more}"


def html_code(text: str) -> str:
    """The same within HTML, where Markdown is not read."""
    shown, more = _short(visible(text), LONGEST)
    return f"<code>{html.escape(shown)}</code>{more}"


def prose(text: str, longest: int = 5 * LONGEST) -> str:
    """A text that is mostly ours, in its plain letters if they mean nothing to Markdown; else as code."""
    return text if len(text) <= longest and _OURS.fullmatch(text) else code(text, longest)


def row(cells: Iterable[str]) -> str:
    """Of a table, of cells that are Markdown."""
    return f"| {' | '.join(cells)} |\n"


def table_head(*titles: str) -> str:
    """The first two lines of a table."""
    return row(titles) + row("---" for _ in titles)


def lines(texts: Iterable[str]) -> str:
    """Lines for a fence: each as it is, but for what cannot be seen."""
    return "".join(f"{visible(text, TAB)}\n" for text in texts)


def fence(texts: Iterable[str]) -> str:
    """A fence that nothing in those texts can end."""
    longest = max((len(run) for text in texts for run in re.findall("`+", text)), default=0)
    return "`" * max(3, longest + 1)


def _short(text: str, longest: int) -> tuple[str, str]:
    return (text, "") if len(text) <= longest else (text[:longest], f"… ({len(text)} characters)")
