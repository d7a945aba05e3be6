"""`farm plan`: what a render would do, and why."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import typer

from farm.cli.options import Album, Audio, Json, Solo, Songs, Store, Until, store_url
from farm.cli.reasons import because, find_positions

if TYPE_CHECKING:
    from farm.cli.reasons import Positions
    from farm.plan.changes import Change
    from farm.plan.node import Node
    from farm.plan.status import PlannedNode
    from farm.render import Planned, Selection

_PLURALS = {"mix": "mixes", "match": "matches", "finish": "finishes"}


def plan(
    album: Album,
    audio: Audio = None,
    store: Store = None,
    song: Songs = None,
    solo: Solo = None,
    until: Until = None,
    as_json: Json = False,
) -> None:
    """Show what a render would run and why; runs nothing."""
    from farm.render import Selection

    show_plan(Selection(album, store_url(store), audio, tuple(song or ()), tuple(solo or ()), until), as_json=as_json)


def show_plan(selection: "Selection", *, as_json: bool) -> None:
    """Print what a render of the selection would do."""
    from farm.render import plan_album

    planned = plan_album(selection)
    positions = find_positions(selection.album, selection.audio)
    document = _document(planned, positions)
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False) if as_json else _text(planned, positions))


def _estimate_seconds(planned: "Planned") -> float | None:
    """Return about how long the render would take, None if not even a task of each kind was ever timed."""
    from farm.graph.workers import default_workers
    from farm.plan.estimate import estimate_seconds, last_seconds

    if not planned.due:
        return 0.0
    seconds = last_seconds([each.node for each in planned.nodes], planned.history)
    return estimate_seconds(planned.nodes, seconds, default_workers())


def _summary(planned: "Planned") -> dict[str, int]:
    counted = Counter(each.status for each in planned.nodes)
    return {status: counted[status] for status in ("run", "reuse", "maybe")}


def _document(planned: "Planned", positions: "Positions") -> dict[str, object]:
    nodes = [
        {
            "id": each.node.id,
            "kind": each.node.kind,
            "song": each.node.song,
            "status": each.status,
            "reason": {
                "code": each.reason.code,
                "detail": each.reason.detail,
                "changes": [_change(each.node, change, positions) for change in each.reason.changes],
            },
        }
        for each in planned.nodes
    ]
    seconds = _estimate_seconds(planned)
    return {
        "album": planned.plan.album,
        "nodes": nodes,
        "summary": _summary(planned),
        "estimate_seconds": None if seconds is None else round(seconds, 3),
    }


def _change(node: "Node", change: "Change", positions: "Positions") -> dict[str, object]:
    file, line = positions(node, change) or (None, None)
    return {
        "code": change.code,
        "where": change.where,
        "how": change.how,
        "old": change.old,
        "new": change.new,
        "file": file,
        "line": line,
    }


def _text(planned: "Planned", positions: "Positions") -> str:
    titles: dict[int | None, str] = {song.number: song.title for song in planned.plan.songs}
    rows = [
        (number, _tasks([each for each in planned.nodes if each.node.song == number], positions))
        for number in (*titles, None)
    ]
    lines: list[str] = []
    for tasks, alike in groupby((row for row in rows if row[1]), key=lambda row: (row[1], row[0] is None)):
        head = _head([number for number, _ in alike], titles)
        lines += [f"{head if place == 0 else '':24}  {line}" for place, line in enumerate(tasks[0])]
    total = _summary(planned)
    closing = f"{total['run']} to run, {total['maybe']} that depend on those, {total['reuse']} to reuse"
    seconds = _estimate_seconds(planned)
    about = f"; about {_about(seconds)}" if seconds else ""
    return "\n".join([*lines, "", f"{planned.plan.album}: {closing}{about}"])


def _about(seconds: float) -> str:
    """Return a time that is not known better than that."""
    if seconds < 90.0:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60.0)} min" if seconds < 5400.0 else f"{seconds / 3600.0:.1f} h"


def _head(numbers: Sequence[int | None], titles: dict[int | None, str]) -> str:
    """Return what a row is about: a song, several songs with the same to say, or the album."""
    if numbers[0] is None:
        return "   album"
    title = titles[numbers[0]] if len(numbers) == 1 else f"to {numbers[-1]}"
    return f"{numbers[0]:2} {title}"[:24]


def _tasks(nodes: "Sequence[PlannedNode]", positions: "Positions") -> tuple[str, ...]:
    """Return a line for each status and reason among a song's tasks."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for each in nodes:
        reasons.setdefault((each.status, because(each, positions)), []).append(each.node.kind)
    return tuple(f"{status:6} {_kinds(kinds)}: {why}" for (status, why), kinds in reasons.items())


def _kinds(kinds: Iterable[str]) -> str:
    """Return kinds of tasks in words: 3 groups, mix."""
    counted = Counter(kinds)
    return ", ".join(_counted(kind, count) for kind, count in counted.items())


def _counted(kind: str, count: int) -> str:
    return kind if count == 1 else f"{count} {_PLURALS.get(kind, kind + 's')}"
