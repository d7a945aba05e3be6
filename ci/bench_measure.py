"""Measuring a song against what one would run instead, on the same file: farm, ffmpeg's ebur128 with true peak, and
pyloudnorm, which has no peak, range or maxima. `spectrum` is farm with all it can measure, as `--json` asks for it.

Every contestant runs in a process of its own on one processor, in turn, round by round. `work` is the measuring alone,
with libraries imported before, `whole` the process from start to end; both are medians. A ratio is the median over the
rounds of that contestant's time by farm's.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import soundfile

RATE_HZ = 44100

IMPORTS = {
    "farm": ("farm.measure.files", "farm.audio.pcm_source"),
    "spectrum": ("farm.measure.files", "farm.audio.pcm_source"),
    "ffmpeg": (),
    "pyloudnorm": ("pyloudnorm", "soundfile"),
}
"""What each contestant loads before the clock of its work starts."""


class Round(NamedTuple):
    """One run: seconds of work, seconds of the whole process, peak memory in MB."""

    work_seconds: float
    whole_seconds: float
    peak_mb: float


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


CONTESTANTS: Mapping[str, Callable[[Path], None]] = {
    "farm": measure_with_farm,
    "spectrum": measure_all_with_farm,
    "ffmpeg": measure_with_ffmpeg,
    "pyloudnorm": measure_with_pyloudnorm,
}


def run_once(name: str, path: Path) -> Round:
    """Run a contestant in a process of its own."""
    began = time.perf_counter()
    command = [sys.executable, __file__, "--contestant", name, "--file", str(path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    work_seconds = float(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, name
    return Round(work_seconds, time.perf_counter() - began, usage.ru_maxrss / 1024)


def print_table(rounds: Mapping[str, list[Round]], seconds: float) -> None:
    """Print medians, the speed, and each contestant's time by farm's, round by round."""
    print("             work s   times real time   whole s   peak MB   work by farm's   whole by farm's")  # noqa: T201
    for name, runs in rounds.items():
        work, whole = median(run.work_seconds for run in runs), median(run.whole_seconds for run in runs)
        pairs = list(zip(runs, rounds["farm"], strict=True))
        by_work = median(run.work_seconds / farm.work_seconds for run, farm in pairs)
        by_whole = median(run.whole_seconds / farm.whole_seconds for run, farm in pairs)
        peak = median(run.peak_mb for run in runs)
        speed = seconds / work
        print(f"{name:10} {work:8.3f} {speed:17.0f} {whole:9.2f} {peak:9.0f} {by_work:16.1f} {by_whole:17.1f}")  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--file", type=Path, help="a song of your own; WAV or FLAC, which all of them read")
    parser.add_argument("--contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        for module in IMPORTS[options.contestant]:
            import_module(module)
        began = time.perf_counter()
        CONTESTANTS[options.contestant](options.file)
        print(time.perf_counter() - began)  # noqa: T201
        return
    with tempfile.TemporaryDirectory() as name:
        path = options.file or Path(name) / "song.wav"
        if not options.file:
            write_song(path, options.seconds)
        contestants = [each for each in CONTESTANTS if each != "ffmpeg" or shutil.which("ffmpeg")]
        run_once("farm", path)  # compiles the kernels where that was not done yet, and reads the file once
        seconds = soundfile.info(path).duration
        print(f"a song of {seconds:.0f} s, one processor, {options.rounds} rounds")  # noqa: T201
        rounds: dict[str, list[Round]] = {each: [] for each in contestants}
        for _ in range(options.rounds):
            for each in contestants:
                rounds[each].append(run_once(each, path))
        print_table(rounds, seconds)


if __name__ == "__main__":
    main()
