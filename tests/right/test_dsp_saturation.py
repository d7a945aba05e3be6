"""Saturation against its closed forms, and the oversampler under it against scipy's filters."""

from typing import Any

import numpy as np
import pytest
from scipy import signal, special

from farm.dsp.oversampler import CHUNK_FRAMES, Oversampler, design_half_band
from farm.dsp.saturation import Saturation

RATES_HZ = [44_100, 48_000, 96_000]
SETTINGS: dict[str, Any] = {"drive_db": 24.0, "curve": "tanh", "mix": 1.0, "output_db": 0.0}
BIAS = 0.35
CURVES = {
    "tanh": np.tanh,
    "soft": lambda x: x / np.hypot(1.0, x),
    "tube": lambda x: (np.tanh(x + BIAS) - np.tanh(BIAS)) * np.cosh(BIAS) ** 2,
}


def saturate(audio: np.ndarray, rate_hz: int = 48_000, **changes: Any) -> np.ndarray:
    """Behind the processor, its latency taken off."""
    processor = Saturation({**SETTINGS, **changes}, rate_hz)
    late = processor.latency_frames
    out = np.concatenate([audio, np.zeros((late, 2))]).astype(np.float32)
    processor.process(out)
    return out[late:]


def stereo(mono: np.ndarray) -> np.ndarray:
    return np.repeat(mono, 2).reshape(-1, 2).astype(np.float32)


def sine(hz: float, peak: float, rate_hz: int, seconds: float = 2.0) -> np.ndarray:
    return stereo(peak * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz))


def through(factor: int, audio: np.ndarray) -> tuple[np.ndarray, int]:
    """Up and down again with nothing in between; and the latency."""
    oversampler = Oversampler(factor)
    parts = []
    for start in range(0, len(audio), CHUNK_FRAMES):
        chunk = audio[start : start + CHUNK_FRAMES]
        parts.append(oversampler.fall(oversampler.rise(chunk), len(chunk))[:, : len(chunk)].copy())
    return np.concatenate(parts, axis=1), oversampler.latency_frames


@pytest.mark.parametrize(("side", "edge", "stop_db"), [(32, 0.2765, 100.0), (8, 0.354, 90.0), (8, 0.42, 100.0)])
def test_each_half_band_filter_passes_and_stops_as_scipy_sees_it(side: int, edge: float, stop_db: float) -> None:
    """Frequencies in cycles a sample of the higher rate; the pass band ends as far below 1/4 as the stop band begins
    above.
    """
    taps = np.zeros(4 * side - 1)
    half = design_half_band(side)
    taps[2 * side - 1] = 1.0
    taps[2 * side :: 2] = half
    taps[2 * side - 2 :: -2] = half
    at = np.concatenate([np.linspace(0.0, 0.5 - edge, 2_000), np.linspace(edge, 0.5, 2_000)])
    _, response = signal.freqz(taps / 2.0, worN=2 * np.pi * at)
    gains_db = 20.0 * np.log10(np.abs(response) + 1e-12)
    assert np.abs(gains_db[:2_000]).max() < 0.001
    assert gains_db[2_000:].max() < -stop_db


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_up_and_down_is_flat_linear_phase_and_late_by_whole_frames(factor: int) -> None:
    audio = np.zeros((4_096, 2), np.float32)
    audio[0] = 1.0, -0.5
    out, late = through(factor, audio)
    assert np.array_equal(out[0], -2.0 * out[1])
    assert np.argmax(out[0]) == late
    assert np.abs(out[0, : 2 * late + 1] - out[0, 2 * late :: -1]).max() < 1e-15
    for rate_hz, highest_hz in [(44_100, 18_000.0), (44_100, 19_500.0), (48_000, 20_000.0), (48_000, 21_200.0)]:
        at_hz = np.linspace(0.0, highest_hz, 1_000)
        _, response = signal.freqz(out[0], worN=at_hz, fs=rate_hz)
        assert np.abs(20.0 * np.log10(np.abs(response))).max() < 0.001


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_between_the_samples_lies_the_sine(factor: int) -> None:
    time = np.arange(CHUNK_FRAMES)
    tone = stereo(0.5 * np.sin(2 * np.pi * 0.35 * time))
    high = Oversampler(factor).rise(tone)[0, : factor * CHUNK_FRAMES]
    late = np.argmax(Oversampler(factor).rise(np.eye(CHUNK_FRAMES, 2, dtype=np.float32))[0])
    expected = 0.5 * np.sin(2 * np.pi * 0.35 * (np.arange(len(high)) - late) / factor)
    assert np.abs(high - expected)[2 * late : -factor].max() < 1e-5


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("drive_db", [0.0, 12.0, 30.0])
def test_a_slow_sound_follows_the_closed_form(curve: str, drive_db: float) -> None:
    """20 Hz: the waveform moves too little from sample to sample for any filter to matter, but the tube's high-pass,
    which scipy runs on the difference that the curve makes.
    """
    audio, drive = sine(20.0, 0.8, 48_000, 4.0), 10 ** (drive_db / 20)
    bent = CURVES[curve](drive * audio.astype(np.float64)) / drive
    if curve == "tube":
        keep = np.exp(-2 * np.pi * 5.0 / 48_000)
        gain = (1 + keep) / 2
        bent = audio + signal.lfilter([gain, -gain], [1.0, -keep], bent - audio, axis=0)
    out = saturate(audio, drive_db=drive_db, curve=curve)
    assert np.abs(out - bent)[2_000:-2_000].max() < 2e-5


def test_the_tanh_harmonics_are_those_of_its_fourier_integral() -> None:
    """tanh(a sin t) has odd harmonics only, b_n = 1/pi times the integral of tanh(a sin t) sin nt over a turn."""
    out = saturate(sine(1_000.0, 0.5, 48_000), drive_db=12.0)[48_000:, 0].astype(np.float64)
    measured = 2.0 * np.abs(np.fft.rfft(out)) / len(out)
    turn, weights = special.roots_legendre(400)
    drive = 10 ** (12 / 20)
    for harmonic in range(1, 12):
        integrand = np.tanh(drive * 0.5 * np.sin(np.pi * turn)) * np.sin(harmonic * np.pi * turn)
        expected = abs(float(np.dot(weights, integrand))) / drive
        assert measured[1_000 * harmonic] == pytest.approx(expected, abs=1e-6)


def test_the_tube_adds_even_harmonics_and_no_constant() -> None:
    out = saturate(sine(1_000.0, 0.5, 48_000), drive_db=12.0, curve="tube")[48_000:, 0].astype(np.float64)
    levels = 2.0 * np.abs(np.fft.rfft(out)) / len(out)
    assert levels[2_000] > 0.02
    assert levels[0] < 1e-5
    assert saturate(sine(1_000.0, 0.5, 48_000), drive_db=12.0)[48_000:].mean() == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("curve", CURVES)
def test_aliases_of_5_khz_at_a_drive_of_24_db_are_80_db_below_it(curve: str, rate_hz: int) -> None:
    """4,999 Hz, so that aliases fall between the harmonics; within what the filter promises to keep clean."""
    out = saturate(sine(4_999.0, 0.5, rate_hz), rate_hz, curve=curve)[rate_hz:, 0].astype(np.float64)
    levels = np.abs(np.fft.rfft(out))
    highest_hz = 18_000 if rate_hz == 44_100 else 20_000
    aliases = np.delete(levels[:highest_hz], np.arange(0, highest_hz, 4_999))
    assert 20.0 * np.log10(aliases.max() / levels[4_999]) < -90.0


def test_without_oversampling_the_same_aliases_would_be_heard() -> None:
    """What the test above listens for is there."""
    out = np.tanh(10 ** (24 / 20) * sine(4_999.0, 0.5, 48_000)[48_000:, 0].astype(np.float64))
    levels = np.abs(np.fft.rfft(out))
    aliases = np.delete(levels[:20_000], np.arange(0, 20_000, 4_999))
    assert 20.0 * np.log10(aliases.max() / levels[4_999]) > -50.0


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("drive_db", [0.0, 24.0, 36.0])
def test_quiet_sound_keeps_its_level_up_to_nyquist(curve: str, drive_db: float) -> None:
    noise = (1e-6 * np.random.default_rng(1).standard_normal((20_000, 2))).astype(np.float32)
    out = saturate(noise, drive_db=drive_db, curve=curve)
    assert np.abs(out - noise).max() < 1e-3 * np.abs(noise).max()


def test_mix_and_output_blend_what_the_closed_form_says() -> None:
    audio = sine(20.0, 0.8, 48_000)
    bent = np.tanh(4.0 * audio.astype(np.float64)) / 4.0
    drive_db = 20.0 * np.log10(4.0)
    out = saturate(audio, drive_db=drive_db, mix=0.3, output_db=6.0)
    assert np.abs(out - (0.7 * audio + 0.3 * 10 ** (6 / 20) * bent))[2_000:-2_000].max() < 2e-5
    assert np.array_equal(saturate(audio, mix=0.0, output_db=12.0), audio)


def test_silence_after_music_ends_in_zeros() -> None:
    audio = np.zeros((400_000, 2), np.float32)
    audio[:1_000] = np.random.default_rng(2).standard_normal((1_000, 2))
    assert not saturate(audio, curve="tube")[200_000:].any()


def test_drive_mix_and_output_move_evenly() -> None:
    """On a constant: what tanh makes of a straight line of drives, mixes and gains is known for each frame."""
    audio = np.full((1_024, 2), 0.5, np.float32)
    before, after = {**SETTINGS, "drive_db": 6.0}, {"drive_db": 18.0, "curve": "tanh", "mix": 0.5, "output_db": -6.0}
    processor = Saturation(before, 48_000)
    processor.process(audio[:512])
    processor.adjust(after)
    processor.process(audio[512:])
    part = np.clip(np.arange(1, 513) / 64.0, 0.0, 1.0)
    drive = 10 ** (6 / 20) + part * (10 ** (18 / 20) - 10 ** (6 / 20))
    wet = 1.0 + part * (0.5 * 10 ** (-6 / 20) - 1.0)
    straight = 1.0 + part * (0.5 + 0.5 * 10 ** (-6 / 20) - 1.0)
    late = processor.latency_frames
    # The curve's share comes `latency_frames` after its drive, less what the way up takes of them.
    settled = straight * 0.5 + wet * (np.tanh(drive * 0.5) / drive - 0.5)
    assert audio[511, 0] == pytest.approx(np.tanh(10 ** (6 / 20) * 0.5) / 10 ** (6 / 20), abs=1e-6)
    assert audio[512 + 64 + late :, 0] == pytest.approx(settled[64 + late :], abs=1e-6)
    assert np.abs(np.diff(audio[500:, 0])).max() < 2.0 * np.abs(np.diff(settled)).max()
