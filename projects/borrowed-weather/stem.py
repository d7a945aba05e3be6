"""A stem: what plays, how loud its file is, in which format; and the buffer that sounds are placed in."""

import os
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile as sf
from numpy.typing import NDArray
from score import Note

Sound = NDArray[np.float64]
"""Audio `(frames, channels)`, linear, full scale 1.0."""


class Tape:
    """A stretch of silence that sounds are laid onto. A sound that would run past its end is an error of the
    composition: every decay has to end within the song."""

    def __init__(self, length_seconds: float, rate_hz: int, channels: int) -> None:
        self.rate_hz = rate_hz
        self.sound: Sound = np.zeros((round(length_seconds * rate_hz), channels))

    @property
    def channels(self) -> int:
        return self.sound.shape[1]

    def lay(self, sound: NDArray[np.float64], start_seconds: float, gain: float = 1.0, pan: float = 0.0) -> None:
        """Add a mono `(frames,)` or stereo `(frames, 2)` sound; pan, -1 to 1 at constant power, is for stereo tapes.

        Raises ValueError if the sound does not fit.
        """
        start = round(start_seconds * self.rate_hz)
        stop = start + len(sound)
        if start < 0 or stop > len(self.sound):
            raise ValueError(f"a sound from frame {start} to {stop} is off a tape of {len(self.sound)} frames")
        placed = sound[:, None] if sound.ndim == 1 else sound
        if self.channels == 2:
            angle = (pan + 1.0) * np.pi / 4.0
            placed = placed * (np.sqrt(2.0) * gain * np.array([np.cos(angle), np.sin(angle)]))
        else:
            placed = placed.mean(axis=1, keepdims=True) * gain
        self.sound[start:stop] += placed


@dataclass(frozen=True, slots=True)
class Stem:
    """One stem of a song. `play` fills a tape; the file's sample peak is `peak_dbfs`."""

    name: str
    play: Callable[[Tape, np.random.Generator], None]
    peak_dbfs: float = -6.0
    channels: int = 1
    subtype: str = "PCM_24"
    suffix: str = ".wav"
    rate_hz: int = 48000


@dataclass(frozen=True, slots=True)
class Song:
    """A song: its folder under `stems/`, its length and its stems."""

    folder: str
    length_seconds: float
    stems: tuple[Stem, ...]


def compose_stem(song: Song, stem: Stem) -> Sound:
    """Return a stem `(frames, channels)` at its own rate. Its chance is seeded by song and stem, nothing else."""
    tape = Tape(song.length_seconds, stem.rate_hz, stem.channels)
    stem.play(tape, np.random.default_rng(zlib.crc32(f"{song.folder}/{stem.name}".encode())))
    return tape.sound * (10.0 ** (stem.peak_dbfs / 20.0) / np.abs(tape.sound).max())


def write_stem(stem: Stem, sound: Sound, path: Path) -> None:
    """Write a stem; the file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        kind = "FLAC" if stem.suffix == ".flac" else "WAV"
        sf.write(partial, sound, stem.rate_hz, subtype=stem.subtype, format=kind)
        if stem.subtype == "FLOAT":
            _clear_peak_time(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _clear_peak_time(path: Path) -> None:
    """Zero the time of writing, which libsndfile puts into the PEAK chunk of float files."""
    with path.open("r+b") as file:
        chunk = file.read(4096).find(b"PEAK")
        if chunk >= 0:
            file.seek(chunk + 12)
            file.write(bytes(4))


def strike(
    tape: Tape,
    notes: Iterable[Note],
    rng: np.random.Generator,
    sound: Callable[[int], NDArray[np.float64]],
    *,
    pan: float = 0.0,
    takes: int = 5,
) -> None:
    """Lay one of several takes of a drum at each note, never the same twice in a row."""
    take = 0
    for note in notes:
        take = (take + 1 + int(rng.integers(takes - 1))) % takes
        tape.lay(sound(take), note.start_seconds, note.velocity**1.4, pan)
