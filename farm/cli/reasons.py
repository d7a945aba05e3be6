"""Why a task runs, as people read it: with the line of the manifest that a change came from."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farm.plan.changes import Change
    from farm.plan.node import Node
    from farm.plan.status import PlannedNode

    Position = tuple[str, int]
    """A manifest's file and the line."""
    Positions = Callable[[Node, Change], Position | None]

_MOST_CHANGES = 3
"""How many changes a line tells; the document has all of them."""


def find_positions(album: Path, audio: Path | None) -> "Positions":
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


def because(each: "PlannedNode", positions: "Positions") -> str:
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
