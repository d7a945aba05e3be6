"""What a file of a manifest may be made of, and what it may not."""

import os
from pathlib import Path

import pytest
from manifest_files import WAV_HEAD, write_inputs

from farm.errors import Diagnostic, ManifestError, UsageError
from farm.manifest.files import is_audio
from farm.manifest.load import load_album
from farm.manifest.toml_file import MAX_BYTES

ALBUM = """schema = 1
album = { title = "Low Tide", artist = "The Example" }
[[song]]
title = "One"
[[song.strip]]
name = "kick"
stem = "kick.wav"
"""


def write_album(folder: Path, text: str | bytes = ALBUM) -> Path:
    write_inputs(folder)
    path = folder / "album.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def refuse(path: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(ManifestError) as caught:
        load_album(path)
    return caught.value.diagnostics


@pytest.mark.parametrize(
    ("raw", "line", "column", "code"),
    [
        pytest.param(ALBUM.encode() + b'\nartist = "J\xf6rg"', 9, 12, "not-utf8", id="latin-1"),
        pytest.param("# Böse\r\n".encode() + b'x = "\xc3\xb6\xff"', 2, 7, "not-utf8", id="columns count characters"),
        pytest.param(b"\xef\xbb\xbf" + ALBUM.encode(), 1, 1, "byte-order-mark", id="UTF-8 with BOM"),
        pytest.param(ALBUM.encode("utf-16"), 1, 1, "byte-order-mark", id="UTF-16"),
        pytest.param(b"schema = 1\r\nx = \0", 2, 5, "nul-byte", id="NUL byte"),
        pytest.param(b"", 1, 1, "empty-file", id="no bytes"),
        pytest.param(b"# nothing yet\n", 1, 1, "empty-file", id="nothing but a comment"),
        pytest.param(b"# " + b"x" * MAX_BYTES, 1, 1, "file-too-large", id="too large"),
        pytest.param(b"schema = 1\nx = " + b"[" * 5000 + b"]" * 5000, 2, 105, "nested-too-deep", id="deep arrays"),
        pytest.param(b"schema = 1\nx = " + b"{a=" * 5000 + b"1" + b"}" * 5000, 2, 305, "nested-too-deep", id="deep"),
        pytest.param(b"schema = 1\nx = " + b"7" * 5000, 2, 5, "toml-syntax", id="a number of 5000 digits"),
        pytest.param(b"schema = 1\r\n[album\r\n", 2, 7, "toml-syntax", id="CRLF"),
        pytest.param(b"schema = 1\nx = 2026-02-30\n", 2, 5, "toml-syntax", id="a date that does not exist"),
        pytest.param(b"schema = 1\n[[song]]\n[song]\n", 3, 6, "toml-syntax", id="one table and several"),
    ],
)
def test_a_file_that_is_not_toml_is_refused_with_one_position(
    raw: bytes, line: int, column: int, code: str, tmp_path: Path
) -> None:
    (found,) = refuse(write_album(tmp_path, raw))
    assert (found.line, found.column, found.code) == (line, column, code)
    assert found.message


@pytest.mark.parametrize("deep", [50, 150, 250, 320])
def test_deep_nesting_is_an_error_whatever_the_depth(deep: int, tmp_path: Path) -> None:
    found = refuse(write_album(tmp_path, f"x = {'[' * deep}{']' * deep}\n" + ALBUM))
    assert [each.code for each in found] in (["unknown-key"], ["nested-too-deep"])


@pytest.mark.parametrize("number", ["9223372036854775808", "1" + "0" * 400, "0x" + "f" * 9000, "0b1" + "0" * 70])
def test_whole_numbers_beyond_64_bits_are_not_toml(number: str, tmp_path: Path) -> None:
    (found,) = refuse(write_album(tmp_path, ALBUM + f"gain_db = {number}"))
    assert (found.line, found.column, found.code) == (8, 11, "toml-syntax")


def test_a_number_beyond_all_floats_is_not_finite(tmp_path: Path) -> None:
    (found,) = refuse(write_album(tmp_path, ALBUM + "gain_db = 1e400"))
    assert (found.line, found.column, found.code) == (8, 11, "not-finite")


def test_line_ends_of_windows_change_no_position_and_no_result(tmp_path: Path) -> None:
    unix, dos = tmp_path / "unix", tmp_path / "dos"
    for folder, text in ((unix, ALBUM), (dos, ALBUM.replace("\n", "\r\n"))):
        folder.mkdir()
        write_album(folder, text)
    assert load_album(unix).manifest.songs[0].title == load_album(dos).manifest.songs[0].title
    assert load_album(dos).position(("song", 0, "strip", 0, "stem")) == (str(dos / "album.toml"), 7, 8)
    (found,) = refuse(write_album(dos, ALBUM.replace("\n", "\r\n") + "pan = 2\r\n"))
    assert (found.line, found.column, found.source_line) == (8, 7, "pan = 2")


def test_all_ways_to_write_a_table_give_the_same_album_and_its_positions(tmp_path: Path) -> None:
    """Dotted keys, inline tables over several lines of an array, literal strings, quoted keys."""
    text = """
"schema" = 1
album.title = 'Low Tide'
album."art\\u0069st" = "The \\"Example\\""
song = [
  { "title" = '''One''', strip = [
      { name = "kick", stem = "kick.wav" },   # a comment
    ] },
]
"""
    path = write_album(tmp_path, text)
    loaded = load_album(path)
    assert loaded.manifest.album.artist == ('The "Example"',)
    assert loaded.position(("album", "title")) == (str(path), 3, 15)
    assert loaded.position(("album", "artist")) == (str(path), 4, 23)
    assert loaded.position(("song", 0, "title")) == (str(path), 6, 15)
    assert loaded.position(("song", 0, "strip", 0, "stem")) == (str(path), 7, 31)
    assert loaded.position(("song", 0, "strip", 0, "pan")) is None
    assert loaded.position(("song", 1)) is None


def test_paths_are_meant_from_the_file_that_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    (tmp_path / "songs").mkdir()
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for folder in (home, tmp_path / "songs"):
        (folder / "kick.wav").write_bytes(WAV_HEAD)
    strips = [f'[[strip]]\nname = "{number}"\nstem = "{stem}"\n' for number, stem in enumerate(_PATHS)]
    (tmp_path / "songs" / "01.toml").write_text(
        'title = "One"\n' + "".join(strips).replace("ABSOLUTE", str(tmp_path)), encoding="utf-8"
    )
    path = write_album(tmp_path, 'schema = 1\nalbum = { title = "A", artist = "B", cover = "cover.png" }\n')
    path.write_text(path.read_text() + 'song = [{ file = "songs/01.toml" }]\n')
    monkeypatch.chdir(tmp_path)
    loaded = load_album(Path())
    (song,) = loaded.manifest.songs
    assert [strip.stem for strip in song.strips] == [
        tmp_path / "songs" / "kick.wav",
        tmp_path / "songs" / ".." / "B\u00f6se Fee.wav",
        home / "kick.wav",
        tmp_path / "kick.wav",
    ]
    assert loaded.manifest.album.cover == tmp_path / "cover.png"
    assert loaded.files == (tmp_path / "album.toml", tmp_path / "songs" / "01.toml")
    assert loaded.path == tmp_path / "album.toml"
    assert loaded.position(("song", 0, "strip", 1, "stem")) == ("songs/01.toml", 7, 8)


_PATHS = ("kick.wav", "../B\u00f6se Fee.wav", "~/kick.wav", "ABSOLUTE/kick.wav")


def test_stems_can_lie_in_a_folder_of_their_own(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = write_album(tmp_path)
    (tmp_path / "kick.wav").rename(elsewhere / "kick.wav")
    (found,) = refuse(path)
    assert found.hint == "if the stems lie in another folder: --audio FOLDER"
    assert load_album(path, audio=elsewhere).manifest.songs[0].strips[0].stem == elsewhere / "kick.wav"


def test_a_path_without_an_album_is_a_wrong_usage(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "album.toml", tmp_path / "kick.wav" / "album.toml"):
        with pytest.raises(UsageError) as caught:
            load_album(path)
        assert caught.value.where == str(path)


def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = write_album(tmp_path)
    (tmp_path / "kick.wav").unlink()
    os.mkfifo(tmp_path / "kick.wav")
    assert [each.code for each in refuse(path)] == ["stem-unreadable"]
    (tmp_path / "kick.wav").unlink()
    (tmp_path / "kick.wav").symlink_to("kick.wav")
    assert [each.code for each in refuse(path)] == ["stem-unreadable"]


def test_a_song_file_that_names_a_further_file_is_refused(tmp_path: Path) -> None:
    path = write_album(tmp_path, 'schema = 1\nalbum = { title = "A", artist = "B" }\nsong = [{ file = "a.toml" }]\n')
    (tmp_path / "a.toml").write_text('file = "b.toml"\n')
    (found,) = refuse(path)
    assert (found.line, found.column, found.code) == (3, 18, "song-file-nested")


@pytest.mark.parametrize(
    "head",
    [
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"RF64\xff\xff\xff\xffWAVEds64",
        b"FORM\x00\x00\x00\x2eAIFFCOMM",
        b"fLaC\x00\x00\x00\x22",
        b"OggS\x00\x02\x00\x00",
        b"ID3\x04\x00\x00\x00\x00",
        b"\xff\xfb\x90\x64\x00\x00\x00\x00",
        b"\xff\xf1\x50\x80\x00\x00\x00\x00",
        b"\x00\x00\x00\x1cftypM4A ",
        b"caff\x00\x01\x00\x00",
    ],
)
def test_audio_is_known_by_its_first_bytes(head: bytes) -> None:
    assert is_audio(head.ljust(16, b"\0"))


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff\xfb",
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b"FORM\x00\x00\x00\x2eILBMBMHD",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        "the second take".encode("utf-16"),
        b"version https://",
    ],
)
def test_what_is_not_audio_is_not_taken_for_it(head: bytes) -> None:
    assert not is_audio(head)
