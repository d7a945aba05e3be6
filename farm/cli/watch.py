"""`farm render --watch`: what is told of each round."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from farm.cli.check import diagnostic_documents
from farm.cli.narration import narrate
from farm.cli.outcome import draw_songs, outcome_document, summary_of
from farm.cli.reasons import because, find_positions
from farm.errors import FarmError, ManifestError

if TYPE_CHECKING:
    from farm.render import Rendered, Running, Selection
    from farm.report.summary import DeliveredFile, SongSummary, Summary
    from farm.watch import Round

_MOST_NAMED = 3
"""How many changed files are named, and of how many songs the files are."""

_MOST_REASONS = 5


def watch_and_tell(
    selection: "Selection", running: "Running", events: Path | None, plot: Path | None, *, as_json: bool
) -> NoReturn:
    """Render again whenever something is saved, and print what came of each round."""
    from farm.watch import watch_album

    stack = ExitStack()
    narration = _Narration(selection, plot, as_json=as_json)

    def tell(played: "Round") -> None:
        stack.close()
        typer.echo(narration.tell(played))
        if not played.is_stale:
            print(f"watching {played.watched} files: save one to render again, Ctrl-C to end", file=sys.stderr)  # noqa: T201

    watch_album(selection, running, narrate(stack, events), tell)


class _Narration:
    """Puts rounds into words, or into JSON; knows the last render that was told."""

    def __init__(self, selection: "Selection", plot: Path | None, *, as_json: bool) -> None:
        self._selection, self._plot, self._as_json = selection, plot, as_json
        self._before: Summary | None = None

    def tell(self, played: "Round") -> str:
        """Return a round as one line of JSON, or as people read it."""
        if played.is_stale:
            return self._put(played, "stale", {}, "changed again meanwhile: begun anew")
        if isinstance(error := played.outcome, FarmError):
            status = "invalid" if isinstance(error, ManifestError) else "failed"
            return self._put(played, status, {"errors": _error_documents(error)}, error.render())
        return self._tell_rendered(played, error)

    def _tell_rendered(self, played: "Round", rendered: "Rendered") -> str:
        from farm.report.table import summary_text

        summary, before = summary_of(rendered), self._before
        self._before = summary
        draw_songs(rendered, self._plot)
        reasons = list(_reasons(rendered, self._selection)) if played.changed else []
        text = summary_text(summary) if before is None else "\n".join([*reasons, *_news(summary, before)])
        return self._put(played, summary.status, {"reasons": reasons, **outcome_document(rendered, summary)}, text)

    def _put(self, played: "Round", status: str, document: Mapping[str, Any], text: str) -> str:
        if not self._as_json:
            return "\n".join([*_changed(played.changed), text])
        head = {"round": played.number, "changed": [str(path) for path in played.changed], "status": status}
        return json.dumps({**head, **document}, ensure_ascii=False)


def _changed(paths: tuple[Path, ...]) -> Iterator[str]:
    if paths:
        more = f" and {len(paths) - _MOST_NAMED} more" if len(paths) > _MOST_NAMED else ""
        yield f"\n{', '.join(path.name for path in paths[:_MOST_NAMED])}{more} changed"


def _reasons(rendered: "Rendered", selection: "Selection") -> Iterator[str]:
    """Yield what was changed in the manifest or on the disk; nothing if the manifest is broken again by now."""
    titles: dict[int | None, str] = {song.number: song.title for song in rendered.planned.plan.songs}
    positions = find_positions(selection.album, selection.audio)
    changed = [each for each in rendered.planned.nodes if each.reason.changes]
    with suppress(FarmError):
        told = dict.fromkeys(f"{titles.get(each.node.song, 'album')}: {because(each, positions)}" for each in changed)
        yield from islice(told, _MOST_REASONS)


def _news(summary: "Summary", before: "Summary") -> Iterator[str]:
    """Yield the songs that came out otherwise than before with their files, what failed, and what it took."""
    songs = {song.number: song for song in before.songs}
    digests = {file.path: file.sha256 for file in before.files}
    new = [file for file in summary.files if digests.get(file.path) != file.sha256]
    numbers = {file.song for file in new}
    changed = [song for song in summary.songs if song.number in numbers or song != songs.get(song.number)]
    for song in changed:
        yield _row(song, songs.get(song.number))
        if len(changed) <= _MOST_NAMED:
            yield from _paths(file for file in new if file.song == song.number)
    yield from _paths(file for file in new if file.song is None)
    yield from (f"{each.node}: {each.render()}" for each in summary.errors)
    yield f"{summary.rendered} rendered, {summary.reused} reused, {summary.wall_seconds:.1f} s"


def _paths(files: "Iterable[DeliveredFile]") -> Iterator[str]:
    return (f"    {file.path}" for file in files)


def _row(song: "SongSummary", before: "SongSummary | None") -> str:
    """Return a song's figures, and by how much its loudness has moved."""
    figures = [(song.integrated_lufs, "LUFS"), (song.true_peak_dbtp, "dBTP"), (song.loudness_range_lu, "LU")]
    told = [f"{value:.1f} {unit}" for value, unit in figures if value is not None]
    if before and before.integrated_lufs is not None and song.integrated_lufs is not None:
        told[0] += f" ({song.integrated_lufs - before.integrated_lufs:+.1f})"
    note = f": {song.note}" if song.note else ""
    return f"{song.number:2}  {song.title[:30]:30} {', '.join(told)}  {song.status}{note}"


def _error_documents(error: FarmError) -> list[dict[str, Any]]:
    if isinstance(error, ManifestError):
        return diagnostic_documents(error)
    return [{"code": error.code, "message": error.message, "where": error.where, "hint": error.hint}]
