"""Keys: what must change them does, what must not does not."""

import ast
import itertools
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from farm.plan.input_spec import InputSpec
from farm.plan.keys import SOUND_LIBRARIES, content_key, facet, static_keys
from farm.plan.node import Need, Node
from farm.plan.spec import (
    ClipSpec,
    CurveSpec,
    FinishSpec,
    GroupSpec,
    InsertSpec,
    LaneSpec,
    LevelSpec,
    PlaceSpec,
    SourceSpec,
    StripSpec,
)
from farm.plan.status import needed_nodes
from farm.records import Artifact, Record

FARM = Path(__file__).parents[2] / "farm"

STEM = InputSpec("aa" * 16, "/somewhere/kick.wav", 1000, 17)
EQ = InsertSpec("eq", 1, {"bands": [{"kind": "bell", "hz": 100.0, "gain_db": 1.0, "q": 1.0}]})
STRIP = StripSpec("kick", SourceSpec((ClipSpec(STEM),)), (EQ,), LevelSpec(-3.0))
GROUP = Node("group:1.1", "group", "label", 1, GroupSpec(48000, (STRIP,)))


def with_strip(strip: StripSpec) -> Node:
    return replace(GROUP, spec=GroupSpec(48000, (strip,)))


@pytest.mark.parametrize(
    "same",
    [
        with_strip(replace(STRIP, name="kick drum")),
        with_strip(replace(STRIP, source=SourceSpec((ClipSpec(InputSpec("aa" * 16, "/elsewhere/k.wav", 1000, 99)),)))),
        replace(GROUP, id="group:7.3", label="another", song=7),
        with_strip(replace(STRIP, inserts=(replace(EQ, params=dict(reversed(EQ.params.items()))),))),
    ],
    ids=["renamed strip", "moved stem", "moved song", "reordered parameters"],
)
def test_names_paths_and_places_are_not_in_a_key(same: Node) -> None:
    assert content_key(same, []) == content_key(GROUP, [])


@pytest.mark.parametrize(
    "other",
    [
        with_strip(replace(STRIP, level=LevelSpec(-3.01))),
        with_strip(replace(STRIP, level=LevelSpec(-3.0, mutes=(CurveSpec(((0, 1.0, "hold"),)),)))),
        with_strip(replace(STRIP, place=PlaceSpec(law_db=-4.5))),
        with_strip(replace(STRIP, source=SourceSpec((ClipSpec(replace(STEM, digest="bb" * 16)),)))),
        with_strip(replace(STRIP, source=SourceSpec((ClipSpec(STEM, at_frames=1),)))),
        with_strip(replace(STRIP, source=SourceSpec((ClipSpec(STEM),), invert_polarity=True))),
        with_strip(replace(STRIP, inserts=(replace(EQ, version=2),))),
        with_strip(replace(STRIP, inserts=(replace(EQ, files={"impulse": STEM}),))),
        with_strip(replace(STRIP, inserts=(replace(EQ, lanes=(LaneSpec(("x",), CurveSpec(((0, 1.0, "hold"),))),)),))),
        with_strip(replace(STRIP, inserts=())),
        replace(GROUP, spec=GroupSpec(44100, (STRIP,))),
        replace(GROUP, spec=GroupSpec(48000, (STRIP, STRIP))),
    ],
    ids=[
        "fader",
        "mute that moves",
        "pan law",
        "audio",
        "place of a clip",
        "polarity",
        "processor version",
        "file of a processor",
        "automation",
        "no insert",
        "rate",
        "two strips",
    ],
)
def test_whatever_can_be_heard_is_in_a_key(other: Node) -> None:
    assert content_key(other, []) != content_key(GROUP, [])


def record(trims: dict[str, object], digest: str = "cc" * 16) -> Record:
    return Record("k", "match", {"audio": Artifact(digest, 8, 1, 2, 48000)}, {"trims": trims})


def test_only_the_facet_that_is_read_enters_a_key() -> None:
    """One song's trim changes: the other songs keep their keys."""
    finish = Node("finish:1", "finish", "", 1, FinishSpec(48000, -1.0), (Need("match", "facts.trims.1"),))
    before = content_key(finish, [record({"1": {"gain_db": 1.0}, "2": {"gain_db": 2.0}})])
    other_changed = content_key(finish, [record({"1": {"gain_db": 1.0}, "2": {"gain_db": 2.5}})])
    own_changed = content_key(finish, [record({"1": {"gain_db": 1.05}, "2": {"gain_db": 2.0}})])
    assert before == other_changed != own_changed


def test_the_length_of_a_blob_is_not_in_a_key_but_its_digest_is() -> None:
    reader = Node("mix:1", "mix", "", 1, FinishSpec(48000, -1.0), (Need("group"),))
    same = Record("other", "group", {"audio": Artifact("cc" * 16, 999)}, {"noise": 1})
    other = Record("other", "group", {"audio": Artifact("dd" * 16, 999)}, {"noise": 1})
    assert content_key(reader, [record({})]) == content_key(reader, [same]) != content_key(reader, [other])


def test_a_missing_facet_reads_as_none() -> None:
    assert facet(None, Need("x")) is None
    assert facet(record({}), Need("x", "facts.trims.3")) is None


def test_static_keys_change_with_anything_above() -> None:
    mix = Node("mix:1", "mix", "", 1, FinishSpec(48000, -1.0), (Need("group:1.1"),))
    before = static_keys([GROUP, mix])
    after = static_keys([with_strip(replace(STRIP, level=LevelSpec(0.0))), mix])
    assert before["mix:1"] != after["mix:1"]


def test_only_what_a_target_needs_is_left() -> None:
    mix = Node("mix:1", "mix", "", 1, FinishSpec(48000, -1.0), (Need("group:1.1"),))
    other = Node("mix:2", "mix", "", 2, FinishSpec(48000, -1.0))
    assert [node.id for node in needed_nodes([GROUP, mix, other], ["mix:1"])] == ["group:1.1", "mix:1"]


def test_every_library_that_the_sounding_rooms_import_is_in_some_key() -> None:
    rooms = ("audio", "dsp", "measure", "console", "master", "album", "deliver")
    trees = [ast.parse(path.read_text()) for room in rooms for path in (FARM / room).rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    found = {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"farm"}
    without_sound = {"llvmlite", "pydantic", "pyloudnorm", "xxhash"}
    """numba's own half, what reads documents, the second meter of `farm verify`, and what names artifacts."""
    assert found - without_sound == set(itertools.chain(*SOUND_LIBRARIES.values()))
