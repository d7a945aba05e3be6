"""Tone matching against curves done by hand, and the songs' spread before and after by an independent spectrum."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from farm.album.smoothing import smooth_bands
from farm.album.spread import measure_spread
from farm.album.tone import tone_curves_db
from farm.album.width import width_curves_db
from farm.dsp.band_gains import solve_band_gains
from farm.dsp.tone_filter import ToneFilter
from farm.measure.bands import LTAS_BANDS_HZ, LTAS_EDGES_HZ
from farm.measure.spectrum import FLOOR_DB, Ltas
from farm.plan.input_spec import InputSpec
from farm.plan.match_spec import MatchSpec, ReferenceSpec, SongMatchSpec, ToneSpec, WidthSpec
from farm.records import Measurement

BANDS = np.array(LTAS_BANDS_HZ)
INSIDE = (BANDS >= 60.0) & (BANDS <= 12_000.0)
WIDE = ToneSpec(max_boost_db=60.0, max_cut_db=60.0, smoothing_octaves=0.0)
RATE_HZ = 44_100


def song(*, tilt_db_oct: float = 0.0, seconds: float = 100.0, shape: np.ndarray | None = None) -> Measurement:
    """A song with a tilted spectrum, or with one of any shape."""
    curve = tilt_db_oct * np.log2(BANDS / 1000.0) - 15.0 if shape is None else shape
    return Measurement(seconds, -14.0, 6.0, -10.0, -12.0, -1.0, -1.0, (), tuple(curve.tolist()))


SILENT = Measurement(10.0, None, None, None, None, None, None)


def match(
    tone: ToneSpec | None = WIDE, songs: tuple[SongMatchSpec, ...] = (), width: WidthSpec | None = None
) -> MatchSpec:
    return MatchSpec(-14.0, "album", tone=tone, width=width, songs=songs)


def amounts(*values: float) -> tuple[SongMatchSpec, ...]:
    return tuple(SongMatchSpec(tone=value) for value in values)


def reference(digest: str, weight: float = 1.0) -> ReferenceSpec:
    return ReferenceSpec(InputSpec(digest, digest, 1, 1), weight)


def centred(curve: np.ndarray) -> np.ndarray:
    return (curve - curve[INSIDE].mean())[INSIDE]


def inside(curve: tuple[float, ...]) -> np.ndarray:
    return np.array(curve)[INSIDE]


OCTAVES = np.log2(BANDS / 1000.0)


class TestAim:
    def test_the_median_is_led_nowhere_and_the_others_to_it(self) -> None:
        curves = tone_curves_db(match(), {1: song(tilt_db_oct=-1.0), 2: song(), 3: song(tilt_db_oct=1.0)}, {})
        assert curves[2] == ()
        assert inside(curves[1]) == pytest.approx(centred(OCTAVES), abs=0.25)
        assert inside(curves[3]) == pytest.approx(-centred(OCTAVES), abs=0.25)

    def test_one_song_that_is_far_off_leads_nobody(self) -> None:
        songs = {1: song(), 2: song(), 3: song(tilt_db_oct=6.0)}
        curves = tone_curves_db(match(), songs, {})
        assert (curves[1], curves[2]) == ((), ())

    def test_a_song_out_of_the_average_follows_and_does_not_lead(self) -> None:
        songs = {1: song(), 2: song(tilt_db_oct=2.0)}
        curves = tone_curves_db(match(songs=(SongMatchSpec(), SongMatchSpec(in_average=False))), songs, {})
        assert curves[1] == ()
        assert inside(curves[2]) == pytest.approx(-2.0 * centred(OCTAVES), abs=0.4)

    def test_with_all_out_of_the_average_all_are_in_it(self) -> None:
        songs = {1: song(tilt_db_oct=-1.0), 2: song(tilt_db_oct=1.0)}
        out = tuple(SongMatchSpec(in_average=False) for _ in songs)
        assert tone_curves_db(match(songs=out), songs, {}) == tone_curves_db(match(), songs, {})

    def test_references_are_weighted(self) -> None:
        light, heavy = reference("a", 1.0), reference("b", 3.0)
        measured = {light: song(tilt_db_oct=-2.0), heavy: song(tilt_db_oct=2.0)}
        led = tone_curves_db(match(replace(WIDE, references=(light, heavy))), {1: song()}, measured)
        assert inside(led[1]) == pytest.approx(centred(OCTAVES), abs=0.25)

    def test_a_silent_reference_says_nothing(self) -> None:
        silent, loud = reference("a"), reference("b")
        both = replace(WIDE, references=(silent, loud))
        measured = {silent: SILENT, loud: song(tilt_db_oct=1.0)}
        alone = tone_curves_db(match(replace(WIDE, references=(loud,))), {1: song()}, measured)
        assert tone_curves_db(match(both), {1: song()}, measured) == alone
        assert tone_curves_db(match(replace(WIDE, references=(silent,))), {1: song()}, measured) == {1: ()}


class TestWhoIsLeftAlone:
    def test_all_without_tone_matching(self) -> None:
        assert tone_curves_db(match(None), {1: song(tilt_db_oct=-1.0), 2: song()}, {}) == {1: (), 2: ()}

    def test_a_lone_song(self) -> None:
        assert tone_curves_db(match(), {1: song(tilt_db_oct=-1.0)}, {}) == {1: ()}

    def test_a_silent_song_which_counts_for_nothing(self) -> None:
        curves = tone_curves_db(match(), {1: SILENT, 2: song(tilt_db_oct=1.0), 3: song(tilt_db_oct=1.0)}, {})
        assert curves == {1: (), 2: (), 3: ()}
        assert tone_curves_db(match(), {1: SILENT}, {}) == {1: ()}

    def test_a_song_with_amount_zero(self) -> None:
        songs = {1: song(tilt_db_oct=-3.0), 2: song(tilt_db_oct=3.0)}
        curves = tone_curves_db(match(songs=amounts(0.0, 1.0)), songs, {})
        assert curves[1] == ()
        assert any(curves[2])

    def test_nobody_by_level(self) -> None:
        louder = song(shape=np.full(30, -3.0))
        assert tone_curves_db(match(), {1: louder, 2: song()}, {}) == {1: (), 2: ()}


class TestBounds:
    def test_amount_scales(self) -> None:
        songs = {1: song(tilt_db_oct=-1.0), 2: song(tilt_db_oct=1.0)}
        half = tone_curves_db(match(songs=amounts(0.5, 0.5)), songs, {})[1]
        assert inside(half) == pytest.approx(inside(tone_curves_db(match(), songs, {})[1]) / 2.0, abs=0.16)

    def test_boost_and_cut_have_a_bound_each(self) -> None:
        songs = {1: song(tilt_db_oct=-3.0), 2: song(tilt_db_oct=3.0)}
        curve = tone_curves_db(match(replace(WIDE, max_boost_db=2.0, max_cut_db=5.0)), songs, {})[1]
        assert (max(curve), min(curve)) == (2.0, -5.0)

    def test_an_octave_outside_the_range_nothing_is_changed(self) -> None:
        songs = {1: song(tilt_db_oct=-3.0), 2: song(tilt_db_oct=3.0)}
        curve = tone_curves_db(match(replace(WIDE, low_hz=200.0, high_hz=4000.0)), songs, {})[1]
        assert not np.any(np.array(curve)[(BANDS < 99) | (BANDS > 8100)])

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.lists(st.floats(-70.0, -5.0), min_size=30, max_size=30), min_size=2, max_size=4))
    def test_no_song_goes_beyond_the_bounds(self, shapes: list[list[float]]) -> None:
        songs = {number: song(shape=np.array(shape)) for number, shape in enumerate(shapes, start=1)}
        for curve in tone_curves_db(match(ToneSpec()), songs, {}).values():
            assert all(-3.0 <= gain <= 3.0 for gain in curve)

    def test_gains_are_rounded_so_that_a_hair_changes_nothing(self) -> None:
        first = tone_curves_db(match(), {1: song(tilt_db_oct=1.0), 2: song(tilt_db_oct=-1.0)}, {})
        second = tone_curves_db(match(), {1: song(tilt_db_oct=1.0), 2: song(tilt_db_oct=-1.001)}, {})
        assert first[1] == second[1]


class TestEmptyBands:
    """A lossy file has nothing above 16 kHz, a phone recording nothing below 100 Hz: noise is not to be pulled up."""

    FULL = replace(WIDE, low_hz=25.0, high_hz=20_000.0)

    def cut_off(self, above_hz: float) -> np.ndarray:
        return np.where(above_hz < BANDS, FLOOR_DB, -15.0)

    def test_an_empty_band_is_not_raised(self) -> None:
        songs = {1: song(shape=self.cut_off(14_000.0)), 2: song(), 3: song()}
        assert tone_curves_db(match(self.FULL), songs, {}) == {1: (), 2: (), 3: ()}

    def test_nor_when_its_neighbours_are(self) -> None:
        dull = np.where(BANDS > 14_000.0, FLOOR_DB, -15.0 - 3.0 * OCTAVES)
        curve = np.array(tone_curves_db(match(self.FULL), {1: song(shape=dull), 2: song(), 3: song()}, {})[1])
        assert curve[BANDS > 14_000.0].max() <= 0.0
        assert curve[(BANDS > 5000.0) & (BANDS < 14_000.0)].min() > 3.0

    def test_an_empty_band_of_a_reference_cuts_nothing(self) -> None:
        lossy = reference("a")
        tone = replace(self.FULL, references=(lossy,))
        assert tone_curves_db(match(tone), {1: song()}, {lossy: song(shape=self.cut_off(14_000.0))}) == {1: ()}

    def test_half_the_album_without_highs_leads_nobody_into_the_dark(self) -> None:
        songs = {n: song(shape=self.cut_off(14_000.0)) if n < 3 else song() for n in range(1, 5)}
        assert set(tone_curves_db(match(self.FULL), songs, {}).values()) == {()}


class TestJoined:
    def test_joined_songs_share_one_curve_from_their_average(self) -> None:
        songs = {1: song(tilt_db_oct=-1.0), 2: song(tilt_db_oct=1.0), 3: song(), 4: song()}
        joined = (SongMatchSpec(joined=7), SongMatchSpec(joined=7), SongMatchSpec(), SongMatchSpec())
        curves = tone_curves_db(match(songs=joined), songs, {})
        assert curves[1] == curves[2]
        together = 10.0 * np.log10((10.0 ** (OCTAVES / 10.0) + 10.0 ** (-OCTAVES / 10.0)) / 2.0)
        assert inside(curves[1]) == pytest.approx(-centred(together), abs=0.25)

    def test_each_counts_by_its_duration(self) -> None:
        songs = {1: song(tilt_db_oct=2.0, seconds=600.0), 2: song(tilt_db_oct=-2.0, seconds=0.5), 3: song(), 4: song()}
        joined = (SongMatchSpec(joined=1), SongMatchSpec(joined=1), SongMatchSpec(), SongMatchSpec())
        curves = tone_curves_db(match(songs=joined), songs, {})
        assert inside(curves[2]) == pytest.approx(-2.0 * centred(OCTAVES), abs=0.4)

    def test_one_that_is_to_be_left_alone_keeps_the_others_with_it(self) -> None:
        songs = {1: song(tilt_db_oct=-1.0), 2: song(tilt_db_oct=1.0), 3: song(tilt_db_oct=1.0)}
        joined = (SongMatchSpec(joined=1, tone=0.0), SongMatchSpec(joined=1), SongMatchSpec())
        curves = tone_curves_db(match(songs=joined), songs, {})
        assert (curves[1], curves[2]) == ((), ())

    def test_a_silent_one_takes_the_curve_of_the_others(self) -> None:
        songs = {1: SILENT, 2: song(tilt_db_oct=1.0), 3: song(), 4: song()}
        joined = (SongMatchSpec(joined=1), SongMatchSpec(joined=1), SongMatchSpec(), SongMatchSpec())
        curves = tone_curves_db(match(songs=joined), songs, {})
        assert curves[1] == curves[2] != ()


class TestSmoothing:
    def test_none_changes_nothing_and_a_constant_stays(self) -> None:
        values = np.random.default_rng(1).normal(size=30)
        assert np.array_equal(smooth_bands(BANDS, values, 0.0), values)
        assert smooth_bands(BANDS, np.full(30, 2.5), 0.5) == pytest.approx(np.full(30, 2.5))

    def test_a_single_band_spreads_to_half_its_height_half_the_width_away(self) -> None:
        peak = np.zeros(30)
        peak[18] = 1.0
        smooth = smooth_bands(BANDS, peak, 2.0 / 3.0)
        assert smooth[[17, 19]] / smooth[18] == pytest.approx(0.5, abs=0.01)

    def test_the_lows_are_smoothed_more_than_the_highs(self) -> None:
        heights = [smooth_bands(BANDS, np.eye(30)[band], 0.5)[band] for band in (4, 9, 20)]
        assert heights[0] < 0.7 * heights[1]
        assert heights[2] == pytest.approx(heights[1], rel=0.05)


def test_the_band_gains_change_each_band_as_wanted() -> None:
    """By an integral over a spectrum that falls steeply, on a grid of its own."""
    generator = np.random.default_rng(5)
    wanted = generator.uniform(-4.0, 4.0, 30)
    levels = -4.0 * np.log2(BANDS / 1000.0) - 20.0
    bound = np.full(30, 60.0)
    gains = solve_band_gains(LTAS_EDGES_HZ, levels, wanted, -bound, bound)
    impulse = np.zeros((48_000, 2), np.float32)
    impulse[0] = 1.0
    tone = ToneFilter(LTAS_BANDS_HZ, gains.tolist(), 48_000)
    response = np.concatenate([tone.push(impulse).copy(), tone.flush()])[:, 0]
    for low_hz, high_hz, change_db in list(zip(LTAS_EDGES_HZ, LTAS_EDGES_HZ[1:], wanted, strict=False))[2:29]:
        hz = np.linspace(low_hz, high_hz, 50)
        _, gain = signal.freqz(response, worN=hz, fs=48_000)
        density = hz ** (-4.0 / (10.0 * np.log10(2.0)) - 1.0)
        assert 10.0 * np.log10(np.sum(density * np.abs(gain) ** 2) / density.sum()) == pytest.approx(
            change_db, abs=0.15
        )


class TestSpread:
    def test_it_is_the_mean_and_the_worst_of_the_bands_distances_whatever_the_level(self) -> None:
        shape = np.full(30, -20.0)
        shape[10] += 4.6
        spread = measure_spread([song(shape=np.full(30, -20.0)), song(shape=shape - 3.0), SILENT])
        centre = 4.6 / INSIDE.sum()
        assert spread.tone_db == pytest.approx((4.6 - centre + (INSIDE.sum() - 1) * centre) / INSIDE.sum(), abs=1e-6)
        assert spread.worst_tone_db == pytest.approx(4.6 - centre, abs=1e-6)
        assert spread.worst_tone_hz == pytest.approx(250.0, rel=0.01)
        assert spread.loudness_lu == 0.0

    def test_fewer_than_two_songs_have_none(self) -> None:
        spread = measure_spread([song(), SILENT])
        assert (spread.loudness_lu, spread.tone_db, spread.worst_tone_db, spread.worst_tone_hz) == (None,) * 4


def played(seed: int) -> np.ndarray:
    """Noise with a spectrum of its own: as uneven as songs are, within bands too."""
    generator = np.random.default_rng(seed)
    frames = 16 * RATE_HZ
    hz = np.fft.rfftfreq(frames, 1.0 / RATE_HZ)[1:]
    places = np.log2(hz / 20.0)
    bends = np.interp(places, np.arange(11), generator.normal(0.0, 3.0, 11))
    wiggles = sum(np.sin(places * generator.uniform(4.0, 12.0) + generator.uniform(0.0, 6.0)) for _ in range(4))
    magnitude = 10.0 ** ((bends + wiggles - 4.0 * places) / 20.0)
    spectra = (generator.normal(size=(2, len(hz))) + 1j * generator.normal(size=(2, len(hz)))) * magnitude
    audio = np.fft.irfft(np.pad(spectra, ((0, 0), (1, 0))), frames).T
    return np.ascontiguousarray(0.1 * audio / audio.std(), dtype=np.float32)


def welch_db(audio: np.ndarray) -> np.ndarray:
    """Third-octave levels by scipy: the spectrum of all of it."""
    hz, density = signal.welch(audio.astype(np.float64), RATE_HZ, nperseg=16_384, axis=0, detrend=False)
    sums = np.concatenate([[0.0], np.cumsum(density.sum(axis=1))])
    at_edges = np.interp(np.array(LTAS_EDGES_HZ) / hz[1] + 0.5, np.arange(len(sums)), sums)
    return 10.0 * np.log10(np.maximum(np.diff(at_edges), 1e-20))


def heard(audio: np.ndarray) -> Measurement:
    meter = Ltas(RATE_HZ)
    meter.push(audio)
    return song(shape=np.array(meter.finish().ltas_db))


def filtered(audio: np.ndarray, curve: tuple[float, ...]) -> np.ndarray:
    if not curve:
        return audio
    tone = ToneFilter(LTAS_BANDS_HZ, curve, RATE_HZ)
    return np.concatenate([tone.push(audio).copy(), tone.flush()])


def test_songs_come_together_as_far_as_the_amount_says_by_an_independent_spectrum() -> None:
    songs = {number: played(number) for number in range(1, 7)}
    measured = {number: heard(audio) for number, audio in songs.items()}
    spread_db = {}
    for amount in (0.0, 0.5, 1.0):
        curves = tone_curves_db(match(songs=amounts(*[amount] * 6)), measured, {})
        spectra = [song(shape=welch_db(filtered(audio, curves[number]))) for number, audio in songs.items()]
        spread_db[amount] = measure_spread(spectra).tone_db
        assert amount or not any(curves.values())
    assert spread_db[0.0] > 6.0
    assert spread_db[0.5] == pytest.approx(spread_db[0.0] / 2.0, rel=0.1)
    assert spread_db[1.0] < 1.0


def test_with_width_matched_the_songs_still_come_together() -> None:
    """The side has its share in a song's spectrum: the tone allows for what the width does to it."""
    wide = played(1)
    narrow = (played(2) @ np.array([[0.55, 0.45], [0.45, 0.55]])).astype(np.float32)
    songs = {1: heard_in_stereo(wide), 2: heard_in_stereo(narrow)}
    settings = (SongMatchSpec(tone=1.0, width=1.0),) * 2
    both = match(songs=settings, width=WidthSpec(max_db=24.0, low_hz=25.0))
    tones, widths = tone_curves_db(both, songs, {}), width_curves_db(both, songs, {})
    spectra = []
    for number, audio in ((1, wide), (2, narrow)):
        side = [t + w for t, w in zip(tones[number], widths[number], strict=True)]
        tone = ToneFilter(LTAS_BANDS_HZ, tones[number], RATE_HZ, side_db=side)
        spectra.append(song(shape=welch_db(np.concatenate([tone.push(audio).copy(), tone.flush()]))))
    assert max(widths[2]) > 3.0
    assert (measure_spread(spectra).tone_db or 0.0) < 0.6


def heard_in_stereo(audio: np.ndarray) -> Measurement:
    meter = Ltas(RATE_HZ)
    meter.push(audio)
    spectrum = meter.finish()
    return replace(
        song(shape=np.array(spectrum.ltas_db)), ltas_mid_db=spectrum.ltas_mid_db, ltas_side_db=spectrum.ltas_side_db
    )
