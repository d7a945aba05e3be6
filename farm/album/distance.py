"""How far a song is from what its album aims at."""

from collections.abc import Sequence

import numpy as np

from farm.album.aim import Curve
from farm.album.tone import spectrum_db
from farm.album.width import side_over_mid_db
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.spec import ToneSpec
from farm.records import Measurement

Aim = Sequence[float | None]


def tone_distance_db(tone: ToneSpec, aim_db: Aim, song: Measurement) -> float | None:
    """Return the root of the mean square difference of bands in the range that is matched, their mean apart; None for
    a song without a spectrum."""
    own = spectrum_db(song)
    if own is None:
        return None
    bands_hz = np.array(LTAS_BANDS_HZ)
    difference = (own - np.array(aim_db, np.float64))[(bands_hz >= tone.low_hz) & (bands_hz <= tone.high_hz)]
    known = difference[~np.isnan(difference)]
    return _rms(known - known.mean()) if len(known) else None


def width_distance_db(aim_db: Aim, song: Measurement) -> float | None:
    """Return the root of the mean square difference of the side's level over the mid's; None for mono."""
    own = side_over_mid_db(song)
    if own is None:
        return None
    difference = own - np.array(aim_db, np.float64)
    known = difference[~np.isnan(difference)]
    return _rms(known) if len(known) else None


def _rms(values: Curve) -> float:
    return float(np.sqrt(np.mean(values**2)))
