"""Renders with a store that is damaged, full, shared with clean-up: what is delivered is right each time."""

import json
import os
import random
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import Farm

from farm.errors import StoreError
from farm.graph.events import Event
from farm.render import Rendered, Running, Selection, render_album
from farm.store.artifact import create_artifact
from farm.store.clean_up import clean_up
from farm.store.local import LocalStore
from farm.store.verify import verify_store

RATE_HZ = 48000
SECONDS = 1.0

ALBUM = """\
schema = 1
[album]
title = "Tiny"
artist = "The Example"
[target]
loudness_lufs = -16.0
[[song]]
title = "One"
[[song.strip]]
name = "a"
stem = "a.wav"
[[song.strip]]
name = "b"
stem = "b.wav"
bus = "drums"
gain_db = -3.0
inserts = [{ type = "eq", bands = [{ kind = "highpass", hz = 40 }] }]
[[song.bus]]
name = "drums"
[[song]]
title = "Two"
[[song.strip]]
name = "c"
stem = "c.wav"
gain_db = -6.0
[song.master]
inserts = [{ type = "tilt", gain_db = 1.0 }]
[[deliver]]
format = "wav"
bits = 16
[[deliver]]
format = "flac"
"""


def write_album(folder: Path) -> Path:
    folder.mkdir(parents=True)
    t = np.arange(int(SECONDS * RATE_HZ)) / RATE_HZ
    for seed, name in enumerate("abc"):
        noise = np.random.default_rng(seed).standard_normal((len(t), 2)) * 0.02
        tone = 0.3 * np.sin(2 * np.pi * 110 * (seed + 1) * t)[:, None] + noise
        soundfile.write(folder / f"{name}.wav", tone, RATE_HZ, subtype="PCM_24")
    (folder / "album.toml").write_text(ALBUM)
    return folder / "album.toml"


def render(folder: Path, on_event: Callable[[Event], None] = lambda event: None) -> Rendered:
    selection = Selection(folder / "album.toml", str(folder / "store"))
    return render_album(selection, Running(folder / "out", "threads", 2), lambda planned: on_event)


def delivered(album: Path) -> dict[str, bytes]:
    files = [path for path in (album / "out").rglob("*") if path.is_file() and path.name != ".farm-lock"]
    return {str(path.relative_to(album)): path.read_bytes() for path in files}


def ways(rendered: Rendered) -> set[str]:
    return {type(result).__name__ for result in rendered.results.values()}


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The album rendered once, undisturbed; nobody changes it."""
    folder = tmp_path_factory.mktemp("right") / "album"
    write_album(folder)
    assert ways(render(folder)) == {"Made"}
    assert len(delivered(folder)) >= 4
    return folder


@pytest.fixture
def album(right: Path, tmp_path: Path) -> Path:
    """A copy of the album and its store, not delivered yet."""
    shutil.copytree(right, tmp_path / "album", ignore=shutil.ignore_patterns("out"))
    return tmp_path / "album"


def files_of(album: Path, shelf: str) -> list[Path]:
    return sorted(path for path in (album / "store" / shelf).rglob("*") if path.is_file())


def damage(path: Path, how: str, rng: random.Random) -> None:
    data = bytearray(path.read_bytes())
    if how == "delete" or not data:
        path.unlink()
        return
    if how == "truncate":
        del data[rng.randrange(len(data)) :]
    else:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    path.chmod(0o644)
    path.write_bytes(data)


@pytest.mark.parametrize("seed", [*range(20), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(20, 100))])
def test_whatever_is_damaged_what_is_delivered_is_right(right: Path, album: Path, seed: int) -> None:
    """Bits flip, ends go, files vanish; and half of the time something has changed, so that what is left is read."""
    rng = random.Random(seed)
    store = LocalStore(album / "store")
    if rng.random() < 0.5:
        drop_deliverables(store)
    for path in files_of(album, "blobs"):
        if rng.random() < 0.4:
            damage(path, rng.choice(["flip", "truncate", "delete"]), rng)
    for path in files_of(album, "records"):
        if rng.random() < 0.1:
            damage(path, rng.choice(["flip", "truncate", "delete"]), rng)
    assert ways(render(album)) == {"Made"}
    assert delivered(album) == delivered(right)


def drop_deliverables(store: LocalStore) -> None:
    """Lose the records of files and finished songs: they are made again from what lies before them."""
    for path in (store.root / "records").rglob("*"):
        if path.is_file() and json.loads(path.read_bytes().splitlines()[0])["kind"] in ("encode", "finish", "assemble"):
            path.unlink()


def test_all_blobs_with_one_bit_wrong(right: Path, album: Path) -> None:
    """None looks other than it should: it shows when it is read, and the same render makes it again."""
    rng = random.Random(1)
    for path in files_of(album, "blobs"):
        damage(path, "flip", rng)
    drop_deliverables(LocalStore(album / "store"))
    assert ways(render(album)) == {"Made"}
    assert delivered(album) == delivered(right)
    assert files_of(album, "quarantine")
    assert ways(render(album)) == {"Made"}


@pytest.mark.slow
def test_the_command_mends_it_too(farm: Farm, right: Path, album: Path) -> None:
    rng = random.Random(3)
    for path in files_of(album, "blobs"):
        damage(path, "flip", rng)
    drop_deliverables(LocalStore(album / "store"))
    ran = farm("render", album, "--store", album / "store", "--out", album / "out", "--json")
    assert (ran.code, ran.json["errors"]) == (0, []), ran.err
    assert delivered(album) == delivered(right)


def test_a_damaged_file_is_not_delivered_over_a_good_one(right: Path, album: Path) -> None:
    render(album)
    (lost,) = album.glob("out/flac-24/01*")
    lost.unlink()
    rng = random.Random(2)
    for path in files_of(album, "blobs"):
        damage(path, "flip", rng)
    assert ways(render(album)) == {"Made"}
    assert delivered(album) == delivered(right)


def test_clean_up_beside_a_render_takes_nothing_from_it(right: Path, album: Path) -> None:
    """A store without room for anything is cleaned up at every event, and all the time in between."""
    shutil.rmtree(album / "store")
    store, done = LocalStore(album / "store"), threading.Event()
    write_leftover(store)

    def sweep(event: Event | None = None) -> None:
        clean_up(store, max_bytes=0, unused_seconds=0.0)

    def sweep_on() -> None:
        while not done.wait(0.01):
            sweep()

    sweeper = threading.Thread(target=sweep_on)
    sweeper.start()
    rendered = render(album, sweep)
    done.set()
    sweeper.join(60)
    assert ways(rendered) == {"Made"}
    assert delivered(album) == delivered(right)
    assert verify_store(store).damaged == ()


def write_leftover(store: LocalStore) -> None:
    """Put something into the store that nobody uses."""
    with create_artifact(store, RATE_HZ) as writer:
        writer.write(np.ones((100, 2), np.float32))
    os.utime(store.blob_path(writer.digest), (1.0, 1.0))


def test_a_store_without_room_is_refused_before_anything_runs(album: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(album / "store")
    monkeypatch.setattr(LocalStore, "free_bytes", lambda self: 1_000_000)
    events: list[Event] = []
    with pytest.raises(StoreError, match="1 MB are free") as caught:
        render(album, events.append)
    assert caught.value.code == "store-full"
    assert events == []
    assert not delivered(album)


@pytest.mark.parametrize("seconds_ago", [0.0, 3600.0])
def test_a_render_uses_all_that_it_reuses(album: Path, seconds_ago: float) -> None:
    """What nothing was made of stays, however old: the render marks it."""
    store, moment = LocalStore(album / "store"), time.time() - seconds_ago
    for path in files_of(album, "records"):
        os.utime(path, (moment, moment))
    began_ns = time.time_ns() - 50_000_000  # the clock of files is coarser
    render(album)
    assert all(path.stat().st_mtime_ns >= began_ns for path in files_of(album, "records"))
    assert clean_up(store, unused_seconds=1800.0).records == ()
