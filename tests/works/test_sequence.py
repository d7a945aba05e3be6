"""An album whose songs go over into each other: what is delivered song by song is the continuous file, cut up."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import RATE_HZ, Farm

ALBUM = """\
schema = 1
album = { title = "In One", artist = "The Example" }
[target]
loudness_lufs = -14.0
[target.tone]
amount = 1.0
[defaults.edges]
trim_head_dbfs = -80
trim_tail_dbfs = -80
tail_seconds = 0.0
[[song]]
title = "Live, First Half"
gapless = true
strip = [{ name = "a", stem = "a.wav" }]
[[song]]
title = "Live, Second Half"
gap_seconds = 1.5
strip = [{ name = "b", stem = "b.wav" }]
[[song]]
title = "Out"
crossfade_seconds = 2.0
strip = [{ name = "c", stem = "c.wav" }]
[[song]]
title = "In"
strip = [{ name = "d", stem = "d.wav" }]
[[deliver]]
format = "flac"
bits = 24
[[deliver]]
format = "flac"
bits = 24
continuous = true
[[deliver]]
format = "wav"
bits = 16
rate_hz = 44100
[[deliver]]
format = "wav"
bits = 16
rate_hz = 44100
continuous = true
[[deliver]]
format = "mp3"
continuous = true
"""


def recording(seconds: float, seed: int, hz: float) -> np.ndarray:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(seed).standard_normal((len(t), 2)) * 0.05
    return 0.3 * np.sin(2 * np.pi * hz * t)[:, None] * (1.0 + 0.5 * np.sin(3 * t))[:, None] + noise


@dataclass(frozen=True)
class Delivered:
    out: Path
    document: Any
    live: np.ndarray

    def songs(self, folder: str) -> list[np.ndarray]:
        return [soundfile.read(path, dtype="int32")[0] for path in sorted((self.out / folder).glob("0*"))]

    def whole(self, folder: str) -> np.ndarray:
        (path,) = (self.out / f"{folder}-continuous").glob("The Example - In One.*")
        return soundfile.read(path, dtype="int32")[0]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory, farm: Farm) -> Delivered:
    folder = tmp_path_factory.mktemp("sequence")
    live = recording(9.0, 1, 220.0)
    quiet = np.zeros((RATE_HZ, 2))
    stems = {
        "a": live[: 4 * RATE_HZ + 123],
        "b": live[4 * RATE_HZ + 123 :],
        "c": recording(6.0, 2, 330.0) * 0.3,
        "d": np.concatenate([recording(6.0, 3, 440.0), quiet]),
    }
    for name, audio in stems.items():
        soundfile.write(folder / f"{name}.wav", audio, RATE_HZ, subtype="FLOAT")
    (folder / "album.toml").write_text(ALBUM)
    ran = farm("render", folder / "album.toml", "--out", folder / "out", "--store", folder / "store", "--json")
    assert ran.code == 0, ran.err + ran.out
    return Delivered(folder / "out", ran.json, live)


@pytest.mark.parametrize(("folder", "rate_hz"), [("flac-24", 48000), ("wav-16-44.1k", 44100)])
def test_the_songs_and_the_gaps_are_the_continuous_file(delivered: Delivered, folder: str, rate_hz: int) -> None:
    songs = delivered.songs(folder)
    gap = np.zeros((round(1.5 * rate_hz), 2), np.int32)
    np.testing.assert_array_equal(delivered.whole(folder), np.concatenate([*songs[:2], gap, *songs[2:]]))


def test_a_recording_that_was_cut_in_two_runs_through_the_joint(delivered: Delivered) -> None:
    """The joint's frames follow the recording as closely as any others: one gain, one filter, one limiter."""
    first, second = delivered.songs("flac-24")[:2]
    assert len(first) == 4 * RATE_HZ + 123
    together = np.concatenate([first, second]) / 2**31
    likeness = [
        np.corrcoef(together[place - 2_000 : place + 2_000, 0], delivered.live[place - 2_000 : place + 2_000, 0])[0, 1]
        for place in (len(first), len(first) // 2)
    ]
    assert likeness[0] == pytest.approx(likeness[1], abs=0.01)
    jumps = np.abs(np.diff(together[:, 0]))
    at_joint = jumps[len(first) - 5 : len(first) + 5].max()
    assert at_joint < np.percentile(jumps, 99.9)


def test_silence_at_the_end_is_cut_off_and_the_next_song_begins_before_the_fade_is_over(delivered: Delivered) -> None:
    lengths = [len(song) / RATE_HZ for song in delivered.songs("flac-24")]
    assert lengths[2:] == pytest.approx([6.0 - 2.0, 6.0], abs=0.01)


def test_the_lossy_album_lasts_as_long(delivered: Delivered) -> None:
    (path,) = (delivered.out / "mp3-320-continuous").glob("*.mp3")
    assert soundfile.info(path).frames == len(delivered.whole("flac-24"))


def test_the_document_tells_which_file_is_the_whole_album(delivered: Delivered) -> None:
    songs = {file["path"].split("/")[-2]: file["song"] for file in delivered.document["deliverables"]}
    assert songs["flac-24-continuous"] is None
    assert songs["flac-24"] == 4
