"""The store: whole or not at all, missing counts as missing, each file hashed once."""

import fcntl
import os
from pathlib import Path

import numpy as np
import pytest

from farm.errors import AudioError, LockedError, StoreError
from farm.records import Artifact, Record
from farm.store.artifact import create_artifact, open_artifact
from farm.store.digests import FileDigests, sha256_of_file, xxh3_of_file
from farm.store.local import LocalStore
from farm.store.lock import hold_lock


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def written(store: LocalStore, frames: int = 1000, piece: int = 300) -> tuple[Artifact, np.ndarray]:
    audio = np.random.default_rng(1).standard_normal((frames, 2)).astype(np.float32)
    with create_artifact(store, 48000) as writer:
        for start in range(0, frames, piece):
            writer.write(audio[start : start + piece])
    return writer.finished(), audio


@pytest.mark.parametrize("piece", [1, 63, 64, 65, 1000])
def test_audio_comes_back_as_it_went_in(store: LocalStore, piece: int) -> None:
    artifact, audio = written(store, piece=piece)
    assert artifact == written(store)[0]
    assert (artifact.frames, artifact.size_bytes) == (1000, 8000)
    out = np.empty((256, 2), np.float32)
    with open_artifact(store, artifact) as reader:
        back = [out[:count].copy() for count in iter(lambda: reader.read_into(out), 0)]
    assert np.array_equal(np.concatenate(back), audio)


def test_an_empty_artifact_is_one_too(store: LocalStore) -> None:
    artifact, _ = written(store, frames=0)
    with open_artifact(store, artifact) as reader:
        assert reader.read_into(np.empty((4, 2), np.float32)) == 0


def test_a_writer_that_fails_leaves_nothing(store: LocalStore) -> None:
    def write_half() -> None:
        with create_artifact(store, 48000) as writer:
            writer.write(np.ones((10, 2), np.float32))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert not [path for path in (store.root / "blobs").rglob("*") if path.is_file()]
    assert not [path for path in (store.root / "tmp").rglob("*") if path.is_file() and path.name != "lock"]


def test_a_record_without_its_blob_is_not_complete(store: LocalStore) -> None:
    artifact, _ = written(store)
    store.put_record(Record("ab12", "mix", {"audio": artifact}, {"x": [1, None]}))
    assert store.find_complete("ab12") == Record("ab12", "mix", {"audio": artifact}, {"x": [1, None]})
    path = store.blob_path(artifact.digest)
    os.truncate(path, 4)
    assert store.find_complete("ab12") is None
    path.unlink()
    assert store.find_complete("ab12") is None
    assert store.find_record("ab12") is not None
    with pytest.raises(StoreError, match="missing"), open_artifact(store, artifact):
        pass


@pytest.mark.parametrize("text", ["", "{", "[]", '{"key": 1}', "\x00"])
def test_a_damaged_record_is_a_missing_one(store: LocalStore, text: str) -> None:
    store.put_record(Record("ab12", "mix"))
    (store.root / "records" / "ab" / "12").write_text(text)
    assert store.find_record("ab12") is None


def test_blobs_are_read_only(store: LocalStore) -> None:
    artifact, _ = written(store)
    assert store.blob_path(artifact.digest).stat().st_mode & 0o222 == 0


def test_scratch_of_a_dead_process_is_swept_and_that_of_a_living_one_is_not(store: LocalStore) -> None:
    dead = store.root / "tmp" / "dead"
    dead.mkdir()
    (dead / "lock").touch()
    (dead / "half").write_bytes(b"x" * 100)
    living = LocalStore(store.root)
    with living.scratch_file() as path:
        path.write_bytes(b"y")
        store.sweep()
        assert path.exists()
    assert not dead.exists()


def test_a_store_of_another_layout_is_refused(store: LocalStore) -> None:
    (store.root / "layout").write_text("99")
    with pytest.raises(StoreError, match="99"):
        LocalStore(store.root)


def test_a_place_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be used"):
        LocalStore(tmp_path / "file" / "store")


class TestDigests:
    def old_file(self, tmp_path: Path, content: bytes = b"abc") -> Path:
        path = tmp_path / "input"
        path.write_bytes(content)
        os.utime(path, ns=(1, 1))
        return path

    def test_they_are_those_of_the_bytes(self, tmp_path: Path) -> None:
        digests, path = FileDigests(tmp_path / "memory"), self.old_file(tmp_path)
        assert digests.sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        assert digests.xxh3(path) == "06b05ab6733a618578af5f94892f3950"
        assert digests.sha256(path) == sha256_of_file(path)
        assert digests.xxh3(path) == xxh3_of_file(path)

    def test_a_changed_file_is_hashed_again(self, tmp_path: Path) -> None:
        digests, path = FileDigests(tmp_path / "memory"), self.old_file(tmp_path)
        before = digests.xxh3(path)
        self.old_file(tmp_path, b"abd")
        assert digests.xxh3(path) != before

    def test_a_file_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        digests = FileDigests(tmp_path / "memory")
        digests.learn([tmp_path / "gone", self.old_file(tmp_path)])
        with pytest.raises(AudioError) as caught:
            digests.xxh3(tmp_path / "gone")
        assert caught.value.where == str(tmp_path / "gone")


def test_a_lock_names_its_holder_and_ends_with_it(tmp_path: Path) -> None:
    with hold_lock(tmp_path), pytest.raises(LockedError, match=str(os.getpid())), hold_lock(tmp_path):
        pass
    with hold_lock(tmp_path):
        pass


def test_a_lock_leaves_nothing_behind_it(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with hold_lock(out):
        assert [path.name for path in out.iterdir()] == [".farm-lock"]
        with pytest.raises(LockedError), hold_lock(out):
            pass
        assert [path.name for path in out.iterdir()] == [".farm-lock"]
    assert list(out.iterdir()) == []
    (out / ".farm-lock").write_text("what a killed render left")
    with hold_lock(out):
        pass
    assert list(out.iterdir()) == []


def test_a_lock_does_not_remove_that_of_another(tmp_path: Path) -> None:
    """The folder is moved away while one render writes into it, and a second one makes it anew."""
    out = tmp_path / "out"
    with hold_lock(out):
        out.rename(tmp_path / "moved")
        second = hold_lock(out)
        second.__enter__()
    assert (out / ".farm-lock").exists()
    with pytest.raises(LockedError), hold_lock(out):
        pass
    second.__exit__(None, None, None)
    assert list(out.iterdir()) == []


def test_a_lock_that_was_removed_while_it_was_taken_is_taken_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its last holder removes it between opening and holding: whoever held that would hold nothing."""
    opened = []
    flock = fcntl.flock

    def late(lock: int, how: int) -> None:
        if not opened:
            (tmp_path / ".farm-lock").unlink()
        opened.append(lock)
        flock(lock, how)

    monkeypatch.setattr(fcntl, "flock", late)
    with hold_lock(tmp_path), pytest.raises(LockedError), hold_lock(tmp_path):
        pass
    assert len(opened) == 3
