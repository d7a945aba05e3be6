"""The album's decisions: from all measurements to one trim a song. Numbers in, numbers out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from farm.album.dynamics import range_factors
from farm.album.level import level_gains_db
from farm.album.programme import find_programmes
from farm.album.references import check_references
from farm.album.tone import tone_curves_db
from farm.album.width import width_curves_db
from farm.measure.gating import integrate
from farm.plan.match_spec import MatchSpec, ReferenceSpec
from farm.records import Measurement, Trim
from farm.units import round_to

GAIN_STEP_DB = 0.05
"""Trims are rounded, so that one song's small change leaves the others' finished audio alone."""

_GOAL_DIGITS = 3
_ALBUM_STEP_LU = 0.1


def match_songs(
    spec: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> dict[int, Trim]:
    """Return the trim of each song, by its number. `references` holds a measurement of each that the spec names.

    Raises AudioError (`reference-silent`) if the references of a kind have nothing of it.
    """
    check_references(spec, references)
    gains_db = level_gains_db(spec, songs, references)
    tones_db = tone_curves_db(spec, songs, references)
    sides_db = width_curves_db(spec, songs, references)
    factors = range_factors(spec, songs, references)
    trims = {}
    for number, song in songs.items():
        trims[number] = replace(
            _level_trim(song, gains_db[number], spec.loudness_measure),
            tone_db=tones_db[number],
            side_db=_side(tones_db[number], sides_db[number]),
            range_factor=factors[number],
            pivot_lufs=pivot_lufs(spec, number, songs),
            ride_max_db=spec.dynamics.max_db if spec.dynamics else 0.0,
        )
    return with_common_goals(spec, songs, trims)


def with_common_goals(spec: MatchSpec, songs: Mapping[int, Measurement], trims: Mapping[int, Trim]) -> dict[int, Trim]:
    """Return trims with the common goals of songs that are one recording, and of those that are finished together."""
    joined = {n: _common_goal(members, songs, trims) for members in find_programmes(spec, songs) for n in members}
    runs = {number: spec.song(number).run for number in songs}
    return {
        number: replace(
            trim,
            joined_goal_lufs=joined[number],
            run_goal_lufs=_common_goal(_together(number, runs), songs, trims),
        )
        for number, trim in trims.items()
    }


def album_lufs(songs: Mapping[int, Measurement], trims: Mapping[int, Trim]) -> float | None:
    """Return the loudness that the album is going to have, all songs one after another; None for one of silence.

    It is rounded to 0.1 LU: what is written into every file should not change with every song.
    """
    pooled = integrate(
        block + round(100.0 * trims[n].gain_db) for n, song in songs.items() for block in song.block_clufs
    )
    return None if pooled is None else round_to(pooled, _ALBUM_STEP_LU)


def trim_facts(trims: Mapping[int, Trim]) -> dict[str, object]:
    """Return trims as JSON facts."""
    return {str(number): asdict(trim) for number, trim in trims.items()}


def _level_trim(song: Measurement, gain_db: float | None, measure: str) -> Trim:
    lufs = song.loudness_lufs(measure)
    if gain_db is None or lufs is None:
        return Trim(goal_measure=measure)
    return raised(lufs, round_to(gain_db, GAIN_STEP_DB), measure)


def raised(lufs: float, gain_db: float, measure: str) -> Trim:
    """Return the trim that raises a song of that loudness, by that measure, and does nothing else."""
    return Trim(gain_db, round(lufs + gain_db, _GOAL_DIGITS), goal_measure=measure)


def _side(tone_db: tuple[float, ...], width_db: tuple[float, ...]) -> tuple[float, ...]:
    """Return the gains of the side: the tone's and, on top of them, the width's; () where both are the same."""
    if not any(width_db):
        return ()
    tone_db = tone_db or (0.0,) * len(width_db)
    return tuple(round(tone + width, 1) for tone, width in zip(tone_db, width_db, strict=True))


def pivot_lufs(spec: MatchSpec, number: int, songs: Mapping[int, Measurement]) -> float | None:
    """Return the loudness around which the level is ridden: the song's, or that of the recording it is a part of."""
    (members,) = [each for each in find_programmes(spec, songs) if number in each]
    if spec.song(number).joined is None:
        return songs[number].integrated_lufs
    return integrate(block for each in members for block in songs[each].block_clufs)


def _together(number: int, runs: Mapping[int, int | None]) -> list[int]:
    """Return the songs that a song is finished together with, in the order of the album, itself among them."""
    return [number] if runs[number] is None else [each for each in sorted(runs) if runs[each] == runs[number]]


def _common_goal(numbers: Sequence[int], songs: Mapping[int, Measurement], trims: Mapping[int, Trim]) -> float | None:
    """Return what songs come to together with their gains, by the measure of the first; None without a goal."""
    first = trims[numbers[0]]
    if len(numbers) == 1:
        return first.goal_lufs
    members = [(songs[n], trims[n].gain_db) for n in numbers if trims[n].goal_lufs is not None]
    if first.goal_measure == "short-term":
        highest = [(song.max_short_term_lufs, gain_db) for song, gain_db in members]
        goal = max((lufs + gain_db for lufs, gain_db in highest if lufs is not None), default=None)
    else:
        goal = integrate(block + round(100.0 * gain_db) for song, gain_db in members for block in song.block_clufs)
    return None if goal is None else round(goal, _GOAL_DIGITS)
