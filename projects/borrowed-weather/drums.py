"""Drums and small percussion, struck once: damped sines and bands of noise."""

from functools import lru_cache

import numpy as np
from resonance import Mono, damped_sines, faded


def band_noise(rng: np.random.Generator, frames: int, rate_hz: int, low_hz: float, high_hz: float) -> Mono:
    """Return noise between two frequencies (12 dB/oct below, 24 above) with an RMS of 1.

    It is made in a power of two and long noise repeats, without a seam, after 2**18 frames.
    """
    size = min(1 << 18, 1 << max(9, (frames - 1).bit_length()))
    freqs = np.maximum(np.fft.rfftfreq(size, 1.0 / rate_hz), 1e-3)
    shape = 1.0 / ((1.0 + (low_hz / freqs) ** 2) * (1.0 + (freqs / high_hz) ** 4))
    shape[0] = 0.0
    noise = np.fft.irfft(np.fft.rfft(rng.standard_normal(size)) * shape, size)
    return np.resize(noise / noise.std(), frames)


def _noise(take: int, rate_hz: int, seconds: float, low_hz: float, high_hz: float, decay_s: float) -> Mono:
    frames = round(seconds * rate_hz)
    noise = band_noise(np.random.default_rng(take), frames, rate_hz, low_hz, high_hz)
    return noise * np.exp(-np.arange(frames) / (rate_hz * decay_s))


@lru_cache(maxsize=64)
def kick(rate_hz: int, take: int, *, low_hz: float, sweep_hz: float, decay_s: float, click: float) -> Mono:
    """Return a bass drum: a sine that falls to `low_hz`, and the beater's click."""
    seconds = np.arange(round(5.0 * decay_s * rate_hz)) / rate_hz
    fall_s = 0.028 + 0.001 * (take % 3)
    cycles = low_hz * seconds + sweep_hz * fall_s * (1.0 - np.exp(-seconds / fall_s))
    body = np.sin(2.0 * np.pi * cycles) * np.exp(-seconds / decay_s)
    body[: round(0.05 * rate_hz)] += click * _noise(take, rate_hz, 0.05, 1500.0, 7000.0, 0.006)
    return faded(body, rate_hz, 0.4, 40.0)


@lru_cache(maxsize=64)
def snare(rate_hz: int, take: int, *, tune_hz: float = 185.0, wires: float = 0.4, decay_s: float = 0.11) -> Mono:
    """Return a snare drum: two modes of the head, and the wires."""
    tune = tune_hz * (1.0 + 0.006 * (take % 4))
    head = damped_sines(rate_hz, 0.6, [tune, tune * 1.78, tune * 2.6], [1.0, 0.5, 0.2], [0.07, 0.05, 0.03])
    rattle = _noise(take, rate_hz, 0.6, 1400.0, 9000.0, decay_s)
    return faded(0.6 * head + wires * rattle, rate_hz, 0.5, 80.0)


@lru_cache(maxsize=64)
def clap(rate_hz: int, take: int) -> Mono:
    """Return a few hands that do not quite meet."""
    sound = np.zeros(round(0.45 * rate_hz))
    rng = np.random.default_rng(take)
    for hand in range(4):
        start = round((0.009 * hand + rng.uniform(0.0, 0.004)) * rate_hz)
        burst = _noise(100 * take + hand, rate_hz, 0.35, 900.0, 5000.0, 0.06 if hand == 3 else 0.008)
        sound[start : start + len(burst)] += burst
    return faded(sound, rate_hz, 0.5, 60.0)


@lru_cache(maxsize=64)
def hat(rate_hz: int, take: int, *, decay_s: float) -> Mono:
    """Return a hi-hat, closed (30 ms) or open (200 ms): noise and a cluster of metal."""
    seconds = min(6.0 * decay_s, 1.2)
    metal = damped_sines(
        rate_hz, seconds, np.array([3170.0, 4527.0, 5431.0, 7127.0, 8869.0]) * (1.0 + 0.004 * take), 0.12, decay_s
    )
    return faded(0.6 * _noise(take, rate_hz, seconds, 7500.0, 16000.0, decay_s) + metal, rate_hz, 0.5, 15.0)


@lru_cache(maxsize=64)
def cymbal(rate_hz: int, take: int, *, decay_s: float = 0.7) -> Mono:
    """Return a crash cymbal."""
    wash = _noise(take, rate_hz, 4.5 * decay_s, 3500.0, 14000.0, decay_s)
    return faded(wash, rate_hz, 3.0, 900.0)


@lru_cache(maxsize=64)
def shaker(rate_hz: int, take: int, *, low_hz: float = 4500.0) -> Mono:
    """Return one stroke of a shaker: the seeds swell, then land."""
    frames = round(0.12 * rate_hz)
    grains = band_noise(np.random.default_rng(take), frames, rate_hz, low_hz, 11000.0)
    return faded(grains * np.exp(-np.arange(frames) / (0.03 * rate_hz)), rate_hz, 18.0, 40.0)


@lru_cache(maxsize=64)
def tambourine(rate_hz: int, take: int) -> Mono:
    """Return a tambourine: many small jingles, and a little skin."""
    rng = np.random.default_rng(take)
    jingles = damped_sines(
        rate_hz, 0.5, rng.uniform(4200.0, 11500.0, 24), rng.uniform(0.04, 0.12, 24), rng.uniform(0.03, 0.12, 24)
    )
    return faded(jingles + 0.1 * _noise(take, rate_hz, 0.5, 3000.0, 9000.0, 0.02), rate_hz, 1.0, 60.0)


@lru_cache(maxsize=64)
def box(rate_hz: int, take: int, *, slap: bool) -> Mono:
    """Return a wooden box drum played in its middle, or slapped at its edge."""
    if not slap:
        modes = damped_sines(
            rate_hz, 0.7, [74.0, 121.0, 196.0, 340.0], [1.0, 0.55, 0.25, 0.1], [0.11, 0.07, 0.05, 0.03]
        )
        return faded(modes + 0.05 * _noise(take, rate_hz, 0.7, 300.0, 2500.0, 0.012), rate_hz, 0.8, 100.0)
    modes = damped_sines(rate_hz, 0.35, [225.0, 412.0, 688.0, 1190.0], [0.5, 0.4, 0.3, 0.2], [0.04, 0.035, 0.025, 0.02])
    return faded(modes + 0.22 * _noise(take, rate_hz, 0.35, 1100.0, 6500.0, 0.035), rate_hz, 0.5, 60.0)


@lru_cache(maxsize=64)
def brush(rate_hz: int, take: int, *, sweep: bool) -> Mono:
    """Return a wire brush on a snare head: a long sweep or a light tap."""
    if sweep:
        frames = round(0.8 * rate_hz)
        noise = band_noise(np.random.default_rng(take), frames, rate_hz, 500.0, 3800.0)
        return noise * np.sin(np.pi * np.arange(frames) / frames) ** 2 * 0.35
    head = damped_sines(rate_hz, 0.4, [172.0, 301.0], [0.5, 0.25], [0.06, 0.04])
    return faded(head + 0.3 * _noise(take, rate_hz, 0.4, 700.0, 4200.0, 0.06), rate_hz, 2.0, 80.0)


@lru_cache(maxsize=64)
def wood(rate_hz: int, take: int, *, tune_hz: float) -> Mono:
    """Return a small block of wood."""
    tune = tune_hz * (1.0 + 0.005 * (take % 3))
    return faded(damped_sines(rate_hz, 0.3, [tune, tune * 2.71], [1.0, 0.3], [0.035, 0.012]), rate_hz, 0.6, 60.0)
