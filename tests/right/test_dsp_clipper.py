"""The clipper against its closed form, its ceiling, and a meter of true peaks."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from farm.dsp.clipper import Clipper
from farm.measure.true_peak import StrictTruePeak

SETTINGS: dict[str, Any] = {"ceiling_dbfs": -6.0, "softness": 0.0, "clamp": True}
CEILING = 10 ** (-6 / 20)


def clip(audio: np.ndarray, rate_hz: int = 48_000, **changes: Any) -> np.ndarray:
    """Behind the processor, its latency taken off."""
    processor = Clipper({**SETTINGS, **changes}, rate_hz)
    late = processor.latency_frames
    out = np.concatenate([audio, np.zeros((late, 2))]).astype(np.float32)
    processor.process(out)
    return out[late:]


def sine(hz: float, peak: float, rate_hz: int = 48_000) -> np.ndarray:
    mono = peak * np.sin(2 * np.pi * hz * np.arange(2 * rate_hz) / rate_hz)
    return np.repeat(mono, 2).reshape(-1, 2).astype(np.float32)


def true_peak_db(audio: np.ndarray) -> float:
    meter = StrictTruePeak()
    meter.push(np.ascontiguousarray(audio))
    peak_dbtp = meter.finish()
    assert peak_dbtp is not None
    return peak_dbtp


@pytest.mark.parametrize("softness", [0.0, 0.2, 1.0])
def test_a_slow_sound_follows_the_closed_form(softness: float) -> None:
    """Linear to (1 - softness) of the ceiling, from there a tanh with the same slope that approaches it."""
    audio = sine(20.0, 0.9)
    bend, size = (1.0 - softness) * CEILING, np.abs(audio.astype(np.float64))
    room = max(CEILING - bend, 1e-12)
    expected = np.sign(audio) * np.where(size > bend, bend + room * np.tanh((size - bend) / room), size)
    assert np.abs(clip(audio, softness=softness) - expected).max() < 2e-4
    assert np.abs(clip(audio, softness=softness, clamp=False) - expected).max() < 2e-4


@pytest.mark.parametrize("softness", [0.0, 0.5])
def test_below_the_bend_no_bit_changes(softness: float) -> None:
    """Noise up to Nyquist, so low that nothing between its samples reaches the bend either."""
    noise = np.random.default_rng(1).uniform(-0.1, 0.1, (20_000, 2)).astype(np.float32)
    assert clip(noise, softness=softness).tobytes() == noise.tobytes()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    ceiling_dbfs=st.floats(-24.0, 0.0),
    softness=st.floats(0.0, 1.0),
    level=st.floats(0.01, 30.0),
)
def test_clamped_samples_never_exceed_the_ceiling(
    seed: int, ceiling_dbfs: float, softness: float, level: float
) -> None:
    noise = level * np.random.default_rng(seed).standard_normal((2_000, 2))
    out = clip(noise, ceiling_dbfs=ceiling_dbfs, softness=softness)
    assert np.abs(out).max() <= 10 ** (ceiling_dbfs / 20) * (1.0 + 1e-7)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("hz", [100.0, 997.0, 4_999.0])
def test_true_peaks_of_a_clipped_sine_exceed_the_ceiling_by_the_ringing_alone(hz: float, rate_hz: int) -> None:
    """A band-limited square wave rings by 9 % of its jump, 18 % of its height (Gibbs): 1.4 dB; and the more where the
    next jump, and its ringing, is near.
    """
    over_db = true_peak_db(clip(sine(hz, 4.0, rate_hz), rate_hz, clamp=False)) + 6.0
    assert 0.0 < over_db < 2.1


def test_the_same_ringing_is_scipys() -> None:
    """Clipped at 16 times the rate and filtered by a long scipy FIR: the highest sample is about as high."""
    fine = np.clip(2.0 * np.sin(2 * np.pi * 997.0 * np.arange(16 * 48_000) / (16 * 48_000)), -CEILING, CEILING)
    taps = signal.firwin(16 * 128 + 1, 24_000.0, fs=16 * 48_000, window=("kaiser", 10.6))
    expected_db = 20 * np.log10(np.abs(signal.fftconvolve(fine, taps, "valid")).max())
    assert true_peak_db(clip(sine(997.0, 2.0), clamp=False)) == pytest.approx(expected_db, abs=0.3)


def test_aliases_are_far_below_those_of_plain_clipping() -> None:
    audio = sine(4_999.0, 1.0)

    def aliases_db(out: np.ndarray) -> float:
        levels = np.abs(np.fft.rfft(out[48_000:, 0].astype(np.float64)))
        return float(20.0 * np.log10(np.delete(levels[:20_000], np.arange(0, 20_000, 4_999)).max() / levels[4_999]))

    assert aliases_db(clip(audio, clamp=False)) < aliases_db(np.clip(audio, -CEILING, CEILING)) - 20.0


def test_ceiling_and_softness_move_evenly() -> None:
    audio = np.full((1_024, 2), 0.9, np.float32)
    processor = Clipper(SETTINGS, 48_000)
    processor.process(audio[:512])
    processor.adjust({"ceiling_dbfs": -12.0, "softness": 0.0, "clamp": True})
    processor.process(audio[512:])
    ceilings = CEILING + np.clip(np.arange(1, 513) / 64.0, 0.0, 1.0) * (10 ** (-12 / 20) - CEILING)
    assert audio[511, 0] == pytest.approx(CEILING, abs=1e-6)
    assert audio[512:, 0] == pytest.approx(ceilings, abs=5e-4), "the filter rounds the corners of the straight line off"
    assert audio[-256:, 0] == pytest.approx(ceilings[-256:], abs=1e-6)
