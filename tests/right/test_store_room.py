"""The room that a render needs: counted by hand for a small album."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from farm.errors import AudioError, StoreError
from farm.plan.input_spec import InputSpec
from farm.plan.node import Need, Node
from farm.plan.room import check_room, estimate_bytes
from farm.plan.spec import (
    ClipSpec,
    EncodeSpec,
    FinishSpec,
    GroupSpec,
    MasterSpec,
    MixSpec,
    SendSpec,
    SourceSpec,
    StripSpec,
    TagSpec,
    TakeSpec,
)
from farm.plan.status import PlannedNode, Reason
from farm.records import Artifact, Record
from farm.store.local import LocalStore

STEM = InputSpec("aa" * 16, "/stems/ten seconds.wav", 1, 1)
STRIP = StripSpec("a", SourceSpec((ClipSpec(STEM),)), sends=(SendSpec(0), SendSpec(1)))
TAGS = TagSpec("T", "A", "B", "A", 1, 1)

GROUP = Node("group:1.1", "group", "", 1, GroupSpec(48000, (STRIP,)))
MIX = Node("mix:1", "mix", "", 1, MixSpec(48000, (), ()), (Need("group:1.1"),))
MASTER = Node("master:1", "master", "", 1, MasterSpec(48000, ()), (Need("mix:1"),))
FINISH = Node("finish:1", "finish", "", 1, FinishSpec(96000, -1.0), (Need("master:1"),))
FLAC = Node("encode:1:flac", "encode", "", 1, EncodeSpec("flac", 16, None, "tpdf", -1.0, TAGS), (Need("finish:1"),))
MP3 = Node("encode:1:mp3", "encode", "", 1, EncodeSpec("mp3", None, 320, "tpdf", -1.0, TAGS), (Need("finish:1"),))
NODES = (GROUP, MIX, MASTER, FINISH, FLAC, MP3)

A_SECOND = {
    "group:1.1": 3 * 48000 * 8,  # its sum and two taps
    "mix:1": 48000 * 8,
    "master:1": 48000 * 8,
    "finish:1": 2 * 96000 * 8,  # itself, and what the limiter reads
    "encode:1:flac": 96000 * 4,
    "encode:1:mp3": 40000,
}


def due(*nodes: Node) -> list[PlannedNode]:
    return [PlannedNode(node, "run", Reason("first-run", "")) for node in nodes]


def reused(node: Node, seconds: int) -> PlannedNode:
    artifact = Artifact("bb" * 16, 1, seconds * 48000, 2, 48000)
    return PlannedNode(node, "reuse", Reason("up-to-date", ""), Record("k", node.kind, {"audio": artifact}))


def ten_seconds(path: Path) -> float:
    assert path == Path(STEM.path)
    return 10.0


def test_every_kind_counts_what_it_leaves() -> None:
    assert estimate_bytes(due(*NODES), ten_seconds) == 10 * sum(A_SECOND.values())


def test_what_is_reused_counts_nothing_and_tells_how_long_the_song_is() -> None:
    planned = [reused(GROUP, 7), *due(MIX)]
    assert estimate_bytes(planned, pytest.fail) == 7 * A_SECOND["mix:1"]
    assert estimate_bytes([reused(GROUP, 7)], pytest.fail) == 0


@pytest.mark.parametrize(
    ("clip", "seconds"),
    [
        (ClipSpec(STEM, at_frames=96000), 12),
        (ClipSpec(STEM, from_frames=96000), 8),
        (ClipSpec(STEM, at_frames=48000, length_frames=96000), 3),
    ],
    ids=["late", "cut at its beginning", "cut to a length"],
)
def test_a_clip_counts_to_where_it_ends(clip: ClipSpec, seconds: int) -> None:
    strip = replace(STRIP, source=SourceSpec((clip,)), sends=())
    assert estimate_bytes(due(replace(GROUP, spec=GroupSpec(48000, (strip,)))), ten_seconds) == seconds * 48000 * 8


def test_songs_that_are_finished_together_count_together() -> None:
    other = replace(GROUP, id="group:2.1", song=2)
    run = replace(FINISH, spec=replace(FINISH.spec, takes=(TakeSpec(), TakeSpec())))
    planned = [reused(GROUP, 3), reused(other, 4), *due(run)]
    assert estimate_bytes(planned, pytest.fail) == 7 * A_SECOND["finish:1"]


def test_a_file_that_cannot_be_read_is_left_to_its_task() -> None:
    def unreadable(path: Path) -> float:
        raise AudioError("damaged", code="audio-truncated")

    assert estimate_bytes(due(GROUP), unreadable) == 0


@pytest.mark.parametrize(("short_by", "refused"), [(0, False), (1, True)])
def test_a_render_that_will_not_fit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, short_by: int, refused: bool
) -> None:
    store = LocalStore(tmp_path)
    monkeypatch.setattr(LocalStore, "free_bytes", lambda self: 10 * A_SECOND["mix:1"] - short_by)
    check: Callable[[], None] = lambda: check_room(store, [reused(GROUP, 10), *due(MIX)])  # noqa: E731
    if not refused:
        check()
        return
    with pytest.raises(StoreError, match=r"about 3\.84 MB, and 3\.84 MB are free") as caught:
        check()
    assert (caught.value.code, caught.value.where) == ("store-full", str(tmp_path))
