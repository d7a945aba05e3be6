"""The picture of an album's graph: all tasks are in it, nothing covers or crosses anything, large albums are folded."""

import json
import re
from collections import Counter
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from manifest_files import write_inputs

from farm.manifest.load import load_album
from farm.plan.build import build_plan
from farm.plan.choice import target_nodes
from farm.plan.node import Plan
from farm.plan.status import PlannedNode, Reason, Status, needed_nodes
from farm.report.graph_lanes import build_lanes
from farm.report.graph_layout import Box, Layout, Point, lay_out
from farm.report.graph_picture import STATUS_COLORS, draw_graph
from farm.report.graph_text import graph_as_dot, graph_as_mermaid

TWO_RATES = """
[[deliver]]
format = "flac"
[[deliver]]
format = "wav"
rate_hz = 44100
bits = 16
[[deliver]]
format = "mp3"
bitrate_kbps = 320
"""
WHOLE = TWO_RATES + '[[deliver]]\nformat = "flac"\nname = "whole.{ext}"\nfolder = "whole"\ncontinuous = true\n'
DISC = WHOLE + '[[deliver]]\nformat = "ddp"\n'
TRIAL = '[target.translation]\ncodec = "aac"\n' + TWO_RATES


def song(number: int, groups: int = 2, lines: str = "", title: str | None = None) -> str:
    """Return a song; strips that feed a bus of their own are groups of their own."""
    buses = "".join(f'[[song.bus]]\nname = "bus {place}"\n' for place in range(groups))
    strips = "".join(
        f'[[song.strip]]\nname = "strip {place}"\nstem = "kick.wav"\nbus = "bus {place}"\n' for place in range(groups)
    )
    return f"[[song]]\ntitle = {json.dumps(title or f'Song {number}')}\n{lines}\n{buses}{strips}"


def make_plan(folder: Path, songs: str, more: str = "") -> Plan:
    write_inputs(folder)
    head = 'schema = 1\n[album]\ntitle = "Low <Tide>"\nartist = "The Example"\nupc = "0123456789012"\n'
    manifest = folder / "album.toml"
    manifest.write_text(head + more + songs, encoding="utf-8")
    return build_plan(load_album(manifest), lambda path: path.name)


def planned(plan: Plan, status: Status = "reuse", other: dict[str, Status] | None = None) -> list[PlannedNode]:
    reason = Reason("up-to-date", "nothing it depends on has changed")
    return [PlannedNode(node, (other or {}).get(node.id, status), reason) for node in plan.nodes]


SHAPES = {
    "one song": (song(1), TWO_RATES),
    "many groups": (song(1, 4) + song(2, 7) + song(3, 1), TWO_RATES),
    "a trial": (song(1) + song(2, 3), TRIAL),
    "gapless": (
        song(1) + song(2, 3, "gapless = true") + song(3, 1, "gapless = true") + song(4, 1),
        WHOLE,
    ),
    "everything": (song(1, 3) + song(2, 1) + song(3, 2), DISC),
    "large": ("".join(song(number, number % 5 + 1) for number in range(1, 31)), DISC),
}


@pytest.fixture(params=SHAPES, ids=str)
def plan(request: pytest.FixtureRequest, tmp_path: Path) -> Plan:
    return make_plan(tmp_path, *SHAPES[request.param])


@pytest.fixture
def layout(plan: Plan) -> Layout:
    other: dict[str, Status] = {node.id: "run" for node in plan.nodes[::7]}
    return lay_out(plan, planned(plan, other=other))


def is_bar(box: Box) -> bool:
    return box.cell.nodes[0].node.kind in ("match", "continuous", "disc")


def test_every_task_is_in_one_box(plan: Plan, layout: Layout) -> None:
    drawn = Counter(each.node.id for box in layout.boxes for each in box.cell.nodes)
    assert drawn == Counter(node.id for node in plan.nodes)


def test_no_box_covers_another(layout: Layout) -> None:
    for one, other in combinations(layout.boxes, 2):
        apart_x = one.right <= other.x or other.right <= one.x
        apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert apart_x or apart_y, (one, other)


def segments(layout: Layout) -> list[tuple[Point, Point]]:
    return [segment for wire in layout.wires for segment in pairwise(wire)]


def test_all_wires_run_straight_or_upright(layout: Layout) -> None:
    assert segments(layout)
    assert all(one[0] == other[0] or one[1] == other[1] for one, other in segments(layout))


def test_no_wire_crosses_another(layout: Layout) -> None:
    level = [(min(a[0], b[0]), max(a[0], b[0]), a[1]) for a, b in segments(layout) if a[1] == b[1]]
    upright = [(a[0], min(a[1], b[1]), max(a[1], b[1])) for a, b in segments(layout) if a[0] == b[0]]
    for left, right, y in level:
        for x, top, bottom in upright:
            assert not (left < x < right and top < y < bottom), (left, right, y, x, top, bottom)


def test_no_wire_runs_through_a_box(layout: Layout) -> None:
    """But behind the bars that all lanes run through."""
    boxes = [box for box in layout.boxes if not is_bar(box)]
    for (x1, y1), (x2, y2) in segments(layout):
        left, right, top, bottom = min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2)
        for box in boxes:
            beside = right <= box.x or left >= box.right
            assert beside or bottom <= box.y or top >= box.y + box.height, box


def test_every_box_has_room_in_the_picture(layout: Layout) -> None:
    assert all(box.x >= 0 and box.right <= layout.width for box in layout.boxes)
    assert all(box.y >= 0 and box.y + box.height <= layout.height for box in layout.boxes)


def test_data_flows_from_left_to_right(layout: Layout) -> None:
    """An assemble is the exception: it lies at the foot of its column."""
    x = {each.node.id: box.x for box in layout.boxes for each in box.cell.nodes}
    for box in layout.boxes:
        for each in box.cell.nodes:
            if each.node.kind != "assemble":
                assert all(x[need.node] < x[each.node.id] for need in each.node.needs), each.node.id


def test_songs_alike_share_a_lane_in_a_large_album(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "".join(song(number, number % 3 + 1) for number in range(1, 201)), TWO_RATES)
    nodes = planned(plan, other={"mix:120": "run"})
    assert [lane.titles for lane in build_lanes(plan, nodes)] == [("1 to 119",), ("120 Song 120",), ("121 to 200",)]
    assert lay_out(plan, nodes).height < 400


def test_a_small_album_has_a_lane_for_each_song(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, "".join(song(number) for number in range(1, 13)), TWO_RATES)
    assert len(build_lanes(plan, planned(plan))) == 12


@pytest.mark.parametrize("stage", ["mix", "master", "finish"])
def test_what_stops_early_is_drawn_as_far_as_it_goes(tmp_path: Path, stage: str) -> None:
    plan = make_plan(tmp_path, song(1) + song(2), TWO_RATES)
    wanted = needed_nodes(plan.nodes, target_nodes(plan, plan.songs[:1], stage))  # type: ignore[arg-type]
    nodes = [each for each in planned(plan) if each.node in wanted]
    drawn = {each.node.id for box in lay_out(plan, nodes).boxes for each in box.cell.nodes}
    assert drawn == {node.id for node in wanted}


HOSTILE = 'A & B <i> "quoted" #1; ]\\ `x` %%'


def test_the_picture_tells_status_and_seconds_and_takes_any_title(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, song(1, title=HOSTILE), TWO_RATES)
    svg = draw_graph(plan, planned(plan, other={"mix:1": "run"}), {"mix:1": 12.34, "match": 0.05})
    texts = [text.text for text in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
    assert "1 to run" in texts
    assert "12.3" in texts
    assert any(HOSTILE[:15] in (text or "") for text in texts)
    assert STATUS_COLORS["run"] in svg


def needs(plan: Plan) -> set[tuple[str, str]]:
    return {(need.node, node.id) for node in plan.nodes for need in node.needs}


def test_dot_has_every_task_and_edge(plan: Plan) -> None:
    text = graph_as_dot(plan, planned(plan), {"mix:1": 12.34})
    edges = re.findall(r'^  "(.+)" -> "(.+)";$', text, re.MULTILINE)
    assert len(edges) == len(set(edges))
    assert set(edges) == needs(plan)
    assert set(re.findall(r'^    "(.+)" \[label', text, re.MULTILINE)) == {node.id for node in plan.nodes}
    assert 'label = "mix:1\\n12.3 s"' in text


def test_mermaid_has_every_task_and_edge(plan: Plan) -> None:
    text = graph_as_mermaid(plan, planned(plan), {"mix:1": 12.34})
    ids = dict(re.findall(r'^    (n\d+)\["(.+?)(?:<br>.*)?"\]:::reuse$', text, re.MULTILINE))
    assert set(ids.values()) == {node.id for node in plan.nodes}
    edges = {(ids[one], ids[other]) for one, other in re.findall(r"^  (n\d+) --> (n\d+)$", text, re.MULTILINE)}
    assert edges == needs(plan)
    assert '["mix:1<br>12.3 s"]' in text


def test_texts_are_quoted_for_other_programs(tmp_path: Path) -> None:
    plan = make_plan(tmp_path, song(1, title=HOSTILE), TWO_RATES)
    assert r'label = "1 A & B <i> \"quoted\" #1; ]\\ `x` %%";' in graph_as_dot(plan, planned(plan), {})
    line = next(line for line in graph_as_mermaid(plan, planned(plan), {}).splitlines() if "subgraph" in line)
    assert line == '  subgraph s0 ["1 A #amp; B #lt;i#gt; #quot;quoted#quot; #35;1; ]#92; #96;x#96; %%"]'
