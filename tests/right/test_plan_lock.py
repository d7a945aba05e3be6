"""A lock names everything that an album is made from, nothing of the machine, and each thing that differs from it."""

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from manifest_files import write_inputs

from farm import __version__
from farm.errors import DeliveryError, UsageError
from farm.manifest.load import load_album
from farm.plan import keys
from farm.plan.build import build_plan
from farm.plan.lock import Lock, LockedFile, LockedInput, Outputs, lock_plan
from farm.plan.lock_changes import find_differences, find_output_differences
from farm.plan.lock_file import load_lock, lock_path, write_lock

ALBUM = """\
schema = 1
album = { title = "Low Tide", artist = "The Example", cover = "cover.png" }
[target]
loudness_lufs = -14.0
[[song]]
title = "Undertow"
[[song.strip]]
name = "kick"
stem = "kick.wav"
inserts = [{ type = "eq", bands = [{ kind = "bell", hz = 100, gain_db = 2.0 }] }]
[[song.strip]]
name = "lead"
stem = "lead.wav"
[[song]]
title = "Slack Water"
[[song.strip]]
name = "lead"
stem = "lead.wav"
[[deliver]]
format = "flac"
[[deliver]]
format = "wav"
"""
SECOND = '[[song]]\ntitle = "Slack Water"\n[[song.strip]]\nname = "lead"\nstem = "lead.wav"\n'
OUTPUTS = Outputs(
    {"01 Undertow @48000": "ab" * 16},
    {"flac-24/01 Undertow.flac": LockedFile("12" * 32, "34" * 32), "cd/album.bin": LockedFile("56" * 32, None)},
)


def lock(folder: Path, text: str = ALBUM, changed: str = "", audio: Path | None = None) -> Lock:
    """Return the lock of an album in a folder; the file `changed` holds something else than its name says."""
    folder.mkdir(exist_ok=True, parents=True)
    write_inputs(folder)
    (folder / "album.toml").write_text(text, encoding="utf-8")
    loaded = load_album(folder, audio=audio)
    plan = build_plan(loaded, lambda path: ("1" if path.name == changed else "0") + path.name.encode().hex())
    return lock_plan(plan, audio)


@pytest.fixture
def locked(tmp_path: Path) -> Lock:
    return lock(tmp_path / "album")


def test_the_file_holds_the_whole_lock(tmp_path: Path, locked: Lock) -> None:
    written = replace(locked, outputs=OUTPUTS)
    write_lock(tmp_path / "farm.lock", written)
    assert load_lock(tmp_path / "farm.lock") == written
    assert find_differences(load_lock(tmp_path / "farm.lock"), locked) == []


def test_the_file_is_the_same_anywhere_and_names_no_machine(tmp_path: Path) -> None:
    for name in ("here", "there/deeper"):
        write_lock(tmp_path / f"{Path(name).name}.lock", lock(tmp_path / name))
    texts = {path.read_text(encoding="utf-8") for path in tmp_path.glob("*.lock")}
    (text,) = texts
    assert str(tmp_path) not in text
    assert socket.gethostname() not in text
    assert "mtime" not in text


def test_what_is_locked_can_be_read(locked: Lock) -> None:
    names = [each.path for each in locked.inputs]
    assert names == ["cover.png", "kick.wav", "lead.wav"]
    assert locked.processors == {"eq": locked.processors["eq"]}
    assert {"group", "mix", "master", "match", "finish", "encode", "assemble"} == set(locked.operations)
    assert {"numpy", "numba", "soundfile", "av"} <= set(locked.libraries)


def test_stems_that_lie_elsewhere_are_known_by_what_they_hold(tmp_path: Path, locked: Lock) -> None:
    """Below the folder of --audio, or under another path altogether: no difference as long as they hold the same."""
    stems = tmp_path / "stems"
    stems.mkdir()
    write_inputs(stems)
    moved = lock(tmp_path / "album", audio=stems)
    assert moved == locked
    absolute = lock(tmp_path / "album", ALBUM.replace('"lead.wav"', f'"{stems}/lead.wav"'))
    assert find_differences(locked, absolute) == []
    assert [each.path for each in absolute.inputs] == ["cover.png", "kick.wav", "lead.wav"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("schema = 1\n", "# a comment\nschema = 1\n"),
        ('name = "kick"', 'name = "bass drum"'),
        ("gain_db = 2.0", "gain_db = 2"),
        ('title = "Undertow"\n', 'title = "Undertow"\nbus = []\n'),
    ],
)
def test_what_changes_no_sound_is_no_difference(tmp_path: Path, locked: Lock, old: str, new: str) -> None:
    assert old in ALBUM
    assert find_differences(locked, lock(tmp_path / "album", ALBUM.replace(old, new))) == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("gain_db = 2.0", "gain_db = 2.5", ["Undertow: strip 'kick', eq, band 1: gain_db 2 -> 2.5"]),
        ("loudness_lufs = -14.0", "loudness_lufs = -12.0", ["match the songs: loudness_lufs -14 -> -12"]),
        (
            'title = "Slack Water"',
            'title = "Slack"',
            ['Slack: tags.title "Slack Water" -> "Slack"'],
        ),
        (
            'name = "lead"\nstem = "lead.wav"\n[[song]]',
            'name = "lead"\nstem = "lead.wav"\ngain_db = -3\n[[song]]',
            ["Undertow: strip 'lead': gain_db 0 -> -3"],
        ),
    ],
)
def test_each_setting_that_differs_is_named_once(
    tmp_path: Path, locked: Lock, old: str, new: str, told: list[str]
) -> None:
    """Though it may concern several tasks: a title stands in every file."""
    assert find_differences(locked, lock(tmp_path / "album", ALBUM.replace(old, new))) == told


def test_a_deliverable_that_differs_concerns_its_own_files_only(tmp_path: Path, locked: Lock) -> None:
    found = find_differences(locked, lock(tmp_path / "album", ALBUM.replace('"wav"', '"wav"\nbits = 16')))
    assert {line.partition("wav-")[2][:2] for line in found} == {"16", "24"}


def test_an_input_that_differs_is_named(tmp_path: Path, locked: Lock) -> None:
    assert find_differences(locked, lock(tmp_path / "album", changed="kick.wav")) == [
        "Undertow: strip 'kick', clip 1: kick.wav has changed"
    ]
    cover = find_differences(locked, lock(tmp_path / "album", changed="cover.png"))
    assert cover == ["Undertow: cover.png has changed", "Slack Water: cover.png has changed"]


def test_another_file_in_its_place_is_named(tmp_path: Path, locked: Lock) -> None:
    now = lock(tmp_path / "album", ALBUM.replace('stem = "kick.wav"', 'stem = "lead.wav"'))
    assert find_differences(locked, now) == ["Undertow: strip 'kick', clip 1: file kick.wav -> lead.wav"]


def test_a_song_that_is_new_or_gone_is_named_and_the_others_are_not(tmp_path: Path, locked: Lock) -> None:
    without = lock(tmp_path / "album", ALBUM.replace(SECOND, ""))
    gone = find_differences(locked, without)
    assert {"Slack Water: mix removed", "Slack Water: master removed"} <= set(gone)
    assert {"Slack Water: mix added", "Slack Water: master added"} <= set(find_differences(without, locked))
    assert not [line for line in gone if line.startswith("Undertow: strip")]


def test_songs_in_another_order_differ_in_no_sound(tmp_path: Path, locked: Lock) -> None:
    first = ALBUM[ALBUM.index("[[song]]") : ALBUM.index(SECOND)]
    found = find_differences(locked, lock(tmp_path / "album", ALBUM.replace(first + SECOND, SECOND + first)))
    assert "Undertow: tags.track_number 1 -> 2" in found
    assert not [line for line in found if "strip" in line or "added" in line]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda lock: replace(lock, farm="0.0.9"), f"farm 0.0.9 -> {__version__}"),
        (lambda lock: replace(lock, libraries=lock.libraries | {"numpy": "1.0"}), "library numpy 1.0 -> "),
        (lambda lock: replace(lock, operations=lock.operations | {"mix": 0}), "farm's version of mix 0 -> "),
        (lambda lock: replace(lock, processors={"eq": 0}), "processor eq 0 -> "),
        (lambda lock: replace(lock, plan="another"), "the plan of the album is another one"),
    ],
)
def test_each_version_that_differs_is_named(locked: Lock, change: Callable[[Lock], Lock], told: str) -> None:
    (line,) = find_differences(change(locked), locked)
    assert line.startswith(told)


def test_another_version_of_farm_is_named_once(tmp_path: Path, locked: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file bears it in a tag."""
    monkeypatch.setattr("farm.plan.lock.__version__", "9.9")
    monkeypatch.setattr("farm.plan.deliver.__version__", "9.9")
    assert find_differences(locked, lock(tmp_path / "album")) == [f"farm {locked.farm} -> 9.9"]


def test_another_library_is_named_once(tmp_path: Path, locked: Lock, monkeypatch: pytest.MonkeyPatch) -> None:
    known = keys._library_version
    monkeypatch.setattr(keys, "_library_version", lambda name: "9.9" if name == "soxr" else known(name))
    assert find_differences(locked, lock(tmp_path / "album")) == [f"library soxr {locked.libraries['soxr']} -> 9.9"]


def other(name: str, **fields: str | None) -> Outputs:
    return replace(OUTPUTS, delivered=OUTPUTS.delivered | {name: replace(OUTPUTS.delivered[name], **fields)})


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (OUTPUTS, None),
        (replace(OUTPUTS, finished={"01 Undertow @48000": "cd" * 16}), "01 Undertow @48000 came out otherwise"),
        (other("flac-24/01 Undertow.flac", audio_sha256="0" * 64), "flac-24/01 Undertow.flac came out otherwise"),
        (other("flac-24/01 Undertow.flac", sha256="0" * 64), "flac-24/01 Undertow.flac holds the same samples"),
        (other("cd/album.bin", sha256="0" * 64), "cd/album.bin came out otherwise"),
        (
            replace(OUTPUTS, delivered={"cd/album.bin": OUTPUTS.delivered["cd/album.bin"]}),
            "flac-24/01 Undertow.flac is",
        ),
        (
            replace(OUTPUTS, delivered=OUTPUTS.delivered | {"x.wav": LockedFile("0" * 64, None)}),
            "x.wav is not in the lock",
        ),
    ],
)
def test_each_output_that_differs_is_named(found: Outputs, told: str | None) -> None:
    lines = find_output_differences(OUTPUTS, found, whole=True)
    assert len(lines) == (told is not None)
    assert all(line.startswith(told or "") for line in lines)


def test_of_a_part_of_the_album_nothing_is_missing() -> None:
    assert find_output_differences(OUTPUTS, Outputs(), whole=False) == []


def test_a_lock_that_is_missing_says_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not locked") as caught:
        load_lock(tmp_path / "farm.lock")
    assert caught.value.code == "lock-missing"
    assert "--write-lock" in str(caught.value.hint)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1}', "\xff", '{"schema": 1, "farm": "1"}']
)
def test_a_damaged_lock_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "farm.lock").write_text(text, encoding="latin-1")
    with pytest.raises(UsageError) as caught:
        load_lock(tmp_path / "farm.lock")
    assert caught.value.code == "lock-unreadable"


def test_a_lock_with_a_key_missing_anywhere_is_refused(tmp_path: Path, locked: Lock) -> None:
    path = tmp_path / "farm.lock"
    write_lock(path, replace(locked, outputs=OUTPUTS))
    whole = json.loads(path.read_text(encoding="utf-8"))
    for key in whole:
        path.write_text(json.dumps({name: value for name, value in whole.items() if name != key}))
        with pytest.raises(UsageError):
            load_lock(path)


def test_a_lock_is_written_whole_or_not_at_all(tmp_path: Path, locked: Lock) -> None:
    (tmp_path / "farm.lock").mkdir()
    with pytest.raises(DeliveryError, match="cannot be written"):
        write_lock(tmp_path / "farm.lock", locked)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_albums_in_one_folder_have_locks_of_their_own(tmp_path: Path) -> None:
    assert lock_path(tmp_path / "album.toml").name == "farm.lock"
    assert lock_path(tmp_path / "live.toml").name == "live.farm.lock"


def test_an_input_used_twice_is_listed_once(locked: Lock) -> None:
    assert [each for each in locked.inputs if each.path == "lead.wav"] == [
        LockedInput("lead.wav", locked.inputs[-1].size_bytes, "0" + b"lead.wav".hex())
    ]
