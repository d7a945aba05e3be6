"""What the edit loop watches: every file that the album's text may name, there or not, valid or not."""

import time
from pathlib import Path

import pytest

from farm.manifest.named_files import find_named_files
from farm.watch import Watched

ALBUM = """
schema = 1
[album]
title = "No. 1"
artist = "album.toml"
cover = "art/cover.png"
[[song]]
title = "Undertow"
strip = [{ name = "kick", stem = "stems/kick.wav", inserts = [{ type = "convolution", file = "../halls/hall.wav" }] }]
[[song]]
file = "songs/two.toml"
[preset.wide]
what = "ever is unknown.csv"
"""
SONG = '[[strip]]\nname = "lead"\nstem = "lead.wav"\n'


@pytest.fixture
def album(tmp_path: Path) -> Path:
    (tmp_path / "songs").mkdir()
    (tmp_path / "songs" / "two.toml").write_text(SONG)
    (tmp_path / "album.toml").write_text(ALBUM)
    return tmp_path / "album.toml"


def test_every_path_in_the_album_and_its_songs_is_found(album: Path) -> None:
    folder, named = album.parent, find_named_files(album)
    assert {album, folder / "songs" / "two.toml", folder / "art" / "cover.png"} <= named
    assert {folder / "stems" / "kick.wav", folder / "../halls/hall.wav", folder / "songs" / "lead.wav"} <= named
    assert folder / "ever is unknown.csv" in named
    assert folder / "Undertow" not in named


def test_stems_are_looked_for_in_the_folder_of_the_audio_too(album: Path) -> None:
    named = find_named_files(album, Path("/elsewhere"))
    assert {Path("/elsewhere/stems/kick.wav"), Path("/elsewhere/lead.wav")} <= named


def test_a_file_without_an_ending_is_found_if_it_is_there(album: Path) -> None:
    (album.parent / "Undertow").touch()
    assert album.parent / "Undertow" in find_named_files(album)


@pytest.mark.parametrize("text", ["x = [", "", 'song = "a"', "song = [1]", "[[song]]\nfile = 1", "\xff"])
def test_what_cannot_be_read_is_watched_itself(album: Path, text: str) -> None:
    album.write_bytes(text.encode("latin-1"))
    assert album in find_named_files(album)


def test_a_change_is_seen_by_time_size_and_being_there(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("kept", "written", "replaced", "removed", "made")]
    for file in files[:-1]:
        file.write_text("before")
    watched = Watched(files)
    assert watched.changed() == ()
    files[1].write_text("after that")
    (tmp_path / "new").write_text("before")
    (tmp_path / "new").replace(files[2])
    files[3].unlink()
    files[4].write_text("")
    assert watched.changed() == tuple(sorted(files[1:]))


def test_waiting_ends_when_what_is_written_has_come_to_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something writes between the first five looks, so the sixth finds what the fifth found."""
    file = tmp_path / "stem.wav"
    file.write_text("")
    watched = Watched([file])
    looks: list[float] = []

    def write(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) < 5:
            file.write_text("more" * len(looks))

    monkeypatch.setattr("farm.watch.time.sleep", write)
    assert watched.wait() == (file,)
    assert len(looks) == 5


def test_a_marker_is_made_when_something_changes_in_the_block(tmp_path: Path) -> None:
    file, marker = tmp_path / "album.toml", tmp_path / "marker"
    watched = Watched([file])
    with watched.marking(marker):
        pass
    assert not marker.exists()
    with watched.marking(marker):
        file.write_text("saved")
        deadline = time.monotonic() + 10
        while not marker.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert marker.exists()
