"""Plug-ins in a song: one that hangs fails its song by name, and the others are delivered."""

from pathlib import Path

import pytest
import soundfile
from conftest import RATE_HZ, Farm, tone

FOLDER = Path("/usr/lib/vst3")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (FOLDER / "ZamVerb.vst3").exists(), reason="Debian's zam-plugins are not installed: no song with plug-ins"
    ),
]

SONG = """\
[[song]]
title = "{title}"
[[song.strip]]
name = "tone"
stem = "tone.wav"
inserts = [{{ type = "vst3", plugin = "/usr/lib/vst3/{plugin}.vst3", {more} }}]
"""


@pytest.fixture
def album(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "tone.wav", tone(110, 1, 6, 2), RATE_HZ, subtype="PCM_24")
    songs = SONG.format(title="Held", plugin="ZaMaximX2", more="parameters = { threshold_db = -12.0 }")
    songs += SONG.format(title="Hung", plugin="ZamVerb", more="timeout_seconds = 2.0")
    (tmp_path / "album.toml").write_text('schema = 1\nalbum = { title = "A", artist = "B" }\n' + songs)
    return tmp_path / "album.toml"


@pytest.mark.parametrize("on", ["threads", "processes"])
def test_a_plugin_that_hangs_fails_its_song_by_name_and_no_other(farm: Farm, album: Path, on: str) -> None:
    ran = farm("render", album, "--out", album.parent / "out", "--store", album.parent / "store", "--on", on, "--json")
    assert ran.code == 1
    held, hung = ran.json["songs"]
    assert (held["status"], hung["status"]) == ("ok", "failed")
    (error,) = ran.json["errors"]
    assert error["code"] == "plugin-hung"
    assert "ZamVerb" in error["message"] + str(error["where"])
    assert [Path(each["path"]).name for each in ran.json["deliverables"]] == ["01 Held.flac"]


def test_its_settings_and_its_binary_are_in_the_key(farm: Farm, album: Path) -> None:
    store = album.parent / "store"
    album.write_text(album.read_text().split('[[song]]\ntitle = "Hung"')[0])

    def statuses() -> list[str]:
        planned = farm("plan", album, "--store", store, "--json").json
        return [node["status"] for node in planned["nodes"] if node["kind"] == "group"]

    assert farm("render", album, "--out", album.parent / "out", "--store", store).code == 0
    assert statuses() == ["reuse"]
    text = album.read_text()
    album.write_text(text.replace("threshold_db = -12.0 }", "threshold_db = -12.0 }, timeout_seconds = 77.0"))
    assert statuses() == ["reuse"], "a time limit changes nothing of the sound"
    album.write_text(text.replace("-12.0", "-12.5"))
    assert statuses() == ["run"]
    album.write_text(text.replace("/usr/lib/vst3/ZaMaximX2.vst3", "/usr/lib/vst3/ZamCompX2.vst3"))
    assert statuses() == ["run"]


def test_a_plugin_that_is_missing_is_an_error_of_the_manifest(farm: Farm, album: Path) -> None:
    album.write_text(album.read_text().replace("ZaMaximX2", "ZaMaximX3"))
    ran = farm("check", album)
    assert ran.code == 3
    assert "[processor-file-missing]" in ran.err
    assert "did you mean 'ZaMaximX2.vst3'?" in ran.err
