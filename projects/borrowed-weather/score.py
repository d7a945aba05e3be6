"""Written music: pitches, chords and their voices, a clock in bars, melodies, and the looseness of hands."""

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

_NAMES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_QUALITIES = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "add9": (0, 2, 4, 7),
    "madd9": (0, 2, 3, 7),
    "m9": (2, 3, 7, 10),
    "sus4": (0, 5, 7),
    "7sus4": (0, 5, 7, 10),
}


@dataclass(frozen=True, slots=True)
class Note:
    """One note; `midi` 60 is middle C, `velocity` is linear, 0 to 1."""

    start_seconds: float
    length_seconds: float
    midi: float
    velocity: float


@dataclass(frozen=True, slots=True)
class Clock:
    """A steady tempo in bars of four beats, both counted from 0."""

    bpm: float

    @property
    def beat_seconds(self) -> float:
        return 60.0 / self.bpm

    def at(self, bar: float, beat: float = 0.0) -> float:
        """Return the time of a beat of a bar in seconds."""
        return (bar * 4 + beat) * self.beat_seconds


def hz(midi: float) -> float:
    """Return the frequency of a pitch, A4 = 440 Hz."""
    return 440.0 * 2.0 ** ((midi - 69.0) / 12.0)


def pitch(name: str) -> int:
    """Return the MIDI number of a name such as `G#4` or `Bb3`."""
    letter, accidental, octave = re.fullmatch(r"([A-G])([#b]?)(-?\d)", name).groups()
    return 12 * (int(octave) + 1) + _NAMES[letter] + {"#": 1, "b": -1, "": 0}[accidental]


def root(symbol: str) -> int:
    """Return the pitch class that the bass plays: the note behind the slash, else the root."""
    return pitch(re.match(r"[A-G][#b]?", symbol.rpartition("/")[2]).group() + "-1")


def pitch_classes(symbol: str) -> tuple[int, ...]:
    """Return the pitch classes of a chord symbol such as `C#m7` or `B/D#`."""
    name, quality = re.match(r"([A-G][#b]?)([^/]*)", symbol).groups()
    return tuple((pitch(name + "-1") + step) % 12 for step in _QUALITIES[quality])


def lead_voices(symbols: Sequence[str], low: str, high: str) -> list[tuple[int, ...]]:
    """Return one voicing a chord, each within the compass and as near to the one before as it can be."""
    compass = range(pitch(low), pitch(high) + 1)
    middle = (compass.start + compass.stop) / 2
    voicings: list[tuple[int, ...]] = []
    for symbol in symbols:
        places = [[midi for midi in compass if midi % 12 == each] for each in pitch_classes(symbol)]
        candidates = sorted({tuple(sorted(choice)) for choice in itertools.product(*places)})
        before = voicings[-1] if voicings else None
        voicings.append(min(candidates, key=lambda chord: _movement(chord, before, middle)))
    return voicings


def _movement(chord: tuple[int, ...], before: tuple[int, ...] | None, middle: float) -> float:
    spread = 0.25 * abs(chord[-1] - chord[0] - 10) + 0.5 * abs(sum(chord) / len(chord) - middle)
    if before is None:
        return spread
    return spread + sum(min(abs(midi - old) for old in before) for midi in chord)


def melody(clock: Clock, bar: float, text: str, velocity: float = 0.8) -> list[Note]:
    """Return the notes of a line such as `r:.5 G#4:1.5 B4:2` (pitch or rest, length in beats) from a bar on.

    Notes on a beat are a little stronger than those between, and the first of a bar strongest.
    """
    notes, beat = [], 0.0
    for token in text.replace("|", " ").split():
        name, beats = token.split(":")
        if name != "r":
            accent = 1.0 if beat % 4 == 0 else 0.94 if beat % 1 == 0 else 0.86
            length = float(beats) * clock.beat_seconds
            notes.append(Note(clock.at(bar, beat), length, pitch(name), velocity * accent))
        beat += float(beats)
    return notes


def beats(clock: Clock, bars: Iterable[int], pattern: str, midi: float = 60.0) -> list[Note]:
    """Return hits from a pattern of equal steps a bar: `X` accented, `x` plain, `o` ghosted, `.` none."""
    step = 4.0 / len(pattern)
    strengths = {"X": 1.0, "x": 0.78, "o": 0.45}
    return [
        Note(clock.at(bar, index * step), step * clock.beat_seconds, midi, strengths[mark])
        for bar in bars
        for index, mark in enumerate(pattern)
        if mark != "."
    ]


def humanise(
    notes: Iterable[Note], rng: np.random.Generator, *, timing_ms: float = 5.0, velocity: float = 0.06
) -> list[Note]:
    """Return the notes as hands play them: starts and strengths a little off, never before 0 s, never over 1."""
    played = []
    for note in notes:
        shift = float(np.clip(rng.normal(0.0, timing_ms), -2.5 * timing_ms, 2.5 * timing_ms)) / 1000.0
        strength = note.velocity * (1.0 + float(rng.normal(0.0, velocity)))
        start = max(0.0, note.start_seconds + shift)
        played.append(replace(note, start_seconds=start, velocity=min(1.0, max(0.05, strength))))
    return played


def scaled(notes: Iterable[Note], factor: float) -> list[Note]:
    """Return the notes with their velocities multiplied."""
    return [replace(note, velocity=note.velocity * factor) for note in notes]


def transposed(notes: Iterable[Note], semitones: float) -> list[Note]:
    """Return the notes moved by semitones."""
    return [replace(note, midi=note.midi + semitones) for note in notes]
