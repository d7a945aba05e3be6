"""Synthesisers: wavetables with a filter that closes, a singing voice of formants, and wide pads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from drums import band_noise
from numpy.typing import NDArray
from score import Note, hz
from stem import Tape

TABLE_FRAMES = 2048

Curve = NDArray[np.float64]
Tables = NDArray[np.float32]
"""Single cycles `(tables, TABLE_FRAMES + 1)`, the first frame repeated at the end."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A synthesiser's settings. Detunings are played at once, spread from left to right on a stereo tape."""

    slope: float = 1.0
    odd_only: bool = False
    closed_hz: float = 400.0
    open_hz: float = 6000.0
    filter_decay_s: float = 0.25
    attack_ms: float = 4.0
    decay_s: float = 0.4
    sustain: float = 0.6
    release_ms: float = 80.0
    detune_cents: tuple[float, ...] = (0.0,)
    vibrato_cents: float = 0.0


def play(patch: Patch, notes: Sequence[Note], tape: Tape, rng: np.random.Generator) -> None:
    """Play notes with a patch, each voice from a phase of its own."""
    width = 0.75 if tape.channels == 2 and len(patch.detune_cents) > 1 else 0.0
    pans = np.linspace(-width, width, len(patch.detune_cents))
    for note in notes:
        tables = _filter_tables(patch, note.midi, tape.rate_hz)
        frames = round((note.length_seconds + patch.release_ms / 1000.0) * tape.rate_hz)
        seconds = np.arange(frames) / tape.rate_hz
        envelope = _envelope(patch, seconds, note.length_seconds)
        opening = np.exp(-seconds / patch.filter_decay_s) * (len(tables) - 1) * (0.35 + 0.65 * note.velocity)
        swing = _vibrato(patch, seconds)
        for cents, pan in zip(patch.detune_cents, pans, strict=True):
            cycles = hz(note.midi + cents / 100.0) * (seconds + swing) + rng.uniform()
            voice = read_tables(tables, cycles, opening) * envelope
            tape.lay(voice, note.start_seconds, note.velocity / len(pans) ** 0.5, float(pan))


def _vibrato(patch: Patch, seconds: Curve) -> Curve | float:
    """Return what a 5.2 Hz vibrato that sets in after a while adds to the time, in seconds."""
    if not patch.vibrato_cents:
        return 0.0
    depth = (2.0 ** (patch.vibrato_cents / 1200.0) - 1.0) / (2.0 * np.pi * 5.2)
    return depth * np.minimum(1.0, seconds / 0.5) * np.sin(2.0 * np.pi * 5.2 * seconds)


def _envelope(patch: Patch, seconds: Curve, held_seconds: float) -> Curve:
    rise = np.minimum(1.0, seconds * 1000.0 / patch.attack_ms)
    body = patch.sustain + (1.0 - patch.sustain) * np.exp(-seconds / patch.decay_s)
    gone = np.clip((seconds - held_seconds) * 1000.0 / patch.release_ms, 0.0, 1.0)
    return rise**2 * (3.0 - 2.0 * rise) * body * (1.0 - gone) ** 2


@lru_cache(maxsize=256)
def _filter_tables(patch: Patch, midi: float, rate_hz: int) -> Tables:
    """Return the patch's wave at one pitch behind a 24 dB/oct low-pass filter, from closed to open in five steps."""
    order = np.arange(1, max(2, int(min(0.42 * rate_hz / hz(midi), TABLE_FRAMES // 2 - 1))))
    levels = order**-patch.slope * (order % 2 if patch.odd_only else 1.0)
    cutoffs = np.geomspace(patch.closed_hz, patch.open_hz, 5)[:, None]
    return build_tables(levels / (1.0 + (order * hz(midi) / cutoffs) ** 4))


def build_tables(levels: Curve) -> Tables:
    """Return the cycles whose harmonics, all sines, have the levels `(tables, harmonics)`."""
    spectrum = np.zeros((len(levels), TABLE_FRAMES // 2 + 1), np.complex128)
    spectrum[:, 1 : levels.shape[1] + 1] = -0.5j * TABLE_FRAMES * levels
    cycles = np.fft.irfft(spectrum, TABLE_FRAMES, axis=1)
    return np.concatenate([cycles, cycles[:, :1]], axis=1).astype(np.float32)


def read_tables(tables: Tables, cycles: Curve, position: Curve) -> NDArray[np.float64]:
    """Return the sound at phases in cycles, between the tables at `position` (0 to their number less one)."""
    place = (cycles - np.floor(cycles)) * TABLE_FRAMES
    column = place.astype(np.int32)
    along = (place - column).astype(np.float32)
    row = np.minimum(position.astype(np.int32), len(tables) - 2)
    across = (position - row).astype(np.float32)
    flat, start = tables.ravel(), row * np.int32(TABLE_FRAMES + 1) + column
    first = flat[start] + (flat[start + 1] - flat[start]) * along
    start += np.int32(TABLE_FRAMES + 1)
    second = flat[start] + (flat[start + 1] - flat[start]) * along
    return (first + (second - first) * across).astype(np.float64)


_VOWELS_HZ = {
    "a": (850.0, 1250.0, 2850.0, 3900.0),
    "e": (530.0, 2000.0, 2900.0, 4100.0),
    "i": (320.0, 2600.0, 3200.0, 4200.0),
    "o": (500.0, 900.0, 2700.0, 3800.0),
    "u": (370.0, 780.0, 2600.0, 3700.0),
}
_FORMANT_LEVELS = (1.0, 0.6, 0.38, 0.22)
_FORMANT_WIDTHS_HZ = (85.0, 110.0, 160.0, 230.0)


@dataclass(frozen=True, slots=True)
class Singer:
    """A voice. `size` scales the formants (a larger head is below 1); `tilt` is the fall of the source's harmonics."""

    vowels: str
    size: float = 1.0
    tilt: float = 0.9
    breath: float = 0.02
    vibrato_cents: float = 28.0
    glide_ms: float = 70.0


@lru_cache(maxsize=512)
def _vowel_tables(singer: Singer, vowels: str, midi: float, rate_hz: int) -> Tables:
    order = np.arange(1, int(min(9000.0, 0.42 * rate_hz) / hz(midi)))
    mouth = np.zeros((len(vowels), len(order)))
    for index, vowel in enumerate(vowels):
        for centre, level, width in zip(_VOWELS_HZ[vowel], _FORMANT_LEVELS, _FORMANT_WIDTHS_HZ, strict=True):
            mouth[index] += level / np.sqrt(1.0 + ((order * hz(midi) - centre * singer.size) / width) ** 2)
    levels = mouth * order**-singer.tilt
    return build_tables(levels / np.sqrt((levels**2).sum(axis=1, keepdims=True)))


def sing(singer: Singer, notes: Sequence[Note], tape: Tape, rng: np.random.Generator, pan: float = 0.0) -> None:
    """Sing a line, one note at a time: the pitch glides, the mouth goes from vowel to vowel, breath comes along."""
    rate_hz = tape.rate_hz
    cycles = np.cumsum(_pitch_track(singer, notes, tape, rng)) / rate_hz
    air = singer.breath * band_noise(rng, len(cycles), rate_hz, 1800.0, 8000.0)
    overlap_s = 0.05
    for index, note in enumerate(notes):
        start = round(note.start_seconds * rate_hz)
        frames = round((note.length_seconds + overlap_s) * rate_hz)
        seconds = np.arange(frames) / rate_hz
        left = note.length_seconds + overlap_s - seconds
        mouth = np.minimum(1.0, seconds / 0.055), np.minimum(1.0, left / 0.11)
        envelope = np.prod([edge * edge * (3.0 - 2.0 * edge) for edge in mouth], axis=0)
        envelope *= 0.82 + 0.18 * np.sin(np.pi * np.minimum(1.0, seconds / note.length_seconds))
        pair = singer.vowels[index % len(singer.vowels)] + singer.vowels[(index + 1) % len(singer.vowels)]
        tables = _vowel_tables(singer, pair, note.midi, rate_hz)
        shape = np.clip(seconds / note.length_seconds - 0.55, 0.0, 0.45) * 1.4
        voice = read_tables(tables, cycles[start : start + frames], shape)
        tape.lay((voice + air[start : start + frames]) * envelope, note.start_seconds, note.velocity, pan)


def _pitch_track(singer: Singer, notes: Sequence[Note], tape: Tape, rng: np.random.Generator) -> Curve:
    """Return the voice's frequency at each frame: steps made smooth, vibrato that sets in late, slow drift.

    The curves are drawn at 1 kHz, which is far above what a throat can do.
    """
    seconds = np.arange(0.0, len(tape.sound) / tape.rate_hz + 0.001, 0.001)
    midi, vibrato = np.full(len(seconds), float(notes[0].midi)), np.zeros(len(seconds))
    for note in notes:
        start, length = round(1000.0 * note.start_seconds), round(1000.0 * note.length_seconds)
        midi[start:] = note.midi
        span = vibrato[start : start + length]
        span[:] = np.clip((np.arange(len(span)) / 1000.0 - 0.22) / 0.4, 0.0, 1.0)
    for _ in range(2):
        midi = _smooth(midi, round(singer.glide_ms / 2.0))
    knots = np.arange(0.0, seconds[-1] + 0.4, 0.4)
    drift = np.interp(seconds, knots, rng.normal(0.0, 0.05, len(knots)))
    wave = np.sin(2.0 * np.pi * np.cumsum(5.3 + 8.0 * drift) / 1000.0)
    track = hz(midi + drift + singer.vibrato_cents / 100.0 * _smooth(vibrato, 50) * wave)
    return np.interp(np.arange(len(tape.sound)) / tape.rate_hz, seconds, track)


def _smooth(values: Curve, frames: int) -> Curve:
    """Return the moving average, centred."""
    padded = np.pad(values, (frames // 2 + 1, frames - frames // 2 - 1), mode="edge")
    sums = np.cumsum(np.concatenate([[0.0], padded]))
    return (sums[frames:] - sums[:-frames])[: len(values)] / frames


def pad(
    notes: Sequence[Note],
    tape: Tape,
    rng: np.random.Generator,
    level: Callable[[Curve], Curve],
    *,
    width_cents: float = 22.0,
    attack_s: float = 0.6,
    release_s: float = 0.9,
) -> None:
    """Play notes as bands of sines that never repeat in unison, left and right apart (PADsynth, Paul Nasca 2005).

    `level` gives the linear level of a harmonic by its frequency in Hz.
    """
    made: dict[float, NDArray[np.float64]] = {}
    for note in notes:
        if note.midi not in made:
            made[note.midi] = _band_loop(note.midi, tape.rate_hz, level, width_cents, tape.channels, rng)
        frames = round((note.length_seconds + release_s) * tape.rate_hz)
        seconds = np.arange(frames) / tape.rate_hz
        rise = np.minimum(1.0, seconds / min(attack_s, note.length_seconds))
        fall = np.clip((note.length_seconds + release_s - seconds) / release_s, 0.0, 1.0)
        envelope = np.sin(0.5 * np.pi * rise) ** 2 * np.sin(0.5 * np.pi * fall) ** 2
        start = int(rng.integers(len(made[note.midi])))
        band = np.take(made[note.midi], np.arange(start, start + frames), axis=0, mode="wrap")
        tape.lay(band * envelope[:, None], note.start_seconds, note.velocity)


def _band_loop(
    midi: float,
    rate_hz: int,
    level: Callable[[Curve], Curve],
    width_cents: float,
    channels: int,
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    frames = 1 << 18
    freqs = np.fft.rfftfreq(frames, 1.0 / rate_hz)
    bands = np.zeros(len(freqs))
    fundamental = hz(midi)
    for centre in fundamental * np.arange(1, int(min(12000.0, 0.42 * rate_hz) / fundamental) + 1):
        spread = centre * (2.0 ** (width_cents / 1200.0) - 1.0)
        low, high = np.searchsorted(freqs, (centre - 4.0 * spread, centre + 4.0 * spread))
        shape = np.exp(-(((freqs[low:high] - centre) / spread) ** 2)) / np.sqrt(spread)
        bands[low:high] += shape * float(level(np.asarray(centre)))
    phases = np.exp(2j * np.pi * rng.uniform(size=(channels, len(freqs))))
    loop = np.fft.irfft(bands * phases, frames, axis=1).T
    return loop / loop.std()
