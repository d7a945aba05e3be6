"""A damaged blob never passes for a whole one, whichever bit it is and however little of it is read."""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farm.errors import StoreError
from farm.records import Artifact, Record
from farm.store.artifact import create_artifact, open_artifact
from farm.store.digests import sha256_of_file
from farm.store.local import LocalStore
from farm.store.notes import write_pin
from farm.store.quarantine import BLOB_LOST, checked_blob, set_aside_damaged
from farm.store.verify import verify_store

FRAMES = 1000


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def write(store: LocalStore, seed: int = 1, frames: int = FRAMES) -> Artifact:
    audio = np.random.default_rng(seed).standard_normal((frames, 2)).astype(np.float32)
    with create_artifact(store, 48000) as writer:
        writer.write(audio)
    return writer.finished()


def write_file(store: LocalStore, content: bytes) -> Artifact:
    with store.scratch_file() as path:
        path.write_bytes(content)
        digest = sha256_of_file(path)
        return Artifact(digest, store.adopt_blob(path, digest))


def damage(path: Path, change: Callable[[bytearray], object]) -> None:
    """Change a file's bytes in place, as a disk would: neither its name nor, here, its times tell."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    change(data)
    path.chmod(0o644)
    path.write_bytes(data)
    path.chmod(0o444)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def flip(bit: int) -> Callable[[bytearray], object]:
    def change(data: bytearray) -> None:
        data[bit // 8] ^= 1 << bit % 8

    return change


def read_all(store: LocalStore, artifact: Artifact, piece: int) -> None:
    out = np.empty((piece, 2), np.float32)
    with open_artifact(store, artifact) as reader:
        while reader.read_into(out):
            pass


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bit=st.integers(0, FRAMES * 64 - 1), piece=st.sampled_from([1, 63, 64, 65, FRAMES, 4096]))
def test_a_flipped_bit_is_found_while_reading(store: LocalStore, bit: int, piece: int) -> None:
    artifact = write(store)
    damage(store.blob_path(artifact.digest), flip(bit))
    assert store.has_blob(artifact), "its length and times do not tell"
    with pytest.raises(StoreError) as caught:
        read_all(store, artifact, piece)
    assert caught.value.code == BLOB_LOST
    assert not store.has_blob(artifact), "it is missing from now on"
    write(store)
    read_all(store, artifact, piece)


@pytest.mark.parametrize("frames", [0, 1, 999])
def test_it_is_found_however_little_is_read(store: LocalStore, frames: int) -> None:
    artifact = write(store)
    damage(store.blob_path(artifact.digest), flip(FRAMES * 64 - 1))

    def read_a_part() -> None:
        with open_artifact(store, artifact) as reader:
            reader.skip(100)
            reader.read_into(np.empty((frames, 2), np.float32))

    with pytest.raises(StoreError, match="damaged"):
        read_a_part()


def test_what_is_skipped_is_hashed_too(store: LocalStore) -> None:
    artifact = write(store)
    out = np.empty((10, 2), np.float32)
    with open_artifact(store, artifact) as reader:
        reader.skip(990)
        assert reader.read_into(out) == 10
        assert reader.read_into(out) == 0
    whole = np.random.default_rng(1).standard_normal((FRAMES, 2)).astype(np.float32)
    assert np.array_equal(out, whole[990:])


@pytest.mark.parametrize(
    "change",
    [lambda data: data.clear(), lambda data: data.pop(), lambda data: data.append(0)],
    ids=["emptied", "a byte short", "a byte long"],
)
def test_another_length_is_found_before_anything_is_read(
    store: LocalStore, change: Callable[[bytearray], object]
) -> None:
    artifact = write(store)
    damage(store.blob_path(artifact.digest), change)
    with pytest.raises(StoreError, match="damaged"), open_artifact(store, artifact):
        pytest.fail("it opened")
    assert not store.blob_path(artifact.digest).exists()


def test_what_was_made_from_damaged_audio_is_not_kept(store: LocalStore) -> None:
    artifact = write(store)
    damage(store.blob_path(artifact.digest), flip(77))

    def copy() -> None:
        block = np.empty((FRAMES, 2), np.float32)
        with open_artifact(store, artifact) as reader, create_artifact(store, 48000) as writer:
            reader.read_into(block)
            writer.write(block)

    with pytest.raises(StoreError):
        copy()
    assert not [path for path in (store.root / "blobs").rglob("*") if path.is_file()]


def test_a_failure_of_the_reader_itself_is_not_covered_up(store: LocalStore) -> None:
    artifact = write(store)
    damage(store.blob_path(artifact.digest), flip(77))
    with pytest.raises(ZeroDivisionError), open_artifact(store, artifact):
        raise ZeroDivisionError


def test_a_blob_that_was_replaced_meanwhile_is_not_set_aside(store: LocalStore) -> None:
    artifact = write(store)
    damage(store.blob_path(artifact.digest), flip(5))

    def read_while_it_is_replaced() -> None:
        with open_artifact(store, artifact) as reader:
            store.blob_path(artifact.digest).unlink()
            write(store)
            reader.skip_rest()

    with pytest.raises(StoreError):
        read_while_it_is_replaced()
    assert checked_blob(store, artifact).exists()


@pytest.mark.parametrize("put", [write, lambda store: write_file(store, b"a file" * 99)], ids=["audio", "file"])
def test_a_checked_blob_is_what_its_name_says(store: LocalStore, put: Callable[[LocalStore], Artifact]) -> None:
    artifact = put(store)
    assert checked_blob(store, artifact) == store.blob_path(artifact.digest)
    damage(store.blob_path(artifact.digest), flip(3))
    with pytest.raises(StoreError, match="damaged"):
        checked_blob(store, artifact)
    with pytest.raises(StoreError, match="missing"):
        checked_blob(store, artifact)


def test_only_what_is_damaged_or_missing_is_set_aside(store: LocalStore) -> None:
    good, bad, gone = write(store, 1), write(store, 2), write(store, 3)
    damage(store.blob_path(bad.digest), flip(3))
    store.blob_path(gone.digest).unlink()
    assert set_aside_damaged(store, [good, bad, gone]) == (bad, gone)
    assert store.has_blob(good)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_record_with_a_flipped_bit_is_a_missing_one(store: LocalStore, data: st.DataObject) -> None:
    record = Record("ab12", "match", {}, {"trims": {"1": {"gain_db": 1.05}}})
    store.put_record(record)
    path = store.record_path("ab12")
    bit = data.draw(st.integers(0, 8 * path.stat().st_size - 1))
    damage(path, flip(bit))
    assert store.find_record("ab12") is None


def test_a_record_under_a_key_that_is_not_its_own_is_a_missing_one(store: LocalStore) -> None:
    store.put_record(Record("ab12", "mix"))
    store.record_path("ab12").rename(store.record_path("ab34"))
    assert store.find_record("ab34") is None


class TestVerify:
    def test_a_store_without_a_flaw(self, store: LocalStore) -> None:
        store.put_record(Record("ab12", "mix", {"audio": write(store)}))
        verified = verify_store(store)
        assert (verified.blobs, verified.records, verified.damaged) == (1, 1, ())
        assert verified.size_bytes == FRAMES * 8

    def test_all_that_is_damaged_is_named_and_set_aside(self, store: LocalStore) -> None:
        audio, file = write(store), write_file(store, b"a file")
        store.put_record(Record("ab12", "mix", {"audio": audio}))
        store.put_record(Record("ab34", "encode", {"file": file}))
        write_pin(store, "baseline", ["ab34"])
        (pin,) = (store.root / "pins").iterdir()
        for path in (store.blob_path(audio.digest), store.blob_path(file.digest), store.record_path("ab12"), pin):
            damage(path, flip(9))
        found = {(each.what, each.name) for each in verify_store(store).damaged}
        assert found == {("blob", audio.digest), ("blob", file.digest), ("record", "ab12"), ("pin", pin.name)}
        assert [each.what for each in verify_store(store).damaged] == ["pin"], (
            "a pin stays, the others are out of the way"
        )


def _put_many(root: Path, seeds: range, start: Barrier) -> None:
    store = LocalStore(root)
    start.wait()
    for seed in seeds:
        artifact = write(store, seed)
        store.put_record(Record(f"key{seed:04}", "mix", {"audio": artifact}))
        assert store.use_record(f"key{seed:04}")


def test_eight_processes_that_put_the_same_and_other_blobs_do_not_meet(tmp_path: Path) -> None:
    """Each shares half of its blobs with the next one; the store is made by whichever comes first."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    start = context.Barrier(8)
    ranges = [range(10 * number, 10 * number + 20) for number in range(8)]
    processes = [context.Process(target=_put_many, args=(tmp_path / "store", seeds, start)) for seeds in ranges]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 8
    store = LocalStore(tmp_path / "store")
    store.sweep()
    verified = verify_store(store)
    assert (verified.blobs, verified.records, verified.damaged) == (90, 90, ())
    assert not list((store.root / "tmp").glob("*/*[!k]")), "no scratch is left but this process's lock"


FULL = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from farm.errors import StoreError
from farm.records import Record
from farm.store.artifact import create_artifact
from farm.store.local import LocalStore

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
store = LocalStore(Path(sys.argv[1]))
store.put_record(Record("ab00", "mix"))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
block = np.ones((4096, 2), np.float32)
for put in ("artifact", "record"):
    try:
        if put == "record":
            store.put_record(Record("ab12", "mix", {}, {"many": list(range(100_000))}))
        else:
            with create_artifact(store, 48000) as writer:
                for _ in range(10):
                    writer.write(block)
    except StoreError as error:
        print(error.code, error.exit_code)
print(store.find_record("ab12"), [str(path) for path in (store.root / "blobs").rglob("*") if path.is_file()])
print(len(list((store.root / "tmp").glob("*/*[!k]"))))
"""


def test_a_disk_that_is_full_is_said_and_leaves_nothing_half(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: writing beyond it fails in the middle of a block."""
    done = subprocess.run([sys.executable, "-c", FULL, tmp_path / "store"], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["store-unusable 7", "store-unusable 7", "None []", "0"], done.stderr
