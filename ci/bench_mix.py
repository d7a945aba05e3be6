"""Mixing against what one would run instead, on the same stems with the same strip: farm, a plain script of pedalboard
and numpy with a thread pool, and ffmpeg's filter_complex.

The planning and hashing of the stems are part of what farm does.
"""

import argparse
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import soundfile
from contest import Contestant, compete, print_table, run_rounds

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


BALANCE = np.array([0.809, 1.0], np.float32)
"""The gains of a pan of 0.2."""


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


CONTESTANTS = {
    "farm": Contestant(
        mix_with_farm,
        (
            "dask.threaded",
            "farm.render",
            "farm.operations",
            "farm.audio.pcm_source",
            "farm.dsp.eq",
            "farm.dsp.compressor",
        ),
    ),
    "pedalboard": Contestant(mix_with_pedalboard, ("pedalboard",)),
    "ffmpeg": Contestant(mix_with_ffmpeg),
}


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
        compete(CONTESTANTS[options.contestant], options.folder, options.workers)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_stems(folder, options.stems, options.seconds)
        names = [each for each in CONTESTANTS if each != "ffmpeg" or shutil.which("ffmpeg")]
        print(f"{options.stems} stems of {options.seconds:g} s, {options.workers} threads, {options.rounds} rounds")  # noqa: T201

        def command(name: str) -> list[str]:
            return [__file__, "--contestant", name, "--folder", str(folder), "--workers", str(options.workers)]

        print_table(run_rounds(CONTESTANTS, names, command, options.rounds), options.stems * options.seconds)


if __name__ == "__main__":
    main()
