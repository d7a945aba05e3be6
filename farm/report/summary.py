"""What a render came to, as values: what other programs read as JSON and people as a table."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from farm.album.spread import Spread, measure_spread
from farm.graph.task import Failed, Made, Result
from farm.plan.node import Plan, PlannedSong
from farm.plan.song import master_id
from farm.plan.spec import GroupSpec
from farm.records import Measurement, measurement_from

LOUDNESS_TOLERANCE_LU = 0.2
"""How far a finished song may be from the loudness that the album decided for it."""

_OWN_FAILURES = {"not-attempted", "stopped"}

SongStatus = Literal["ok", "missed", "failed"]


@dataclass(frozen=True, slots=True)
class SongSummary:
    """A song's figures as finished for the first deliverable; `note` says why it is not ok."""

    number: int
    title: str
    isrc: str | None
    status: SongStatus
    duration_seconds: float | None = None
    integrated_lufs: float | None = None
    true_peak_dbtp: float | None = None
    loudness_range_lu: float | None = None
    master_lufs: float | None = None
    gain_db: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file in its place. `audio_sha256` names its decoded samples."""

    path: Path
    format: str
    song: int
    sha256: str
    audio_sha256: str


@dataclass(frozen=True, slots=True)
class Summary:
    """A render in figures."""

    album: str
    status: Literal["ok", "failed"]
    wall_seconds: float
    realtime_factor: float
    rendered: int
    reused: int
    songs: tuple[SongSummary, ...]
    masters: Spread
    finished: Spread
    files: tuple[DeliveredFile, ...]
    errors: tuple[Failed, ...]
    warnings: tuple[str, ...]


def summarise(
    plan: Plan,
    songs: Sequence[PlannedSong],
    results: Mapping[str, Result],
    files: Sequence[DeliveredFile],
    wall_seconds: float,
) -> Summary:
    """Return the figures of a render. A song is `missed` when its figures are not what was promised."""
    rows = tuple(_song(plan, song, results) for song in songs)
    errors = tuple(r for r in results.values() if isinstance(r, Failed) and r.code not in _OWN_FAILURES)
    made = [result for result in results.values() if isinstance(result, Made)]
    audio_seconds = sum(row.duration_seconds or 0.0 for row in rows)
    well = not errors and all(row.status == "ok" for row in rows)
    return Summary(
        album=plan.album,
        status="ok" if well else "failed",
        wall_seconds=wall_seconds,
        realtime_factor=audio_seconds / wall_seconds,
        rendered=sum(not result.reused for result in made),
        reused=sum(result.reused for result in made),
        songs=rows,
        masters=measure_spread(_measurements(songs, results, master_id)),
        finished=measure_spread(_measurements(songs, results, plan.finishes.__getitem__)),
        files=tuple(files),
        errors=errors,
        warnings=tuple(_warnings(plan, results)),
    )


def _warnings(plan: Plan, results: Mapping[str, Result]) -> Iterator[str]:
    """Yield what is no error and yet no good: stems without a sound."""
    for node in plan.nodes:
        result = results.get(node.id)
        if isinstance(node.spec, GroupSpec) and isinstance(result, Made):
            for index in result.record.facts.get("silent", ()):
                yield f"{plan.songs[(node.song or 1) - 1].title}: {node.spec.strips[index].name} is digital silence"


def _measurements(
    songs: Sequence[PlannedSong], results: Mapping[str, Result], node_id: Callable[[int], str]
) -> list[Measurement]:
    made = [results.get(node_id(song.number)) for song in songs]
    return [measurement_from(each.record.facts["measurement"]) for each in made if isinstance(each, Made)]


def _song(plan: Plan, song: PlannedSong, results: Mapping[str, Result]) -> SongSummary:
    finish = results.get(plan.finishes[song.number])
    failed = [
        result for node in plan.nodes if node.song == song.number and isinstance(result := results.get(node.id), Failed)
    ]
    if not isinstance(finish, Made):
        return SongSummary(song.number, song.title, song.isrc, "failed", note=_why(failed))
    master, facts = results.get(master_id(song.number)), finish.record.facts
    measurement: Mapping[str, Any] = facts["measurement"]
    encodes = [results.get(each.encodes[song.number]) for each in plan.deliverables]
    files = [each.record.facts["encoded"] for each in encodes if isinstance(each, Made)]
    note = _why(failed) if failed else _missed(facts, files)
    return SongSummary(
        number=song.number,
        title=song.title,
        isrc=song.isrc,
        status="failed" if failed else "missed" if note else "ok",
        duration_seconds=measurement["duration_seconds"],
        integrated_lufs=measurement["integrated_lufs"],
        true_peak_dbtp=measurement["true_peak_dbtp"],
        loudness_range_lu=measurement["loudness_range_lu"],
        master_lufs=master.record.facts["measurement"]["integrated_lufs"] if isinstance(master, Made) else None,
        gain_db=facts["driven"]["gain_db"],
        note=note,
    )


def _why(failed: Sequence[Failed]) -> str:
    return next((f"{each.cause}: {each.message}" for each in failed if each.code not in _OWN_FAILURES), "not attempted")


def _missed(finish: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> str | None:
    """Return what was promised and not reached, None if all was. Lossy files are judged by what they decode to."""
    goal_lufs, found_lufs = finish["goal_lufs"], finish["measurement"]["integrated_lufs"]
    if goal_lufs is None or found_lufs is None:
        return None
    if abs(found_lufs - goal_lufs) > LOUDNESS_TOLERANCE_LU:
        return f"{goal_lufs:.1f} LUFS was asked for: the limiter cannot bring it there below the ceiling"
    decoded = [file["integrated_lufs"] for file in files if file["integrated_lufs"] is not None]
    worst_lufs = max(decoded, key=lambda lufs: abs(lufs - goal_lufs), default=goal_lufs)
    if abs(worst_lufs - goal_lufs) > LOUDNESS_TOLERANCE_LU:
        return f"{goal_lufs:.1f} LUFS was asked for, a lossy file decodes to {worst_lufs:.1f}"
    return None


def summary_document(summary: Summary) -> dict[str, object]:
    """Return the summary as the JSON document of `farm render --json`."""
    return {
        "album": summary.album,
        "status": summary.status,
        "wall_seconds": round(summary.wall_seconds, 3),
        "realtime_factor": round(summary.realtime_factor, 2),
        "rendered": summary.rendered,
        "reused": summary.reused,
        "spread": {
            "masters": {key: _rounded(value) for key, value in asdict(summary.masters).items()},
            "finished": {key: _rounded(value) for key, value in asdict(summary.finished).items()},
        },
        "songs": [
            {
                "title": song.title,
                "isrc": song.isrc,
                "status": song.status,
                "duration_seconds": _rounded(song.duration_seconds),
                "integrated_lufs": _rounded(song.integrated_lufs),
                "true_peak_dbtp": _rounded(song.true_peak_dbtp),
                "note": song.note,
            }
            for song in summary.songs
        ],
        "deliverables": [
            {
                "path": str(file.path),
                "format": file.format,
                "song": file.song,
                "sha256": file.sha256,
                "audio_sha256": file.audio_sha256,
            }
            for file in summary.files
        ],
        "warnings": list(summary.warnings),
        "errors": [
            {"node": each.node, "code": each.code, "message": each.message, "where": each.where, "hint": each.hint}
            for each in summary.errors
        ],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
