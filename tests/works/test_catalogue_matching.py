"""Matching finished songs of a real catalogue: what each mode does to loudness, and each amount to tone."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from conftest import Farm

TARGET_LUFS = -20.0
"""Low enough for no song to need its limiter: what is shown is the matching."""

SONGS, SECONDS = 6, 30

TARGETS = {
    "none": 'loudness_mode = "none"',
    "track": 'loudness_mode = "track"',
    "loudest": 'loudness_mode = "loudest"',
    "album": 'loudness_mode = "album"',
    "tone 0": "tone = { amount = 0.0, max_db = 12.0 }",
    "tone 0.5": "tone = { amount = 0.5, max_db = 12.0 }",
    "tone 1": "tone = { amount = 1.0, max_db = 12.0 }",
}


def catalogue() -> list[Path]:
    """Return songs from all over FARM_CATALOGUE, a folder of WAV files."""
    songs = sorted(Path(os.environ.get("FARM_CATALOGUE", "/nowhere")).glob("*.wav"))
    return songs[:: max(1, len(songs) // SONGS)][:SONGS]


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(len(catalogue()) < SONGS, reason="FARM_CATALOGUE is not set: no real songs here"),
]


@dataclass(frozen=True)
class Rendered:
    document: Any
    out: Path

    def lufs(self) -> np.ndarray:
        return np.array([song["integrated_lufs"] for song in self.document["songs"]])

    def audio(self) -> Iterator[np.ndarray]:
        for path in sorted((self.out / "flac-24").glob("*.flac")):
            yield soundfile.read(path)[0]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory, farm: Farm) -> Mapping[str, Rendered]:
    """Render each target; the masters are made once."""
    folder = tmp_path_factory.mktemp("catalogue")
    songs = []
    for number, path in enumerate(catalogue(), start=1):
        with soundfile.SoundFile(path) as file:
            rate_hz = file.samplerate
            file.seek(min(file.frames // 3, max(0, file.frames - SECONDS * rate_hz)))
            audio = file.read(SECONDS * rate_hz)
        soundfile.write(folder / f"{number}.wav", audio, rate_hz, subtype="FLOAT")
        songs.append(f'[[song]]\ntitle = "{number}"\nstrip = [{{ name = "a", stem = "{number}.wav" }}]\n')
    found = {}
    for name, target in TARGETS.items():
        manifest, out = folder / f"{name}.toml", folder / name
        head = 'schema = 1\nalbum = { title = "Catalogue", artist = "Several", rate_hz = 44100 }\n'
        manifest.write_text(f"{head}[target]\nloudness_lufs = {TARGET_LUFS}\n{target}\n{''.join(songs)}")
        ran = farm("render", manifest, "--out", out, "--store", folder / "store", "--json")
        assert ran.code == 0, ran.err + ran.out
        found[name] = Rendered(ran.json, out)
    return found


def master_lufs(document: Any) -> list[float]:
    """Return what the songs measure before anything is done: what they are to have, less their gain."""
    return [song["trim"]["goal_lufs"] - song["trim"]["gain_db"] for song in document["songs"]]


def distances_lu(lufs: Iterable[float]) -> list[float]:
    return [before - after for before, after in combinations(lufs, 2)]


def test_the_mode_none_changes_no_level(rendered: Mapping[str, Rendered]) -> None:
    assert [song["trim"]["gain_db"] for song in rendered["none"].document["songs"]] == [0.0] * SONGS


def test_the_mode_track_gives_each_song_the_target(rendered: Mapping[str, Rendered]) -> None:
    assert rendered["track"].lufs() == pytest.approx(TARGET_LUFS, abs=0.1)


def test_the_mode_loudest_gives_the_target_to_the_loudest_song(rendered: Mapping[str, Rendered]) -> None:
    assert rendered["loudest"].lufs().max() == pytest.approx(TARGET_LUFS, abs=0.1)


@pytest.mark.parametrize("mode", ["loudest", "album"])
def test_songs_keep_their_distances(rendered: Mapping[str, Rendered], mode: str) -> None:
    own = distances_lu(master_lufs(rendered[mode].document))
    assert max(map(abs, own)) > 1.0
    assert distances_lu(rendered[mode].lufs()) == pytest.approx(own, abs=0.1)


def test_the_mode_album_gives_all_songs_together_the_target(rendered: Mapping[str, Rendered]) -> None:
    """By farm's meter, and by pyloudnorm on the delivered files one after another."""
    import pyloudnorm

    loudness = rendered["album"].document["album_loudness"]
    assert (loudness["asked_lufs"], loudness["status"]) == (TARGET_LUFS, "ok")
    assert loudness["integrated_lufs"] == pytest.approx(TARGET_LUFS, abs=0.1)
    meter = pyloudnorm.Meter(44100, filter_class="DeMan")
    together = np.concatenate(list(rendered["album"].audio()))
    assert meter.integrated_loudness(together) == pytest.approx(TARGET_LUFS, abs=0.2)


def test_the_spread_of_tone_falls_with_the_amount(rendered: Mapping[str, Rendered]) -> None:
    """0 leaves it as it was, to the bit; what is left at 1 is what smoothing and bounds leave."""
    before = rendered["tone 0"].document["spread"]["masters"]["tone_db"]
    none, half, whole = (
        rendered[f"tone {amount}"].document["spread"]["finished"]["tone_db"] for amount in ("0", "0.5", "1")
    )
    assert none == pytest.approx(before, abs=0.1)
    assert half < 0.7 * none
    assert whole < 0.4 * none


def test_an_amount_of_nothing_changes_no_sample(rendered: Mapping[str, Rendered]) -> None:
    for with_table, without in zip(rendered["tone 0"].audio(), rendered["album"].audio(), strict=True):
        np.testing.assert_array_equal(with_table, without)
