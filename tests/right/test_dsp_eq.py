"""The EQ against scipy's Butterworth design and against what each band's parameters mean."""

import math
from typing import Any

import numpy as np
import pytest
from scipy import signal

from farm.dsp.eq import Eq

RATES_HZ = [44_100, 48_000, 96_000]
TOLERANCE_DB = 0.01


def measure_response(bands: list[dict[str, Any]], rate_hz: int, at_hz: list[float] | np.ndarray) -> np.ndarray:
    """Complex response at some frequencies, from the impulse response of the processor itself."""
    impulse = np.zeros((rate_hz * 2, 2), np.float32)
    impulse[0] = 1.0, -1.0
    Eq({"bands": bands}, rate_hz).process(impulse)
    assert np.array_equal(impulse[:, 0], -impulse[:, 1])
    time = np.arange(len(impulse)) / rate_hz
    return np.array([np.dot(impulse[:, 0].astype(np.float64), np.exp(-2j * np.pi * hz * time)) for hz in at_hz])


def measure_gain_db(bands: list[dict[str, Any]], rate_hz: int, at_hz: list[float] | np.ndarray) -> np.ndarray:
    return 20.0 * np.log10(np.abs(measure_response(bands, rate_hz, at_hz)) + 1e-12)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("slope_db_oct", [6, 12, 18, 24, 36, 48])
@pytest.mark.parametrize(("kind", "hz"), [("highpass", 90.0), ("lowpass", 8_000.0)])
def test_a_cut_is_scipys_butterworth(kind: str, hz: float, slope_db_oct: int, rate_hz: int) -> None:
    at_hz = hz * 2.0 ** np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    measured = measure_response([{"kind": kind, "hz": hz, "slope_db_oct": slope_db_oct}], rate_hz, at_hz)
    sections = signal.butter(slope_db_oct // 6, hz, kind, fs=rate_hz, output="sos")
    _, expected = signal.sosfreqz(sections, at_hz, fs=rate_hz)
    assert np.abs(20 * np.log10(np.abs(measured / expected))).max() < TOLERANCE_DB
    assert np.abs(np.angle(measured / expected)).max() < 1e-3


@pytest.mark.parametrize("slope_db_oct", [6, 12, 18, 24, 36, 48])
def test_a_cut_is_3_db_down_at_its_frequency_and_falls_by_its_slope(slope_db_oct: int) -> None:
    band = {"kind": "highpass", "hz": 800.0, "slope_db_oct": slope_db_oct}
    upper_hz = 200.0 if slope_db_oct <= 24 else 400.0
    corner, upper, lower = measure_gain_db([band], 96_000, [800.0, upper_hz, upper_hz / 2])
    assert corner == pytest.approx(20 * math.log10(math.sqrt(0.5)), abs=TOLERANCE_DB)
    assert upper - lower == pytest.approx(slope_db_oct, abs=0.3)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("gain_db", [-24.0, -3.0, 0.5, 12.0])
@pytest.mark.parametrize("hz", [40.0, 1_000.0, 12_000.0])
def test_a_bell_has_its_gain_at_its_frequency_and_none_far_away(hz: float, gain_db: float, rate_hz: int) -> None:
    band = {"kind": "bell", "hz": hz, "gain_db": gain_db, "q": 2.0}
    centre, at_dc, at_nyquist = measure_gain_db([band], rate_hz, [hz, 0.0, rate_hz / 2])
    assert centre == pytest.approx(gain_db, abs=TOLERANCE_DB)
    assert at_dc == pytest.approx(0.0, abs=TOLERANCE_DB)
    assert at_nyquist == pytest.approx(0.0, abs=TOLERANCE_DB)


@pytest.mark.parametrize("q", [0.5, 1.0, 8.0])
def test_a_bells_half_gain_points_are_a_bandwidth_apart(q: float) -> None:
    """Analogue prototype: |H| is half the gain in dB where s + 1/s = +-1/q; the bilinear transform maps tangents."""
    warped = math.tan(math.pi * 1_000 / 48_000)
    edges = [math.sqrt(1 + 1 / (4 * q * q)) + side / (2 * q) for side in (-1, 1)]
    at_hz = [math.atan(warped * edge) * 48_000 / math.pi for edge in edges]
    measured = measure_gain_db([{"kind": "bell", "hz": 1_000, "gain_db": 9.0, "q": q}], 48_000, at_hz)
    assert measured == pytest.approx([4.5, 4.5], abs=TOLERANCE_DB)


def test_a_cut_bell_undoes_the_same_boost() -> None:
    boost, cut = ({"kind": "bell", "hz": 700.0, "gain_db": gain_db, "q": 1.3} for gain_db in (7.0, -7.0))
    assert np.abs(measure_gain_db([boost, cut], 44_100, [100, 500, 700, 900, 5_000])).max() < 1e-4


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("gain_db", [-9.0, 4.0])
@pytest.mark.parametrize("kind", ["lowshelf", "highshelf"])
def test_a_shelf_is_half_way_at_its_frequency_and_flat_beyond(kind: str, gain_db: float, rate_hz: int) -> None:
    band = {"kind": kind, "hz": 2_000.0, "gain_db": gain_db, "q": 0.707}
    low, middle, high = measure_gain_db([band], rate_hz, [0.0, 2_000.0, rate_hz / 2])
    shelf, flat = (low, high) if kind == "lowshelf" else (high, low)
    assert shelf == pytest.approx(gain_db, abs=TOLERANCE_DB)
    assert middle == pytest.approx(gain_db / 2, abs=TOLERANCE_DB)
    assert flat == pytest.approx(0.0, abs=TOLERANCE_DB)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_notch_takes_its_frequency_out_and_is_3_db_down_at_its_edges(rate_hz: int) -> None:
    """Edges of the analogue notch: w - 1/w = +-1/q, by the tangent."""
    warped = math.tan(math.pi * 1_000 / rate_hz)
    edges = [math.sqrt(1 + 1 / 64) + side / 8 for side in (-1, 1)]
    at_hz = [math.atan(warped * edge) * rate_hz / math.pi for edge in edges]
    centre, *sides = measure_gain_db([{"kind": "notch", "hz": 1_000.0, "q": 4.0}], rate_hz, [1_000.0, *at_hz])
    assert centre < -100.0
    assert sides == pytest.approx([-3.0103, -3.0103], abs=TOLERANCE_DB)


def test_bands_add_up_in_db() -> None:
    bands = [{"kind": "bell", "hz": 300.0 * 2**k, "gain_db": 1.0 + k, "q": 1.0 + k} for k in range(7)]
    at_hz = [50, 300, 1_000, 3_000, 15_000]
    together = measure_gain_db(bands, 48_000, at_hz)
    assert together == pytest.approx(sum(measure_gain_db([band], 48_000, at_hz) for band in bands), abs=1e-3)


@pytest.mark.parametrize("kind", ["bell", "highshelf", "notch", "lowpass"])
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
    assert measure_gain_db([shelf], 44_100, [1_000.0, 15_000.0]) == pytest.approx([6.0, 6.0], abs=0.1)
    assert measure_gain_db([cut], 44_100, [1_000.0, 10_000.0]).max() < -60.0


def test_silence_after_music_ends_in_zeros() -> None:
    """What fades has to reach 0 by itself: denormal numbers on the way there would cost a hundred times the time."""
    processor = Eq({"bands": [{"kind": "highpass", "hz": 200.0, "slope_db_oct": 48}]}, 48_000)
    audio = np.zeros((200_000, 2), np.float32)
    audio[:1_000] = np.random.default_rng(4).standard_normal((1_000, 2))
    processor.process(audio)
    assert not audio[100_000:].any()
