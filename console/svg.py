"""A picture of a lab as SVG: one file that needs nothing else, for light ground and dark. Pure."""

from xml.etree import ElementTree

from console.legend import COLOURS, DASHED
from console.rails import CELL, FONT, PAD, ROW, Across, Box, Label, Picture, Upright, cells, picture
from console.topology import Kind, Mark, Plug, Topology

_LIGHT = {"ground": "#ffffff", "frame": "#f6f8fa", "box": "#ffffff", "line": "#57606a", "ink": "#1f2328"}
_DARK = {"ground": "#0d1117", "frame": "#161b22", "box": "#0d1117", "line": "#9198a1", "ink": "#f0f6fc"}
_DOT = 4
_FONTS = "ui-monospace,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace"
_DASHES = {Kind.BRIDGE: "10 3", Kind.INTERFACE: "3 3", Kind.DISK: "1 4"}
"""Of rails that are no network of the lab's."""


def svg(topology: Topology) -> str:
    """The whole file; the same lab gives the same bytes."""
    shown = picture(topology)
    size = {"width": str(shown.width), "height": str(shown.height)}
    root = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            **size,
            "viewBox": f"0 0 {shown.width} {shown.height}",
            "role": "img",
            "aria-labelledby": "title summary",
        },
    )
    ElementTree.SubElement(root, "title", id="title").text = shown.title
    ElementTree.SubElement(root, "desc", id="summary").text = shown.summary
    ElementTree.SubElement(root, "style").text = _style()
    ElementTree.SubElement(root, "rect", {"class": "ground", **size})
    _draw(root, shown)
    ElementTree.indent(root, space=" ")
    return f"{ElementTree.tostring(root, encoding='unicode')}\n"


def _draw(root: ElementTree.Element, shown: Picture) -> None:
    """What lies below first."""
    for frame in shown.frames:
        _box(root, frame, "frame")
    for upright in shown.uprights:
        _upright(root, upright)
    for across in shown.acrosses:
        _across(root, across)
    for box in shown.boxes:
        _box(root, box, "box")
    for label in shown.labels:
        _label(root, label)


def _box(root: ElementTree.Element, box: Box, kind: str) -> None:
    group = ElementTree.SubElement(root, "g")
    ElementTree.SubElement(group, "title").text = box.name
    place = {
        "x": str(box.x),
        "y": str(box.y),
        "width": str(box.width),
        "height": str(box.height),
        "rx": "16" if box.is_rail else "3",
    }
    ElementTree.SubElement(group, "rect", {"class": _class(kind, box.mark), **place})
    for label in box.labels:
        _label(group, label)


def _label(parent: ElementTree.Element, label: Label) -> None:
    width = cells(label.text) * CELL
    if label.mark != Mark.UNCHANGED:
        place = {"x": str(label.x - PAD // 2), "y": str(label.y - ROW // 2), "width": str(width + PAD)}
        ElementTree.SubElement(
            parent, "rect", {"class": f"mark {_name(label.mark)}", **place, "height": str(ROW), "rx": "4"}
        )
    kinds = [*(["bold"] if label.is_bold else []), *(["on"] if label.mark != Mark.UNCHANGED else [])]
    # Half of a capital's height below the middle, which not every renderer finds by itself.
    place = {"x": str(label.x), "y": str(label.y + 4)}
    # What a font of fixed pitch may not have comes from one that has another.
    fixed = {} if label.text.isascii() else {"textLength": str(width), "lengthAdjust": "spacingAndGlyphs"}
    style = {"class": " ".join(kinds)} if kinds else {}
    ElementTree.SubElement(parent, "text", {**style, **place, **fixed}).text = label.text


def _upright(root: ElementTree.Element, upright: Upright) -> None:
    line = f"M{upright.left} {upright.top}H{upright.x}V{max(upright.bottom, upright.top)}"
    dashes = _DASHES.get(upright.rail.key.kind)
    style = {"stroke-dasharray": dashes} if dashes else {}
    ElementTree.SubElement(root, "path", {"class": "rail", "d": line, **style})


def _across(root: ElementTree.Element, across: Across) -> None:
    """With ground around it, so that it goes over the rails that it does not meet."""
    group = ElementTree.SubElement(root, "g")
    ElementTree.SubElement(group, "title").text = across.name
    place = {"x1": str(across.left), "y1": str(across.y), "x2": str(across.right), "y2": str(across.y)}
    ElementTree.SubElement(group, "line", {"class": "gap", **place, "x2": str(across.right - _DOT)})
    kind = "wire" if across.plug == Plug.STAYS else f"wire {across.plug}"
    ElementTree.SubElement(group, "line", {"class": kind, **place})
    dot = {"cx": str(across.right), "cy": str(across.y), "r": str(_DOT)}
    ElementTree.SubElement(group, "circle", {"class": "dot", **dot})


def _class(kind: str, mark: Mark) -> str:
    return kind if mark == Mark.UNCHANGED else f"{kind} {_name(mark)}"


def _name(mark: Mark) -> str:
    return mark.name.lower()


def _style() -> str:
    rules = [
        f"text{{font:{FONT}px {_FONTS};white-space:pre}}",
        # On a small screen, as an image in a page is.
        "svg{max-width:100%;height:auto}",
        ".bold{font-weight:bold}",
        ".rail{fill:none;stroke-width:3}",
        ".wire{stroke-width:1.5}",
        ".gap{stroke-width:7}",
        ".comes{stroke-width:4}",
        ".goes{stroke-dasharray:4 4}",
        ".box,.frame{stroke-width:1}",
    ]
    for mark, colour in COLOURS.items():
        dashes = ";stroke-dasharray:6 4" if mark in DASHED else ""
        rules += [f".mark.{_name(mark)}{{fill:{colour}}}", f".box.{_name(mark)}{{stroke-width:3{dashes}}}"]
    rules += _theme(_LIGHT)
    rules += ["@media (prefers-color-scheme:dark){", *_theme(_DARK), "}"]
    rules += ["text.on{fill:#ffffff}"]
    return "\n".join(["", *rules, ""])


def _theme(colours: dict[str, str]) -> list[str]:
    return [
        f".ground{{fill:{colours['ground']}}}",
        f".frame{{fill:{colours['frame']};stroke:{colours['line']}}}",
        f".box{{fill:{colours['box']};stroke:{colours['line']}}}",
        f".rail,.wire{{stroke:{colours['line']}}}",
        f".dot{{fill:{colours['line']}}}",
        f".gap{{stroke:{colours['frame']}}}",
        f"text{{fill:{colours['ink']}}}",
    ]
