"""How far a song is from an aim, before and after, by the same bands: done by hand."""

from dataclasses import replace

import numpy as np
import pytest

from farm.album.distance import tone_distances_db, width_distances_db
from farm.measure.bands import LTAS_BANDS_HZ
from farm.measure.spectrum import FLOOR_DB
from farm.plan.match_spec import ToneSpec
from farm.records import Measurement

BANDS = np.array(LTAS_BANDS_HZ)
EVERYWHERE = ToneSpec(low_hz=20.0, high_hz=20_000.0)


def song(ltas_db: np.ndarray, side_over_mid_db: np.ndarray | float = -10.0) -> Measurement:
    mid = np.full(len(BANDS), -20.0)
    spectra = [tuple(curve.tolist()) for curve in (ltas_db, mid, mid + side_over_mid_db)]
    return Measurement(100.0, -14.0, 6.0, -10.0, -12.0, -1.0, -1.0, (), *spectra, 0.9)


def level(*, db: float, odd_db: float = 0.0) -> np.ndarray:
    """All bands alike, but every other one."""
    return np.where(np.arange(len(BANDS)) % 2 == 0, db, db + odd_db)


def test_tone_is_as_far_as_its_bands_are_from_the_aim_whatever_the_level() -> None:
    """Half of the bands lie 6 dB above the others: 3 dB from their mean."""
    aim = (-15.0,) * len(BANDS)
    before, after = song(level(db=-30.0, odd_db=6.0)), song(level(db=-12.0, odd_db=2.0))
    assert tone_distances_db(EVERYWHERE, aim, before, after) == pytest.approx((3.0, 1.0))


def test_a_band_that_is_known_on_one_side_only_counts_for_neither() -> None:
    """As a band falls below what counts, the song does not come nearer by it."""
    aim = (-15.0,) * len(BANDS)
    whole, cut = level(db=-30.0), level(db=-30.0)
    whole[3], cut[3] = -60.0, FLOOR_DB
    for before, after in ((whole, cut), (cut, whole)):
        assert tone_distances_db(EVERYWHERE, aim, song(before), song(after)) == pytest.approx((0.0, 0.0))
    side = np.full(len(BANDS), -10.0)
    narrow = side.copy()
    narrow[5] = -70.0
    wide = side.copy()
    wide[5] = -40.0
    flat = level(db=-20.0)
    for before, after in ((narrow, wide), (wide, narrow)):
        assert width_distances_db((-8.0,) * len(BANDS), song(flat, before), song(flat, after)) == pytest.approx((2, 2))


def test_bands_that_nobody_has_an_aim_for_do_not_count() -> None:
    flat = level(db=-20.0)
    aim: list[float | None] = [-8.0] * len(BANDS)
    aim[7] = None
    odd = np.full(len(BANDS), -10.0)
    odd[7] = -30.0
    assert width_distances_db(aim, song(flat, odd), song(flat, -8.5)) == pytest.approx((2.0, 0.5))


def test_silence_and_mono_have_no_distance() -> None:
    whole = song(level(db=-20.0))
    aim = (-8.0,) * len(BANDS)
    assert tone_distances_db(EVERYWHERE, aim, whole, replace(whole, ltas_db=())) is None
    assert width_distances_db(aim, whole, replace(whole, ltas_side_db=(), ltas_mid_db=())) is None
