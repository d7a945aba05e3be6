"""What a render came to, as values: what other programs read as JSON and people as a table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Literal

from farm.album.judged import Finding, worst_status
from farm.album.spread import Spread, measure_spread
from farm.graph.task import Failed, Made, Result
from farm.plan.cd import DiscSpec
from farm.plan.choice import Stage, heard_nodes
from farm.plan.node import Plan, PlannedSong
from farm.plan.spec import GroupSpec
from farm.records import Trim, measurement_from
from farm.report.album_judgement import judge_whole
from farm.report.drift import Drift, drift_document, drift_warnings, find_drifts
from farm.report.figures import rounded
from farm.report.judgement import finished_measurement, judge_songs, master_measurement, song_trim
from farm.report.verdict import verdict_document

_OWN_FAILURES = {"not-attempted", "stopped"}

SongStatus = Literal["ok", "missed", "failed"]


@dataclass(frozen=True, slots=True)
class SongSummary:
    """A song's figures as finished for the first deliverable, and the verdict on it; `note` says why it failed."""

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
    trim: Trim | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """A file in its place. `audio_sha256` names its decoded samples, None for one of a disc; `song` is None for one of
    the whole album."""

    path: Path
    format: str
    song: int | None
    sha256: str
    audio_sha256: str | None


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
    drifts: tuple[Drift, ...] | None = None
    """Of the songs of a frozen album, None for one that is not."""
    loudness: Finding | None = None
    """The verdict on the loudness of the album as a whole; None unless all of its songs were finished."""


def summarise(
    plan: Plan,
    songs: Sequence[PlannedSong],
    results: Mapping[str, Result],
    files: Sequence[DeliveredFile],
    wall_seconds: float,
    until: Stage | None = None,
) -> Summary:
    """Return the figures of a render. A song is `missed` when its figures are not what was promised.

    Of a render that stopped at the mixes or masters it has the figures of those; nothing was promised of them.
    """
    loudness = None
    if until in ("mix", "master"):
        heard = heard_nodes(songs, until)
        rows = tuple(_early_song(plan, song, results, heard[song.number]) for song in songs)
    else:
        verdicts = judge_songs(plan, songs, results)
        rows = tuple(_song(plan, song, results, verdicts.get(song.number, ())) for song in songs)
        loudness = judge_whole(plan, results, verdicts)
    errors = tuple(r for r in results.values() if isinstance(r, Failed) and r.code not in _OWN_FAILURES)
    made = [result for result in results.values() if isinstance(result, Made)]
    audio_seconds = sum(row.duration_seconds or 0.0 for row in rows)
    well = not errors and all(row.status == "ok" for row in rows)
    drifts = find_drifts(plan, songs, results)
    return Summary(
        album=plan.album,
        status="ok" if well else "failed",
        wall_seconds=wall_seconds,
        realtime_factor=audio_seconds / wall_seconds,
        rendered=sum(not result.reused for result in made),
        reused=sum(result.reused for result in made),
        songs=rows,
        masters=measure_spread([each for song in songs if (each := master_measurement(song, results))]),
        finished=measure_spread([each for song in songs if (each := finished_measurement(song, results))]),
        files=tuple(files),
        errors=errors,
        warnings=(*_warnings(plan, results), *drift_warnings(drifts or ())),
        drifts=drifts,
        loudness=loudness,
    )


def _warnings(plan: Plan, results: Mapping[str, Result]) -> Iterator[str]:
    """Yield what is no error and yet may not be meant: in the manifest, of a disc, stems without a sound, and what was
    not made of the album at once as it needs every song."""
    yield from plan.warnings
    for deliverable in plan.deliverables:
        result = results.get(deliverable.encodes[1])
        if deliverable.whole and isinstance(result, Failed) and result.code == "not-attempted":
            yield f"{deliverable.folder} is left as it was: it needs every song, and {result.cause} failed"
    for node in plan.nodes:
        result = results.get(node.id)
        if isinstance(node.spec, GroupSpec) and isinstance(result, Made):
            for index in result.record.facts.get("silent", ()):
                yield f"{plan.songs[(node.song or 1) - 1].title}: {node.spec.strips[index].name} is digital silence"
        if isinstance(node.spec, DiscSpec) and isinstance(result, Made):
            yield from result.record.facts["warnings"]


def _song(plan: Plan, song: PlannedSong, results: Mapping[str, Result], findings: tuple[Finding, ...]) -> SongSummary:
    failed = _failures(plan, song, results)
    finish, measured = results.get(song.finish), finished_measurement(song, results)
    if not isinstance(finish, Made) or measured is None:
        return SongSummary(song.number, song.title, song.isrc, "failed", note=_why(failed, results))
    master = master_measurement(song, results)
    trim = song_trim(song, results)
    return SongSummary(
        number=song.number,
        title=song.title,
        isrc=song.isrc,
        status="failed" if failed else "missed" if worst_status(findings) == "missed" else "ok",
        duration_seconds=measured.duration_seconds,
        integrated_lufs=measured.integrated_lufs,
        true_peak_dbtp=measured.true_peak_dbtp,
        loudness_range_lu=measured.loudness_range_lu,
        master_lufs=master.integrated_lufs if master else None,
        gain_db=finish.record.facts["driven"]["gain_db"],
        note=_why(failed, results) if failed else None,
        trim=trim,
        findings=findings,
    )


def _early_song(plan: Plan, song: PlannedSong, results: Mapping[str, Result], heard: str) -> SongSummary:
    """Return the figures of a mix or a master; a mix has not been measured yet."""
    result = results[heard]
    if isinstance(result, Failed):
        failed = _failures(plan, song, results)
        return SongSummary(song.number, song.title, song.isrc, "failed", note=_why(failed, results))
    (audio,) = result.record.outputs.values()
    summary = SongSummary(song.number, song.title, song.isrc, "ok", duration_seconds=audio.frames / audio.rate_hz)
    if "measurement" not in result.record.facts:
        return summary
    measured = measurement_from(result.record.facts["measurement"])
    return replace(
        summary,
        integrated_lufs=measured.integrated_lufs,
        true_peak_dbtp=measured.true_peak_dbtp,
        loudness_range_lu=measured.loudness_range_lu,
    )


def _failures(plan: Plan, song: PlannedSong, results: Mapping[str, Result]) -> list[Failed]:
    nodes = [node.id for node in plan.nodes if node.song == song.number or node.id == song.finish]
    return [result for node_id in nodes if isinstance(result := results.get(node_id), Failed)]


def _why(failed: Sequence[Failed], results: Mapping[str, Result]) -> str:
    """Return what failed, be it the song's own or what it waited for."""
    origins = [results.get(each.cause) for each in failed]
    told = [each for each in origins if isinstance(each, Failed) and each.code not in _OWN_FAILURES]
    return f"{told[0].cause}: {told[0].message}" if told else "not attempted"


def summary_document(summary: Summary) -> dict[str, object]:
    """Return the summary as the JSON document of `farm render --json`."""
    return {
        "album": summary.album,
        "status": summary.status,
        "wall_seconds": round(summary.wall_seconds, 3),
        "realtime_factor": round(summary.realtime_factor, 2),
        "rendered": summary.rendered,
        "reused": summary.reused,
        "album_loudness": _loudness_document(summary.loudness),
        "spread": {
            "masters": {key: rounded(value) for key, value in asdict(summary.masters).items()},
            "finished": {key: rounded(value) for key, value in asdict(summary.finished).items()},
        },
        "songs": [
            {
                "title": song.title,
                "isrc": song.isrc,
                "status": song.status,
                "duration_seconds": rounded(song.duration_seconds),
                "integrated_lufs": rounded(song.integrated_lufs),
                "true_peak_dbtp": rounded(song.true_peak_dbtp),
                "note": song.note,
                "trim": None if song.trim is None else asdict(song.trim),
                "verdict": verdict_document(song.findings),
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
        "drift": None if summary.drifts is None else drift_document(summary.drifts),
        "warnings": list(summary.warnings),
        "errors": [
            {"node": each.node, "code": each.code, "message": each.message, "where": each.where, "hint": each.hint}
            for each in summary.errors
        ],
    }


def _loudness_document(finding: Finding | None) -> dict[str, object] | None:
    if finding is None:
        return None
    return {
        "asked_lufs": rounded(finding.asked),
        "integrated_lufs": rounded(finding.reached),
        "status": finding.status,
        "why": finding.why,
    }
