"""The album's decisions, against sums done by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.album.level import level_gains_db
from farm.album.match import match_songs
from farm.album.tone import tone_curves_db
from farm.measure.bands import LTAS_BANDS_HZ
from farm.plan.spec import InputSpec, MatchSpec, ReferenceSpec, ToneSpec
from farm.records import Measurement

BANDS = np.array(LTAS_BANDS_HZ)
TONE = ToneSpec((), 1.0, 12.0, 60.0, 12000.0)


def song(lufs: float | None, tilt_db_oct: float = 0.0, blocks: int = 100) -> Measurement:
    """A song of constant loudness with a tilted spectrum."""
    curve = () if lufs is None else tuple(float(x) for x in tilt_db_oct * np.log2(BANDS / 1000.0) - 10.0)
    clufs = () if lufs is None else (round(100 * lufs),) * blocks
    return Measurement(10.0, lufs, 1.0, lufs, lufs, -3.0, -3.0, clufs, curve)


def spec(mode: str, max_spread_lu: float | None = None, tone: ToneSpec | None = None) -> MatchSpec:
    return MatchSpec(-14.0, mode, max_spread_lu, tone)


class TestLevel:
    def test_track_brings_each_song_to_the_target(self) -> None:
        gains = level_gains_db(spec("track"), {1: song(-10.0), 2: song(-20.0)})
        assert gains == {1: -4.0, 2: 6.0}

    def test_loudest_gives_all_songs_the_gain_of_the_loudest(self) -> None:
        gains = level_gains_db(spec("loudest"), {1: song(-10.0), 2: song(-20.0)})
        assert gains == {1: -4.0, 2: -4.0}

    def test_album_pools_the_energy_of_all_songs(self) -> None:
        """Two songs of equal length at -18 and -21: the mean energy is 10 lg((10^-1.8 + 10^-2.1) / 2)."""
        gains = level_gains_db(spec("album"), {1: song(-18.0), 2: song(-21.0)})
        pooled = 10 * np.log10((10**-1.8 + 10**-2.1) / 2)
        assert gains[1] == gains[2] == pytest.approx(-14.0 - pooled, abs=0.01)

    def test_album_gates_a_song_that_is_far_below_the_others(self) -> None:
        gains = level_gains_db(spec("album"), {1: song(-18.0), 2: song(-40.0)})
        assert gains[1] == pytest.approx(4.0, abs=0.01)

    def test_a_song_beyond_the_spread_is_raised_and_the_album_still_meets_the_target(self) -> None:
        """-18 and -26 with a spread of 3: the second counts as -21, so the pool is that of the test above."""
        gains = level_gains_db(spec("album", 3.0), {1: song(-18.0), 2: song(-26.0)})
        pooled = 10 * np.log10((10**-1.8 + 10**-2.1) / 2)
        assert gains[1] == pytest.approx(-14.0 - pooled, abs=0.01)
        assert gains[2] == pytest.approx(gains[1] + 5.0, abs=0.01)

    def test_a_spread_that_nobody_exceeds_changes_nothing(self) -> None:
        songs = {1: song(-18.0), 2: song(-21.0)}
        assert level_gains_db(spec("album", 3.0), songs) == level_gains_db(spec("album"), songs)

    def test_none_changes_nothing(self) -> None:
        assert level_gains_db(spec("none"), {1: song(-18.0)}) == {1: None}

    def test_a_silent_song_keeps_its_level(self) -> None:
        assert level_gains_db(spec("track"), {1: song(None), 2: song(-18.0)}) == {1: None, 2: 4.0}
        assert level_gains_db(spec("album"), {1: song(None)}) == {1: None}


class TestTone:
    def test_the_median_is_led_nowhere_and_the_others_to_it(self) -> None:
        curves = tone_curves_db(TONE, {1: song(-14, -1.0), 2: song(-14, 0.0), 3: song(-14, 1.0)}, [])
        assert curves[2] == ()
        inside = (BANDS > 150) & (BANDS < 6000)
        wanted = np.log2(BANDS / 1000.0)
        centred = wanted - wanted[(BANDS >= 60) & (BANDS <= 12000)].mean()
        assert np.allclose(np.array(curves[1])[inside], centred[inside], atol=0.06)
        assert np.allclose(np.array(curves[3])[inside], -centred[inside], atol=0.06)

    def test_amount_scales_and_the_bound_holds(self) -> None:
        songs = {1: song(-14, -3.0), 2: song(-14, 3.0)}
        whole = np.array(tone_curves_db(TONE, songs, [])[1])
        half = np.array(tone_curves_db(ToneSpec((), 0.5, 12.0, 60.0, 12000.0), songs, [])[1])
        bounded = np.array(tone_curves_db(ToneSpec((), 1.0, 2.0, 60.0, 12000.0), songs, [])[1])
        assert np.allclose(half, whole / 2, atol=0.051)
        assert np.max(np.abs(bounded)) == 2.0

    def test_an_octave_outside_the_range_nothing_is_changed(self) -> None:
        songs = {1: song(-14, -3.0), 2: song(-14, 3.0)}
        curve = np.array(tone_curves_db(ToneSpec((), 1.0, 12.0, 200.0, 4000.0), songs, [])[1])
        assert np.all(curve[(BANDS < 99) | (BANDS > 8100)] == 0.0)

    def test_no_tone_matching_no_curve(self) -> None:
        assert tone_curves_db(None, {1: song(-14, -1.0), 2: song(-14)}, []) == {1: (), 2: ()}

    def test_a_lone_song_is_its_own_album(self) -> None:
        assert tone_curves_db(TONE, {1: song(-14, -1.0)}, []) == {1: ()}

    def test_a_silent_song_is_left_alone_and_counts_for_nothing(self) -> None:
        curves = tone_curves_db(TONE, {1: song(None), 2: song(-14, 1.0), 3: song(-14, 1.0)}, [])
        assert curves == {1: (), 2: (), 3: ()}

    def test_references_are_weighted(self) -> None:
        references = tuple(ReferenceSpec(InputSpec("d", "p", 1, 1), weight) for weight in (1.0, 3.0))
        tone = ToneSpec(references, 1.0, 12.0, 60.0, 12000.0)
        led = np.array(tone_curves_db(tone, {1: song(-14, 0.0)}, [song(-9, -2.0), song(-20, 2.0)])[1])
        inside = (BANDS > 150) & (BANDS < 6000)
        aim = 1.0 * np.log2(BANDS / 1000.0)
        centred = aim - aim[(BANDS >= 60) & (BANDS <= 12000)].mean()
        assert np.allclose(led[inside], centred[inside], atol=0.06)


@given(st.lists(st.floats(-40.0, -5.0), min_size=1, max_size=8), st.sampled_from(["album", "loudest"]))
def test_modes_that_keep_the_songs_apart_give_one_gain_to_all(levels: list[float], mode: str) -> None:
    songs = {number: song(level) for number, level in enumerate(levels, start=1)}
    trims = match_songs(spec(mode), songs, [])
    assert len({trim.gain_db for trim in trims.values()}) == 1


def test_trims_are_rounded_so_that_a_hair_changes_nothing() -> None:
    first = match_songs(spec("album", tone=TONE), {1: song(-18.0, 1.0), 2: song(-18.0, -1.0)}, [])
    second = match_songs(spec("album", tone=TONE), {1: song(-18.0, 1.0), 2: song(-18.01, -1.01)}, [])
    assert first[1] == second[1]
