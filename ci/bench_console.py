"""Where the time of a strip goes, what a second worker brings, and what a large song costs.

`shares`: one strip (24-bit WAV, high-pass 24 dB/oct, 4 bells, compressor, fader, pan) on one thread, step by step, in
blocks as they are rendered; best of five. `scaling`: 16 songs of eight such strips to their mixes, on one worker and
on two, from the first task's start to the last one's end; median of the rounds, in turn. `large`: a song of 100 such
strips at 96 kHz, 5 minutes; time, and the memory of the process. Set TMPDIR to a folder in memory where a slow disk
would be measured instead.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import soundfile
from bench_mix import MANIFEST, RATE_HZ, STRIP, write_stems

SONGS = 16
SONG = '[[song]]\ntitle = "Song {number}"\n'


def best_of(work: Callable[[], object], rounds: int = 5) -> float:
    """Return the shortest time in seconds."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def measure_shares(folder: Path, seconds: float) -> None:
    """Print what each step of a strip takes."""
    from farm.audio.blocks import BLOCK_FRAMES
    from farm.audio.stem import StemStream
    from farm.console.fader import Fader
    from farm.dsp.chain import InsertChain
    from farm.manifest.load import load_album
    from farm.plan.build import build_plan
    from farm.plan.spec import GroupSpec
    from farm.store.artifact import create_artifact
    from farm.store.local import LocalStore

    write_stems(folder, 1, seconds)
    plan = build_plan(load_album(folder / "album.toml"), lambda path: "")
    group = plan.nodes[0].spec
    assert isinstance(group, GroupSpec)
    (strip,) = group.strips
    block, total = np.empty((BLOCK_FRAMES, 2), np.float32), np.zeros((BLOCK_FRAMES, 2), np.float32)
    with StemStream(folder / "stem0.wav", RATE_HZ) as stem:
        stem.read_into(block)
    kept, blocks = block.copy(), range(int(seconds * RATE_HZ / BLOCK_FRAMES))
    chains = [InsertChain([insert], RATE_HZ) for insert in strip.inserts]
    fader, store = Fader(strip.level, strip.place, RATE_HZ), LocalStore(folder / "store")

    def decode() -> None:
        with StemStream(folder / "stem0.wav", RATE_HZ) as stem:
            while stem.read_into(block) == BLOCK_FRAMES:
                pass

    def insert(chain: InsertChain) -> None:
        for _ in blocks:
            block[:] = kept
            chain.process(block)

    def add() -> None:
        for index in blocks:
            fader.add(total, kept, index * BLOCK_FRAMES)

    def write() -> None:
        with create_artifact(store, RATE_HZ) as writer:
            for _ in blocks:
                writer.write(kept)

    steps = {
        "decode": best_of(decode),
        "EQ": best_of(lambda: insert(chains[0])),
        "dynamics": best_of(lambda: insert(chains[1])),
        "fader, pan, sum": best_of(add),
        "write (one for four strips)": best_of(write) / 4.0,
    }
    whole = sum(steps.values())
    print(f"a strip of {seconds:g} s, one thread: {1000 * whole:.0f} ms, {seconds / whole:.0f} times real time")  # noqa: T201
    for name, taken in steps.items():
        print(f"  {name:28} {1000 * taken:6.1f} ms  {100 * taken / whole:3.0f} %")  # noqa: T201


def mix_songs(folder: Path, on: str, workers: int) -> float:
    """Return the seconds from the first task's start to the last one's end, with a store of its own."""
    from farm.graph.backends import run_graph
    from farm.graph.events import Event
    from farm.graph.task import Failed, Work
    from farm.operations import OPERATIONS
    from farm.plan.status import needed_nodes
    from farm.render import Selection, plan_album

    store = tempfile.mkdtemp(dir=folder)
    planned = plan_album(Selection(folder / "album.toml", store))
    targets = [each.node.id for each in planned.nodes if each.node.kind == "mix"]
    nodes = needed_nodes([each.node for each in planned.nodes], targets)
    works = {node.id: Work(node, OPERATIONS[node.kind], store) for node in nodes}
    spans: list[tuple[float, float]] = []

    def listen(event: Event) -> None:
        now = time.perf_counter()
        if event.seconds is not None:
            spans.append((now - event.seconds, now))

    results = run_graph(nodes, works, {}, on=on, workers=workers, listener=listen)
    assert not [result for result in results.values() if isinstance(result, Failed)]
    shutil.rmtree(store)
    return max(end for _, end in spans) - min(start for start, _ in spans)


def measure_scaling(folder: Path, seconds: float, rounds: int) -> None:
    """Print the time on one worker by that on two, for threads and for processes."""
    write_stems(folder, 8, seconds)
    songs = [
        SONG.format(number=number)
        + "".join(STRIP.format(name=f"stem{index}", gain_db=-9.0 - number) for index in range(8))
        for number in range(SONGS)
    ]
    (folder / "album.toml").write_text(MANIFEST[: MANIFEST.index("[[song]]")] + "".join(songs))
    mix_songs(folder, "threads", 2)  # warm: kernels compiled, files in memory
    for on in ("threads", "processes"):
        pairs = [(mix_songs(folder, on, 1), mix_songs(folder, on, 2)) for _ in range(rounds)]
        one, two = median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)
        ratio = median(first / second for first, second in pairs)
        print(f"{SONGS} songs of 8 strips on {on:9}: 1 worker {one:.2f} s, 2 workers {two:.2f} s, ratio {ratio:.2f}")  # noqa: T201


def measure_large(folder: Path, seconds: float) -> None:
    """Print time and memory of a large song, rendered to its mix, master and file by the command."""
    for index in range(4):
        rng = np.random.default_rng(index)
        with soundfile.SoundFile(folder / f"stem{index}.wav", "w", 96_000, 2, "PCM_24") as file:
            for _ in range(int(seconds)):
                file.write(0.05 * rng.standard_normal((96_000, 2)))
    strips = "".join(
        STRIP.format(name=f"strip{index}", gain_db=-20.0 - index / 100).replace(
            f"strip{index}.wav", f"stem{index % 4}.wav"
        )
        for index in range(100)
    )
    manifest = MANIFEST.replace('artist = "Bench"\n', 'artist = "Bench"\nrate_hz = 96000\n')
    (folder / "album.toml").write_text(manifest + strips)
    command = [sys.executable, "-m", "farm", "render", str(folder / "album.toml"), "--store", str(folder / "store")]
    command += ["--out", str(folder / "out"), "--json"]
    timed = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL, "
    timed += "stderr=subprocess.DEVNULL); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    began = time.perf_counter()
    peak_mb = int(subprocess.run([sys.executable, "-c", timed, *command], check=True, capture_output=True).stdout)
    taken = time.perf_counter() - began
    print(f"100 strips of {seconds:g} s at 96 kHz, rendered and delivered: {taken:.1f} s, at most {peak_mb} MB")  # noqa: T201


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "what", nargs="*", choices=["shares", "scaling", "large"], default=["shares", "scaling", "large"]
    )
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for what in options.what:
        with tempfile.TemporaryDirectory() as name:
            if what == "shares":
                measure_shares(Path(name), 180.0)
            elif what == "scaling":
                measure_scaling(Path(name), 180.0, options.rounds)
            else:
                measure_large(Path(name), 300.0)


if __name__ == "__main__":
    main()
