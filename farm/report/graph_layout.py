"""Where each task of an album lies in its picture: columns by kind, lanes by song.

No wire crosses another: what concerns one song stays in its lane, what concerns all songs is a bar or a column that all
lanes run through, and what reads a finished song hangs on a rail in a row of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from farm.plan.node import Plan
from farm.plan.status import PlannedNode
from farm.report.graph_lanes import Cell, Console, Finish, Lane, build_lanes, column_of

ROW, BOX_HEIGHT, BOX_WIDTH = 28.0, 20.0, 104.0
_RAIL = 14.0
"""How far below the middle of a row its rail runs: between the boxes of this row and of the next one."""
_TITLE_WIDTH, _COLUMN_GAP, _LANE_GAP, _MARGIN = 190.0, 36.0, 10.0, 20.0
TOP = 84.0
"""Above the lanes: what the picture is of, the colours, and the names of the columns."""

_CONSOLE = ("group", "mix", "master")
_WHOLE = ("continuous", "disc")

Point = tuple[float, float]

Wire = tuple[Point, ...]
"""A line through points, from left to right."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle that stands for tasks; `x` and `y` are its upper left corner, in pixels."""

    x: float
    y: float
    width: float
    height: float
    cell: Cell

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def middle(self) -> float:
        return self.y + self.height / 2.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its name; a deliverable's has its boxes on a band."""

    name: str
    x: float
    is_band: bool


@dataclass(frozen=True, slots=True)
class Layout:
    """All that is to be drawn, in pixels."""

    width: float
    height: float
    bottom: float
    """Where the lanes end; below are the tasks that assemble a deliverable."""
    columns: tuple[Column, ...]
    titles: tuple[tuple[Point, str], ...]
    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]


def lay_out(plan: Plan, nodes: Sequence[PlannedNode]) -> Layout:
    """Return where the tasks lie, of which a render of some songs or up to some stage may leave some out."""
    lanes = build_lanes(plan, nodes)
    columns = _columns(nodes)
    x = {column.name: column.x for column in columns}
    tops = list(accumulate((_rows(lane) * ROW + _LANE_GAP for lane in lanes), initial=TOP))
    bottom = tops[-1]
    bars = {name: _bar(cell, x[name], bottom) for name, cell in _bars(nodes).items()}
    drawn = [piece for lane, top in zip(lanes, tops, strict=False) for piece in _draw_lane(lane, top, x, bars)]
    return Layout(
        width=columns[-1].x + BOX_WIDTH + _MARGIN if columns else _TITLE_WIDTH,
        height=bottom + ROW + _MARGIN,
        bottom=bottom,
        columns=tuple(columns),
        titles=tuple(_titles(lanes, tops)),
        boxes=(
            *bars.values(),
            *(piece for piece in drawn if isinstance(piece, Box)),
            *_assembles(nodes, x, bottom),
        ),
        wires=tuple(piece for piece in drawn if not isinstance(piece, Box)),
    )


def _columns(nodes: Sequence[PlannedNode]) -> list[Column]:
    """Return the columns that have tasks: what reads songs one by one comes before what reads all of them."""
    kinds = {each.node.kind for each in nodes}
    single = dict.fromkeys(column_of(each) for each in nodes if each.node.kind in ("codec", "encode"))
    names = [kind for kind in (*_CONSOLE, "match", "finish") if kind in kinds]
    whole = [each.node.id for each in nodes if each.node.kind in _WHOLE]
    bands = {*single, *whole} - {"codec"}
    return [
        Column(name, _TITLE_WIDTH + place * (BOX_WIDTH + _COLUMN_GAP), name in bands)
        for place, name in enumerate([*names, *single, *whole])
    ]


def _bars(nodes: Sequence[PlannedNode]) -> Mapping[str, Cell]:
    """Return by column what is made of all songs at once."""
    return {
        each.node.kind if each.node.kind == "match" else each.node.id: Cell((each,))
        for each in nodes
        if each.node.kind in ("match", *_WHOLE)
    }


def _bar(cell: Cell, x: float, bottom: float) -> Box:
    return Box(x, TOP, BOX_WIDTH, bottom - TOP - _LANE_GAP, cell)


def _assembles(nodes: Sequence[PlannedNode], x: Mapping[str, float], bottom: float) -> Iterator[Box]:
    """Yield the tasks that gather a deliverable's files, at the foot of its column."""
    for each in nodes:
        if each.node.kind == "assemble":
            folder = each.node.id.split(":", 1)[1]
            column = next(name for name in (folder, f"continuous:{folder}") if name in x)
            yield Box(x[column], bottom, BOX_WIDTH, BOX_HEIGHT, Cell((each,)))


def _rows(lane: Lane) -> int:
    return max(sum(map(_console_rows, lane.consoles)), sum(len(finish.readers) for finish in lane.finishes))


def _console_rows(console: Console) -> int:
    return max(1, len(console.groups))


def _console_tops(lane: Lane, top: float) -> Iterator[float]:
    """Yield where each song of a lane begins; the side of a lane that has fewer rows is in its middle."""
    row = top + ROW * (_rows(lane) - sum(map(_console_rows, lane.consoles))) / 2.0
    for console in lane.consoles:
        yield row
        row += ROW * _console_rows(console)


def _titles(lanes: Sequence[Lane], tops: Sequence[float]) -> Iterator[tuple[Point, str]]:
    for lane, top in zip(lanes, tops, strict=False):
        for title, row, console in zip(lane.titles, _console_tops(lane, top), lane.consoles, strict=False):
            yield (_MARGIN, row + _console_rows(console) * ROW / 2.0), title


def _draw_lane(lane: Lane, top: float, x: Mapping[str, float], bars: Mapping[str, Box]) -> Iterator[Box | Wire]:
    """Yield a lane's boxes and wires."""
    for console, row in zip(lane.consoles, _console_tops(lane, top), strict=True):
        yield from _draw_console(console, row, x, bars.get("match"))
    row = top + ROW * (_rows(lane) - sum(len(finish.readers) for finish in lane.finishes)) / 2.0
    for finish in lane.finishes:
        yield from _draw_finish(finish, row, x, bars)
        row += ROW * len(finish.readers)


def _draw_console(console: Console, row: float, x: Mapping[str, float], match: Box | None) -> Iterator[Box | Wire]:
    middle = row + ROW * _console_rows(console) / 2.0
    groups = [_box(cell, x["group"], row + ROW * (place + 0.5)) for place, cell in enumerate(console.groups)]
    chain = [_box(cell, x[kind], middle) for kind, cell in (("mix", console.mix), ("master", console.master)) if cell]
    yield from groups
    yield from chain
    if chain:
        yield from (_elbow(group, chain[0]) for group in groups)
    for one, other in pairwise([*chain, match] if match and console.master else chain):
        yield (one.right, middle), (other.x, middle)


def _elbow(one: Box, other: Box) -> Wire:
    """Return a wire that meets those from other rows halfway."""
    halfway = (one.right + other.x) / 2.0
    return (one.right, one.middle), (halfway, one.middle), (halfway, other.middle), (other.x, other.middle)


def _draw_finish(finish: Finish, row: float, x: Mapping[str, float], bars: Mapping[str, Box]) -> Iterator[Box | Wire]:
    height = ROW * (len(finish.readers) - 1) + BOX_HEIGHT
    box = Box(x["finish"], row + (ROW - BOX_HEIGHT) / 2.0, BOX_WIDTH, height, finish.cell)
    yield box
    if "match" in bars:
        yield (bars["match"].right, box.middle), (box.x, box.middle)
    whole = [bar for bar in bars.values() if _reads(bar.cell, finish.cell)]
    for place, readers in enumerate(finish.readers):
        middle = row + ROW * (place + 0.5)
        hung = [_box(cell, x[name], middle) for name, cell in readers.items()]
        yield from hung
        yield from _rail(box.right, middle, hung, whole)


def _reads(reader: Cell, finish: Cell) -> bool:
    ids = {each.node.id for each in finish.nodes}
    return any(need.node in ids for each in reader.nodes for need in each.node.needs)


def _rail(left: float, middle: float, hung: Iterable[Box], whole: Iterable[Box]) -> Iterator[Wire]:
    """Yield a rail from a finish below its row, and what goes up from it to each box and on into each bar."""
    turn, rail = left + _COLUMN_GAP / 3.0, middle + _RAIL - 1.0
    start: Wire = ((left, middle), (turn, middle), (turn, rail))
    for box in hung:
        center = box.x + box.width / 2.0
        yield (*start, (center, rail), (center, box.y + box.height))
    for bar in whole:
        yield (*start, (bar.x, rail))


def _box(cell: Cell, x: float, middle: float) -> Box:
    return Box(x, middle - BOX_HEIGHT / 2.0, BOX_WIDTH, BOX_HEIGHT, cell)
