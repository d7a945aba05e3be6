"""Mastering one song towards a reference against what one would run instead: farm (tone match, limit, measure, a 24-bit
WAV), matchering on the same pair, and ffmpeg-normalize's two passes, which match no tone.

Every contestant runs on one processor. matchering and ffmpeg-normalize are found in the environment of the interpreter
`--python`, as they are no part of this one.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from contest import Contestant, compete, print_table, run_rounds

RATE_HZ = 44100
LOUDNESS_LUFS, CEILING_DBTP = -14.0, -1.0

MANIFEST = """\
schema = 1
album = {{ title = "Bench", artist = "Bench", rate_hz = {rate_hz} }}
[target]
loudness_lufs = {loudness_lufs}
ceiling_dbtp = {ceiling_dbtp}
reference = [{{ file = "{reference}" }}]
tone = {{ amount = 1.0, max_db = 12.0 }}
width = {{ amount = 1.0, max_db = 12.0 }}
[[song]]
title = "Bench"
strip = [{{ name = "song", stem = "{song}" }}]
[[deliver]]
format = "wav"
"""


def write_song(path: Path, seconds: float, seed: int, tilt: float) -> None:
    """Write beats, a bass and noise of a tilted spectrum, 24-bit stereo."""
    rng = np.random.default_rng(seed)
    with soundfile.SoundFile(path, "w", RATE_HZ, 2, "PCM_24") as file:
        last = np.zeros(2)
        for start in range(0, int(seconds), 10):
            t = start + np.arange(min(10.0, seconds - start) * RATE_HZ) / RATE_HZ
            beat = np.sin(2 * np.pi * 55 * t) * np.exp(-6 * (2 * t % 1)) + 0.3 * np.sin(2 * np.pi * 440 * t)
            noise = rng.standard_normal((len(t), 2)) * np.exp(-9 * (4 * t % 1))[:, None]
            noise += tilt * np.vstack([last, noise[:-1]])
            last = noise[-1]
            file.write(np.clip((0.5 * beat[:, None] + 0.1 * noise) * (0.6 + 0.4 * np.sin(t / 20))[:, None], -1, 1))


def master_with_farm(folder: Path, song: Path, reference: Path) -> None:
    """Render an album of one song into a fresh store: planning, hashing, the reference's measurement, delivery."""
    from farm.render import Running, Selection, render_album

    work = Path(tempfile.mkdtemp(dir=folder))
    values = {"rate_hz": soundfile.info(song).samplerate, "loudness_lufs": LOUDNESS_LUFS, "ceiling_dbtp": CEILING_DBTP}
    (work / "album.toml").write_text(MANIFEST.format(reference=reference, song=song, **values))
    selection = Selection(work / "album.toml", str(work / "store"))
    rendered = render_album(selection, Running(work / "out", "threads", 1), lambda planned: lambda event: None)
    assert rendered.files
    shutil.rmtree(work)


def master_with_matchering(folder: Path, song: Path, reference: Path) -> None:
    import matchering

    matchering.process(str(song), str(reference), [matchering.pcm24(str(folder / "matchering.wav"))])


def master_with_ffmpeg_normalize(folder: Path, song: Path, reference: Path) -> None:
    program = Path(sys.executable).with_name("ffmpeg-normalize")
    target = ["-t", str(LOUDNESS_LUFS), "-tp", str(CEILING_DBTP), "-c:a", "pcm_s24le", "-ar", str(RATE_HZ)]
    command = [str(program), str(song), "-f", *target, "-o", str(folder / "ffmpeg-normalize.wav")]
    subprocess.run(command, check=True, capture_output=True)


IMPORTS = ("dask.threaded", "farm.render", "farm.operations", "farm.audio.pcm_source")


def build_contestants(python: str) -> dict[str, Contestant]:
    return {
        "farm": Contestant(master_with_farm, IMPORTS),
        "matchering": Contestant(master_with_matchering, ("matchering",), python),
        "ffmpeg-normalize": Contestant(master_with_ffmpeg_normalize, (), python),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=240.0)
    parser.add_argument("--python", default=sys.executable, help="the interpreter that has the other contestants")
    parser.add_argument("--song", type=Path, help="a song of your own, WAV")
    parser.add_argument("--reference", type=Path, help="a reference of your own, WAV")
    parser.add_argument("--contestant", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    contestants = build_contestants(options.python)
    if options.contestant:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        compete(contestants[options.contestant], options.folder, options.song, options.reference)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        song, reference = options.song or folder / "song.wav", options.reference or folder / "reference.wav"
        for path, seed, tilt in ((song, 1, 0.9), (reference, 2, 0.3)):
            if not path.exists():
                write_song(path, options.seconds, seed, tilt)
        paths = ["--folder", name, "--song", str(song), "--reference", str(reference)]

        def command(contestant: str) -> list[str]:
            return [__file__, "--contestant", contestant, *paths]

        seconds = soundfile.info(song).duration
        print(f"a song of {seconds:.0f} s, one processor, {options.rounds} rounds")  # noqa: T201
        print_table(run_rounds(contestants, contestants, command, options.rounds), seconds)


if __name__ == "__main__":
    main()
