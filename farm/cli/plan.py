"""`farm plan`: what a render would do, and why."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from farm.cli.options import Album, Audio, Json, Solo, Songs, Store, store_url

if TYPE_CHECKING:
    from farm.plan.changes import Change
    from farm.plan.node import Node
    from farm.plan.status import PlannedNode
    from farm.render import Planned

    Position = tuple[str, int]
    """A manifest's file and the line."""
    Positions = Callable[[Node, Change], Position | None]

_MOST_CHANGES = 3
"""How many changes a line tells; the document has all of them."""

_PLURALS = {"mix": "mixes", "match": "matches", "finish": "finishes"}


def plan(
    album: Album,
    audio: Audio = None,
    store: Store = None,
    song: Songs = None,
    solo: Solo = None,
    as_json: Json = False,
) -> None:
    """Show what a render would run and why; runs nothing."""
    from farm.render import Selection, plan_album

    planned = plan_album(Selection(album, store_url(store), audio, tuple(song or ()), tuple(solo or ())))
    positions = _positions(album, audio)
    document = _document(planned, positions)
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False) if as_json else _text(planned, positions))


def _positions(album: Path, audio: Path | None) -> "Positions":
    """Return what finds the place in the manifest that a change came from; the album is read when first asked."""
    from farm.manifest.load import LoadedAlbum, load_album
    from farm.plan.places import find_places

    read: list[LoadedAlbum] = []

    def find(node: "Node", change: "Change") -> "Position | None":
        if not change.path:
            return None
        loaded = read[0] if read else load_album(album, audio=audio)
        read[:] = [loaded]
        found = (loaded.position(loc) for loc in find_places(node, change.path, loaded.document.data))
        return next(((file, line) for file, line, _ in filter(None, found)), None)

    return find


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
    return {"album": planned.plan.album, "nodes": nodes, "summary": _summary(planned)}


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
    return "\n".join([*lines, "", f"{planned.plan.album}: {closing}"])


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
        reasons.setdefault((each.status, _because(each, positions)), []).append(each.node.kind)
    return tuple(f"{status:6} {_kinds(kinds)}: {because}" for (status, because), kinds in reasons.items())


def _because(each: "PlannedNode", positions: "Positions") -> str:
    """Return the reason: each change with the line of the manifest that it came from. Those that wait say the same."""
    if each.status == "maybe" and each.reason.code == "upstream":
        return "if what runs before comes out otherwise"
    if not each.reason.changes:
        return each.reason.detail
    told = each.reason.changes[:_MOST_CHANGES]
    texts = [change.text + _place(positions(each.node, change)) for change in told]
    more = len(each.reason.changes) - len(told)
    return "; ".join(texts) + (f"; and {more} more" if more else "")


def _place(position: "Position | None") -> str:
    return f" ({Path(position[0]).name}:{position[1]})" if position else ""


def _kinds(kinds: Iterable[str]) -> str:
    """Return kinds of tasks in words: 3 groups, mix."""
    counted = Counter(kinds)
    return ", ".join(_counted(kind, count) for kind, count in counted.items())


def _counted(kind: str, count: int) -> str:
    return kind if count == 1 else f"{count} {_PLURALS.get(kind, kind + 's')}"
