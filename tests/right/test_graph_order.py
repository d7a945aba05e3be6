"""The graph begins with the longest jobs: files of slow formats do not run alone in the end."""

from pathlib import Path

from dask.order import order
from manifest_files import write_inputs

from farm.graph.build import build_graph
from farm.graph.task import Outcome, Work
from farm.manifest.load import load_album
from farm.plan.build import build_plan
from farm.records import Record

ALBUM = """\
schema = 1
album = { title = "Low Tide", artist = "The Example" }
deliver = [{ format = "wav" }, { format = "flac" }, { format = "mp3" }, { format = "opus" }]
[[song]]
title = "One"
strip = [{ name = "kick", stem = "kick.wav" }]
[[song]]
title = "Two"
strip = [{ name = "lead", stem = "lead.wav" }]
"""


def test_slow_formats_are_encoded_before_fast_ones(tmp_path: Path) -> None:
    write_inputs(tmp_path)
    (tmp_path / "album.toml").write_text(ALBUM)
    nodes = build_plan(load_album(tmp_path / "album.toml"), lambda path: path.name).nodes
    due = [node for node in nodes if node.kind in ("encode", "assemble")]
    works = {node.id: Work(node, lambda *_: Outcome(), "store") for node in due}
    reused = {node.id: Record(node.id, node.kind) for node in nodes if node.id not in works}
    graph, keys = build_graph(nodes, works, reused)
    places = order(graph)
    encodes = sorted((node.id for node in due if node.kind == "encode"), key=lambda node_id: places[keys[node_id]])
    formats = [node_id.split(":")[2].split("-")[0] for node_id in encodes]
    assert formats == ["mp3", "mp3", "opus", "opus", "flac", "flac", "wav", "wav"]
