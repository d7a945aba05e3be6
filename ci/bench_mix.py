"""Mixing against what one would run instead, on the same stems with the same strip: farm, a plain script of pedalboard
and numpy with a thread pool, and ffmpeg's filter_complex.

Every contestant runs in a process of its own, in turn, round by round. `work` is the mixing alone, with libraries
imported before (farm's planning and hashing of the stems is part of it), `whole` the process from start to end; both
are medians. A ratio is the median over the rounds of that contestant's time by farm's.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
import soundfile

RATE_HZ = 48000

MANIFEST = """\
schema = 1
[album]
title = "Bench"
artist = "Bench"
[[song]]
title = "Bench"
"""

STRIP = """\
[[song.strip]]
name = "{name}"
stem = "{name}.wav"
gain_db = {gain_db}
pan = 0.2
inserts = [
  {{ type = "eq", bands = [{{ kind = "highpass", hz = 80, slope_db_oct = 24 }},
                           {{ kind = "bell", hz = 300, gain_db = -3.0, q = 1.0 }},
                           {{ kind = "bell", hz = 1000, gain_db = 1.5, q = 1.0 }},
                           {{ kind = "bell", hz = 3000, gain_db = 2.0, q = 1.0 }},
                           {{ kind = "bell", hz = 9000, gain_db = -1.0, q = 1.0 }}] }},
  {{ type = "compressor", threshold_db = -20, ratio = 3, attack_ms = 10, release_ms = 100 }},
]
"""

FFMPEG_STRIP = (
    "highpass=f=80:p=2,highpass=f=80:p=2,equalizer=f=300:t=q:w=1:g=-3,equalizer=f=1000:t=q:w=1:g=1.5,"
    "equalizer=f=3000:t=q:w=1:g=2,equalizer=f=9000:t=q:w=1:g=-1,"
    "acompressor=threshold=-20dB:ratio=3:attack=10:release=100,volume=-9dB,stereotools=balance_out=0.2"
)


IMPORTS = {
    "farm": (
        "dask.threaded",
        "farm.render",
        "farm.operations",
        "farm.audio.pcm_source",
        "farm.dsp.eq",
        "farm.dsp.compressor",
    ),
    "pedalboard": ("pedalboard",),
    "ffmpeg": (),
}
"""What each contestant loads before the clock of its work starts."""


BALANCE = np.array([0.809, 1.0], np.float32)
"""The gains of a pan of 0.2."""


class Round(NamedTuple):
    """One run: seconds of work, seconds of the whole process, peak memory in MB."""

    work_seconds: float
    whole_seconds: float
    peak_mb: float


def write_stems(folder: Path, stems: int, seconds: float) -> None:
    """Write struck notes with noise: 24-bit stereo WAV, in pieces, so that length does not cost memory."""
    for index in range(stems):
        rng = np.random.default_rng(index)
        with soundfile.SoundFile(folder / f"stem{index}.wav", "w", RATE_HZ, 2, "PCM_24") as file:
            for start in range(0, int(seconds), 10):
                t = start + np.arange(min(10.0, seconds - start) * RATE_HZ) / RATE_HZ
                note = np.sin(2 * np.pi * 55 * (index + 1) * t) * np.exp(-3 * (2 * t % 1))
                file.write(0.4 * note[:, None] + 0.02 * rng.standard_normal((len(t), 2)))
    strips = "".join(STRIP.format(name=f"stem{index}", gain_db=-9.0) for index in range(stems))
    (folder / "album.toml").write_text(MANIFEST + strips)


def mix_with_farm(folder: Path, workers: int) -> None:
    """Plan, hash the stems, render groups and mix through a fresh store."""
    from farm.graph.backends import run_graph
    from farm.graph.task import Failed, Work
    from farm.operations import OPERATIONS
    from farm.plan.status import needed_nodes
    from farm.render import Selection, plan_album

    store = tempfile.mkdtemp(dir=folder)
    planned = plan_album(Selection(folder / "album.toml", store))
    nodes = needed_nodes([each.node for each in planned.nodes], ["mix:1"])
    works = {node.id: Work(node, OPERATIONS[node.kind], store) for node in nodes}
    results = run_graph(nodes, works, {}, on="threads", workers=workers, listener=lambda event: None)
    failed = [result for result in results.values() if isinstance(result, Failed)]
    assert not failed, failed
    shutil.rmtree(store)


def mix_with_pedalboard(folder: Path, workers: int) -> None:
    """What one would write in an afternoon: a thread a stem, whole files, summed with numpy. Its high-passes have 6 dB
    an octave: four of them are the nearest to one of 24."""
    from pedalboard import Compressor, Gain, HighpassFilter, PeakFilter, Pedalboard

    def render(path: Path) -> np.ndarray:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
        board = Pedalboard(
            [
                *(HighpassFilter(80) for _ in range(4)),
                PeakFilter(300, -3, 1.0),
                PeakFilter(1000, 1.5, 1.0),
                PeakFilter(3000, 2, 1.0),
                PeakFilter(9000, -1, 1.0),
                Compressor(-20, 3, 10, 100),
                Gain(-9),
            ]
        )
        return board(samples.T, rate_hz).T * BALANCE

    total: np.ndarray | float = 0.0
    with ThreadPoolExecutor(workers) as pool:
        for rendered in pool.map(render, sorted(folder.glob("stem*.wav"))):
            total = total + rendered
    soundfile.write(folder / "pedalboard.wav", total, RATE_HZ, subtype="FLOAT")


def mix_with_ffmpeg(folder: Path, workers: int) -> None:
    """One filter graph; ffmpeg runs its filters on as many threads as it is given."""
    stems = sorted(folder.glob("stem*.wav"))
    strips = [f"[{index}:a]{FFMPEG_STRIP}[s{index}]" for index in range(len(stems))]
    taps = "".join(f"[s{index}]" for index in range(len(stems)))
    graph = ";".join([*strips, f"{taps}amix=inputs={len(stems)}:normalize=0[mix]"])
    inputs = [argument for stem in stems for argument in ("-i", str(stem))]
    threads = ["-threads", str(workers), "-filter_complex_threads", str(workers)]
    command = ["ffmpeg", "-nostdin", "-v", "error", "-y", *inputs, *threads, "-filter_complex", graph]
    subprocess.run([*command, "-map", "[mix]", "-c:a", "pcm_f32le", str(folder / "ffmpeg.wav")], check=True)


CONTESTANTS: Mapping[str, Callable[[Path, int], None]] = {
    "farm": mix_with_farm,
    "pedalboard": mix_with_pedalboard,
    "ffmpeg": mix_with_ffmpeg,
}


def run_once(name: str, folder: Path, workers: int) -> Round:
    """Run a contestant in a process of its own."""
    began = time.perf_counter()
    command = [sys.executable, __file__, "--contestant", name, "--folder", str(folder), "--workers", str(workers)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    work_seconds = float(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, name
    return Round(work_seconds, time.perf_counter() - began, usage.ru_maxrss / 1024)


def print_table(rounds: Mapping[str, list[Round]]) -> None:
    """Print medians, and each contestant's time by farm's, round by round."""
    print("            work s   range         whole s   peak MB   work by farm's   whole by farm's")  # noqa: T201
    for name, runs in rounds.items():
        work = [run.work_seconds for run in runs]
        pairs = list(zip(runs, rounds["farm"], strict=False))
        by_work = median(run.work_seconds / farm.work_seconds for run, farm in pairs)
        by_whole = median(run.whole_seconds / farm.whole_seconds for run, farm in pairs)
        whole = median(run.whole_seconds for run in runs)
        peak = median(run.peak_mb for run in runs)
        spread = f"{min(work):.2f} to {max(work):.2f}"
        print(f"{name:10} {median(work):7.2f}   {spread:13} {whole:7.2f} {peak:9.0f} {by_work:16.1f} {by_whole:17.1f}")  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--stems", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--contestant", choices=CONTESTANTS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contestant:
        for module in IMPORTS[options.contestant]:
            import_module(module)
        began = time.perf_counter()
        CONTESTANTS[options.contestant](options.folder, options.workers)
        print(time.perf_counter() - began)  # noqa: T201
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_stems(folder, options.stems, options.seconds)
        contestants = [each for each in CONTESTANTS if each != "ffmpeg" or shutil.which("ffmpeg")]
        run_once("farm", folder, options.workers)  # compiles the kernels where that was not done yet
        print(f"{options.stems} stems of {options.seconds:g} s, {options.workers} threads, {options.rounds} rounds")  # noqa: T201
        rounds: dict[str, list[Round]] = {each: [] for each in contestants}
        for _ in range(options.rounds):
            for each in contestants:
                rounds[each].append(run_once(each, folder, options.workers))
        print_table(rounds)


if __name__ == "__main__":
    main()
