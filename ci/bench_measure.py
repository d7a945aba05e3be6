"""Measuring a song against what one would run instead, on the same file: farm, ffmpeg's ebur128 with true peak, and
pyloudnorm, which has no peak, range or maxima. `spectrum` is farm with all it can measure, as `--json` asks for it.

Every contestant runs on one processor.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from contest import Contestant, compete, print_table, run_rounds

RATE_HZ = 44100


def write_song(path: Path, seconds: float) -> None:
    """Write beats with noise, driven into clipping here and there: 24-bit stereo WAV, in pieces."""
    rng = np.random.default_rng(1)
    with soundfile.SoundFile(path, "w", RATE_HZ, 2, "PCM_24") as file:
        for start in range(0, int(seconds), 10):
            t = start + np.arange(min(10.0, seconds - start) * RATE_HZ) / RATE_HZ
            beat = np.sin(2 * np.pi * 55 * t) * np.exp(-6 * (2 * t % 1)) + 0.3 * np.sin(2 * np.pi * 440 * t)
            noise = 0.15 * rng.standard_normal((len(t), 2)) * np.exp(-9 * (4 * t % 1))[:, None]
            file.write(np.clip((beat[:, None] + noise) * (0.6 + 0.4 * np.sin(t / 20))[:, None], -1, 1))


def measure_with_farm(path: Path) -> None:
    from farm.measure.files import measure_file

    measure_file(path, ltas=False)


def measure_all_with_farm(path: Path) -> None:
    from farm.measure.files import measure_file

    measure_file(path)


def measure_with_ffmpeg(path: Path) -> None:
    command = ["ffmpeg", "-nostdin", "-nostats", "-hide_banner", "-i", str(path)]
    command += ["-filter_complex", "ebur128=peak=true", "-f", "null", "-"]
    subprocess.run(command, capture_output=True, check=True)


def measure_with_pyloudnorm(path: Path) -> None:
    import pyloudnorm

    samples, rate_hz = soundfile.read(path)
    pyloudnorm.Meter(rate_hz).integrated_loudness(samples)


IMPORTS = ("farm.measure.files", "farm.audio.pcm_source")
CONTESTANTS = {
    "farm": Contestant(measure_with_farm, IMPORTS),
    "spectrum": Contestant(measure_all_with_farm, IMPORTS),
    "ffmpeg": Contestant(measure_with_ffmpeg),
    "pyloudnorm": Contestant(measure_with_pyloudnorm, ("pyloudnorm", "soundfile")),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--file", type=Path, help="a song of your own; WAV or FLAC, which all of them read")
    parser.add_argument("--contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        compete(CONTESTANTS[options.contestant], options.file)
        return
    with tempfile.TemporaryDirectory() as name:
        path = options.file or Path(name) / "song.wav"
        if not options.file:
            write_song(path, options.seconds)
        names = [each for each in CONTESTANTS if each != "ffmpeg" or shutil.which("ffmpeg")]
        seconds = soundfile.info(path).duration
        print(f"a song of {seconds:.0f} s, one processor, {options.rounds} rounds")  # noqa: T201

        def command(name: str) -> list[str]:
            return [__file__, "--contestant", name, "--file", str(path)]

        print_table(run_rounds(CONTESTANTS, names, command, options.rounds), seconds)


if __name__ == "__main__":
    main()
