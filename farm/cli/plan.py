"""`farm plan`: what a render would do, and why."""

import json
from collections import Counter
from typing import TYPE_CHECKING

import typer

from farm.cli.options import Album, Audio, Json, Solo, Songs, Store, store_url

if TYPE_CHECKING:
    from farm.render import Planned


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
    typer.echo(json.dumps(_document(planned), indent=2, ensure_ascii=False) if as_json else _text(planned))


def _summary(planned: "Planned") -> dict[str, int]:
    counted = Counter(each.status for each in planned.nodes)
    return {status: counted[status] for status in ("run", "reuse", "maybe")}


def _document(planned: "Planned") -> dict[str, object]:
    nodes = [
        {
            "id": each.node.id,
            "kind": each.node.kind,
            "song": each.node.song,
            "status": each.status,
            "reason": {"code": each.reason.code, "detail": each.reason.detail},
        }
        for each in planned.nodes
    ]
    return {"album": planned.plan.album, "nodes": nodes, "summary": _summary(planned)}


def _text(planned: "Planned") -> str:
    width = max(len(each.node.id) for each in planned.nodes)
    lines = [
        f"{each.status:6} {each.node.id:{width}}  {each.node.label}: {each.reason.detail}" for each in planned.nodes
    ]
    total = _summary(planned)
    closing = f"{total['run']} to run, {total['maybe']} that depend on those, {total['reuse']} to reuse"
    return "\n".join([*lines, "", f"{planned.plan.album}: {closing}"])
