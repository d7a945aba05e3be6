"""The demonstration album: its stems are there for every song, long enough, and the same bytes each time."""

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import soundfile as sf

PROJECT = Path(__file__).resolve().parents[2] / "projects" / "borrowed-weather"


@pytest.fixture(scope="module")
def composing() -> Iterator[ModuleType]:
    """The album's composing module. Its folder and modules are forgotten again: their names are plain words."""
    before = set(sys.modules)
    sys.path.insert(0, str(PROJECT))
    try:
        import compose

        yield compose
    finally:
        sys.path.remove(str(PROJECT))
        for name in set(sys.modules) - before:
            if Path(getattr(sys.modules[name], "__file__", None) or "/").parent == PROJECT:
                del sys.modules[name]


def _stem(composing: ModuleType, folder: str, name: str):  # type: ignore[no-untyped-def]
    song = next(song for song in composing.SONGS if song.folder == folder)
    return song, next(stem for stem in song.stems if stem.name == name)


@pytest.mark.parametrize(
    ("folder", "name"),
    [("every-window-open", "clap"), ("the-long-blue-hour", "voice"), ("salt-and-cedar", "double-bass")],
)
def test_a_stem_has_the_same_bytes_each_time(composing: ModuleType, folder: str, name: str, tmp_path: Path) -> None:
    song, stem = _stem(composing, folder, name)
    digests = set()
    for attempt in ("first", "second"):
        path = tmp_path / (attempt + stem.suffix)
        composing.write_stem(stem, composing.compose_stem(song, stem), path)
        digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
    assert len(digests) == 1
    assert sf.info(tmp_path / f"first{stem.suffix}").samplerate == stem.rate_hz


def test_every_song_has_enough_stems_and_lasts(composing: ModuleType) -> None:
    for song in composing.SONGS:
        assert len(song.stems) >= 8
        assert len({stem.name for stem in song.stems}) == len(song.stems)
        assert 30.0 <= song.length_seconds <= 60.0
        assert all(stem.peak_dbfs <= -3.0 for stem in song.stems)


def test_a_stem_keeps_its_peak_and_ends_in_silence(composing: ModuleType) -> None:
    song, stem = _stem(composing, "salt-and-cedar", "guitar-picked")
    sound = composing.compose_stem(song, stem)
    assert sound.shape == (round(song.length_seconds * stem.rate_hz), stem.channels)
    assert np.abs(sound).max() == pytest.approx(10 ** (stem.peak_dbfs / 20))
    assert np.abs(sound[-stem.rate_hz // 10 :]).max() < 1e-4


def test_only_stems_that_are_missing_or_damaged_are_composed_again(composing: ModuleType, tmp_path: Path) -> None:
    song = next(song for song in composing.SONGS if song.folder == "the-long-blue-hour")
    song = replace(song, stems=tuple(stem for stem in song.stems if stem.name in ("wood", "heartbeat", "bells")))
    assert composing.compose_song(song, tmp_path, "a recipe") == 3
    assert composing.compose_song(song, tmp_path, "a recipe") == 0
    (tmp_path / "wood.wav").write_bytes(b"RIFF")
    (tmp_path / "bells.wav").unlink()
    assert composing.compose_song(song, tmp_path, "a recipe") == 2
    assert composing.compose_song(song, tmp_path, "another recipe") == 3
