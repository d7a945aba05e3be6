"""What becomes of songs that are no music: each has a stated end, and none spoils the others."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import RATE_HZ, Farm
from scipy.signal import resample_poly

from farm.units import linear_to_db

CEILING_DBTP = -1.0


def noise(seconds: float, level: float, channels: int = 2) -> np.ndarray:
    return level * np.random.default_rng(7).standard_normal((round(seconds * RATE_HZ), channels))


def with_nan(audio: np.ndarray) -> np.ndarray:
    audio[10_000] = np.nan
    return audio


SQUARE = np.repeat(np.sign(np.sin(2 * np.pi * 441.0 * (np.arange(5 * RATE_HZ) + 0.5) / RATE_HZ))[:, None], 2, axis=1)

SONGS = {
    "music": noise(8.0, 0.1),
    "silence": np.zeros((4 * RATE_HZ, 2)),
    "blip": noise(0.2, 0.1),
    "mono": noise(6.0, 0.05, channels=1),
    "dc": np.full((5 * RATE_HZ, 2), 0.25),
    "square": SQUARE,
    "one channel": noise(6.0, 0.1) * [1.0, 0.0],
    "long fade": noise(60.0, 0.2) * np.linspace(1.0, 0.0, 60 * RATE_HZ)[:, None] ** 2,
    "not a number": with_nan(noise(3.0, 0.1)),
}


@dataclass(frozen=True)
class Delivered:
    code: int
    document: Any
    out: Path

    def song(self, title: str) -> Any:
        return next(song for song in self.document["songs"] if song["title"] == title)

    def reasons(self, title: str) -> str:
        return "; ".join(f"{each['aspect']}: {each['why']}" for each in self.song(title)["verdict"] if each["why"])

    def audio(self, title: str) -> np.ndarray:
        (path,) = (self.out / "flac-24").glob(f"* {title}.flac")
        return soundfile.read(path)[0]


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory, farm: Farm) -> Delivered:
    folder = tmp_path_factory.mktemp("odd songs")
    tables = []
    for title, audio in SONGS.items():
        soundfile.write(folder / f"{title}.wav", audio, RATE_HZ, subtype="FLOAT")
        tables.append(f'[[song]]\ntitle = "{title}"\nstrip = [{{ name = "a", stem = "{title}.wav" }}]\n')
    target = (
        f'[target]\nloudness_lufs = -14.0\nloudness_mode = "track"\nceiling_dbtp = {CEILING_DBTP}\n'
        "[target.tone]\namount = 1.0\n[target.width]\namount = 1.0\n[target.dynamics]\namount = 1.0\n"
    )
    head = 'schema = 1\nalbum = { title = "Odd", artist = "The Example" }\n'
    (folder / "album.toml").write_text(head + target + "".join(tables))
    ran = farm("render", folder / "album.toml", "--out", folder / "out", "--store", folder / "store", "--json")
    assert "Traceback" not in ran.err
    return Delivered(ran.code, ran.json, folder / "out")


def test_all_but_the_broken_song_are_delivered(delivered: Delivered) -> None:
    assert delivered.code == 1
    names = [path.stem.split(" ", 1)[1] for path in sorted((delivered.out / "flac-24").glob("*.flac"))]
    assert names == [title for title in SONGS if title != "not a number"]
    broken = delivered.song("not a number")
    assert broken["status"] == "failed"
    assert "not a finite number, first at 0.208 s" in broken["note"]


@pytest.mark.slow
@pytest.mark.parametrize("title", [title for title in SONGS if title not in ("silence", "not a number")])
def test_no_song_exceeds_the_ceiling(delivered: Delivered, title: str) -> None:
    audio = delivered.audio(title)
    peak = np.max(np.abs(resample_poly(audio, 16, 1, axis=0, window=("kaiser", 9.0))))
    assert linear_to_db(float(peak)) <= CEILING_DBTP + 0.05


@pytest.mark.parametrize("title", ["music", "mono", "one channel", "long fade"])
def test_what_has_a_loudness_reaches_it_or_says_why_not(delivered: Delivered, title: str) -> None:
    song = delivered.song(title)
    if song["status"] == "ok":
        assert song["integrated_lufs"] == pytest.approx(-14.0, abs=0.1)
    else:
        assert "the limiter would have had to take off" in delivered.reasons(title)


def test_silence_stays_silent_and_says_so(delivered: Delivered) -> None:
    assert not delivered.audio("silence").any()
    assert delivered.song("silence")["status"] == "ok"
    assert delivered.reasons("silence") == "loudness: silence: has no loudness"


def test_a_blip_is_left_alone_and_says_so(delivered: Delivered) -> None:
    assert "shorter than 400 ms" in delivered.reasons("blip")
    np.testing.assert_allclose(delivered.audio("blip"), SONGS["blip"], atol=2.0**-22)


def test_a_mono_song_stays_mono_and_says_so(delivered: Delivered) -> None:
    audio = delivered.audio("mono")
    assert np.max(np.abs(audio[:, 0] - audio[:, 1])) <= 2.0**-21
    assert "width: mono: left alone" in delivered.reasons("mono")


def test_dc_is_told(delivered: Delivered) -> None:
    assert "dc" in {each["aspect"] for each in delivered.song("dc")["verdict"] if each["status"] == "warn"}


def test_a_full_scale_square_wave_is_turned_down_and_neither_limited_nor_cut(delivered: Delivered) -> None:
    song = delivered.song("square")
    taken_db = [each["reached"] for each in song["verdict"] if each["aspect"] == "limiting"]
    assert taken_db == [0.0]
    assert song["integrated_lufs"] == pytest.approx(-14.0, abs=0.05)
    assert len(delivered.audio("square")) == len(SQUARE)


def test_a_dead_channel_stays_dead_and_is_told(delivered: Delivered) -> None:
    assert np.max(np.abs(delivered.audio("one channel")[:, 1])) <= 1e-6
    assert "stereo: one channel is silent" in delivered.reasons("one channel")
    assert "width: one channel is silent: left alone" in delivered.reasons("one channel")


def test_an_album_of_which_a_song_is_missing_has_no_loudness(delivered: Delivered) -> None:
    assert delivered.document["album_loudness"] is None
