"""Every Window Open: E major, 126 beats a minute. Bright, loud, made of machines and one voice."""

import drums
import numpy as np
from score import Clock, Note, beats, humanise, lead_voices, melody, pitch, root
from stem import Song, Stem, Tape, strike
from synth import Patch, Singer, pad, play, sing

CLOCK = Clock(bpm=126.0)
INTRO, VERSE, LIFT, ENDING, LAST = range(4), range(4, 12), range(12, 20), range(20, 23), 23

_HALF_BARS = (
    *("E", "E", "B/D#", "B/D#", "C#m7", "C#m7", "Aadd9", "Aadd9"),
    *("E", "E", "B/D#", "B/D#", "C#m7", "C#m7", "Aadd9", "Aadd9") * 2,
    *("Aadd9", "Aadd9", "B", "B", "G#m7", "G#m7", "C#m7", "C#m7"),
    *("Aadd9", "Aadd9", "B", "B", "E/G#", "Aadd9", "Bsus4", "B"),
    *("E", "E", "B/D#", "B/D#", "C#m7", "Aadd9", "Eadd9", "Eadd9"),
)
"""The harmony, two chords a bar."""

_VERSE_LINE = """
  r:.5 G#4:.5 B4:1 A4:.5 G#4:.5 F#4:.5 G#4:.5 | F#4:1.5 E4:.5 D#4:1 r:1
  r:.5 E4:.5 G#4:1 B4:.5 A4:.5 G#4:.5 E4:.5 | E4:1.5 C#4:.5 E4:1 r:1
  r:.5 G#4:.5 B4:1 C#5:.5 B4:.5 A4:.5 G#4:.5 | F#4:1.5 G#4:.5 F#4:1 r:1
  E4:.5 F#4:.5 G#4:.5 B4:1 C#5:.5 B4:1 | C#5:1.5 B4:.5 E5:1.5 r:.5
"""
_LIFT_LINE = """
  E5:1.5 C#5:.5 E5:1 C#5:.5 B4:.5 | D#5:1.5 B4:.5 D#5:1 F#5:1 | D#5:1 B4:1 G#4:.5 B4:.5 D#5:1 | E5:2 G#4:.5 B4:.5 E5:1
  E5:1.5 C#5:.5 E5:1 F#5:.5 E5:.5 | D#5:1.5 B4:.5 F#5:2 | G#5:1.5 F#5:.5 E5:1 C#5:1 | E5:2 D#5:1.5 r:.5
"""
_LIFT_ANSWER = """
  r:2 A5:.5 G#5:.5 E5:.5 C#5:.5 | B4:1 r:1 B5:.5 A5:.5 F#5:.5 D#5:.5 | r:2 G#5:.5 F#5:.5 D#5:.5 B4:.5
  C#5:1 r:1 C#6:.5 B5:.5 G#5:.5 E5:.5 | r:2 A5:.5 G#5:.5 E5:.5 C#5:.5 | r:2 B5:.5 C#6:.5 B5:.5 F#5:.5
  E5:1 B5:1 C#6:1 A5:1 | B5:2 A5:.5 F#5:.5 D#5:.5 B4:.5
"""


def _voicings(low: str, high: str) -> list[tuple[int, ...]]:
    return lead_voices(_HALF_BARS, low, high)


def _kick(tape: Tape, rng: np.random.Generator) -> None:
    notes = beats(CLOCK, VERSE, "X...x.....x.....") + beats(CLOCK, LIFT, "XxXx") + beats(CLOCK, [LAST], "X...")
    notes += beats(CLOCK, ENDING, "X.......")
    strike(
        tape,
        humanise(notes, rng, timing_ms=1.0, velocity=0.03),
        rng,
        lambda take: drums.kick(tape.rate_hz, take, low_hz=49.0, sweep_hz=210.0, decay_s=0.1, click=0.22),
    )


def _snare(tape: Tape, rng: np.random.Generator) -> None:
    notes = beats(CLOCK, VERSE[:-1], "....X.......X..o") + beats(CLOCK, LIFT[:-1], "....X..o....X...")
    notes += beats(CLOCK, [VERSE[-1]], "....X...o.x.xXxX") + beats(CLOCK, [LIFT[-1]], "....X...X..xX.XX")
    strike(tape, humanise(notes, rng, timing_ms=2.0), rng, lambda take: drums.snare(tape.rate_hz, take))


def _clap(tape: Tape, rng: np.random.Generator) -> None:
    notes = beats(CLOCK, [INTRO[-1]], "..xX") + beats(CLOCK, LIFT, ".X.X")
    strike(tape, humanise(notes, rng, timing_ms=4.0), rng, lambda take: drums.clap(tape.rate_hz, take))


def _hats(tape: Tape, rng: np.random.Generator) -> None:
    closed = beats(CLOCK, INTRO[2:], "x.o.x.o.x.o.x.o.") + beats(CLOCK, VERSE, "x.xox.xox.xox.xo")
    closed += beats(CLOCK, LIFT, "X.oox.ooX.oox.oo") + beats(CLOCK, ENDING[:2], "x...x...x...x...")
    opened = beats(CLOCK, LIFT, "..X...X...X...X.") + beats(CLOCK, VERSE[1::2], "..............x.")
    for notes, decay_s, pan in ((closed, 0.035, 0.12), (opened, 0.16, 0.16)):
        played = humanise(notes, rng, timing_ms=3.0, velocity=0.1)
        strike(tape, played, rng, lambda take, decay=decay_s: drums.hat(tape.rate_hz, take, decay_s=decay), pan=pan)


def _percussion(tape: Tape, rng: np.random.Generator) -> None:
    jingles = beats(CLOCK, LIFT, "x.o.X.o.x.o.X.o.") + beats(CLOCK, VERSE[4:], "....x.......x...")
    strike(tape, humanise(jingles, rng), rng, lambda take: drums.tambourine(tape.rate_hz, take), pan=-0.35)
    crashes = [Note(CLOCK.at(bar), 1.0, 60, level) for bar, level in ((4, 0.7), (12, 0.9), (16, 0.6), (20, 0.7))]
    strike(tape, crashes, rng, lambda take: drums.cymbal(tape.rate_hz, take), pan=0.3)
    blocks = beats(CLOCK, VERSE, "...x..x....x....")
    strike(tape, humanise(blocks, rng), rng, lambda take: drums.wood(tape.rate_hz, take, tune_hz=1180.0), pan=0.5)


def _bass(tape: Tape, rng: np.random.Generator) -> None:
    notes = []
    for bars, pattern, octaves in ((VERSE, "x..x..x.x..x..x.", "0"), (LIFT, "x.x.x.x.x.x.x.x.", "0011")):
        for index, note in enumerate(beats(CLOCK, bars, pattern)):
            half_bar = int(note.start_seconds / (2 * CLOCK.beat_seconds) + 1e-6)
            low = pitch("E1") + (root(_HALF_BARS[half_bar]) - pitch("E1")) % 12
            midi = low + 12 * int(octaves[index % len(octaves)])
            notes.append(Note(note.start_seconds, 0.9 * note.length_seconds, midi, note.velocity))
    notes += [Note(CLOCK.at(bar), 1.9, pitch(name), 0.7) for bar, name in ((20, "E1"), (21, "D#2"), (22, "C#2"))]
    notes.append(Note(CLOCK.at(LAST), 2.0, pitch("E1"), 0.8))
    patch = Patch(
        closed_hz=140, open_hz=1800, filter_decay_s=0.16, attack_ms=3, decay_s=0.3, sustain=0.7, release_ms=50
    )
    play(patch, humanise(notes, rng, timing_ms=2.0), tape, rng)


def _keys(tape: Tape, rng: np.random.Generator) -> None:
    voicings = _voicings("E3", "E5")
    notes = []
    hits = beats(CLOCK, VERSE, "x.....x...x.....") + beats(CLOCK, LIFT, "x..x..x...x..x..")
    hits += beats(CLOCK, ENDING, "x.......x.......") + beats(CLOCK, [LAST], "X...")
    for hit in hits:
        half_bar = int(hit.start_seconds / (2 * CLOCK.beat_seconds) + 1e-6)
        length = 2.2 if hit.start_seconds >= CLOCK.at(LAST) else 0.26 if half_bar >= 2 * LIFT[0] else 0.34
        notes += [Note(hit.start_seconds, length, midi, 0.9 * hit.velocity) for midi in voicings[half_bar]]
    patch = Patch(
        closed_hz=500, open_hz=9000, filter_decay_s=0.22, decay_s=0.5, sustain=0.5, release_ms=160, detune_cents=(-9, 8)
    )
    play(patch, humanise(notes, rng, timing_ms=3.0), tape, rng)


def _pad(tape: Tape, rng: np.random.Generator) -> None:
    notes = []
    voicings = _voicings("B3", "B5")
    for bar in [*INTRO, *LIFT, *ENDING, LAST]:
        for half in (0, 1):
            index = 2 * bar + half
            if half and _HALF_BARS[index] == _HALF_BARS[index - 1]:
                continue
            beats_held = 2 if _HALF_BARS[2 * bar] != _HALF_BARS[2 * bar + 1] else 4
            level = 0.5 + 0.1 * bar if bar in INTRO else 0.8
            notes += [
                Note(CLOCK.at(bar, 2 * half), beats_held * CLOCK.beat_seconds, midi, level) for midi in voicings[index]
            ]
    pad(notes, tape, rng, lambda freq: freq**-0.75 / (1 + (freq / 7000) ** 2), attack_s=0.25, release_s=0.5)
    seconds = np.arange(len(tape.sound)) / tape.rate_hz
    since_beat = (seconds % CLOCK.beat_seconds) / CLOCK.beat_seconds
    ducked = 1.0 - 0.55 * np.exp(-since_beat / 0.22) * np.minimum(1.0, since_beat / 0.02)
    in_lift = (seconds >= CLOCK.at(LIFT[0])) & (seconds < CLOCK.at(ENDING[0]))
    tape.sound *= np.where(in_lift, ducked, 1.0)[:, None]


def _arp(tape: Tape, rng: np.random.Generator) -> None:
    voicings = _voicings("E4", "E6")
    notes = []
    order = (0, 2, 1, 3, 2, 0, 3, 1)
    for bars, pattern, level in (
        (INTRO, "xoxoxoxoxoxoxoxo", 0.85),
        (VERSE[4:], "x...o...x...o...", 0.6),
        (LIFT, "xoxoXoxoxoxoXoxo", 0.75),
        (ENDING, "x.o.x.o.x.o.x.o.", 0.7),
    ):
        for index, note in enumerate(beats(CLOCK, bars, pattern)):
            chord = voicings[int(note.start_seconds / (2 * CLOCK.beat_seconds) + 1e-6)]
            midi = chord[order[index % len(order)] % len(chord)]
            notes.append(Note(note.start_seconds, 0.11, midi, level * note.velocity))
    patch = Patch(
        slope=0.8,
        odd_only=True,
        closed_hz=900,
        open_hz=11000,
        filter_decay_s=0.09,
        decay_s=0.12,
        sustain=0.25,
        release_ms=180,
    )
    play(patch, humanise(notes, rng, timing_ms=2.0, velocity=0.1), tape, rng)


def _lead(tape: Tape, rng: np.random.Generator) -> None:
    notes = melody(CLOCK, LIFT[0], _LIFT_ANSWER, 0.85) + melody(CLOCK, 22, "r:1 B5:.5 C#6:.5 B5:1 A5:1 | G#5:3", 0.6)
    patch = Patch(
        slope=0.95,
        closed_hz=1500,
        open_hz=10000,
        filter_decay_s=0.5,
        attack_ms=8,
        sustain=0.75,
        release_ms=140,
        detune_cents=(-6, 0, 7),
        vibrato_cents=14,
    )
    play(patch, humanise(notes, rng, timing_ms=3.0), tape, rng)


def _vocal_notes(rng: np.random.Generator) -> list[Note]:
    notes = melody(CLOCK, VERSE[0], _VERSE_LINE, 0.75) + melody(CLOCK, LIFT[0], _LIFT_LINE, 0.95)
    notes += melody(CLOCK, 20, "E5:3 r:1 | r:2 B4:1 A4:1 | G#4:2 A4:2 | G#4:3", 0.6)
    return humanise(notes, rng, timing_ms=7.0)


def _vocal(tape: Tape, rng: np.random.Generator) -> None:
    sing(Singer("aoeaiuae", tilt=0.75, breath=0.02), _vocal_notes(rng), tape, rng)


def _harmony(tape: Tape, rng: np.random.Generator) -> None:
    """Sing under the lift's line: the nearest chord tone at least a minor third below."""
    voicings = _voicings("E3", "B5")
    line = []
    for note in melody(CLOCK, LIFT[0], _LIFT_LINE, 0.8):
        classes = {midi % 12 for midi in voicings[int(note.start_seconds / (2 * CLOCK.beat_seconds) + 1e-6)]}
        below = next(step for step in range(3, 15) if (note.midi - step) % 12 in classes)
        line.append(Note(note.start_seconds, note.length_seconds, note.midi - below, note.velocity))
    for pan, size in ((-0.7, 1.04), (0.7, 0.95)):
        sing(Singer("aoeaiuae", size=size, tilt=1.0, breath=0.03), humanise(line, rng, timing_ms=12.0), tape, rng, pan)


SONG = Song(
    folder="every-window-open",
    length_seconds=CLOCK.at(25, 1.0),
    stems=(
        Stem("kick", _kick, peak_dbfs=-4.0, subtype="PCM_16"),
        Stem("snare", _snare, peak_dbfs=-5.0, subtype="PCM_16"),
        Stem("clap", _clap, peak_dbfs=-7.0, subtype="PCM_16", rate_hz=44100),
        Stem("hats", _hats, peak_dbfs=-9.0, channels=2, subtype="PCM_16"),
        Stem("percussion", _percussion, peak_dbfs=-8.0, channels=2),
        Stem("bass", _bass, peak_dbfs=-5.0),
        Stem("keys", _keys, peak_dbfs=-6.0, channels=2),
        Stem("pad", _pad, peak_dbfs=-9.0, channels=2),
        Stem("arp", _arp, peak_dbfs=-8.0),
        Stem("lead", _lead, peak_dbfs=-7.0, channels=2),
        Stem("vocal", _vocal, peak_dbfs=-6.0, subtype="FLOAT"),
        Stem("harmony", _harmony, peak_dbfs=-9.0, channels=2),
    ),
)
