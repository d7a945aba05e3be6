"""What a render came to, as `farm render` prints it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from farm.render import Rendered
    from farm.report.summary import Summary


def summary_of(rendered: "Rendered") -> "Summary":
    """Return the figures of a render."""
    from farm.report.summary import summarise

    planned = rendered.planned
    return summarise(
        planned.plan, planned.songs, rendered.results, rendered.files, rendered.wall_seconds, planned.until
    )


def outcome_document(rendered: "Rendered", summary: "Summary") -> Mapping[str, Any]:
    """Return the figures as JSON; `until` says where the render stopped, null if it delivered."""
    from farm.report.summary import summary_document

    return summary_document(summary) | {"until": rendered.planned.until}


def draw_songs(rendered: "Rendered", folder: Path | None) -> None:
    """Draw what matching and limiting did to each song, if a folder for it is given."""
    if folder:
        from farm.report.pictures import write_song_pictures

        write_song_pictures(rendered.planned.songs, rendered.results, folder)
