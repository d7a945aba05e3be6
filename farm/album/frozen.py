"""An album of which trims were written down: they are applied as they are, and songs without one are decided beside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean, median

from farm.album.asked import Asked, CurveAsked, ask_songs
from farm.album.match import GAIN_STEP_DB, album_lufs, match_songs, pivot_lufs, raised, with_common_goals
from farm.plan.match_spec import FrozenSpec, FrozenTrim, MatchSpec, ReferenceSpec
from farm.records import Measurement, Trim
from farm.units import round_to

ALBUM_TOLERANCE_LU = 0.2
"""How far the songs together may be from the album's loudness that was written down before it is corrected: it stands
in every file, and would make all of them anew for one song's sake."""

_GAIN_DIGITS = 2
"""Coarser than goals are rounded, so that a gain comes out as it was decided."""

References = Mapping[ReferenceSpec, Measurement]
Songs = Mapping[int, Measurement]


@dataclass(frozen=True, slots=True)
class Decision:
    """`trims` are what is applied, by the songs' numbers, `today` what would be if nothing were written down, `asked`
    what the songs are judged by, and `album_lufs` what all of them come to."""

    trims: Mapping[int, Trim]
    today: Mapping[int, Trim]
    asked: Mapping[int, Asked]
    album_lufs: float | None


def decide_songs(spec: MatchSpec, songs: Songs, references: References) -> Decision:
    """Return what is applied to each song, by its number. `references` holds a measurement of each that the spec names.

    What was written down stays: loudness, tone, side, ride. The gain towards that loudness follows from what the song
    measures now.
    """
    today, asked = match_songs(spec, songs, references), ask_songs(spec, songs, references)
    if spec.frozen is None:
        return Decision(today, today, asked, album_lufs(songs, today))
    frozen = {each.song: each for each in spec.frozen.songs if each.song in songs}
    beside = _decide_beside(spec, frozen, songs, references)
    gains_db = _gains_db(spec, frozen, songs)
    trims = {
        number: _frozen_trim(spec, frozen[number], gains_db[number], songs)
        if number in frozen
        else _with_gain(beside[number], songs[number], gains_db[number])
        for number in songs
    }
    trims = with_common_goals(spec, songs, trims)
    judged = {n: _judged(frozen[n], songs[n], each) if n in frozen else each for n, each in asked.items()}
    return Decision(trims, today, judged, _album_lufs(spec.frozen, songs, trims))


def _decide_beside(
    spec: MatchSpec, frozen: Mapping[int, FrozenTrim], songs: Songs, references: References
) -> dict[int, Trim]:
    """Return the trims of the songs that are not frozen: they do not lead the album, and lie as far from the frozen
    ones as if all were decided today. Too loud a song is lowered alone."""
    new = [number for number in songs if number not in frozen]
    if not new:
        return {}
    settings = tuple(
        replace(spec.song(number), in_average=spec.song(number).in_average and number not in new)
        for number in range(1, max(songs) + 1)
    )
    free = replace(spec, songs=settings, max_short_term_lufs=None)
    decided = match_songs(free, songs, references)
    shift_lu = _shift_lu(frozen, decided)
    return {
        number: _with_gain(decided[number], songs[number], _held_db(spec, number, songs, decided[number], shift_lu))
        for number in new
    }


def _shift_lu(frozen: Mapping[int, FrozenTrim], decided: Mapping[int, Trim]) -> float:
    """Return by how much the frozen songs are louder than they would be decided: most of them, whatever one of them."""
    shifts = [
        each.goal_lufs - goal
        for number, each in frozen.items()
        if each.goal_lufs is not None
        and (goal := decided[number].goal_lufs) is not None
        and each.goal_measure == decided[number].goal_measure
    ]
    return median(shifts) if shifts else 0.0


def _held_db(spec: MatchSpec, number: int, songs: Songs, trim: Trim, shift_lu: float) -> float | None:
    if trim.goal_lufs is None:
        return None
    gain_db = trim.gain_db + shift_lu
    if spec.max_short_term_lufs is not None:
        levels = [songs[each].max_short_term_lufs for each in _programme(spec, number, songs)]
        highest = max((level for level in levels if level is not None), default=None)
        if highest is not None:
            gain_db = min(gain_db, spec.max_short_term_lufs - highest)
    return round_to(gain_db, GAIN_STEP_DB)


def _with_gain(trim: Trim, song: Measurement, gain_db: float | None) -> Trim:
    """Return a trim with another gain; None leaves it as it is."""
    lufs = song.loudness_lufs(trim.goal_measure)
    if gain_db is None or lufs is None:
        return trim
    level = raised(lufs, gain_db, trim.goal_measure)
    return replace(trim, gain_db=level.gain_db, goal_lufs=level.goal_lufs)


def _programme(spec: MatchSpec, number: int, songs: Songs) -> Sequence[int]:
    """Return the songs that go on from each other as one recording, this one among them."""
    joined = spec.song(number).joined
    return [number] if joined is None else [each for each in songs if spec.song(each).joined == joined]


def _gains_db(spec: MatchSpec, frozen: Mapping[int, FrozenTrim], songs: Songs) -> dict[int, float | None]:
    """Return the gain of each song towards what was written down, None where nothing was. Joined songs have one."""
    own = {
        number: each.goal_lufs - lufs
        for number, each in frozen.items()
        if each.goal_lufs is not None and (lufs := songs[number].loudness_lufs(each.goal_measure)) is not None
    }
    members = {number: [own[each] for each in _programme(spec, number, songs) if each in own] for number in songs}
    return {number: round(fmean(gains), _GAIN_DIGITS) if gains else None for number, gains in members.items()}


def _frozen_trim(spec: MatchSpec, frozen: FrozenTrim, gain_db: float | None, songs: Songs) -> Trim:
    song, alone = songs[frozen.song], len(_programme(spec, frozen.song, songs)) == 1
    trim = _with_gain(Trim(goal_measure=frozen.goal_measure), song, gain_db)
    return replace(
        trim,
        goal_lufs=frozen.goal_lufs if alone and trim.goal_lufs is not None else trim.goal_lufs,
        tone_db=frozen.tone_db,
        side_db=frozen.side_db,
        range_factor=frozen.range_factor,
        pivot_lufs=pivot_lufs(spec, frozen.song, songs),
        ride_max_db=frozen.ride_max_db,
    )


def _judged(frozen: FrozenTrim, song: Measurement, asked: Asked) -> Asked:
    """Return what a frozen song is judged by: the same aims, and no more than was written down."""
    tone_db = frozen.tone_db or (0.0,) * len(frozen.side_db)
    width_db = tuple(side - tone for side, tone in zip(frozen.side_db, tone_db, strict=True)) if frozen.side_db else ()
    range_lu = song.loudness_range_lu
    return Asked(
        unheld_lufs=None,
        range_lu=None if asked.range_lu is None or range_lu is None else round(range_lu * frozen.range_factor, 3),
        tone=CurveAsked(asked.tone.aim_db, frozen.tone_db) if asked.tone else None,
        width=CurveAsked(asked.width.aim_db, width_db) if asked.width else None,
    )


def _album_lufs(frozen: FrozenSpec, songs: Songs, trims: Mapping[int, Trim]) -> float | None:
    """Return the album's loudness as it was written down as long as that is near enough, or songs are missing."""
    if any(each.song not in songs for each in frozen.songs):
        return frozen.album_lufs
    found = album_lufs(songs, trims)
    if found is None or frozen.album_lufs is None:
        return found
    return frozen.album_lufs if abs(found - frozen.album_lufs) <= ALBUM_TOLERANCE_LU else found
