"""The limiter as an insert: its ceiling by the house meter, its release by a stopwatch, its latency by an impulse."""

from typing import Any

import numpy as np
import pytest

from farm.dsp.limit_insert import LimitInsert
from farm.measure.peaks import Peaks
from farm.measure.true_peak import StrictTruePeak

SETTINGS: dict[str, Any] = {
    "ceiling_dbtp": -1.0,
    "gain_db": 12.0,
    "release_ms": 100.0,
    "character": "transparent",
    "link": 1.0,
}
RATES_HZ = [44_100, 48_000, 96_000]


def limit(audio: np.ndarray, rate_hz: int = 48_000, **changes: Any) -> np.ndarray:
    """Behind the processor, its latency taken off."""
    processor = LimitInsert({**SETTINGS, **changes}, rate_hz)
    late = processor.latency_frames
    out = np.concatenate([audio, np.zeros((late, 2))]).astype(np.float32)
    processor.process(out)
    return out[late:]


def make(kind: str, rate_hz: int) -> np.ndarray:
    """A second, and silence after it."""
    time, generator = np.arange(rate_hz), np.random.default_rng(3)
    if kind == "noise":
        audio = 0.3 * generator.standard_normal((rate_hz, 2))
    elif kind == "clicks":
        audio = (generator.random((rate_hz, 2)) < 0.002) * generator.standard_normal((rate_hz, 2)) * 3.0
    else:
        tones = {
            "square": np.sign(np.sin(2 * np.pi * 997 * time / rate_hz)),
            "fs/4": np.sin(np.pi / 2 * time + np.pi / 4),
        }
        audio = np.repeat(tones[kind], 2).reshape(-1, 2)
    return np.concatenate([audio, np.zeros((2_000, 2))]).astype(np.float32)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("release_ms", [10.0, 300.0])
@pytest.mark.parametrize("kind", ["noise", "clicks", "square", "fs/4"])
def test_the_true_peak_stays_below_the_ceiling(kind: str, release_ms: float, rate_hz: int) -> None:
    """By the meter of BS.1770; the strictest of several meters finds 0.3 dB more in white noise, 0.03 in the rest."""
    out, meter, strict = limit(make(kind, rate_hz), rate_hz, release_ms=release_ms), Peaks(rate_hz), StrictTruePeak()
    meter.push(out)
    strict.push(out)
    peak_dbtp, strict_dbtp = meter.finish(), strict.finish()
    assert peak_dbtp is not None
    assert strict_dbtp is not None
    assert -1.6 < peak_dbtp <= -1.0 + 0.02
    assert strict_dbtp <= -1.0 + (0.35 if kind == "noise" else 0.03)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_an_impulse_comes_out_where_the_latency_says(rate_hz: int) -> None:
    audio = np.zeros((2_000, 2), np.float32)
    audio[100] = 0.5, -0.25
    processor = LimitInsert({**SETTINGS, "gain_db": 0.0}, rate_hz)
    processor.process(audio)
    assert list(np.flatnonzero(audio[:, 0])) == [100 + processor.latency_frames]
    assert tuple(audio[100 + processor.latency_frames]) == (0.5, -0.25)


def test_what_stays_below_the_ceiling_passes_bit_for_bit() -> None:
    noise = np.random.default_rng(4).uniform(-0.3, 0.3, (20_000, 2)).astype(np.float32)
    assert np.array_equal(limit(noise, gain_db=0.0), noise)
    assert np.abs(limit(noise * np.float32(0.1), gain_db=20.0) - noise).max() < 1e-6


@pytest.mark.parametrize("release_ms", [20.0, 400.0])
def test_after_the_release_time_37_percent_of_the_reduction_are_left(release_ms: float) -> None:
    """A constant, with one peak. The hold and the smoothing delay the whole curve, so two points of it are compared."""
    audio = np.full((96_000, 2), 0.1, np.float32)
    audio[10_000] = 2.0
    missing = 1.0 - limit(audio, gain_db=0.0, release_ms=release_ms)[:, 0] / np.float32(0.1)
    first = 11_000
    after = first + round(release_ms * 48.0)
    assert missing[after] / missing[first] == pytest.approx(np.exp(-1.0), abs=0.01)


def test_the_gain_moves_evenly_and_the_ceiling_follows() -> None:
    audio = np.full((4_096, 2), 0.1, np.float32)
    processor = LimitInsert({**SETTINGS, "gain_db": 0.0}, 48_000)
    processor.process(audio[:1_024])
    processor.adjust({**SETTINGS, "gain_db": 6.0})
    processor.process(audio[1_024:2_048])
    processor.adjust({**SETTINGS, "ceiling_dbtp": -20.0, "gain_db": 6.0, "release_ms": 50.0})
    processor.process(audio[2_048:])
    gains = 1.0 + np.clip(np.arange(1, 257) / 64.0, 0.0, 1.0) * (10 ** (6 / 20) - 1.0)
    late = processor.latency_frames
    assert audio[1_024 + late : 1_280 + late, 0] == pytest.approx(0.1 * gains, abs=1e-7)
    assert np.abs(audio[2_048 + late :]).max() <= 10 ** (-20 / 20)
    assert np.abs(np.diff(audio[1_500:, 0])).max() < 0.005
