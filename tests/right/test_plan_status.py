"""What runs and why: audio that nothing reads may be gone, and each reason names what is different."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from farm.plan import keys
from farm.plan.changes import describe, find_changes
from farm.plan.history import History
from farm.plan.input_spec import InputSpec
from farm.plan.keys import content_key
from farm.plan.match_spec import MatchSpec
from farm.plan.node import Judgement, Need, Node, Plan
from farm.plan.places import find_places
from farm.plan.spec import (
    ClipSpec,
    EncodeSpec,
    FinishSpec,
    GroupSpec,
    InsertSpec,
    LevelSpec,
    MasterSpec,
    MixSpec,
    PlaceSpec,
    SourceSpec,
    StripSpec,
    TagSpec,
)
from farm.plan.status import PlannedNode, resolve_statuses
from farm.records import Artifact, Record
from farm.store.local import LocalStore

BAND = {"kind": "bell", "hz": 100.0, "gain_db": 1.0, "q": 1.0}
EQ = InsertSpec("eq", 1, {"bands": [BAND, {**BAND, "hz": 3200.0}]})
PLUGIN = InsertSpec("vst3", 1, {"mix": 1.0}, {"plugin": InputSpec("11" * 16, "/vst3/Warm.vst3", 1, 1)})


def stem(name: str, digest: str) -> SourceSpec:
    return SourceSpec((ClipSpec(InputSpec(digest * 16, f"/stems/{name}.wav", 1000, 17)),))


KICK = StripSpec("kick", stem("kick", "aa"), (EQ, PLUGIN), LevelSpec(-3.0))
LEAD = StripSpec("lead", stem("lead", "bb"))
GROUP = Node("group:1.1", "group", "Undertow: kick", 1, GroupSpec(48000, (KICK,)))
OTHER = Node("group:1.2", "group", "Undertow: lead", 1, GroupSpec(48000, (LEAD,)))
MIX = Node("mix:1", "mix", "Undertow: mix", 1, MixSpec(48000, (), ()), (Need("group:1.1"), Need("group:1.2")))
MASTER = Node("master:1", "master", "Undertow: master", 1, MasterSpec(48000, ()), (Need("mix:1"),))
MATCH = Node(
    "match", "match", "match", None, MatchSpec(-14.0, "album"), (Need("master:1", "facts.lufs", optional=True),)
)
FINISH = Node(
    "finish:1",
    "finish",
    "Undertow: finish",
    1,
    FinishSpec(48000, -1.0),
    (Need("master:1"), Need("match", "facts.trim")),
)
TAGS = TagSpec("Undertow", "A", "Low Tide", "A", 1, 1)
ENCODE = Node(
    "encode:1:flac-24",
    "encode",
    "Undertow: flac-24",
    1,
    EncodeSpec("flac", 24, None, "tpdf", -1.0, TAGS),
    (Need("finish:1"),),
)
NODES = (GROUP, OTHER, MIX, MASTER, MATCH, FINISH, ENCODE)
ALBUM = "/albums/low-tide/album.toml"


def plan_of(nodes: tuple[Node, ...]) -> Plan:
    return Plan("Low Tide", ALBUM, (), (), nodes, Judgement(-1.0, False, None))


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def make(nodes: tuple[Node, ...], store: LocalStore, contents: Mapping[str, bytes] | None = None) -> None:
    """Pretend to render: every node leaves a blob of its own, `contents` or its id, but for the match."""
    records: dict[str, Record] = {}
    for node in nodes:
        content = (contents or {}).get(node.id, node.id.encode())
        outputs = {} if node.kind == "match" else {"audio": put(store, content, is_file=node.kind == "encode")}
        key = content_key(node, [records[need.node] for need in node.needs])
        records[node.id] = Record(key, node.kind, outputs, {"lufs": -20.0, "trim": 1.0})
        store.put_record(records[node.id])
    History(store, ALBUM).remember(plan_of(nodes), records)


def put(store: LocalStore, content: bytes, *, is_file: bool) -> Artifact:
    digest = content.hex().rjust(32, "0")
    with store.scratch_file() as path:
        path.write_bytes(content)
        store.adopt_blob(path, digest)
    return Artifact(digest, len(content), *(() if is_file else (1, 2, 48000)))


def statuses(nodes: tuple[Node, ...], store: LocalStore) -> dict[str, PlannedNode]:
    return {each.node.id: each for each in resolve_statuses(nodes, store, History(store, ALBUM))}


def blob(store: LocalStore, node: Node) -> Path:
    return store.blob_path(node.id.encode().hex().rjust(32, "0"))


def due(nodes: tuple[Node, ...], store: LocalStore) -> dict[str, tuple[str, str]]:
    found = statuses(nodes, store).values()
    return {each.node.id: (each.status, each.reason.code) for each in found if each.status != "reuse"}


def test_an_album_that_is_new_says_so(store: LocalStore) -> None:
    assert set(due(NODES, store).values()) == {("run", "first-run"), ("maybe", "first-run")}


def test_nodes_that_wait_for_others_are_maybe(store: LocalStore) -> None:
    make(NODES, store)
    louder = replace(GROUP, spec=GroupSpec(48000, (replace(KICK, level=LevelSpec(-2.0)),)))
    found = due((louder, *NODES[1:]), store)
    assert found.pop("group:1.1") == ("run", "parameter-changed")
    assert set(found) == {"mix:1", "master:1", "match", "finish:1", "encode:1:flac-24"}
    assert set(found.values()) == {("maybe", "upstream")}


def test_nothing_runs_after_everything_was_made(store: LocalStore) -> None:
    make(NODES, store)
    assert {(each.status, each.reason.code) for each in statuses(NODES, store).values()} == {("reuse", "up-to-date")}


class TestAudioThatIsGone:
    def test_is_not_made_again_when_nothing_reads_it(self, store: LocalStore) -> None:
        make(NODES, store)
        for node in (GROUP, OTHER, MIX, MASTER, FINISH):
            blob(store, node).unlink()
        assert due(NODES, store) == {}

    def test_is_made_again_for_what_reads_it_and_no_further(self, store: LocalStore) -> None:
        """The master is there: a finish is made from it, whatever became of the mix."""
        make(NODES, store)
        for node in (GROUP, MIX, FINISH, ENCODE):
            blob(store, node).unlink()
        assert due(NODES, store) == {
            "finish:1": ("run", "artifact-missing"),
            "encode:1:flac-24": ("run", "artifact-missing"),
        }

    def test_a_delivered_file_is_made_again_though_nothing_reads_it(self, store: LocalStore) -> None:
        make(NODES, store)
        blob(store, ENCODE).unlink()
        assert due(NODES, store) == {"encode:1:flac-24": ("run", "artifact-missing")}

    def test_is_made_again_for_what_may_run(self, store: LocalStore) -> None:
        make(NODES, store)
        blob(store, OTHER).unlink()
        louder = replace(GROUP, spec=GroupSpec(48000, (replace(KICK, level=LevelSpec(-2.0)),)))
        found = due((louder, *NODES[1:]), store)
        assert found["group:1.2"] == ("run", "artifact-missing")

    def test_a_record_that_was_cleaned_up_is_told_from_a_first_run(self, store: LocalStore) -> None:
        make(NODES, store)
        store.record_path(content_key(GROUP, [])).unlink()
        assert due(NODES, store)["group:1.1"] == ("run", "artifact-missing")


def with_kick(strip: StripSpec) -> Node:
    return replace(GROUP, spec=GroupSpec(48000, (strip,)))


def with_band(**changed: float) -> Node:
    return with_kick(
        replace(KICK, inserts=(replace(EQ, params={"bands": [BAND, {**BAND, "hz": 3200.0, **changed}]}), PLUGIN))
    )


NEW_PLUGIN = replace(PLUGIN, files={"plugin": InputSpec("22" * 16, "/vst3/Warm.vst3", 2, 2)})
COVER = InputSpec("cc" * 16, "/art/front.png", 9, 9)

CASES: dict[str, tuple[Node, Node, str, str]] = {
    "fader": (
        GROUP,
        with_kick(replace(KICK, level=LevelSpec(-2.7))),
        "parameter-changed",
        "strip 'kick': gain_db -3 -> -2.7",
    ),
    "pan": (GROUP, with_kick(replace(KICK, place=PlaceSpec(0.5))), "parameter-changed", "strip 'kick': pan 0 -> 0.5"),
    "band": (GROUP, with_band(gain_db=-2.0), "parameter-changed", "strip 'kick', eq, band 2: gain_db 1 -> -2"),
    "stem written anew": (
        GROUP,
        with_kick(replace(KICK, source=stem("kick", "dd"))),
        "input-changed",
        "strip 'kick', clip 1: kick.wav has changed",
    ),
    "another stem": (
        GROUP,
        with_kick(replace(KICK, source=stem("kick 2", "dd"))),
        "input-changed",
        "strip 'kick', clip 1: file kick.wav -> kick 2.wav",
    ),
    "polarity": (
        GROUP,
        with_kick(replace(KICK, source=replace(KICK.source, invert_polarity=True))),
        "parameter-changed",
        "strip 'kick': invert_polarity false -> true",
    ),
    "insert removed": (
        GROUP,
        with_kick(replace(KICK, inserts=(PLUGIN,))),
        "parameter-changed",
        "strip 'kick', eq removed",
    ),
    "insert added": (
        GROUP,
        with_kick(replace(KICK, inserts=(EQ, InsertSpec("tilt", 1, {}), PLUGIN))),
        "parameter-changed",
        "strip 'kick', tilt added",
    ),
    "insert replaced": (
        GROUP,
        with_kick(replace(KICK, inserts=(InsertSpec("tilt", 1, {}), PLUGIN))),
        "parameter-changed",
        "strip 'kick', eq removed; strip 'kick', tilt added",
    ),
    "processor": (
        GROUP,
        with_kick(replace(KICK, inserts=(replace(EQ, version=2), PLUGIN))),
        "processor-version-changed",
        "strip 'kick', eq: version 1 -> 2",
    ),
    "plug-in": (
        GROUP,
        with_kick(replace(KICK, inserts=(EQ, NEW_PLUGIN))),
        "plug-in-changed",
        "strip 'kick', vst3: Warm.vst3 has changed",
    ),
    "strip added": (
        GROUP,
        replace(GROUP, spec=GroupSpec(48000, (KICK, LEAD))),
        "parameter-changed",
        "strip 'lead' added",
    ),
    "target": (MATCH, replace(MATCH, spec=MatchSpec(-12.0, "album")), "parameter-changed", "loudness_lufs -14 -> -12"),
    "title": (
        ENCODE,
        replace(ENCODE, spec=replace(ENCODE.spec, tags=replace(TAGS, title="Overtow"))),
        "parameter-changed",
        'tags.title "Undertow" -> "Overtow"',
    ),
    "cover": (
        ENCODE,
        replace(ENCODE, spec=replace(ENCODE.spec, tags=replace(TAGS, cover=COVER))),
        "input-changed",
        "front.png added",
    ),
}


@pytest.mark.parametrize(("old", "new", "code", "detail"), CASES.values(), ids=CASES)
def test_a_reason_names_what_changed(store: LocalStore, old: Node, new: Node, code: str, detail: str) -> None:
    make(NODES, store)
    nodes = tuple(new if node is old else node for node in NODES)
    reason = statuses(nodes, store)[new.id].reason
    assert (reason.code, reason.detail) == (code, detail)


def test_what_people_did_comes_before_what_the_machine_did(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    make(NODES, store)
    monkeypatch.setattr(keys, "_library_version", lambda name: "99.0" if name == "soxr" else "1.0")
    louder = with_kick(replace(KICK, level=LevelSpec(-2.7), source=stem("kick", "dd")))
    reason = statuses((louder, *NODES[1:]), store)["group:1.1"].reason
    assert reason.code == "input-changed"
    codes = [change.code for change in reason.changes]
    assert codes[:2] == ["input-changed", "parameter-changed"]
    assert set(codes[2:]) == {"library-changed"}


def test_a_library_is_named_with_both_versions(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "_library_version", lambda name: "1.0")
    make(NODES, store)
    monkeypatch.setattr(keys, "_library_version", lambda name: "1.1" if name == "soxr" else "1.0")
    found = statuses(NODES, store)
    assert (found["group:1.1"].reason.code, found["group:1.1"].reason.detail) == ("library-changed", "soxr 1.0 -> 1.1")
    assert found["master:1"].reason.code == "upstream"


def test_a_version_of_farm_itself_is_named(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    make(NODES, store)
    monkeypatch.setitem(keys.OPERATION_VERSIONS, "group", 99)
    reason = statuses(NODES, store)["group:1.1"].reason
    assert reason.code == "processor-version-changed"
    assert reason.detail.endswith("-> 99")


def test_what_came_out_otherwise_is_named(store: LocalStore) -> None:
    """A node above was made again, by another album say, and left something else."""
    make(NODES, store)
    louder = with_kick(replace(KICK, level=LevelSpec(-2.7)))
    store.put_record(Record(content_key(louder, []), "group", {"audio": put(store, b"louder", is_file=False)}, {}))
    found = statuses((louder, *NODES[1:]), store)
    assert found["group:1.1"].status == "reuse"
    assert (found["mix:1"].status, found["mix:1"].reason.code) == ("run", "upstream")
    assert found["mix:1"].reason.detail == "group:1.1 came out otherwise"


@pytest.mark.parametrize(
    "same",
    [
        with_kick(replace(KICK, name="kick drum")),
        with_kick(replace(KICK, source=SourceSpec((ClipSpec(InputSpec("aa" * 16, "/elsewhere/k.wav", 1000, 99)),)))),
        with_kick(replace(KICK, inserts=(EQ, replace(PLUGIN, limits={"timeout_seconds": 5.0})))),
    ],
    ids=["renamed", "moved", "time limit"],
)
def test_what_is_in_no_key_is_no_change(same: Node) -> None:
    assert find_changes("group", describe(GROUP), describe(same)) == ()


def test_a_song_that_moved_is_compared_with_itself(store: LocalStore) -> None:
    """The ids of its nodes are those of another song now; what they were called leads to them."""
    make(NODES, store)
    louder = with_kick(replace(KICK, level=LevelSpec(-2.7)))
    moved = replace(louder, id="group:2.1", song=2)
    newcomer = replace(OTHER, id="group:1.1", label="Newcomer: lead")
    found = statuses((newcomer, moved), store)
    assert found["group:2.1"].reason.detail == "strip 'kick': gain_db -3 -> -2.7"


def test_what_is_heard_solo_has_a_history_of_its_own(store: LocalStore) -> None:
    make(NODES, store)
    assert History(store, ALBUM).find(GROUP) is not None
    assert History(store, ALBUM, ["kick"]).find(GROUP) is None


def test_a_damaged_history_is_none(store: LocalStore) -> None:
    make(NODES, store)
    (note,) = (store.root / "history").iterdir()
    data = note.read_bytes()
    note.write_bytes(data.replace(b"Undertow", b"Overtows"))
    assert History(store, ALBUM).find(GROUP) is None
    note.write_bytes(data)
    assert History(store, ALBUM).find(GROUP) is not None


RAW_STRIP = {"name": "kick", "stem": "kick.wav", "gain_db": -3.0, "inserts": [{"type": "eq"}, {"type": "vst3"}]}
RAW = {"song": [{"title": "Undertow", "strip": [{"name": "lead"}, RAW_STRIP]}]}


@pytest.mark.parametrize(
    ("node", "path", "loc"),
    [
        (GROUP, ("strips", 0, "level", "gain_db"), ("song", 0, "strip", 1, "gain_db")),
        (GROUP, ("strips", 0, "place", "law_db"), ("song", 0, "strip", 1, "pan_law_db")),
        (GROUP, ("strips", 0, "source", "clips", 0, "file"), ("song", 0, "strip", 1, "stem")),
        (
            GROUP,
            ("strips", 0, "inserts", 0, "params", "bands", 1, "gain_db"),
            ("song", 0, "strip", 1, "inserts", 0, "bands", 1, "gain_db"),
        ),
        (MIX, ("tail_frames",), ("song", 0, "tail_seconds")),
        (MATCH, ("tone", "low_hz"), ("target", "tone", "low_hz")),
        (MATCH, ("songs", 2, "offset_lu"), ("song", 2, "match", "offset_lu")),
        (FINISH, ("ceiling_dbtp",), ("target", "ceiling_dbtp")),
        (FINISH, ("limiter", "release_ms"), ("target", "limiter", "release_ms")),
        (ENCODE, ("tags", "title"), ("song", 0, "title")),
    ],
    ids=lambda value: ".".join(map(str, value)) if isinstance(value, tuple) else "",
)
def test_a_place_of_a_spec_leads_to_the_manifest(
    node: Node, path: tuple[str | int, ...], loc: tuple[str | int, ...]
) -> None:
    assert next(find_places(node, path, RAW)) == loc


def test_an_insert_that_a_preset_says_is_found_there() -> None:
    strip = {**RAW_STRIP, "preset": "warm", "inserts": [{"type": "vst3"}]}
    raw = {
        "song": [{"strip": [strip]}],
        "preset": {"warm": {"inserts": [{"type": "gate", "bypass": True}, {"type": "eq"}]}},
    }
    found: Callable[[int], tuple[str | int, ...]] = lambda index: next(  # noqa: E731
        find_places(GROUP, ("strips", 0, "inserts", index, "params", "x"), raw)
    )
    assert found(0) == ("preset", "warm", "inserts", 1, "x")
    assert found(1) == ("song", 0, "strip", 0, "inserts", 0, "x")
