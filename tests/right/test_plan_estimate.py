"""How long a render will take: what its tasks took the last time, so many at a time."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from farm.plan.estimate import estimate_seconds, last_seconds
from farm.plan.history import History
from farm.plan.input_spec import InputSpec
from farm.plan.keys import content_key
from farm.plan.match_spec import MatchSpec
from farm.plan.node import Judgement, Need, Node, Plan
from farm.plan.spec import ClipSpec, GroupSpec, MasterSpec, MixSpec, SourceSpec, StripSpec
from farm.plan.status import PlannedNode, Reason, Status
from farm.records import Record
from farm.store.local import LocalStore

STRIP = StripSpec("kick", SourceSpec((ClipSpec(InputSpec("aa", "/kick.wav", 1, 1)),)))
WHY = Reason("first-run", "")


def group(place: int, strips: int) -> Node:
    return Node(f"group:1.{place}", "group", f"group {place}", 1, GroupSpec(48000, (STRIP,) * strips))


def mix(number: int, *groups: Node) -> Node:
    return Node(f"mix:{number}", "mix", f"mix {number}", number, MixSpec(48000, (), ()), _needs(*groups))


def master(number: int, *reads: Node) -> Node:
    return Node(f"master:{number}", "master", f"master {number}", number, MasterSpec(48000, ()), _needs(*reads))


def match(*masters: Node) -> Node:
    return Node("match", "match", "match", None, MatchSpec(-14.0, "album"), _needs(*masters))


def _needs(*nodes: Node) -> tuple[Need, ...]:
    return tuple(Need(node.id) for node in nodes)


def estimate(statuses: Mapping[Node, Status], seconds: Mapping[Node, float], workers: int = 1) -> float | None:
    planned = [PlannedNode(node, status, WHY) for node, status in statuses.items()]
    return estimate_seconds(planned, {node.id: each for node, each in seconds.items()}, workers)


ONE, TWO = group(1, 4), group(2, 2)
MIX = mix(1, ONE, TWO)


def test_tasks_beside_each_other_share_the_workers() -> None:
    assert estimate({ONE: "run", TWO: "run"}, {ONE: 4.0, TWO: 2.0}, workers=1) == 6.0
    assert estimate({ONE: "run", TWO: "run"}, {ONE: 3.0, TWO: 3.0}, workers=2) == 3.0


def test_tasks_that_wait_for_each_other_do_not() -> None:
    assert estimate({ONE: "run", TWO: "run", MIX: "maybe"}, {ONE: 4.0, TWO: 2.0, MIX: 5.0}, workers=8) == 9.0


def test_what_is_up_to_date_takes_nothing() -> None:
    assert estimate({ONE: "reuse", TWO: "run", MIX: "maybe"}, {ONE: 4.0, TWO: 2.0, MIX: 5.0}) == 7.0
    assert estimate({ONE: "reuse"}, {}) == 0.0


def test_a_group_that_was_never_made_takes_what_as_many_strips_took() -> None:
    assert estimate({ONE: "run", TWO: "reuse"}, {TWO: 3.0}) == 6.0


def test_of_a_kind_that_was_never_made_nothing_is_known() -> None:
    assert estimate({ONE: "run", MIX: "maybe"}, {ONE: 4.0}) is None


MASTERS = master(1), master(2)
FINISHES = [
    Node(f"finish:{number}", "master", "", number, MasterSpec(48000, ()), (Need(f"master:{number}"), Need("match")))
    for number in (1, 2)
]


@pytest.mark.parametrize(("status", "expected"), [("maybe", 1.0 + 0.5 + 8.0), ("run", 1.0 + 0.5 + 8.0 + 8.0)])
def test_songs_are_finished_again_only_if_they_changed_or_the_match_is_asked_for_something_else(
    status: Status, expected: float
) -> None:
    album = match(*MASTERS)
    statuses: dict[Node, Status] = {MASTERS[0]: "run", MASTERS[1]: "reuse", album: status}
    statuses |= dict.fromkeys(FINISHES, "maybe")
    seconds = {MASTERS[0]: 1.0, album: 0.5, FINISHES[0]: 8.0, FINISHES[1]: 8.0}
    assert estimate(statuses, seconds) == expected


def test_seconds_are_remembered_until_a_task_runs_again(tmp_path: Path) -> None:
    store, plan = (
        LocalStore(tmp_path),
        Plan("Low Tide", "/album.toml", (), (), (ONE, TWO), Judgement(-1.0, False, None)),
    )
    records = {node.id: Record(content_key(node, []), node.kind) for node in (ONE, TWO)}
    History(store, plan.path).remember(plan, records, {ONE.id: 4.0, TWO.id: 2.0})
    History(store, plan.path).remember(plan, records, {TWO.id: 2.5})
    History(store, plan.path).remember(plan, records)
    assert last_seconds(plan.nodes, History(store, plan.path)) == {ONE.id: 4.0, TWO.id: 2.5}
