"""Things that are struck or plucked: damped sines, a felt piano, bells, and strings by Karplus and Strong."""

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from score import hz

_ROW_FRAMES = 512

Mono = NDArray[np.float64]
"""Audio `(frames,)`, linear."""


def damped_sines(rate_hz: int, seconds: float, freqs_hz: ArrayLike, amplitudes: ArrayLike, decays_s: ArrayLike) -> Mono:
    """Return the sum of sines that start at phase 0 and fall to 1/e in `decays_s`.

    exp(c n) with n = 512 a + b is exp(512 c a) exp(c b): the whole sum is one product of two small matrices.
    """
    frames = round(seconds * rate_hz)
    freqs, levels, decays = np.broadcast_arrays(np.atleast_1d(freqs_hz), amplitudes, decays_s)
    audible = freqs < 0.45 * rate_hz
    exponents = (2j * np.pi * freqs[audible] - 1.0 / decays[audible]) / rate_hz
    rows = -(-frames // _ROW_FRAMES)
    coarse = np.exp(np.arange(rows)[:, None] * _ROW_FRAMES * exponents) * levels[audible]
    fine = np.exp(exponents[:, None] * np.arange(_ROW_FRAMES))
    return np.ascontiguousarray((coarse @ fine).imag.reshape(-1)[:frames])


def faded(sound: Mono, rate_hz: int, attack_ms: float, release_ms: float) -> Mono:
    """Return the sound with raised-cosine edges, so that it starts and ends at 0, and without its mean."""
    bow = np.hanning(len(sound))
    faded_sound = sound - bow * (sound.sum() / bow.sum())
    rise, fall = (min(len(sound), max(2, round(ms * rate_hz / 1000.0))) for ms in (attack_ms, release_ms))
    faded_sound[:rise] *= 0.5 - 0.5 * np.cos(np.pi * np.arange(rise) / rise)
    faded_sound[-fall:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fall + 1) / fall)
    return faded_sound


@lru_cache(maxsize=128)
def felt_piano(midi: float, rate_hz: int, seconds: float, brightness: float) -> Mono:
    """Return a string pair under a felt hammer: stretched partials, two-stage decay, the thump of the key."""
    fundamental = hz(midi)
    order = np.arange(1, 25)
    partials = fundamental * order * np.sqrt(1.0 + 2.5e-4 * order**2)
    levels = order**-1.1 * np.exp(-partials / (700.0 * brightness)) * np.abs(np.sin(np.pi * order / 7.3))
    slow = 2.4 * (220.0 / fundamental) ** 0.5 / (1.0 + 0.22 * order)
    string = damped_sines(rate_hz, seconds, partials, 0.6 * levels, slow * 0.35)
    string += damped_sines(rate_hz, seconds, partials * 1.0006, 0.4 * levels, slow)
    thump = damped_sines(rate_hz, seconds, [86.0, 143.0, 217.0], [0.05, 0.035, 0.02], [0.03, 0.025, 0.02])
    return faded(string / levels.sum() + thump, rate_hz, 4.0, 250.0)


@lru_cache(maxsize=128)
def bell(midi: float, rate_hz: int, seconds: float, hardness: float) -> Mono:
    """Return a struck bar, near a celesta: four partials of which the high ones die soon."""
    ratios = np.array([1.0, 2.756, 5.404, 8.933])
    levels = np.array([1.0, 0.35, 0.18, 0.07]) * hardness ** np.arange(4)
    decays = 1.3 * (523.0 / hz(midi)) ** 0.4 / np.array([1.0, 2.6, 5.0, 9.0])
    return faded(damped_sines(rate_hz, seconds, hz(midi) * ratios, levels, decays), rate_hz, 1.5, 200.0)


@lru_cache(maxsize=256)
def pluck(
    midi: float, rate_hz: int, *, take: int, decay_s: float, brightness_hz: float, pick: float, body: str
) -> Mono:
    """Return a plucked string (Karplus and Strong 1983; tuned by an all-pass filter as Jaffe and Smith 1983).

    The loop is solved in the frequency domain, on a circle a little outside the unit circle: what would wrap round
    the end of the transform comes back 80 dB down. `pick` is where it is plucked, as a part of the string's length.
    """
    frames = 1 << 17
    growth = 1e4 ** (1.0 / frames)
    period = rate_hz / hz(midi)
    delay = int(period - _LOSS - 0.5)
    fraction = period - _LOSS - delay
    stretch = (1.0 - fraction) / (1.0 + fraction)
    one_back = np.exp(-2j * np.pi * np.arange(frames // 2 + 1) / frames) / growth
    delayed = np.exp(-2j * np.pi * delay * np.arange(frames // 2 + 1) / frames) / growth**delay
    tuned = (stretch + one_back) / (1.0 + stretch * one_back)
    loop = np.exp(-period / (rate_hz * decay_s)) * (1.0 - _LOSS + _LOSS * one_back) * tuned * delayed
    burst = _burst(np.random.default_rng(1000 * take + round(10 * midi)), period, rate_hz, brightness_hz, pick, body)
    struck = np.zeros(frames)
    struck[: len(burst)] = burst * growth ** -np.arange(float(len(burst)))
    string = np.fft.irfft(np.fft.rfft(struck) / (1.0 - loop), frames) * growth ** np.arange(float(frames))
    return string / np.abs(string).max()


_LOSS = 0.3
"""How much of a frame later the string's losses are mixed in: a low-pass filter of that delay in each round trip."""


def _burst(rng: np.random.Generator, period: float, rate_hz: int, brightness_hz: float, pick: float, body: str) -> Mono:
    """Return one period of noise as finger and body shape it, evened out in level from pitch to pitch."""
    frames = 1 << 14
    noise = np.zeros(frames)
    noise[: round(period)] = rng.uniform(-1.0, 1.0, round(period))
    noise[round(pick * period) :] -= 0.9 * noise[: frames - round(pick * period)]
    freqs = np.fft.rfftfreq(frames, 1.0 / rate_hz)
    shaped = np.fft.rfft(noise) * _body(freqs, body) / (1.0 + 1j * freqs / brightness_hz) ** 2
    return np.fft.irfft(shaped, frames)[: frames - 2048]


_BODIES = {
    "guitar": ((104.0, 12.0, 1.1), (206.0, 9.0, 1.3), (415.0, 8.0, 0.8), (1150.0, 3.0, 1.1), (2300.0, 3.0, 0.7)),
    "mandolin": ((290.0, 8.0, 1.0), (610.0, 6.0, 0.9), (1700.0, 2.5, 1.2), (3100.0, 3.0, 0.8)),
    "double bass": ((62.0, 5.0, 0.8), (110.0, 6.0, 0.9), (230.0, 5.0, 0.5), (700.0, 2.0, 0.6)),
}


def _body(freqs: Mono, name: str) -> NDArray[np.complex128]:
    """Return a body's response: the string itself and resonances (hz, q, gain), without the lowest 40 Hz."""
    response = np.ones(len(freqs), np.complex128)
    for centre_hz, q, gain in _BODIES[name]:
        part = 1j * freqs / (centre_hz * q)
        response += gain * part / (1.0 - (freqs / centre_hz) ** 2 + part)
    rumble = 1j * freqs / 40.0
    return response * (rumble / (1.0 + rumble)) ** 2


def held(string: Mono, rate_hz: int, seconds: float, release_ms: float) -> Mono:
    """Return the string until a finger damps it after `seconds`."""
    frames = min(len(string), round((seconds + release_ms / 1000.0) * rate_hz))
    return faded(string[:frames], rate_hz, 0.6, release_ms)
