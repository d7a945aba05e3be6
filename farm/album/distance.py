"""How far a song is from what its album aims at."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from farm.album.curve import Curve
from farm.album.tone import spectrum_db
from farm.album.width import side_over_mid_db
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.match_spec import ToneSpec
from farm.records import Measurement

Aim = Sequence[float | None]


def tone_distances_db(
    tone: ToneSpec, aim_db: Aim, before: Measurement, after: Measurement
) -> tuple[float, float] | None:
    """Return the root of the mean square difference of bands in the range that is matched, their mean apart, before and
    after; None without a spectrum. Bands that hold nothing before or after do not count for either."""
    bands_hz = np.array(LTAS_BANDS_HZ)
    in_range = (bands_hz >= tone.low_hz) & (bands_hz <= tone.high_hz)
    known = _known_in_both(aim_db, spectrum_db(before), spectrum_db(after), in_range)
    return None if known is None else (_rms(known[0] - known[0].mean()), _rms(known[1] - known[1].mean()))


def width_distances_db(aim_db: Aim, before: Measurement, after: Measurement) -> tuple[float, float] | None:
    """Return the root of the mean square difference of the side's level over the mid's, before and after; None for
    mono. Bands that hold nothing before or after do not count for either."""
    all_bands = np.ones(len(LTAS_BANDS_HZ), np.bool_)
    known = _known_in_both(aim_db, side_over_mid_db(before), side_over_mid_db(after), all_bands)
    return None if known is None else (_rms(known[0]), _rms(known[1]))


def _known_in_both(
    aim_db: Aim, before: Curve | None, after: Curve | None, chosen: NDArray[np.bool_]
) -> tuple[Curve, Curve] | None:
    """Return the differences from the aim in those of the chosen bands that are known before and after."""
    if before is None or after is None:
        return None
    aim = np.array(aim_db, np.float64)
    known = chosen & ~np.isnan(before - aim) & ~np.isnan(after - aim)
    return ((before - aim)[known], (after - aim)[known]) if known.any() else None


def _rms(values: Curve) -> float:
    return float(np.sqrt(np.mean(values**2)))
