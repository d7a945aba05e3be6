"""What `farm render` says of the album as a whole, and of songs that wait for what failed."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import RATE_HZ, Farm, Ran

ALBUM = """\
schema = 1
album = {{ title = "Two", artist = "The Example" }}
[target]
{target}
[[song]]
title = "One"
strip = [{{ name = "a", stem = "one.wav" }}]
[[song]]
title = "Other"
strip = [{{ name = "a", stem = "other.wav" }}]
"""


def render(farm: Farm, folder: Path, target: str, *options: str) -> Ran:
    (folder / "album.toml").write_text(ALBUM.format(target=target))
    return farm("render", folder / "album.toml", "--out", folder / "out", "--store", folder / "store", *options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("verdict")
    noise = np.random.default_rng(5).standard_normal((5 * RATE_HZ, 2))
    for name, level in (("one", 0.05), ("other", 0.02), ("nothing", 0.0)):
        soundfile.write(folder / f"{name}.wav", level * noise, RATE_HZ, subtype="FLOAT")
    return folder


def test_the_loudness_of_the_album_is_told_and_judged(farm: Farm, folder: Path) -> None:
    import pyloudnorm

    ran = render(farm, folder, "loudness_lufs = -20.0", "--json")
    loudness = ran.json["album_loudness"]
    assert (loudness["asked_lufs"], loudness["status"], loudness["why"]) == (-20.0, "ok", None)
    songs = [soundfile.read(path)[0] for path in sorted((folder / "out" / "flac-24").glob("*.flac"))]
    meter = pyloudnorm.Meter(RATE_HZ, filter_class="DeMan")
    assert loudness["integrated_lufs"] == pytest.approx(meter.integrated_loudness(np.concatenate(songs)), abs=0.1)
    text = render(farm, folder, "loudness_lufs = -20.0").out
    assert "     album: -20.0 LUFS asked, -20.0 LUFS reached\n" in text


@pytest.mark.slow
def test_songs_that_wait_for_what_failed_say_what_that_was(farm: Farm, folder: Path) -> None:
    silent = 'loudness_lufs = "reference"\nreference = [{ file = "nothing.wav" }]'
    ran = render(farm, folder, silent, "--json")
    assert ran.code == 1
    notes = {song["title"]: song["note"] for song in ran.json["songs"]}
    assert notes == dict.fromkeys(("One", "Other"), "match: no reference has a loudness that could be aimed at")
