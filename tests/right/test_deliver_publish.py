"""Files in place: whole or not at all, nobody else's touched; names that every file system takes."""

import errno
import hashlib
import os
import shutil
import subprocess
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.deliver.checksums import load_checksums, write_checksums
from farm.deliver.names import LONGEST_NAME_BYTES, file_names, safe_name
from farm.deliver.publish import Publication, publish
from farm.errors import DeliveryError
from farm.plan.spec import TagSpec

INTENT = ".farm-intent"
"""What a publish that does not come to its end leaves behind, beside what is delivered."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digest_of_file(path: Path) -> str:
    return sha256(path.read_bytes())


def publication(folder: Path, name: str, data: bytes) -> Publication:
    blob = folder / f"blob-{sha256(data)}"
    blob.write_bytes(data)
    blob.chmod(0o444)
    return Publication(blob, name, sha256(data))


@pytest.fixture
def blobs(tmp_path: Path) -> Path:
    folder = tmp_path / "blobs"
    folder.mkdir()
    return folder


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in ("SHA256SUMS", INTENT)}


def test_files_are_put_in_place_with_their_checksums(tmp_path: Path, blobs: Path) -> None:
    out = tmp_path / "out" / "flac-24"
    files = [publication(blobs, "02 b.flac", b"b" * 100_000), publication(blobs, "01 ä 海 🌊.flac", b"")]
    published = publish(out, files, digest_of_file=digest_of_file)
    assert [(each.path.name, each.written) for each in published] == [("02 b.flac", True), ("01 ä 海 🌊.flac", True)]
    assert content(out) == {"02 b.flac": b"b" * 100_000, "01 ä 海 🌊.flac": b""}
    assert os.access(out / "02 b.flac", os.W_OK)
    if program := shutil.which("sha256sum"):
        subprocess.run([program, "--check", "--strict", "SHA256SUMS"], cwd=out, check=True, capture_output=True)
    assert load_checksums(out) == {each.name: each.sha256 for each in files}


def test_a_file_that_is_there_is_left_alone(tmp_path: Path, blobs: Path) -> None:
    out = tmp_path / "out"
    files = [publication(blobs, "a.wav", b"a"), publication(blobs, "b.wav", b"b")]
    publish(out, files, digest_of_file=digest_of_file)
    before = (out / "a.wav").stat(), (out / "SHA256SUMS").stat()
    (out / "b.wav").unlink()
    again = publish(out, files, digest_of_file=digest_of_file)
    assert [each.written for each in again] == [False, True]
    after = (out / "a.wav").stat(), (out / "SHA256SUMS").stat()
    assert [(each.st_ino, each.st_mtime_ns) for each in before] == [(each.st_ino, each.st_mtime_ns) for each in after]
    assert (out / "b.wav").read_bytes() == b"b"


def test_only_what_farm_put_there_and_nobody_changed_is_removed(tmp_path: Path, blobs: Path) -> None:
    out = tmp_path / "out"
    names = ["01 a.wav", "02 b.wav", "03 c.wav"]
    publish(out, [publication(blobs, name, name.encode()) for name in names], digest_of_file=digest_of_file)
    (out / "notes.txt").write_bytes(b"mine")
    (out / "02 b.wav").write_bytes(b"edited by hand")
    publish(out, [publication(blobs, "01 new.wav", b"new")], digest_of_file=digest_of_file)
    assert content(out) == {"01 new.wav": b"new", "02 b.wav": b"edited by hand", "notes.txt": b"mine"}


def test_a_file_of_somebody_else_keeps_its_name_and_nothing_is_delivered(tmp_path: Path, blobs: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "b.wav").write_bytes(b"mine")
    files = [publication(blobs, "a.wav", b"a"), publication(blobs, "b.wav", b"b")]
    for _ in range(2):
        with pytest.raises(DeliveryError) as caught:
            publish(out, files, digest_of_file=digest_of_file)
        assert (caught.value.code, caught.value.where) == ("name-taken", str(out / "b.wav"))
        assert caught.value.hint == "move it away, or delete it"
        assert content(out) == {"b.wav": b"mine"}
    (out / "b.wav").unlink()
    publish(out, files, digest_of_file=digest_of_file)
    assert content(out) == {"a.wav": b"a", "b.wav": b"b"}
    assert not (out / INTENT).exists()


def test_a_delivered_file_that_somebody_changed_is_not_lost(tmp_path: Path, blobs: Path) -> None:
    out = tmp_path / "out"
    publish(out, [publication(blobs, "a", b"old")], digest_of_file=digest_of_file)
    (out / "a").write_bytes(b"edited by hand")
    with pytest.raises(DeliveryError, match="changed since"):
        publish(out, [publication(blobs, "a", b"new")], digest_of_file=digest_of_file)
    assert content(out) == {"a": b"edited by hand"}


@pytest.mark.parametrize("kind", ["dangling link", "link", "pipe"])
def test_what_is_no_file_of_farm_s_keeps_its_name(tmp_path: Path, blobs: Path, kind: str) -> None:
    out, precious = tmp_path / "out", tmp_path / "precious"
    out.mkdir()
    if kind == "pipe":
        os.mkfifo(out / "a")
    else:
        (out / "a").symlink_to(precious)
    if kind == "link":
        precious.write_bytes(b"precious")
    with pytest.raises(DeliveryError) as caught:
        publish(out, [publication(blobs, "a", b"a")], digest_of_file=digest_of_file)
    assert caught.value.code == "name-taken"
    assert os.path.lexists(out / "a")
    assert not (out / "a").is_file() or precious.read_bytes() == b"precious"


def test_a_text_of_somebody_else_is_not_taken_for_a_list(tmp_path: Path, blobs: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "SHA256SUMS").write_text("see the other folder\n")
    with pytest.raises(DeliveryError) as caught:
        publish(out, [publication(blobs, "a", b"a")], digest_of_file=digest_of_file)
    assert (caught.value.code, caught.value.where) == ("name-taken", str(out / "SHA256SUMS"))
    assert (out / "SHA256SUMS").read_text() == "see the other folder\n"


@pytest.mark.parametrize("step", ["_sync_folder", "write_checksums", "_remove_stale"])
def test_what_a_killed_publish_put_in_place_is_known_to_the_next(
    tmp_path: Path, blobs: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """It may have put new files in place whose digests no list has, and the next one may deliver others."""
    out = tmp_path / "out"
    publish(out, [publication(blobs, "a", b"first")], digest_of_file=digest_of_file)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for data in (b"second", b"third"):
        file = publication(blobs, "a", data)
        with monkeypatch.context() as patch:
            patch.setattr(f"farm.deliver.publish.{step}", die)
            with pytest.raises(KeyboardInterrupt):
                publish(out, [file], digest_of_file=digest_of_file)
        assert content(out) == {"a": data}
    publish(out, [publication(blobs, "a", b"fourth")], digest_of_file=digest_of_file)
    assert content(out) == {"a": b"fourth"}
    assert not (out / INTENT).exists()


def test_names_can_be_swapped(tmp_path: Path, blobs: Path) -> None:
    out = tmp_path / "out"
    publish(out, [publication(blobs, "1", b"a"), publication(blobs, "2", b"b")], digest_of_file=digest_of_file)
    publish(out, [publication(blobs, "1", b"b"), publication(blobs, "2", b"a")], digest_of_file=digest_of_file)
    assert content(out) == {"1": b"b", "2": b"a"}


def test_a_list_cannot_remove_what_lies_outside_its_folder(tmp_path: Path, blobs: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "precious").write_bytes(b"x")
    (out / "SHA256SUMS").write_text(
        f"{sha256(b'x')}  ../precious\n{sha256(b'x')}  {tmp_path / 'precious'}\nnonsense\n{sha256(b'x')}  x\n"
    )
    publish(out, [publication(blobs, "a", b"a")], digest_of_file=digest_of_file)
    assert (tmp_path / "precious").exists()


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace", "os.copy_file_range"])
def test_a_failure_in_the_middle_leaves_the_old_file_and_no_part(
    tmp_path: Path, blobs: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    out = tmp_path / "out"
    publish(out, [publication(blobs, "a", b"old")], digest_of_file=digest_of_file)

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(step, fail)
        patch.setattr("shutil.copyfileobj", fail)
        with pytest.raises(DeliveryError) as caught:
            publish(out, [publication(blobs, "a", b"new")], digest_of_file=digest_of_file)
    assert caught.value.code == "disk-full"
    assert caught.value.hint
    assert content(out) == {"a": b"old"}
    publish(out, [publication(blobs, "a", b"new")], digest_of_file=digest_of_file)
    assert content(out) == {"a": b"new"}


def test_what_a_killed_run_left_is_swept_away(tmp_path: Path, blobs: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / ".farm-0123.part").write_bytes(b"half")
    publish(out, [publication(blobs, "a", b"a")], digest_of_file=digest_of_file)
    assert content(out) == {"a": b"a"}


def test_without_the_kernel_s_copy_the_bytes_are_the_same(
    tmp_path: Path, blobs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "copy_file_range", refuse, raising=False)
    data = os.urandom(3_000_001)
    publish(tmp_path / "out", [publication(blobs, "a", data)], digest_of_file=digest_of_file)
    assert content(tmp_path / "out") == {"a": data}


def test_a_name_taken_by_a_folder_is_refused_by_name(tmp_path: Path, blobs: Path) -> None:
    out = tmp_path / "out"
    (out / "a").mkdir(parents=True)
    with pytest.raises(DeliveryError) as caught:
        publish(out, [publication(blobs, "a", b"a")], digest_of_file=digest_of_file)
    assert (caught.value.code, caught.value.where) == ("name-taken", str(out / "a"))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DeliveryError) as caught:
        publish(tmp_path / "file", [], digest_of_file=digest_of_file)
    assert caught.value.code == "name-taken"


def test_a_read_only_folder_is_refused_by_name(tmp_path: Path, blobs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = publication(blobs, "a", b"a")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(DeliveryError) as caught:
        publish(tmp_path / "out", [file], digest_of_file=digest_of_file)
    assert caught.value.code == "delivery-read-only"


def test_checksums_come_back(tmp_path: Path) -> None:
    entries = {"01 ü.flac": sha256(b"1"), "02  two spaces.flac": sha256(b"2")}
    write_checksums(tmp_path, entries)
    assert load_checksums(tmp_path) == entries
    assert load_checksums(tmp_path / "elsewhere") == {}


def song(title: str, number: int = 1) -> TagSpec:
    return TagSpec(title, ("Artist",), "Album", ("Artist",), number, 12, isrc="QZABC2600001")


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Undertow", "07 Undertow.flac"),
        ('a/b\\c:d*e?f"g<h>i|j', "07 a-b-c-d-e-f-g-h-i-j.flac"),
        ("tab\there\x00\x7f", "07 tab-here--.flac"),
        ("Wait...", "07 Wait.flac"),
        ("Wa\u0308sche 海 🌊", "07 W\u00e4sche 海 🌊.flac"),
    ],
)
def test_a_title_becomes_a_name_that_all_file_systems_take(title: str, name: str) -> None:
    assert file_names("{number:02} {title}.{ext}", "flac", [song(title, 7)]) == (name,)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("con", "_con.wav"),
        ("Aux.live", "_Aux.live.wav"),
        ("LPT9", "_LPT9.wav"),
        ("COM\u00b2", "_COM\u00b2.wav"),
        ("Concert", "Concert.wav"),
        ("...", "untitled.wav"),
        (" ", "untitled.wav"),
        (".hidden", "hidden.wav"),
    ],
)
def test_names_that_windows_keeps_or_hides_are_changed(title: str, name: str) -> None:
    assert file_names("{title}.{ext}", "wav", [song(title)]) == (name,)


def test_equal_names_get_numbers_whatever_their_case() -> None:
    titles = ["Intro", "intro", "INTRO", "Intro (2)", "Straße", "STRASSE"]
    names = file_names("{title}.{ext}", "mp3", [song(title) for title in titles])
    assert names == (
        "Intro.mp3",
        "intro (2).mp3",
        "INTRO (3).mp3",
        "Intro (2) (2).mp3",
        "Straße.mp3",
        "STRASSE (2).mp3",
    )


def test_every_field_can_be_in_a_name() -> None:
    template = "{album} - {number} - {artist} - {title} [{isrc}] {ext}.{ext}"
    assert file_names(template, "wav", [song("T")]) == ("Album - 1 - Artist - T [QZABC2600001] wav.wav",)
    assert file_names("{title}.{ext}", "wav", [song("{artist}")]) == ("{artist}.wav",)
    full = replace(song("T", 7), artists=("A", "B"), disc_number=2, version="live")
    assert file_names("{disc}-{number:02} {artist} - {title} ({version}).{ext}", "aac", [full]) == (
        "2-07 A, B - T (live).m4a",
    )


def test_brackets_around_what_a_song_does_not_have_go_with_it() -> None:
    bare = replace(song("T ()"), isrc=None)
    assert file_names("{title} ({version}) [{isrc}].{ext}", "flac", [song("T")]) == ("T [QZABC2600001].flac",)
    assert file_names("{title} [{isrc}].{ext}", "flac", [replace(song("T"), isrc=None)]) == ("T.flac",)
    assert file_names("{title}.{ext}", "flac", [bare]) == ("T ().flac",)


@pytest.mark.parametrize("template", ["{number:02} {title}.{ext}", "{disc}-{number:02} {title}.{ext}"])
def test_names_sort_as_the_tracks_do_however_many_there_are(template: str) -> None:
    for total in (9, 99, 100, 1000):
        songs = [replace(song("T", number), track_total=total) for number in range(1, total + 1)]
        names = file_names(template, "flac", songs)
        assert list(names) == sorted(names)
        assert f"{1:0{max(2, len(str(total)))}} T.flac" in names[0]
    assert file_names("{number:03} {title}.{ext}", "flac", [song("T")]) == ("001 T.flac",)
    assert file_names("{number} {title}.{ext}", "flac", [replace(song("T"), track_total=100)]) == ("1 T.flac",)


def test_songs_of_two_discs_have_names_of_their_own() -> None:
    songs = [replace(song("Intro", 1), disc_number=disc, disc_total=2) for disc in (1, 2)]
    names = file_names("{disc}-{number:02} {title}.{ext}", "flac", songs)
    assert names == ("1-01 Intro.flac", "2-01 Intro.flac")


@given(st.lists(st.text(max_size=300), max_size=5))
def test_any_titles_give_distinct_names_that_can_be_written(titles: list[str]) -> None:
    names = file_names("{title}.{ext}", "flac", [song(title) for title in titles])
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert name.endswith(".flac")
        assert len(name.encode()) <= LONGEST_NAME_BYTES
        assert name == unicodedata.normalize("NFC", name)
        assert not set(name) & set('/\\:*?"<>|\0\n')
        assert name[0] not in " ."


def test_a_long_name_keeps_its_ending() -> None:
    name = safe_name("海" * 200, " (2).flac")
    assert name.endswith("海 (2).flac")
    assert len(name.encode()) <= LONGEST_NAME_BYTES
