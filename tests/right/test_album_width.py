"""Width matching: the side towards the others' or the references', and what is left alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farm.album.width import width_curves_db
from farm.dsp.tone_filter import ToneFilter
from farm.measure.bands import LTAS_BANDS_HZ
from farm.measure.spectrum import FLOOR_DB, Ltas
from farm.plan.input_spec import InputSpec
from farm.plan.match_spec import MatchSpec, ReferenceSpec, SongMatchSpec, WidthSpec
from farm.records import Measurement

BANDS = np.array(LTAS_BANDS_HZ)
WIDE = WidthSpec(max_db=24.0)
REFERENCE = ReferenceSpec(InputSpec("a", "a", 1, 1))


def song(side_over_mid_db: float | np.ndarray, tilt_db_oct: float = 0.0) -> Measurement:
    mid = -20.0 + tilt_db_oct * np.log2(BANDS / 1000.0)
    side = np.maximum(mid + side_over_mid_db, FLOOR_DB)
    whole = 10.0 * np.log10(2.0 * (10.0 ** (mid / 10.0) + 10.0 ** (side / 10.0)))
    spectra = [tuple(curve.tolist()) for curve in (whole, mid, side)]
    return Measurement(100.0, -14.0, 6.0, -10.0, -12.0, -1.0, -1.0, (), *spectra, 0.9)


def match(width: WidthSpec | None = WIDE, songs: tuple[SongMatchSpec, ...] | None = None) -> MatchSpec:
    return MatchSpec(-14.0, "album", width=width, songs=songs or (SongMatchSpec(width=1.0),) * 4)


def test_songs_are_led_to_the_median_of_their_sides_whatever_their_tone() -> None:
    songs = {1: song(-12.0, 1.0), 2: song(-8.0), 3: song(-6.0, -2.0)}
    curves = width_curves_db(match(), songs, {})
    high = BANDS > 120.0
    assert np.array(curves[1])[high] == pytest.approx(4.0)
    assert curves[2] == ()
    assert np.array(curves[3]) == pytest.approx(-2.0)


def test_the_lows_are_narrowed_and_never_widened() -> None:
    curves = width_curves_db(match(), {1: song(-12.0), 2: song(-8.0), 3: song(-4.0)}, {})
    low = BANDS < 120.0
    assert not np.array(curves[1])[low].any()
    assert np.array(curves[3])[low] == pytest.approx(-4.0)


def test_references_lead() -> None:
    curves = width_curves_db(match(replace(WIDE, references=(REFERENCE,))), {1: song(-12.0)}, {REFERENCE: song(-9.0)})
    assert np.array(curves[1])[BANDS > 120.0] == pytest.approx(3.0)


def test_amount_scales_and_the_bound_holds() -> None:
    songs = {1: song(-20.0), 2: song(-8.0), 3: song(-8.0)}
    half = width_curves_db(match(songs=(SongMatchSpec(width=0.5),) * 3), songs, {})
    assert max(half[1]) == pytest.approx(6.0)
    assert max(width_curves_db(match(WidthSpec()), songs, {})[1]) == 3.0


def test_by_default_no_side_is_touched() -> None:
    songs = {1: song(-20.0), 2: song(-8.0)}
    assert width_curves_db(MatchSpec(-14.0, "album", width=WIDE), songs, {}) == {1: (), 2: ()}
    assert width_curves_db(match(None), songs, {}) == {1: (), 2: ()}


@pytest.mark.parametrize("side", [FLOOR_DB, -70.0, 0.0])
def test_mono_songs_and_dead_channels_are_left_alone_and_lead_nowhere(side: float) -> None:
    """All mid, a trace of noise in the side, and mid and side alike because one channel is silent."""
    songs = {1: song(side), 2: song(-9.0), 3: song(-9.0), 4: song(side)}
    assert set(width_curves_db(match(), songs, {}).values()) == {()}


def test_a_recording_of_another_layout_or_of_silence_has_no_width() -> None:
    mono = replace(song(-9.0), ltas_mid_db=(), ltas_side_db=(), low_correlation=None)
    assert width_curves_db(match(), {1: song(-12.0), 2: mono}, {}) == {1: (), 2: ()}
    led = match(replace(WIDE, references=(REFERENCE,)))
    assert width_curves_db(led, {1: song(-12.0)}, {REFERENCE: mono}) == {1: ()}


def test_a_band_without_side_is_left_alone() -> None:
    """A lossy codec keeps the highs in mono: what it left there is not to be pulled up."""
    joint = song(np.where(BANDS > 9_000.0, FLOOR_DB, -12.0))
    curve = np.array(width_curves_db(match(), {1: joint, 2: song(-8.0), 3: song(-8.0)}, {})[1])
    assert not curve[BANDS > 9_000.0].any()
    assert curve[(BANDS > 120.0) & (BANDS < 9_000.0)] == pytest.approx(4.0)


def test_the_side_is_not_raised_above_the_mid() -> None:
    led = match(replace(WIDE, references=(REFERENCE,)))
    curve = width_curves_db(led, {1: song(-2.0)}, {REFERENCE: song(6.0)})[1]
    assert max(curve) == pytest.approx(2.0)


def test_joined_songs_share_one_curve() -> None:
    settings_ = (SongMatchSpec(width=1.0, joined=1), SongMatchSpec(width=1.0, joined=1), *(SongMatchSpec(),) * 2)
    curves = width_curves_db(match(songs=settings_), {1: song(-14.0), 2: song(-10.0), 3: song(-8.0), 4: song(-8.0)}, {})
    assert curves[1] == curves[2] != ()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-60.0, 20.0), min_size=2, max_size=5))
def test_no_side_goes_beyond_the_bound(sides: list[float]) -> None:
    songs = {number: song(side) for number, side in enumerate(sides, start=1)}
    for curve in width_curves_db(match(WidthSpec(), (SongMatchSpec(width=1.0),) * 5), songs, {}).values():
        assert all(-3.0 <= gain <= 3.0 for gain in curve)


def test_a_filtered_song_has_the_width_that_was_aimed_at() -> None:
    """Measured on the audio, by the powers of its mid and side."""
    noise = np.random.default_rng(4).standard_normal((44_100 * 8, 2)) * 0.1
    audio = (noise @ np.array([[0.6, 0.4], [0.4, 0.6]])).astype(np.float32)
    meter = Ltas(44_100)
    meter.push(audio)
    spectrum = meter.finish()
    own = replace(song(-9.0), ltas_mid_db=spectrum.ltas_mid_db, ltas_side_db=spectrum.ltas_side_db)
    led = match(replace(WIDE, references=(REFERENCE,)))
    curve = width_curves_db(led, {1: own}, {REFERENCE: song(-8.0)})[1]
    tone = ToneFilter(LTAS_BANDS_HZ, (), 44_100, side_db=curve)
    out = np.concatenate([tone.push(audio).copy(), tone.flush()]).astype(np.float64)
    side_power, mid_power = np.var(out[:, 0] - out[:, 1]), np.var(out[:, 0] + out[:, 1])
    assert 10.0 * np.log10(side_power / mid_power) == pytest.approx(-8.0, abs=0.1)
