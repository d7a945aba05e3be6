"""The album's decisions: from all measurements to one trim a song. Numbers in, numbers out."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from farm.album.level import level_gains_db
from farm.album.tone import tone_curves_db
from farm.plan.spec import MatchSpec
from farm.records import Measurement
from farm.units import round_to

GAIN_STEP_DB = 0.05
"""Trims are rounded, so that one song's small change leaves the others' finished audio alone."""


@dataclass(frozen=True, slots=True)
class Trim:
    """What the album decided for one master.

    `goal_lufs` is the loudness that the finished song is to have: its own plus `gain_db`. Finishing reaches it whatever
    the tone filter and the limiter take away; None leaves the level alone. `tone_db` holds one gain for each band of
    LTAS_BANDS_HZ, () for none.
    """

    gain_db: float
    goal_lufs: float | None
    tone_db: tuple[float, ...]


def match_songs(
    spec: MatchSpec, songs: Mapping[int, Measurement], references: Sequence[Measurement]
) -> dict[int, Trim]:
    """Return the trim of each song, by its number. `references` are measured in the order of the spec's."""
    gains_db = level_gains_db(spec, songs)
    tones_db = tone_curves_db(spec.tone, songs, references)
    return {number: _trim(songs[number], gains_db[number], tones_db[number]) for number in songs}


def _trim(song: Measurement, gain_db: float | None, tone_db: tuple[float, ...]) -> Trim:
    if gain_db is None or song.integrated_lufs is None:
        return Trim(0.0, None, tone_db)
    rounded_db = round_to(gain_db, GAIN_STEP_DB)
    return Trim(rounded_db, round(song.integrated_lufs + rounded_db, 3), tone_db)


def trim_facts(trims: Mapping[int, Trim]) -> dict[str, object]:
    """Return trims as JSON facts."""
    return {str(number): asdict(trim) for number, trim in trims.items()}
