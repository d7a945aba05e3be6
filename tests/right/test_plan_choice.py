"""What is asked for: songs by name, the stage to stop at, and what runs in any case."""

from collections.abc import Collection
from pathlib import Path

import pytest
from manifest_files import write_inputs

from farm.errors import UsageError
from farm.manifest.load import load_album
from farm.plan.build import build_plan
from farm.plan.choice import choose_songs, forced_nodes, heard_nodes, target_nodes
from farm.plan.node import Need, Node, Plan
from farm.plan.spec import MasterSpec, MixSpec
from farm.plan.status import resolve_statuses
from farm.records import Artifact, Record

ALBUM = """
schema = 1
[album]
title = "Low Tide"
artist = "The Example"
[[song]]
title = "Undertow"
strip = [{ name = "kick", stem = "kick.wav" }]
[[song]]
title = "Part [a]"
strip = [{ name = "kick", stem = "kick.wav" }]
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    write_inputs(tmp_path)
    (tmp_path / "album.toml").write_text(ALBUM, encoding="utf-8")
    return build_plan(load_album(tmp_path / "album.toml"), lambda path: path.name)


def forced(plan: Plan, *wanted: str, songs: Collection[str] = ()) -> set[str]:
    return set(forced_nodes(plan.nodes, choose_songs(plan, tuple(songs)), wanted))


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("mix:1", {"mix:1"}),
        ("mix", {"mix:1", "mix:2"}),
        ("m[ia]*:2", {"mix:2", "master:2"}),
        ("Part [a]", {"group:2.1", "mix:2", "master:2", "finish:2@48000", "encode:2:flac-24"}),
        ("undertow", {"group:1.1", "mix:1", "master:1", "finish:1@48000", "encode:1:flac-24"}),
        ("1", {"group:1.1", "mix:1", "master:1", "finish:1@48000", "encode:1:flac-24"}),
        ("match", {"match"}),
    ],
)
def test_a_task_is_forced_by_id_kind_or_song(plan: Plan, wanted: str, ids: set[str]) -> None:
    assert forced(plan, wanted) == ids


def test_what_is_named_by_several_is_forced_by_any(plan: Plan) -> None:
    assert forced(plan, "mix:1", "match") == {"mix:1", "match"}
    assert forced(plan) == set()


def test_songs_that_are_not_asked_for_are_left_alone(plan: Plan) -> None:
    assert forced(plan, "mix", songs=["2"]) == {"mix:2"}
    with pytest.raises(UsageError, match="'mix:1'"):
        forced(plan, "mix:1", songs=["2"])


def test_what_names_no_task_is_refused_with_the_kinds_that_there_are(plan: Plan) -> None:
    with pytest.raises(UsageError, match="'mixes'") as refused:
        forced(plan, "mix", "mixes")
    assert refused.value.code == "force-unknown"
    assert "group, mix, master, match, finish, encode, assemble" in (refused.value.hint or "")


@pytest.mark.parametrize(
    ("stage", "ids"),
    [
        ("mix", ["mix:1", "mix:2"]),
        ("master", ["master:1", "master:2"]),
        ("finish", ["finish:1@48000", "finish:2@48000"]),
    ],
)
def test_a_stage_is_reached_in_one_task_a_song(plan: Plan, stage: str, ids: list[str]) -> None:
    assert target_nodes(plan, plan.songs, stage) == ids  # type: ignore[arg-type]
    assert heard_nodes(plan.songs, stage) == {1: ids[0], 2: ids[1]}  # type: ignore[arg-type]


def test_without_a_stage_the_deliverables_are_reached(plan: Plan) -> None:
    assert target_nodes(plan, plan.songs, None) == ["assemble:flac-24"]
    assert target_nodes(plan, plan.songs[1:], None) == ["encode:2:flac-24"]


MIX = Node("mix:1", "mix", "mix", 1, MixSpec(48000, (), ()))
MASTER = Node("master:1", "master", "master", 1, MasterSpec(48000, ()), (Need("mix:1"),))


class Kept:
    """Stands for a store that has every record, and no audio of those that are `gone`."""

    def __init__(self, gone: Collection[str] = ()) -> None:
        self._gone = gone

    def find_record(self, key: str) -> Record:
        return Record(key, "mix", {"audio": Artifact(key, 8, 1, 2, 48000)})

    def has_blob(self, artifact: Artifact) -> bool:
        return not self._gone


def test_what_is_forced_runs_and_what_reads_it_may_run() -> None:
    mix, master = resolve_statuses([MIX, MASTER], Kept(), forced={"mix:1"})
    assert (mix.status, mix.reason.code, mix.record) == ("run", "forced", None)
    assert (master.status, master.reason.code) == ("maybe", "first-run")


def test_audio_that_nothing_reads_has_to_be_there_only_if_it_is_heard() -> None:
    (unread,) = resolve_statuses([MIX], Kept(gone=["mix:1"]))
    assert unread.status == "reuse"
    (heard,) = resolve_statuses([MIX], Kept(gone=["mix:1"]), heard=["mix:1"])
    assert (heard.status, heard.reason.code) == ("run", "artifact-missing")
