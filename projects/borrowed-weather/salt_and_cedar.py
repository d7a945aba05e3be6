"""Salt and Cedar: G major, 100 beats a minute. Wood and strings, close and in the middle of the spectrum."""

import drums
import numpy as np
from resonance import held, pluck
from score import Clock, Note, beats, humanise, lead_voices, melody, pitch, root
from stem import Song, Stem, Tape, strike
from synth import Singer, pad, sing

CLOCK = Clock(bpm=100.0)
INTRO, VERSE, LIFT, LAST = range(2), range(2, 10), range(10, 16), 16

_BARS = (
    *("G", "Cadd9"),
    *("G", "D/F#", "Em7", "Cadd9", "G", "D/F#", "Cadd9", "Dsus4"),
    *("Cadd9", "D", "Em7", "G/B", "Am7", "Dsus4"),
    "G",
)
"""The harmony, one chord a bar."""

_SHAPES = {
    "G": "G2 B2 D3 G3 B3 G4",
    "D/F#": "F#2 A2 D3 A3 D4 F#4",
    "Em7": "E2 B2 E3 G3 D4 G4",
    "Cadd9": "C3 E3 G3 D4 G4",
    "Dsus4": "D3 A3 D4 G4",
    "D": "D3 A3 D4 F#4",
    "G/B": "B2 D3 G3 D4 G4",
    "Am7": "A2 E3 G3 C4 E4",
}
"""How a guitarist takes each chord, low string first."""

_VERSE_LINE = """
  r:1 D4:.5 G4:.5 B4:1 A4:.5 G4:.5 | A4:1.5 F#4:.5 D4:1 r:1 | r:1 E4:.5 G4:.5 B4:1 A4:.5 G4:.5 | E4:2.5 r:.5 D4:.5 E4:.5
  G4:1 B4:1 D5:1 B4:.5 A4:.5 | A4:1.5 F#4:.5 A4:1 r:1 | r:.5 G4:.5 E4:.5 G4:.5 C5:1 B4:.5 A4:.5 | A4:1.5 G4:.5 A4:1 B4:1
"""
_LIFT_LINE = """
  C5:1.5 B4:.5 G4:1 E4:.5 G4:.5 | A4:1.5 B4:.5 D5:2 | E5:1.5 D5:.5 B4:1 G4:1 | D5:1.5 B4:.5 G4:1 r:.5 G4:.5
  C5:1 B4:.5 A4:.5 E5:1 D5:.5 C5:.5 | D5:2 A4:1 r:.5 A4:.5 | G4:3
"""


def _bar(start_seconds: float) -> int:
    return int(start_seconds / (4 * CLOCK.beat_seconds) + 1e-6)


def _shape(bar: int) -> list[int]:
    return [pitch(name) for name in _SHAPES[_BARS[bar]].split()]


def _guitar(tape: Tape, note: Note, take: int, brightness_hz: float, pan: float = 0.0) -> None:
    string = pluck(
        note.midi, tape.rate_hz, take=take, decay_s=0.75, brightness_hz=brightness_hz, pick=0.17, body="guitar"
    )
    tape.lay(held(string, tape.rate_hz, note.length_seconds, 70.0), note.start_seconds, note.velocity, pan)


def _picked(tape: Tape, rng: np.random.Generator) -> None:
    """Pick with thumb and three fingers: the bass alternates on the beats, the trebles fall between."""
    notes = []
    for bar in [*INTRO, *VERSE, *LIFT]:
        shape = _shape(bar)
        for step, string in enumerate((0, 3, 2, -1, 1, 3, 2, -2)):
            midi = shape[min(string, len(shape) - 2) if string >= 0 else string]
            level = 0.85 if step % 4 == 0 else 0.62 + 0.08 * (step % 2)
            notes.append(Note(CLOCK.at(bar, 0.5 * step), 1.6 * CLOCK.beat_seconds, midi, level))
    notes += [Note(CLOCK.at(LAST, 0.05 * step), 2.4, midi, 0.8) for step, midi in enumerate(_shape(LAST))]
    for index, note in enumerate(humanise(notes, rng, timing_ms=7.0, velocity=0.09)):
        _guitar(tape, note, index % 2, 3600.0)


def _strummed(tape: Tape, rng: np.random.Generator) -> None:
    """Strum down on the beats and up between, each string a few milliseconds after the one before."""
    strums = beats(CLOCK, VERSE[4:], "X..ox.o.") + beats(CLOCK, LIFT, "X.xox.xo") + beats(CLOCK, [LAST], "X...")
    for index, strum in enumerate(humanise(strums, rng, timing_ms=6.0, velocity=0.08)):
        bar = min(LAST, _bar(strums[index].start_seconds))
        step = round((strums[index].start_seconds / CLOCK.beat_seconds - 4 * bar) * 2)
        strings = _shape(bar) if step % 2 == 0 else _shape(bar)[:1:-1]
        length = 2.2 if bar == LAST else 0.34
        for order, midi in enumerate(strings):
            start = strum.start_seconds + 0.011 * order
            _guitar(tape, Note(start, length, midi, strum.velocity * (0.94**order)), index % 2, 5200.0)


def _bass(tape: Tape, rng: np.random.Generator) -> None:
    notes = []
    for bar in [*VERSE, *LIFT]:
        low = pitch("E1") + (root(_BARS[bar]) - pitch("E1")) % 12
        fifth = low + 7 if low < pitch("A1") else low - 5
        following = pitch("E1") + (root(_BARS[bar + 1]) - pitch("E1")) % 12
        approach = following - 2 if following > low else following + 2
        line = [(0.0, 1.4, low, 0.9), (1.5, 0.5, low, 0.55), (2.0, 1.2, fifth, 0.75)]
        line.append((3.5, 0.5, approach if bar % 2 else low, 0.6))
        notes += [
            Note(CLOCK.at(bar, beat), length * CLOCK.beat_seconds, midi, level) for beat, length, midi, level in line
        ]
    notes.append(Note(CLOCK.at(LAST), 2.2, pitch("G1"), 0.85))
    for note in humanise(notes, rng, timing_ms=6.0):
        string = pluck(note.midi, tape.rate_hz, take=0, decay_s=0.6, brightness_hz=620.0, pick=0.24, body="double bass")
        tape.lay(held(string, tape.rate_hz, note.length_seconds, 90.0), note.start_seconds, note.velocity)


def _box_low(tape: Tape, rng: np.random.Generator) -> None:
    notes = (
        beats(CLOCK, VERSE[2:], "X.....x...x.....")
        + beats(CLOCK, LIFT, "X.....xoX.x.....")
        + beats(CLOCK, [LAST], "X...")
    )
    strike(tape, humanise(notes, rng), rng, lambda take: drums.box(tape.rate_hz, take, slap=False))


def _box_slap(tape: Tape, rng: np.random.Generator) -> None:
    notes = beats(CLOCK, VERSE[2:], "....X..o....X..o") + beats(CLOCK, LIFT, "....X.oo.o..X.ox")
    strike(tape, humanise(notes, rng, timing_ms=6.0), rng, lambda take: drums.box(tape.rate_hz, take, slap=True))


def _shaker(tape: Tape, rng: np.random.Generator) -> None:
    notes = beats(CLOCK, VERSE[4:], "xoXoxoXoxoXoxoXo") + beats(CLOCK, LIFT, "xoXoxoXoxoXoxoXo")
    played = humanise(notes, rng, timing_ms=6.0, velocity=0.12)
    strike(tape, played, rng, lambda take: drums.shaker(tape.rate_hz, take, low_hz=3200.0), takes=8)


def _tambourine(tape: Tape, rng: np.random.Generator) -> None:
    notes = beats(CLOCK, LIFT, "....X.......X...")
    strike(tape, humanise(notes, rng, timing_ms=9.0), rng, lambda take: drums.tambourine(tape.rate_hz, take))


def _vocal(tape: Tape, rng: np.random.Generator) -> None:
    notes = melody(CLOCK, VERSE[0], _VERSE_LINE, 0.75) + melody(CLOCK, LIFT[0], _LIFT_LINE, 0.95)
    singer = Singer("aeoaieao", size=0.97, tilt=0.85, breath=0.03, vibrato_cents=24, glide_ms=85)
    sing(singer, humanise(notes, rng, timing_ms=12.0), tape, rng)


def _harmony(tape: Tape, rng: np.random.Generator) -> None:
    """Sing the lift's line a third or fourth lower on chord tones, twice, left and right."""
    voicings = lead_voices(_BARS, "G3", "G5")
    line = []
    for note in melody(CLOCK, LIFT[0], _LIFT_LINE, 0.8):
        classes = {midi % 12 for midi in voicings[_bar(note.start_seconds)]}
        below = next(step for step in range(3, 15) if (note.midi - step) % 12 in classes)
        line.append(Note(note.start_seconds, note.length_seconds, note.midi - below, note.velocity))
    for pan, size in ((-0.6, 0.9), (0.6, 1.02)):
        singer = Singer("aeoaieao", size=size, tilt=1.05, breath=0.035, glide_ms=90)
        sing(singer, humanise(line, rng, timing_ms=16.0), tape, rng, pan)


def _mandolin(tape: Tape, rng: np.random.Generator) -> None:
    """Answer the voice in its rests, and shimmer through the lift with a tremolo."""
    notes = melody(CLOCK, 0, "B4:.5 D5:.5 G5:1 A5:.5 G5:.5 D5:1 | E5:.5 G5:.5 D5:1.5 r:1.5", 0.8)
    notes += melody(CLOCK, 3, "r:3 D5:.5 F#5:.5 | G5:1 r:3", 0.7) + melody(CLOCK, 7, "r:3 F#5:.5 A5:.5 | G5:1 r:3", 0.7)
    voicings = lead_voices(_BARS, "G4", "A5")
    for bar in LIFT:
        top, next_below = voicings[bar][-1], voicings[bar][-2]
        for step in range(16):
            midi = top if step % 8 < 4 else next_below
            level = 0.42 + 0.14 * (step % 2 == 0) + 0.01 * step
            notes.append(Note(CLOCK.at(bar, 0.25 * step), 0.3, midi, level))
    notes.append(Note(CLOCK.at(LAST, 0.4), 2.0, pitch("G5"), 0.6))
    for index, note in enumerate(humanise(notes, rng, timing_ms=6.0, velocity=0.1)):
        string = pluck(
            note.midi, tape.rate_hz, take=index % 2, decay_s=0.4, brightness_hz=5000.0, pick=0.13, body="mandolin"
        )
        tape.lay(held(string, tape.rate_hz, note.length_seconds, 60.0), note.start_seconds, note.velocity)


def _harmonium(tape: Tape, rng: np.random.Generator) -> None:
    voicings = lead_voices(_BARS, "D3", "D5")
    notes = []
    for bar in [*VERSE[4:], *LIFT, LAST]:
        level = 0.6 if bar in VERSE else 0.9
        notes += [Note(CLOCK.at(bar), 3.9 * CLOCK.beat_seconds, midi, level) for midi in voicings[bar]]
    pad(
        notes,
        tape,
        rng,
        lambda freq: freq**-0.6 / (1 + (freq / 1800) ** 2),
        width_cents=7.0,
        attack_s=0.18,
        release_s=0.3,
    )


SONG = Song(
    folder="salt-and-cedar",
    length_seconds=CLOCK.at(LAST, 6.0),
    stems=(
        Stem("guitar-picked", _picked, peak_dbfs=-7.0),
        Stem("guitar-strummed", _strummed, peak_dbfs=-7.0),
        Stem("double-bass", _bass, peak_dbfs=-6.0),
        Stem("box-low", _box_low, peak_dbfs=-6.0, subtype="PCM_16"),
        Stem("box-slap", _box_slap, peak_dbfs=-8.0, subtype="PCM_16"),
        Stem("shaker", _shaker, peak_dbfs=-12.0, subtype="PCM_16"),
        Stem("tambourine", _tambourine, peak_dbfs=-10.0, subtype="PCM_16"),
        Stem("vocal", _vocal, peak_dbfs=-6.0, subtype="FLOAT"),
        Stem("harmony", _harmony, peak_dbfs=-9.0, channels=2),
        Stem("mandolin", _mandolin, peak_dbfs=-9.0),
        Stem("harmonium", _harmonium, peak_dbfs=-10.0, channels=2),
    ),
)
