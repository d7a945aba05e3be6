"""The Long Blue Hour: D minor, 63 beats a minute. Dark and quiet: felt piano, a bowed line, a low voice, rain."""

import drums
import numpy as np
from resonance import bell, felt_piano
from score import Clock, Note, beats, humanise, lead_voices, melody, pitch, root, scaled
from stem import Song, Stem, Tape, strike
from synth import Patch, Singer, pad, play, sing

CLOCK = Clock(bpm=63.0)
INTRO, VERSE, LIFT, LAST = range(2), range(2, 6), range(6, 10), 10

_HALF_BARS = (
    *("Dm9", "Dm9", "Bbmaj7", "Bbmaj7"),
    *("Dm9", "Dm9", "Bbmaj7", "Bbmaj7", "Gm9", "Gm9", "A7sus4", "A7"),
    *("Bbmaj7", "Bbmaj7", "Cadd9", "Cadd9", "Fmaj7/A", "Fmaj7/A", "Gm7", "A7"),
    *("Dmadd9", "Dmadd9"),
)
"""The harmony, two chords a bar."""

_VOICE_LINE = """
  r:1 A4:1 F4:.5 E4:.5 D4:1 | F4:2.5 r:.5 D4:.5 E4:.5 | F4:1.5 G4:.5 A4:1 Bb4:1 | A4:2 E4:1.5 r:.5
  D5:2 C5:.5 Bb4:.5 A4:1 | G4:1.5 A4:.5 C5:1.5 r:.5 | A4:1 C5:1 F5:1.5 E5:.5 | D5:1.5 Bb4:.5 C#5:1.5 r:.5 | D5:3.5
"""
_BOWED_LINE = "F3:2 D3:2 | E3:2 C#3:2 | F3:2 D3:2 | E3:2 G3:2 | A3:3 C4:1 | Bb3:2 A3:1 G3:1 | F3:4"


def _chord(start_seconds: float) -> int:
    return int(start_seconds / (2 * CLOCK.beat_seconds) + 1e-6)


def _piano(tape: Tape, rng: np.random.Generator) -> None:
    """Play broken chords with the right hand over octaves and fifths of the left, pedalled by half bars."""
    voicings = lead_voices(_HALF_BARS, "A3", "G5")
    notes = []
    for bars, pattern, level in ((INTRO, "x.o.x.o.", 0.6), (VERSE, "x.oxx.o.", 0.55), (LIFT, "xoxoxoxo", 0.72)):
        for index, note in enumerate(beats(CLOCK, bars, pattern)):
            chord = voicings[_chord(note.start_seconds)]
            midi = chord[(0, 2, 3, 1, 2, 3)[index % 6] % len(chord)]
            notes.append(Note(note.start_seconds, 0.0, midi, level * note.velocity))
    for half_bar, symbol in enumerate(_HALF_BARS[:-2]):
        low = pitch("F2") + (root(symbol) - pitch("F2")) % 12
        notes.append(Note(CLOCK.at(0, 2 * half_bar), 0.0, low, 0.5 if half_bar % 2 else 0.62))
    notes += [Note(CLOCK.at(LAST, 0.06 * step), 0.0, midi, 0.6) for step, midi in enumerate(voicings[-1])]
    notes.append(Note(CLOCK.at(LAST), 0.0, pitch("D2"), 0.6))
    for note in humanise(notes, rng, timing_ms=12.0, velocity=0.1):
        brightness = 1.0 if note.velocity > 0.6 else 0.75
        pan = (note.midi - 62.0) / 60.0
        tape.lay(felt_piano(note.midi, tape.rate_hz, 4.6, brightness), note.start_seconds, note.velocity, pan)


def _sub(tape: Tape, rng: np.random.Generator) -> None:
    notes = []
    for bar in [*VERSE, *LIFT]:
        roots = [pitch("F1") + (root(_HALF_BARS[2 * bar + half]) - pitch("F1")) % 12 for half in (0, 1)]
        lengths = [(0, 3.8)] if roots[0] == roots[1] else [(0, 1.9), (2, 1.9)]
        notes += [
            Note(CLOCK.at(bar, beat), length * CLOCK.beat_seconds, roots[beat // 2], 0.75) for beat, length in lengths
        ]
    notes.append(Note(CLOCK.at(LAST), 2.6, pitch("D2"), 0.65))
    patch = Patch(slope=1.6, closed_hz=110, open_hz=360, filter_decay_s=0.6, attack_ms=25, decay_s=1.2, release_ms=260)
    play(patch, humanise(notes, rng, timing_ms=6.0), tape, rng)


def _pad(tape: Tape, rng: np.random.Generator) -> None:
    voicings = lead_voices(_HALF_BARS, "D3", "C5")
    notes = []
    for half_bar, chord in enumerate(voicings):
        level = 0.45 if half_bar < 4 else 0.6 if half_bar < 12 else 0.85
        notes += [Note(CLOCK.at(0, 2 * half_bar), 2 * CLOCK.beat_seconds, midi, level) for midi in chord]
    pad(notes, tape, rng, lambda freq: freq**-1.0 / (1 + (freq / 900) ** 3), attack_s=0.9, release_s=1.3)


def _bowed(tape: Tape, rng: np.random.Generator) -> None:
    notes = melody(CLOCK, 4, _BOWED_LINE, 0.7)
    patch = Patch(
        closed_hz=500,
        open_hz=1500,
        filter_decay_s=3.0,
        attack_ms=260,
        decay_s=2.0,
        sustain=0.8,
        release_ms=420,
        detune_cents=(-4, 5),
        vibrato_cents=16,
    )
    play(patch, humanise(notes, rng, timing_ms=10.0), tape, rng)


def _voice(tape: Tape, rng: np.random.Generator) -> None:
    notes = humanise(melody(CLOCK, VERSE[0], _VOICE_LINE, 0.75), rng, timing_ms=15.0)
    sing(Singer("uouaouo", size=0.93, tilt=1.15, breath=0.035, vibrato_cents=22, glide_ms=110), notes, tape, rng)


def _hum(tape: Tape, rng: np.random.Generator) -> None:
    """Hum two more voices under the lift, in thirds and sixths with the chord."""
    voicings = lead_voices(_HALF_BARS, "D3", "C5")
    for part, pan in ((1, -0.55), (2, 0.55)):
        notes = [
            Note(CLOCK.at(0, 2 * half_bar), 2 * CLOCK.beat_seconds, voicings[half_bar][part], 0.6)
            for half_bar in range(2 * LIFT[0], 2 * LAST + 1)
        ]
        singer = Singer("uuou", size=0.86, tilt=1.4, breath=0.02, vibrato_cents=14, glide_ms=140)
        sing(singer, humanise(notes, rng, timing_ms=18.0), tape, rng, pan)


def _heartbeat(tape: Tape, rng: np.random.Generator) -> None:
    notes = beats(CLOCK, VERSE[2:], "x......o........") + beats(CLOCK, LIFT, "X......o..x.....")
    strike(
        tape,
        humanise(notes, rng, timing_ms=6.0),
        rng,
        lambda take: drums.kick(tape.rate_hz, take, low_hz=43.0, sweep_hz=45.0, decay_s=0.14, click=0.015),
    )


def _brushes(tape: Tape, rng: np.random.Generator) -> None:
    sweeps = beats(CLOCK, VERSE, "x.x.") + beats(CLOCK, LIFT, "xoxo")
    taps = beats(CLOCK, VERSE[1:], "....x.......x..o") + beats(CLOCK, LIFT, "....X..o....X...")
    for notes, sweep, pan in ((sweeps, True, -0.25), (taps, False, 0.1)):
        played = humanise(notes, rng, timing_ms=10.0, velocity=0.12)
        strike(tape, played, rng, lambda take, sweep=sweep: drums.brush(tape.rate_hz, take, sweep=sweep), pan=pan)


def _wood(tape: Tape, rng: np.random.Generator) -> None:
    notes = beats(CLOCK, VERSE[2:], "......x.......o.") + beats(CLOCK, LIFT, "......x....o..x.")
    strike(tape, humanise(notes, rng, timing_ms=8.0), rng, lambda take: drums.wood(tape.rate_hz, take, tune_hz=520.0))


def _bells(tape: Tape, rng: np.random.Generator) -> None:
    notes = melody(CLOCK, 0, "r:3 A5:.5 E5:.5 | r:2.5 D5:.5 F5:1", 0.5)
    notes += scaled(melody(CLOCK, LIFT[0], "r:3 F5:.5 A5:.5 | r:3 G5:.5 E5:.5 | r:3 C6:1 | r:3 A5:1", 0.7), 0.9)
    notes += melody(CLOCK, LAST, "r:1 A5:.5 E5:.5 F5:1", 0.5)
    for note in humanise(notes, rng, timing_ms=14.0):
        tape.lay(bell(note.midi, tape.rate_hz, 3.0, 0.7), note.start_seconds, note.velocity)


def _rain(tape: Tape, rng: np.random.Generator) -> None:
    """Let it rain behind the window: two decorrelated low noises that breathe, and drops on the sill."""
    frames = len(tape.sound)
    seconds = np.arange(frames) / tape.rate_hz
    swell = 0.75 + 0.25 * np.sin(2.0 * np.pi * seconds / 13.0)
    ends = np.minimum(1.0, seconds / 2.0) * np.clip((CLOCK.at(LAST, 3.6) - seconds) / 3.0, 0.0, 1.0)
    for channel in range(2):
        tape.sound[:, channel] = 0.04 * drums.band_noise(rng, frames, tape.rate_hz, 180.0, 1500.0)
    tape.sound *= (swell * np.sin(0.5 * np.pi * ends) ** 2)[:, None]
    for start in np.sort(rng.uniform(1.0, CLOCK.at(LAST), 160)):
        drop = drums.wood(tape.rate_hz, int(rng.integers(3)), tune_hz=900.0 + 150.0 * int(rng.integers(6)))
        tape.lay(drop, start, 0.02 + 0.05 * rng.uniform() ** 2, rng.uniform(-0.9, 0.9))


SONG = Song(
    folder="the-long-blue-hour",
    length_seconds=CLOCK.at(LAST, 6.5),
    stems=(
        Stem("piano", _piano, peak_dbfs=-9.0, channels=2),
        Stem("sub", _sub, peak_dbfs=-10.0),
        Stem("pad", _pad, peak_dbfs=-14.0, channels=2),
        Stem("bowed", _bowed, peak_dbfs=-12.0, channels=2),
        Stem("voice", _voice, peak_dbfs=-10.0, subtype="FLOAT"),
        Stem("hum", _hum, peak_dbfs=-16.0, channels=2),
        Stem("heartbeat", _heartbeat, peak_dbfs=-9.0, subtype="PCM_16"),
        Stem("brushes", _brushes, peak_dbfs=-16.0, channels=2),
        Stem("wood", _wood, peak_dbfs=-18.0, subtype="PCM_16"),
        Stem("bells", _bells, peak_dbfs=-16.0),
        Stem("rain", _rain, peak_dbfs=-20.0, channels=2, suffix=".flac"),
    ),
)
