"""The EQ against analogue prototypes written down anew, scipy's filters, and what each band's parameters mean."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from farm.dsp.biquad import build_band
from farm.dsp.eq import Eq

RATES_HZ = [44_100, 48_000, 96_000]
SLOPES_DB_OCT = [6, 12, 18, 24, 30, 36, 42, 48]
TOLERANCE_DB = 0.01
OFF_DB = {
    6: {44_100: 0.12, 48_000: 0.07, 96_000: 0.03},
    12: {44_100: 0.2, 48_000: 0.13, 96_000: 0.05},
    24: {44_100: 0.36, 48_000: 0.27, 96_000: 0.08},
}
"""What the design promises: how far a bell, shelf or tilt of that gain is off its prototype up to 18 kHz, at most."""

LOWPASS_OFF_DB = {44_100: 0.65, 48_000: 0.36, 96_000: 0.1}
"""The same for a whole low-pass, as far down as -80 dB."""

CORNERS_HZ = [20.0, 150.0, 1_000.0, 5_000.0, 12_000.0, 20_000.0]


def measure_response(bands: list[dict[str, Any]], rate_hz: int, at_hz: list[float] | np.ndarray) -> np.ndarray:
    """Complex response at some frequencies, from the impulse response of the processor itself."""
    impulse = np.zeros((rate_hz * 2, 2), np.float32)
    impulse[0] = 1.0, -1.0
    Eq({"bands": bands}, rate_hz).process(impulse)
    assert np.array_equal(impulse[:, 0], -impulse[:, 1])
    left = impulse[:, 0].astype(np.float64)
    if all(float(2.0 * hz).is_integer() for hz in at_hz):  # on the grid of the transform
        return np.fft.rfft(left)[[int(2.0 * hz) for hz in at_hz]]
    time = np.arange(len(impulse)) / rate_hz
    return np.array([np.dot(left, np.exp(-2j * np.pi * hz * time)) for hz in at_hz])


def measure_gain_db(bands: list[dict[str, Any]], rate_hz: int, at_hz: list[float] | np.ndarray) -> np.ndarray:
    return 20.0 * np.log10(np.abs(measure_response(bands, rate_hz, at_hz)) + 1e-12)


def analogue(band: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Numerator and denominator over s, 1 rad/s the band's frequency: the cookbook's prototypes as they stand there."""
    kind, q = band["kind"], band.get("q", 1.0)
    if kind in ("highpass", "lowpass"):
        return signal.butter(band["slope_db_oct"] // 6, 1.0, kind, analog=True)
    if kind == "notch":
        return np.array([1, 0, 1]), np.array([1, 1 / q, 1])
    amplitude = 10.0 ** (band["gain_db"] / 40.0)
    root = math.sqrt(amplitude) / q
    numerator, denominator = {
        "bell": ([1, amplitude / q, 1], [1, 1 / (amplitude * q), 1]),
        "lowshelf": ([amplitude, amplitude * root, amplitude**2], [amplitude, root, 1]),
        "highshelf": ([amplitude**2, amplitude * root, amplitude], [1, root, amplitude]),
        "tilt": ([amplitude, 1], [1, amplitude]),
    }[kind]
    return np.array(numerator), np.array(denominator)


def analogue_gain_db(band: dict[str, Any], at_hz: np.ndarray) -> np.ndarray:
    _, response = signal.freqs(*analogue(band), worN=np.asarray(at_hz) / band["hz"])
    return 20.0 * np.log10(np.abs(response))


def designed_sections(bands: list[dict[str, Any]], rate_hz: int) -> np.ndarray:
    sections = [section for band in bands for section in build_band(band, rate_hz)]
    return np.array([[s.b0, s.b1, s.b2, 1.0, s.a1, s.a2] for s in sections])


def spectrum_to_18_khz(hz: float, points: int = 400) -> np.ndarray:
    around = np.clip(hz * np.geomspace(0.25, 4.0, points // 2), 10.0, 18_000.0)
    return np.unique(np.concatenate([np.geomspace(10.0, 18_000.0, points // 2), around]))


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("hz", CORNERS_HZ)
@pytest.mark.parametrize("gain_db", [6, 12, 24])
@pytest.mark.parametrize(
    ("kind", "qs"),
    [
        ("bell", [0.1, 0.5, 1.0, 4.0, 40.0]),
        ("lowshelf", [0.3, 0.5, 0.6, 0.707, 1.4]),
        ("highshelf", [0.3, 0.5, 0.6, 0.707, 1.4]),
        ("tilt", [1.0]),
    ],
)
def test_a_band_is_its_analogue_prototype_to_18_khz(
    kind: str, qs: list[float], gain_db: int, hz: float, rate_hz: int
) -> None:
    """Bilinear transforms of these are off by up to 14 dB."""
    at_hz = spectrum_to_18_khz(hz)
    for q in qs:
        for signed_db in (gain_db, -gain_db):
            band = {"kind": kind, "hz": hz, "gain_db": float(signed_db), "q": q}
            _, response = signal.sosfreqz(designed_sections([band], rate_hz), at_hz, fs=rate_hz)
            off_db = 20.0 * np.log10(np.abs(response)) - analogue_gain_db(band, at_hz)
            assert np.abs(off_db).max() <= OFF_DB[gain_db][rate_hz]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("slope_db_oct", SLOPES_DB_OCT)
def test_a_low_pass_is_the_analogue_butterworth_to_18_khz_or_minus_80_db(slope_db_oct: int, rate_hz: int) -> None:
    for hz in CORNERS_HZ:
        band = {"kind": "lowpass", "hz": hz, "slope_db_oct": slope_db_oct}
        at_hz = spectrum_to_18_khz(hz)
        expected_db = analogue_gain_db(band, at_hz)
        _, response = signal.sosfreqz(designed_sections([band], rate_hz), at_hz, fs=rate_hz)
        off_db = 20.0 * np.log10(np.abs(response)) - expected_db
        assert np.abs(off_db[expected_db > -80.0]).max() <= LOWPASS_OFF_DB[rate_hz]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("hz", [50.0, 1_000.0, 12_000.0])
def test_a_notch_is_its_analogue_prototype_at_both_edges(hz: float, rate_hz: int) -> None:
    """Edges of the analogue notch, 3 dB down: w - 1/w = +-1/q. In between and beyond, within 0.1 dB for a Q of 10."""
    edges_hz = [hz * (math.sqrt(1 + 1 / 400) + side / 20) for side in (-1, 1)]
    centre, *sides = measure_gain_db([{"kind": "notch", "hz": hz, "q": 10.0}], rate_hz, [hz, *edges_hz])
    assert centre < -90.0
    assert sides == pytest.approx([-3.0103, -3.0103], abs=TOLERANCE_DB)
    band = {"kind": "notch", "hz": hz, "q": 10.0}
    at_hz = spectrum_to_18_khz(hz)
    expected_db = analogue_gain_db(band, at_hz)
    _, response = signal.sosfreqz(designed_sections([band], rate_hz), at_hz, fs=rate_hz)
    off_db = 20.0 * np.log10(np.abs(response)) - expected_db
    assert np.abs(off_db[expected_db > -40.0]).max() < 0.1


BANDS = [
    {"kind": "highpass", "hz": 35.0, "slope_db_oct": 30},
    {"kind": "lowshelf", "hz": 120.0, "gain_db": 4.0, "q": 0.707, "slope_db_oct": 18},
    {"kind": "bell", "hz": 400.0, "gain_db": -6.0, "q": 1.4},
    {"kind": "bell", "hz": 9_000.0, "gain_db": 5.0, "q": 0.8},
    {"kind": "highshelf", "hz": 11_000.0, "gain_db": -3.0, "q": 0.707, "slope_db_oct": None},
    {"kind": "tilt", "hz": 700.0, "gain_db": 3.0},
    {"kind": "allpass", "hz": 300.0, "q": 0.9},
    {"kind": "notch", "hz": 15_625.0, "q": 8.0},
    {"kind": "lowpass", "hz": 17_000.0, "slope_db_oct": 42},
]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("count", [1, 3, 6, len(BANDS)])
def test_the_sound_is_what_scipy_makes_of_the_same_sections(count: int, rate_hz: int) -> None:
    """Magnitude within 0.01 dB and phase within 0.1 degree to 18 kHz, wherever -60 dB of the sound are left."""
    at_hz = np.round(np.geomspace(20.0, 18_000.0, 120))
    measured = measure_response(BANDS[:count], rate_hz, at_hz)
    _, expected = signal.sosfreqz(designed_sections(BANDS[:count], rate_hz), at_hz, fs=rate_hz)
    ratio = (measured / expected)[np.abs(expected) > 1e-3]
    assert np.abs(20 * np.log10(np.abs(ratio))).max() < 0.01
    assert np.abs(np.degrees(np.angle(ratio))).max() < 0.1


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_noise_comes_out_as_from_scipys_filter_run_in_double_precision(rate_hz: int) -> None:
    audio = np.random.default_rng(5).standard_normal((9_000, 2)).astype(np.float32)
    expected = signal.sosfilt(designed_sections(BANDS, rate_hz), audio.astype(np.float64), axis=0)
    Eq({"bands": BANDS}, rate_hz).process(audio)
    assert np.abs(audio - expected).max() < 1e-6 * np.abs(expected).max()


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("kind", ["bell", "lowshelf", "highshelf", "tilt"])
def test_the_phase_is_the_least_that_goes_with_the_levels(kind: str, rate_hz: int) -> None:
    """That is the Hilbert transform of the log magnitude."""
    band = {"kind": kind, "hz": 8_000.0, "gain_db": -9.0, "q": 0.9}
    impulse = np.zeros((1 << 15, 2), np.float32)
    impulse[0] = 1.0
    Eq({"bands": [band]}, rate_hz).process(impulse)
    spectrum = np.fft.fft(impulse[:, 0].astype(np.float64))
    expected = -np.imag(signal.hilbert(np.log(np.abs(spectrum))))
    assert np.degrees(np.abs(np.angle(spectrum * np.exp(-1j * expected)))).max() < 0.1


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("slope_db_oct", SLOPES_DB_OCT)
def test_a_high_pass_is_scipys_butterworth(slope_db_oct: int, rate_hz: int) -> None:
    at_hz = 90.0 * 2.0 ** np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    measured = measure_response([{"kind": "highpass", "hz": 90.0, "slope_db_oct": slope_db_oct}], rate_hz, at_hz)
    sections = signal.butter(slope_db_oct // 6, 90.0, "highpass", fs=rate_hz, output="sos")
    _, expected = signal.sosfreqz(sections, at_hz, fs=rate_hz)
    assert np.abs(20 * np.log10(np.abs(measured / expected))).max() < TOLERANCE_DB
    assert np.abs(np.angle(measured / expected)).max() < 1e-3


@pytest.mark.parametrize("slope_db_oct", SLOPES_DB_OCT)
def test_a_cut_is_3_db_down_at_its_frequency_and_falls_by_its_slope(slope_db_oct: int) -> None:
    for kind, far in (("highpass", 0.5), ("lowpass", 2.0)):
        band = {"kind": kind, "hz": 800.0, "slope_db_oct": slope_db_oct}
        reach = 2 if slope_db_oct <= 24 else 1
        corner, upper, lower = measure_gain_db([band], 96_000, [800.0, 800.0 * far**reach, 800.0 * far ** (reach + 1)])
        assert corner == pytest.approx(20 * math.log10(math.sqrt(0.5)), abs=TOLERANCE_DB)
        assert upper - lower == pytest.approx(slope_db_oct, abs=0.3)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("gain_db", [-24.0, -3.0, 0.5, 12.0])
@pytest.mark.parametrize("hz", [40.0, 1_000.0, 12_000.0, 20_000.0])
def test_the_gain_at_the_frequency_and_at_0_hz_is_exact(hz: float, gain_db: float, rate_hz: int) -> None:
    at_centre_and_dc = {
        "bell": (gain_db, 0.0),
        "lowshelf": (gain_db / 2, gain_db),
        "highshelf": (gain_db / 2, 0.0),
        "tilt": (0.0, -gain_db / 2),
    }
    for kind, expected in at_centre_and_dc.items():
        band = {"kind": kind, "hz": hz, "gain_db": gain_db, "q": 0.707}
        assert measure_gain_db([band], rate_hz, [hz, 0.0]) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("q", [0.5, 1.0, 8.0])
def test_a_bells_half_gain_points_are_a_bandwidth_apart(q: float) -> None:
    """Analogue prototype: |H| is half the gain in dB where s + 1/s = +-1/q."""
    edges_hz = [1_000 * (math.sqrt(1 + 1 / (4 * q * q)) + side / (2 * q)) for side in (-1, 1)]
    measured = measure_gain_db([{"kind": "bell", "hz": 1_000, "gain_db": 9.0, "q": q}], 96_000, edges_hz)
    assert measured == pytest.approx([4.5, 4.5], abs=TOLERANCE_DB)


@pytest.mark.parametrize("slope_db_oct", [6, 12, 18])
@pytest.mark.parametrize("kind", ["lowshelf", "highshelf"])
def test_a_shelf_with_a_slope_is_of_that_order_and_does_not_overshoot(kind: str, slope_db_oct: int) -> None:
    """|H|^2 = (G^2 + (G w)^2n) / (1 + (w/...)^2n): a Butterworth shelf, half its gain in the middle, then flat."""
    order, gain = slope_db_oct // 6, 10.0 ** (24.0 / 20.0)
    at_hz = np.round(2_000.0 * 2.0 ** np.linspace(-6.0, 3.0, 60))
    ratio = (at_hz / 2_000.0) ** (2 * order)
    power = (ratio + gain) / (ratio + 1 / gain) if kind == "lowshelf" else gain * (gain * ratio + 1) / (ratio + gain)
    band = {"kind": kind, "hz": 2_000.0, "gain_db": 24.0, "q": 9.9, "slope_db_oct": slope_db_oct}
    measured_db = measure_gain_db([band], 96_000, at_hz)
    assert measured_db == pytest.approx(10 * np.log10(power), abs=0.08)
    assert measured_db.max() < 24.0 + TOLERANCE_DB
    assert measured_db.min() > -TOLERANCE_DB


def test_a_shelf_of_12_db_an_octave_is_that_with_a_q_of_0_7071() -> None:
    band = {"kind": "highshelf", "hz": 3_000.0, "gain_db": 9.0, "q": math.sqrt(0.5)}
    assert designed_sections([{**band, "slope_db_oct": 12}], 48_000) == pytest.approx(
        designed_sections([band], 48_000), abs=1e-12
    )


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("kind", ["bell", "lowshelf", "highshelf", "tilt"])
@pytest.mark.parametrize("hz", [60.0, 700.0, 15_000.0])
def test_a_cut_undoes_the_boost_of_the_same_gain(kind: str, hz: float, rate_hz: int) -> None:
    both = [{"kind": kind, "hz": hz, "gain_db": gain_db, "q": 1.3} for gain_db in (15.0, -15.0)]
    audio = np.random.default_rng(6).standard_normal((20_000, 2)).astype(np.float32)
    filtered = audio.copy()
    Eq({"bands": both}, rate_hz).process(filtered)
    assert np.abs(filtered - audio).max() < 1e-6


@pytest.mark.parametrize("q", [0.5, 3.0])
def test_an_all_pass_turns_by_180_degrees_at_its_frequency_and_changes_no_level(q: float) -> None:
    at_hz = [10.0, 500.0, 1_000.0, 4_000.0, 18_000.0]
    response = measure_response([{"kind": "allpass", "hz": 1_000.0, "q": q}], 48_000, at_hz)
    assert np.abs(20 * np.log10(np.abs(response))).max() < 1e-3
    assert response[2] == pytest.approx(-1.0, abs=1e-4)
    _, expected = signal.freqs([1, -1 / q, 1], [1, 1 / q, 1], worN=np.array(at_hz[:2]) / 1_000.0)
    assert np.abs(np.degrees(np.angle(response[:2] / expected))).max() < 0.3


def test_bands_add_up_in_db() -> None:
    bands = [{"kind": "bell", "hz": 300.0 * 2**k, "gain_db": 1.0 + k, "q": 1.0 + k} for k in range(7)]
    at_hz = [50, 300, 1_000, 3_000, 15_000]
    together = measure_gain_db(bands, 48_000, at_hz)
    assert together == pytest.approx(sum(measure_gain_db([band], 48_000, at_hz) for band in bands), abs=1e-3)


KINDS = ["bell", "lowshelf", "highshelf", "tilt", "notch", "allpass", "lowpass", "highpass"]


@settings(max_examples=400, deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    hz=st.floats(10.0, 20_000.0),
    gain_db=st.floats(-24.0, 24.0),
    q=st.floats(0.1, 40.0),
    slope_db_oct=st.sampled_from([6, 12, 18]),
    rate_hz=st.sampled_from([44_100, 48_000, 88_200, 96_000, 176_400, 192_000]),
)
def test_any_band_is_stable_and_has_its_gain(
    kind: str, hz: float, gain_db: float, q: float, slope_db_oct: int, rate_hz: int
) -> None:
    band: dict[str, Any] = {"kind": kind, "hz": hz, "gain_db": gain_db, "q": q}
    if "pass" in kind:
        band["slope_db_oct"] = slope_db_oct
    sections = designed_sections([band], rate_hz).reshape(-1, 6)
    for section in sections:
        assert np.abs(np.roots(section[3:])).max(initial=0.0) < 1.0
    expected_db = {"bell": gain_db, "tilt": 0.0, "allpass": 0.0, "lowpass": -3.0103, "highpass": -3.0103}
    if kind != "notch" and len(sections):
        _, response = signal.sosfreqz(sections, [hz], fs=rate_hz)
        assert 20 * np.log10(np.abs(response[0])) == pytest.approx(expected_db.get(kind, gain_db / 2), abs=1e-3)


@pytest.mark.parametrize("kind", ["bell", "highshelf", "tilt", "notch", "allpass", "lowpass"])
@pytest.mark.parametrize("hz", [21_700.0, 22_050.0, 40_000.0])
def test_what_lies_beyond_nyquist_is_left_out(kind: str, hz: float) -> None:
    band = {"kind": kind, "hz": hz, "gain_db": 6.0, "q": 1.0, "slope_db_oct": 24}
    audio = np.random.default_rng(3).standard_normal((500, 2)).astype(np.float32)
    filtered = audio.copy()
    Eq({"bands": [band]}, 44_100).process(filtered)
    assert np.array_equal(filtered, audio)


def test_a_low_shelf_or_highpass_beyond_nyquist_acts_on_everything() -> None:
    shelf = {"kind": "lowshelf", "hz": 30_000.0, "gain_db": 6.0, "q": 0.707}
    cut = {"kind": "highpass", "hz": 30_000.0, "slope_db_oct": 24}
    assert measure_gain_db([shelf], 44_100, [1_000.0, 8_000.0]) == pytest.approx([6.0, 6.0], abs=0.2)
    assert measure_gain_db([cut], 44_100, [1_000.0, 10_000.0]).max() < -60.0


def test_silence_after_music_ends_in_zeros() -> None:
    """What fades has to reach 0 by itself: denormal numbers on the way there would cost a hundred times the time."""
    processor = Eq({"bands": [{"kind": "highpass", "hz": 200.0, "slope_db_oct": 48}]}, 48_000)
    audio = np.zeros((200_000, 2), np.float32)
    audio[:1_000] = np.random.default_rng(4).standard_normal((1_000, 2))
    processor.process(audio)
    assert not audio[100_000:].any()


PERIOD = 64


def run_moving(
    audio: np.ndarray, bands_at: list[list[dict[str, Any]]], rate_hz: int, *, pieces: int = PERIOD
) -> np.ndarray:
    """The audio through an EQ that is given `bands_at[n]` at the beginning of period n, in pieces within each."""
    out, processor = audio.copy(), Eq({"bands": bands_at[0]}, rate_hz)
    for period, bands in enumerate(bands_at):
        processor.adjust({"bands": bands})
        for start in range(0, PERIOD, pieces):
            begin = period * PERIOD + start
            processor.process(out[begin : min(begin + pieces, (period + 1) * PERIOD)])
    return out


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("moves", ["gain", "frequency"])
def test_a_sweep_of_a_bell_makes_no_zipper_noise(moves: str, rate_hz: int) -> None:
    """A sine of 100 Hz at -6 dBFS, the bell swept over 0.5 s: away from the sine nothing above -90 dBFS."""
    frames = int(2.5 * rate_hz) // PERIOD * PERIOD
    time = np.arange(frames) / rate_hz
    audio = np.repeat(0.5 * np.sin(2 * np.pi * 100.0 * time), 2).reshape(-1, 2).astype(np.float32)
    parts = np.clip((time[::PERIOD] - 1.0) / 0.5, 0.0, 1.0)
    bands = [
        {"kind": "bell", "hz": 1_000.0 * (4**part if moves == "frequency" else 1), "q": 1.0, "gain_db": 12.0}
        | ({"gain_db": 12.0 * part} if moves == "gain" else {})
        for part in parts
    ]
    out = run_moving(audio, [[band] for band in bands], rate_hz)
    heard = out[int(0.6 * rate_hz) : int(1.9 * rate_hz), 0].astype(np.float64)
    window = np.kaiser(len(heard), 24.0)
    level_dbfs = 20 * np.log10(np.abs(np.fft.rfft(heard * window)) * 2.0 / window.sum() + 1e-12)
    at_hz = np.fft.rfftfreq(len(heard), 1.0 / rate_hz)
    assert level_dbfs[(at_hz > 90.0) & (at_hz < 110.0)].max() > -7.0
    assert level_dbfs[np.abs(at_hz - 100.0) > 50.0].max() < -90.0


@settings(max_examples=10, deadline=None)
@given(pieces=st.sampled_from([1, 5, 63, 64]), seed=st.integers(0, 1_000))
def test_moving_bands_do_not_see_the_block_size(pieces: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    audio = random.standard_normal((40 * PERIOD, 2)).astype(np.float32)
    bands = [
        [
            {"kind": "highpass", "hz": 30.0 + period, "slope_db_oct": 24},
            {"kind": "bell", "hz": 900.0, "gain_db": 0.0, "q": 1.0},
            {"kind": "lowshelf", "hz": 100.0, "gain_db": max(0.0, period - 20.0), "q": 0.7, "slope_db_oct": None},
        ]
        for period in range(40)
    ]
    assert run_moving(audio, bands, 48_000, pieces=pieces).tobytes() == run_moving(audio, bands, 48_000).tobytes()


def test_equal_bands_change_no_bit() -> None:
    audio = np.random.default_rng(7).standard_normal((30 * PERIOD, 2)).astype(np.float32)
    bands = [*BANDS, {"kind": "bell", "hz": 500.0, "gain_db": 0.0, "q": 1.0}]
    still = audio.copy()
    Eq({"bands": bands}, 48_000).process(still)
    copies = [[dict(band) for band in bands] for _ in range(30)]
    assert run_moving(audio, copies, 48_000).tobytes() == still.tobytes()


def test_after_a_move_the_bands_are_the_new_ones() -> None:
    """Where the band came from is forgotten: the same as if it had always been there, but for what is fading out."""
    audio = np.random.default_rng(8).standard_normal((400 * PERIOD, 2)).astype(np.float32)
    first = {"kind": "bell", "hz": 500.0, "gain_db": 0.0, "q": 1.0}
    last = {"kind": "bell", "hz": 3_000.0, "gain_db": -15.0, "q": 2.0}
    cut = {"kind": "highpass", "hz": 80.0, "slope_db_oct": 12}
    moved = run_moving(audio, [[cut, first]] * 10 + [[cut, last]] * 390, 48_000)
    always = audio.copy()
    Eq({"bands": [cut, last]}, 48_000).process(always)
    assert np.abs(moved - always)[150 * PERIOD :].max() < 1e-6
    assert np.abs(moved - always)[: 11 * PERIOD].max() > 0.01


def test_a_band_that_comes_in_from_0_db_does_not_jump() -> None:
    """The other bands keep their memory, and the newcomer begins where nothing was."""
    time = np.arange(200 * PERIOD) / 48_000
    audio = np.repeat(0.5 * np.sin(2 * np.pi * 40.0 * time), 2).reshape(-1, 2).astype(np.float32)
    cut = {"kind": "highpass", "hz": 30.0, "slope_db_oct": 24}
    gains_db = np.clip(np.arange(200) - 100, 0, 60) * 0.001
    bands = [[{"kind": "lowshelf", "hz": 60.0, "gain_db": float(gain_db), "q": 0.7}, cut] for gain_db in gains_db]
    moved = run_moving(audio, bands, 48_000)
    still = audio.copy()
    Eq({"bands": [cut]}, 48_000).process(still)
    assert np.abs(moved - still).max() < 0.5 * (10 ** (0.07 / 20) - 1)
    assert np.abs(np.diff(moved, 3, axis=0))[50 * PERIOD :].max() < 2e-6
