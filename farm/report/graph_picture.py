"""The graph of an album as a picture: each task in the colour of what would happen to it, and how long it last took."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from farm.plan.node import Plan
from farm.plan.spec import GroupSpec
from farm.plan.status import PlannedNode, Status
from farm.report.chart import COLORS, draw_chart, draw_text
from farm.report.graph_lanes import Cell
from farm.report.graph_layout import BOX_WIDTH, ROW, TOP, Box, Column, Layout, Point, lay_out

STATUS_COLORS: Mapping[Status, str] = {"run": COLORS[1], "maybe": COLORS[5], "reuse": COLORS[2]}

_STATUS_WORDS: Mapping[Status, str] = {"run": "to run", "maybe": "may run", "reuse": "up to date"}
_WIRE, _BAND = "#888888", "#f4f4f4"
_PIXELS_A_CHARACTER = 6.1
_TITLE_CHARACTERS = 25
_LEAST_WIDTH = 760.0
"""The head has to fit above a graph that is narrow."""


def draw_graph(plan: Plan, nodes: Sequence[PlannedNode], seconds: Mapping[str, float]) -> str:
    """Return an SVG of the nodes of a plan; `seconds` are how long they last took, by id, as far as that is known."""
    layout = lay_out(plan, nodes)
    pieces = [
        draw_text(20, 28, plan.album, "t"),
        *_draw_legend(nodes, seconds),
        *(_draw_column(column, layout) for column in layout.columns),
        *(_draw_wire(wire) for wire in layout.wires),
        *(draw_text(x, y + 4, _shortened(title, _TITLE_CHARACTERS)) for (x, y), title in layout.titles),
        *(_draw_box(box, seconds) for box in layout.boxes),
    ]
    width = max(layout.width, _LEAST_WIDTH)
    return draw_chart(round(width), round(layout.height), f"What {plan.album} is made of", pieces)


def _draw_legend(nodes: Sequence[PlannedNode], seconds: Mapping[str, float]) -> Iterator[str]:
    counted = Counter(each.status for each in nodes)
    left = 20.0
    for status, word in _STATUS_WORDS.items():
        text = f"{counted[status]} {word}"
        yield _draw_rectangle(left, 38, 14, 12, STATUS_COLORS[status])
        yield draw_text(left + 20, 48, text, "s")
        left += 44 + _PIXELS_A_CHARACTER * len(text)
    took = [seconds[each.node.id] for each in nodes if each.node.id in seconds]
    if took:
        yield draw_text(left, 48, f"seconds of each when it last ran, {sum(took):.1f} in all", "s")


def _draw_column(column: Column, layout: Layout) -> str:
    """Return a column's name, and the band that a deliverable's tasks lie on."""
    name = column.name.split(":", 1)[-1]
    head = draw_text(column.x, TOP - 10, _shortened(name, int(BOX_WIDTH / _PIXELS_A_CHARACTER)), "s")
    if not column.is_band:
        return head
    height = layout.bottom + ROW - TOP
    band = f'<rect x="{column.x - 6:.1f}" y="{TOP - 4:.1f}" width="{BOX_WIDTH + 12:.1f}" height="{height:.1f}" rx="4"'
    return f'{band} fill="{_BAND}"/>{head}'


def _draw_wire(points: Sequence[Point]) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{_WIRE}"/>'


def _draw_box(box: Box, seconds: Mapping[str, float]) -> str:
    """Return a box with what it stands for; more is told where the mouse rests."""
    name, figures = _words(box.cell, seconds)
    middle = min(box.middle, box.y + 40.0) + 4.0  # a bar is read at its top
    room = int((box.width - 12.0) / _PIXELS_A_CHARACTER) - len(figures) - 1
    return "".join(
        [
            f"<g><title>{escape(_told(box.cell, seconds))}</title>",
            f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="3"'
            f' fill="white"/>',
            _draw_rectangle(box.x, box.y, box.width, box.height, STATUS_COLORS[box.cell.status]),
            draw_text(box.x + 6, middle, _shortened(name, room), "s"),
            draw_text(box.right - 6, middle, figures, "s", "end"),
            "</g>",
        ]
    )


def _draw_rectangle(x: float, y: float, width: float, height: float, color: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="3" fill="{color}"'
        f' fill-opacity="0.22" stroke="{color}"/>'
    )


def _words(cell: Cell, seconds: Mapping[str, float]) -> tuple[str, str]:
    """Return the name and the seconds that a box shows."""
    if len(cell.nodes) > 1:
        name = f"{len(cell.nodes)} x {cell.status}"
    else:
        node = cell.nodes[0].node
        name = ", ".join(strip.name for strip in node.spec.strips) if isinstance(node.spec, GroupSpec) else node.kind
    took = _seconds(cell, seconds)
    return name, "" if took is None else f"{took:.1f}"


def _seconds(cell: Cell, seconds: Mapping[str, float]) -> float | None:
    known = [seconds[each.node.id] for each in cell.nodes if each.node.id in seconds]
    return sum(known) if known else None


def _told(cell: Cell, seconds: Mapping[str, float]) -> str:
    """Return all that is known of what a box stands for."""
    if len(cell.nodes) > 1:
        return f"{len(cell.nodes)} tasks of the kind {cell.nodes[0].node.kind}: {_STATUS_WORDS[cell.status]}"
    each = cell.nodes[0]
    took = _seconds(cell, seconds)
    last = "" if took is None else f"\nlast took {took:.2f} s"
    return f"{each.node.id}: {each.node.label}\n{each.status}: {each.reason.detail}{last}"


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(1, most - 1)] + "…"
