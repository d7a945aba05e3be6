"""Width matching: how each song's side is brought towards the album's, or towards reference records'."""

from collections.abc import Mapping

import numpy as np

from farm.album.aim import find_aim, gather_programmes
from farm.album.curve import Curve, known_levels_db, round_curve
from farm.album.smoothing import smooth_bands
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.match_spec import MatchSpec, ReferenceSpec, WidthSpec
from farm.records import Measurement

_SMOOTHING_OCTAVES = 0.5

_FAINTEST_DB = -50.0
"""A side that far below the mid is noise, or the rest of a mono recording: nothing to match."""

_ONE_CHANNEL_DB = 0.01
"""Mid and side are that alike in all bands only where one channel is dead."""


def width_curves_db(
    match: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> dict[int, tuple[float, ...]]:
    """Return for each song's number the gain of its side beside that of its mid, in dB a band; () for no change.

    What is matched is the level of the side over that of the mid, band by band, with the median of the songs or the
    weighted mean of the references. Mono songs and such with a dead channel are left alone and lead nowhere.
    """
    curves: dict[int, tuple[float, ...]] = dict.fromkeys(songs, ())
    width = match.width
    if width is None:
        return curves
    programmes = gather_programmes(match, songs)
    aim = find_aim(programmes, width.references, references, side_over_mid_db)
    for programme in programmes:
        own = side_over_mid_db(programme.measurement)
        if aim is not None and own is not None:
            curves |= dict.fromkeys(programme.numbers, _gains(width, programme.width, aim, own))
    return curves


def width_aim_db(
    match: MatchSpec, songs: Mapping[int, Measurement], references: Mapping[ReferenceSpec, Measurement]
) -> Curve | None:
    """Return the level of the side over that of the mid that is aimed at, NaN where nobody has any; None without."""
    if match.width is None:
        return None
    return find_aim(gather_programmes(match, songs), match.width.references, references, side_over_mid_db)


def side_over_mid_db(song: Measurement) -> Curve | None:
    """Return what width is matched by, NaN in bands that hold nothing; None for mono and for one dead channel."""
    if not song.ltas_side_db:
        return None
    over = known_levels_db(song.ltas_side_db) - known_levels_db(song.ltas_mid_db)
    over[over < _FAINTEST_DB] = np.nan
    known = over[~np.isnan(over)]
    return over if np.any(np.abs(known) > _ONE_CHANNEL_DB) else None


def _gains(width: WidthSpec, amount: float, aim: Curve, own: Curve) -> tuple[float, ...]:
    """Smooth, scale, bound and round the difference; the side is raised neither in the lows nor above the mid."""
    known = ~np.isnan(aim - own)
    if not known.any():
        return ()
    bands_hz = np.array(LTAS_BANDS_HZ)
    gains = np.zeros(len(own))
    gains[known] = amount * smooth_bands(bands_hz[known], (aim - own)[known], _SMOOTHING_OCTAVES)
    room = np.where(bands_hz < width.low_hz, 0.0, np.maximum(-np.nan_to_num(own), 0.0))
    return round_curve(np.clip(gains, -width.max_db, np.minimum(room, width.max_db)))
