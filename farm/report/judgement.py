"""From the records of a render to the verdict on each of its songs."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from farm.album.asked import Asked, CurveAsked, asked_from
from farm.album.distance import tone_distances_db, width_distances_db
from farm.album.judged import (
    CurveFacts,
    DecodedFile,
    EdgeFacts,
    Finding,
    JudgedSong,
    LimiterFacts,
    RangeFacts,
    StereoFacts,
)
from farm.album.playback import load_playbacks
from farm.album.translation import TranslationLimits, TranslationWarning, translate_album
from farm.album.verdict import judge_song
from farm.album.width import side_over_mid_db
from farm.graph.task import Made, Result
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.deliver import MATCH
from farm.plan.match_spec import MatchSpec
from farm.plan.node import Node, Plan, PlannedSong
from farm.plan.song import master_id
from farm.plan.spec import EncodeSpec, FinishSpec, TakeSpec
from farm.records import Measurement, Trim, measurement_from, trim_from

_UNITS = {"loudness": "LU", "tone": "dB", "mono": "LU", "lows": ""}

Findings = tuple[Finding, ...]


def judge_songs(plan: Plan, songs: Sequence[PlannedSong], results: Mapping[str, Result]) -> dict[int, Findings]:
    """Return the verdict on each song that was finished, by its number."""
    nodes = {node.id: node for node in plan.nodes}
    judged = {song.number: each for song in songs if (each := _judged_song(plan, song, nodes, results))}
    translated = _translation_findings(plan, {number: each.finished for number, each in judged.items()})
    trips = {song.number: tuple(_trip_findings(plan, song, results)) for song in songs}
    return {number: (*judge_song(each), *translated.get(number, ()), *trips[number]) for number, each in judged.items()}


def master_measurement(song: PlannedSong, results: Mapping[str, Result]) -> Measurement | None:
    """Return what a song measures as mastered, None if it was not."""
    made = results.get(master_id(song.number))
    return measurement_from(made.record.facts["measurement"]) if isinstance(made, Made) else None


def finished_measurement(song: PlannedSong, results: Mapping[str, Result]) -> Measurement | None:
    """Return what a song measures as it was finished for the first deliverable, None if it was not."""
    facts = _finish_facts(song, results)
    return measurement_from(facts["measurement"]) if facts else None


def song_trim(song: PlannedSong, results: Mapping[str, Result]) -> Trim | None:
    """Return the trim that a song was finished with, None if it was not finished."""
    facts = _finish_facts(song, results)
    return trim_from(facts["trim"]) if facts else None


def _finish_facts(song: PlannedSong, results: Mapping[str, Result]) -> Mapping[str, Any] | None:
    made = results.get(song.finish)
    found: Mapping[str, Any] | None = made.record.facts["songs"][str(song.place)] if isinstance(made, Made) else None
    return found


def _judged_song(
    plan: Plan, song: PlannedSong, nodes: Mapping[str, Node], results: Mapping[str, Result]
) -> JudgedSong | None:
    finish, master, match = (results.get(each) for each in (song.finish, master_id(song.number), MATCH))
    if not (isinstance(finish, Made) and isinstance(master, Made) and isinstance(match, Made)):
        return None
    spec, target = nodes[song.finish].spec, nodes[MATCH].spec
    assert isinstance(spec, FinishSpec)
    assert isinstance(target, MatchSpec)
    facts, driven = finish.record.facts["songs"][str(song.place)], finish.record.facts["driven"]
    before, after = measurement_from(master.record.facts["measurement"]), measurement_from(facts["measurement"])
    trim, asked = trim_from(facts["trim"]), asked_from(match.record.facts["asked"][str(song.number)])
    limiter = LimiterFacts(
        driven["gain_db"], driven["max_reduction_db"], driven["mean_reduction_db"], driven["clipped_db"]
    )
    last = song.place + 1 == len(spec.takes)
    return JudgedSong(
        master=before,
        finished=after,
        goal_lufs=trim.goal_lufs,
        measure=trim.goal_measure,
        ceiling_dbtp=spec.ceiling_dbtp,
        limiter=limiter,
        level_asked=target.loudness_mode != "none",
        unheld_lufs=asked.unheld_lufs,
        in_run=len(spec.takes) > 1,
        run_reached=driven["reached"],
        joined=_is_joined(spec.takes, song.place),
        max_short_term_lufs=target.max_short_term_lufs,
        max_reduction_db=song.max_reduction_db,
        over_reduction_fails=plan.judgement.over_reduction_fails,
        tone=_tone_facts(target, asked.tone, trim, before, after),
        width=_width_facts(target, asked, trim, before, after),
        has_no_side=_has_no_side(target, song.number, before),
        dynamics=_range_facts(asked, trim),
        decoded=tuple(_decoded_files(plan, song, nodes, results)),
        edges=_edges(after, song.place > 0, not last),
        stereo=StereoFacts(after.correlation, after.side_to_mid_db, after.dc_offset),
    )


def _is_joined(takes: Sequence[TakeSpec], place: int) -> bool:
    """Whether a song goes on from the one before it, or the next one from it, as one recording."""
    return any(take.joined for take in takes[max(place, 1) : place + 2])


def _tone_facts(
    target: MatchSpec, asked: CurveAsked | None, trim: Trim, before: Measurement, after: Measurement
) -> CurveFacts | None:
    if asked is None or target.tone is None:
        return None
    return _curve_facts(asked.unbound_db, trim.tone_db, tone_distances_db(target.tone, asked.aim_db, before, after))


def _width_facts(
    target: MatchSpec, asked: Asked, trim: Trim, before: Measurement, after: Measurement
) -> CurveFacts | None:
    if asked.width is None or target.width is None:
        return None
    tone_db = trim.tone_db or (0.0,) * len(LTAS_BANDS_HZ)
    applied = tuple(side - tone for side, tone in zip(trim.side_db or tone_db, tone_db, strict=True))
    return _curve_facts(asked.width.unbound_db, applied, width_distances_db(asked.width.aim_db, before, after))


def _curve_facts(
    unbound_db: tuple[float, ...], applied_db: tuple[float, ...], distances_db: tuple[float, float] | None
) -> CurveFacts | None:
    nothing = (0.0,) * len(LTAS_BANDS_HZ)
    return CurveFacts(unbound_db or nothing, applied_db or nothing, *distances_db) if distances_db else None


def _has_no_side(target: MatchSpec, number: int, master: Measurement) -> bool:
    """Whether a song that is not silent was to be matched in width, and is mono or has a dead channel."""
    asked = target.width is not None and target.song(number).width > 0.0
    return asked and bool(master.ltas_db) and side_over_mid_db(master) is None


def _range_facts(asked: Asked, trim: Trim) -> RangeFacts | None:
    return None if asked.range_lu is None else RangeFacts(asked.range_lu, trim.range_factor, trim.ride_max_db)


def _edges(after: Measurement, head_open: bool, tail_open: bool) -> EdgeFacts:
    return EdgeFacts(
        after.head_silence_seconds,
        after.tail_silence_seconds,
        after.head_click_dbfs,
        after.tail_click_dbfs,
        head_open,
        tail_open,
    )


def _decoded_files(
    plan: Plan, song: PlannedSong, nodes: Mapping[str, Node], results: Mapping[str, Result]
) -> Iterator[DecodedFile]:
    for deliverable in plan.deliverables:
        node_id = "" if deliverable.whole else deliverable.encodes.get(song.number, "")
        made = results.get(node_id)
        if isinstance(made, Made) and made.record.facts["encoded"]["integrated_lufs"] is not None:
            spec, encoded = nodes[node_id].spec, made.record.facts["encoded"]
            assert isinstance(spec, EncodeSpec)
            yield DecodedFile(
                deliverable.folder,
                spec.ceiling_dbtp,
                encoded["integrated_lufs"],
                encoded["true_peak_dbtp"],
                encoded["backed_off_db"],
                encoded["lowered_db"],
            )


def _translation_findings(plan: Plan, songs: Mapping[int, Measurement]) -> dict[int, Findings]:
    """Return what is warned of, by song. A lone song has nobody to differ from, yet mono and lows are judged."""
    limits = plan.judgement.translation
    if limits is None:
        return {}
    translations = translate_album(songs, load_playbacks(), TranslationLimits(**limits))
    return {number: tuple(map(_translation_finding, each.warnings)) for number, each in translations.items()}


def _translation_finding(warning: TranslationWarning) -> Finding:
    unit = _UNITS[warning.aspect]
    return Finding("translation", "warn", warning.limit, warning.value, unit, warning.text, warning.device)


def _trip_findings(plan: Plan, song: PlannedSong, results: Mapping[str, Result]) -> Iterator[Finding]:
    """Yield what came of the trial with a codec: a player that has no room above the ceiling would clip."""
    made = results.get(song.codec_trip or "")
    if not isinstance(made, Made):
        return
    trip, ceiling_dbtp = made.record.facts["trip"], plan.judgement.ceiling_dbtp
    peak_dbtp = trip["true_peak_dbtp"]
    name = f"{trip['codec']} {trip['bitrate_kbps']} on trial"
    over = peak_dbtp is not None and peak_dbtp > 0.0
    why = f"peaks rise by {trip['peak_shift_db']:.1f} dB in the codec: a player without room above 0 dBFS clips them"
    yield Finding("codec", "warn" if over else "ok", ceiling_dbtp, peak_dbtp, "dBTP", why if over else None, name)
