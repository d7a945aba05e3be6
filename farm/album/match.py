"""The album's decisions: from all measurements to one trim a song. Numbers in, numbers out."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from farm.album.dynamics import range_factors
from farm.album.filtered import loudness_change_lu
from farm.album.level import level_gains_db
from farm.album.tone import tone_curves_db
from farm.album.width import width_curves_db
from farm.measure.gating import integrate
from farm.plan.spec import MatchSpec, ReferenceSpec
from farm.records import Measurement, Trim
from farm.units import round_to

GAIN_STEP_DB = 0.05
"""Trims are rounded, so that one song's small change leaves the others' finished audio alone."""

_GOAL_DIGITS = 3
_ALBUM_STEP_LU = 0.1


def match_songs(
    spec: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> dict[int, Trim]:
    """Return the trim of each song, by its number. `references` holds a measurement of each that the spec names."""
    gains_db = level_gains_db(spec, songs, references)
    tones_db = tone_curves_db(spec, songs, references)
    sides_db = width_curves_db(spec, songs, references)
    factors = range_factors(spec, songs, references)
    trims = {}
    for number, song in songs.items():
        trim = _level_trim(song, gains_db[number])
        tone_db, side_db = tones_db[number], _side(tones_db[number], sides_db[number])
        trims[number] = replace(
            trim,
            tone_db=tone_db,
            side_db=side_db,
            tone_lu=loudness_change_lu(song, tone_db, side_db),
            range_factor=factors[number],
            pivot_lufs=_pivot_lufs(spec, number, songs),
            ride_max_db=spec.dynamics.max_db if spec.dynamics else 0.0,
        )
    return {
        number: replace(trim, run_goal_lufs=_run_goal(spec, number, songs, trims)) for number, trim in trims.items()
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


def _level_trim(song: Measurement, gain_db: float | None) -> Trim:
    if gain_db is None or song.integrated_lufs is None:
        return Trim()
    rounded_db = round_to(gain_db, GAIN_STEP_DB)
    return Trim(rounded_db, round(song.integrated_lufs + rounded_db, _GOAL_DIGITS))


def _side(tone_db: tuple[float, ...], width_db: tuple[float, ...]) -> tuple[float, ...]:
    """Return the gains of the side: the tone's and, on top of them, the width's; () where both are the same."""
    if not any(width_db):
        return ()
    tone_db = tone_db or (0.0,) * len(width_db)
    return tuple(round(tone + width, 1) for tone, width in zip(tone_db, width_db, strict=True))


def _pivot_lufs(spec: MatchSpec, number: int, songs: Mapping[int, Measurement]) -> float | None:
    """Return the loudness around which the level is ridden: the song's, or that of the recording it is a part of."""
    joined = spec.song(number).joined
    if joined is None:
        return songs[number].integrated_lufs
    return integrate(block for n, song in songs.items() if spec.song(n).joined == joined for block in song.block_clufs)


def _run_goal(
    spec: MatchSpec, number: int, songs: Mapping[int, Measurement], trims: Mapping[int, Trim]
) -> float | None:
    run = spec.song(number).run
    if run is None:
        return trims[number].goal_lufs
    members = [n for n in songs if spec.song(n).run == run and trims[n].goal_lufs is not None]
    goal = integrate(block + round(100.0 * trims[n].gain_db) for n in members for block in songs[n].block_clufs)
    return None if goal is None else round(goal, _GOAL_DIGITS)
