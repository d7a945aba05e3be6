"""Clean-up: what was used last goes last, what is in use or pinned stays, and a dry run says what a real one does."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farm.errors import StoreError
from farm.records import Artifact, Record
from farm.store.clean_up import Spared, choose, clean_up
from farm.store.lease import hold_lease, oldest_lease_ns
from farm.store.local import LocalStore
from farm.store.notes import remove_pin, write_pin
from farm.store.sizes import format_size, parse_size
from farm.store.usage import (
    LEFT_OVER,
    Contents,
    Share,
    StoredBlob,
    StoredRecord,
    look_into,
    share_of,
    shares_by_kind,
    total_bytes,
)

HOUR = 3600


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def put_blob(store: LocalStore, name: str, size_bytes: int = 1000) -> Artifact:
    digest = name.encode().hex().rjust(32, "0")
    with store.scratch_file() as path:
        path.write_bytes(b"\0" * size_bytes)
        return Artifact(digest, store.adopt_blob(path, digest), 1, 2, 48000)


def put(
    store: LocalStore, name: str, *, hours_ago: float = 0.0, blobs: tuple[str, ...] = (), kind: str = "mix"
) -> Record:
    """Put a record with a blob of its own, or with blobs by their names, last used so long ago."""
    outputs = {blob: put_blob(store, blob) for blob in blobs or (name,)}
    record = Record(f"key-{name}", kind, outputs)
    store.put_record(record)
    moment = time.time() - hours_ago * HOUR
    for path in (store.record_path(record.key), *(store.blob_path(each.digest) for each in outputs.values())):
        os.utime(path, (moment, moment))
    return record


def complete(store: LocalStore) -> set[str]:
    """Return the names of the records whose blobs are all there."""
    keys = look_into(store).records
    return {key.removeprefix("key-") for key in keys if store.find_complete(key)}


def test_what_was_used_last_goes_last(store: LocalStore) -> None:
    for name, hours in (("new", 1), ("old", 3), ("middle", 2)):
        put(store, name, hours_ago=hours)
    records_bytes = total_bytes(look_into(store).records.values())
    cleaned = clean_up(store, max_bytes=records_bytes + 2500)
    assert complete(store) == {"new", "middle"}
    assert (len(cleaned.blobs), cleaned.freed_bytes, cleaned.left_bytes) == (1, 1000, records_bytes + 2000)
    assert set(look_into(store).records) == {"key-new", "key-old", "key-middle"}, "records stay: they are small"


def test_using_a_record_makes_it_the_last_to_go(store: LocalStore) -> None:
    put(store, "used", hours_ago=3)
    put(store, "unused", hours_ago=2)
    assert store.use_record("key-used")
    clean_up(store, max_bytes=total_bytes(look_into(store).records.values()) + 1000)
    assert complete(store) == {"used"}


def test_a_store_within_its_limit_is_left_alone(store: LocalStore) -> None:
    put(store, "a", hours_ago=9999)
    assert clean_up(store, max_bytes=10**9).freed_bytes == 0
    assert clean_up(store).freed_bytes == 0
    assert complete(store) == {"a"}


def test_what_is_unused_for_long_goes_with_its_record(store: LocalStore) -> None:
    put(store, "old", hours_ago=50, blobs=("own", "shared"))
    put(store, "new", hours_ago=1, blobs=("shared", "other"))
    cleaned = clean_up(store, unused_seconds=48 * HOUR)
    assert complete(store) == {"new"}
    assert set(look_into(store).records) == {"key-new"}
    assert len(cleaned.blobs) == 1, "the shared one stays"


def test_a_blob_that_belongs_to_nothing_goes_once_it_is_not_young(store: LocalStore) -> None:
    old, young = put_blob(store, "old"), put_blob(store, "young")
    os.utime(store.blob_path(old.digest), (1.0, 1.0))
    clean_up(store)
    assert (store.has_blob(old), store.has_blob(young)) == (False, True)


def test_the_quarantine_is_emptied(store: LocalStore) -> None:
    (store.root / "quarantine" / "blob-ab").write_bytes(b"x" * 70)
    assert clean_up(store, dry_run=True).damaged_bytes == 70
    assert clean_up(store).freed_bytes == 70
    assert not list((store.root / "quarantine").iterdir())


def test_a_dry_run_removes_nothing_and_says_the_same(store: LocalStore) -> None:
    for number in range(5):
        put(store, f"r{number}", hours_ago=10 * number)
    wanted = {"max_bytes": 3000, "unused_seconds": 35.0 * HOUR}
    said = clean_up(store, dry_run=True, **wanted)
    assert len(complete(store)) == 5
    assert clean_up(store, **wanted) == said
    assert len(complete(store)) < 5


class TestPins:
    def test_what_a_pin_holds_stays(self, store: LocalStore) -> None:
        for name in ("baseline", "other"):
            put(store, name, hours_ago=999)
        write_pin(store, "album/approved ü", ["key-baseline"])
        clean_up(store, max_bytes=0, unused_seconds=HOUR)
        assert complete(store) == {"baseline"}
        remove_pin(store, "album/approved ü")
        clean_up(store, max_bytes=0, unused_seconds=HOUR)
        assert complete(store) == set()

    def test_a_blob_can_be_pinned_without_its_record(self, store: LocalStore) -> None:
        artifact = put(store, "a", hours_ago=999).outputs["a"]
        write_pin(store, "p", [artifact.digest])
        clean_up(store, max_bytes=0, unused_seconds=HOUR)
        assert store.has_blob(artifact)
        assert store.find_record("key-a") is None

    def test_nothing_goes_while_a_pin_cannot_be_read(self, store: LocalStore) -> None:
        put(store, "a", hours_ago=999)
        write_pin(store, "p", ["key-a"])
        (pin,) = (store.root / "pins").iterdir()
        pin.write_bytes(pin.read_bytes()[:-3])
        with pytest.raises(StoreError) as caught:
            clean_up(store, max_bytes=0)
        assert (caught.value.code, caught.value.where) == ("store-pin-damaged", str(pin))
        assert complete(store) == {"a"}


def _hold(root: Path, render: Connection) -> None:
    with hold_lease(LocalStore(root)):
        render.send("held")
        render.poll(60)


@pytest.fixture
def render(store: LocalStore) -> Iterator[BaseProcess]:
    """Another process that holds a lease, as a render does."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_hold, args=(store.root, there))
    process.start()
    assert here.poll(60)
    yield process
    here.send("end")
    process.join(60)


class TestBesideARender:
    def test_what_it_uses_and_makes_stays(self, store: LocalStore) -> None:
        for name in ("reused", "of another album"):
            put(store, name, hours_ago=5)
        with hold_lease(store):
            store.mark_used(["key-reused"])
            put(store, "made")
            half = put_blob(store, "no record yet")
            assert clean_up(store, max_bytes=0, unused_seconds=0.0).spared_bytes == 3000
            assert complete(store) == {"reused", "made"}
            assert store.has_blob(half)
        clean_up(store, max_bytes=0)
        assert complete(store) == set()

    def test_a_lease_of_another_process_counts_while_it_lives(self, store: LocalStore, render: BaseProcess) -> None:
        put(store, "made")
        clean_up(store, max_bytes=0)
        assert complete(store) == {"made"}
        render.kill()
        render.join(60)
        assert oldest_lease_ns(store) is None
        assert not list((store.root / "leases").iterdir()), "that of the dead is removed"
        clean_up(store, max_bytes=0)
        assert complete(store) == set()

    def test_a_lease_of_another_host_counts_for_a_day(self, store: LocalStore) -> None:
        lease = store.root / "leases" / "other"
        lease.write_text('{"pid": 1, "host": "elsewhere.invalid"}')
        assert oldest_lease_ns(store) == lease.stat().st_mtime_ns
        moment = time.time() - 25 * HOUR
        os.utime(lease, (moment, moment))
        assert oldest_lease_ns(store) is None

    def test_the_oldest_of_several_counts(self, store: LocalStore) -> None:
        with hold_lease(store):
            first = oldest_lease_ns(store)
            with hold_lease(store):
                assert oldest_lease_ns(store) == first
        assert oldest_lease_ns(store) is None

    def test_what_a_render_begins_to_use_meanwhile_stays(
        self, store: LocalStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Clean-up has looked and chosen; a render that begins only now marks what it uses."""
        from farm.store import clean_up as module

        put(store, "used", hours_ago=5)
        put(store, "unused", hours_ago=5)

        def choose_then_use(*arguments: object, **more: object) -> object:
            chosen = choose(*arguments, **more)  # type: ignore[arg-type]
            store.mark_used(["key-used"])
            return chosen

        monkeypatch.setattr(module, "choose", choose_then_use)
        clean_up(store, max_bytes=0, unused_seconds=HOUR)
        assert complete(store) == {"used"}


def _fill(root: Path) -> None:
    """Make, reuse and read back, as a render does; fail if anything of it goes meanwhile."""
    store = LocalStore(root)
    with hold_lease(store):
        for number in range(200):
            record = put(store, f"n{number % 20}")
            assert store.use_record(record.key) == record
            assert store.has_blob(record.outputs[f"n{number % 20}"])


def test_cleaning_up_all_the_time_takes_nothing_from_a_render(store: LocalStore) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_fill, args=(store.root,))
    process.start()
    rounds = 0
    while process.is_alive():
        clean_up(store, max_bytes=0, unused_seconds=0.0)
        rounds += 1
    process.join(60)
    assert process.exitcode == 0
    assert rounds > 3


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    blobs=st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 20)), max_size=12),
    records=st.lists(st.tuples(st.integers(0, 20), st.sets(st.integers(0, 11), max_size=4)), max_size=8),
    since=st.integers(0, 21),
    pins=st.sets(st.integers(0, 11)),
    unused=st.none() | st.integers(0, 21),
    most=st.none() | st.integers(0, 8000),
)
def test_the_laws_of_choosing(
    blobs: list[tuple[int, int]],
    records: list[tuple[int, set[int]]],
    since: int,
    pins: set[int],
    unused: int | None,
    most: int | None,
) -> None:
    contents = Contents(
        {f"b{n}": StoredBlob(f"b{n}", size, changed) for n, (size, changed) in enumerate(blobs)},
        {
            f"r{n}": StoredRecord(f"r{n}", "mix", 10, used, tuple(f"b{blob}" for blob in sorted(held)))
            for n, (used, held) in enumerate(records)
        },
    )
    spared = Spared(since, frozenset(f"{letter}{n}" for n in pins for letter in "br"))
    chosen = choose(contents, spared, unused_ns=unused, max_bytes=most)
    gone = {blob.digest for blob in chosen.blobs}
    assert len(gone) == len(chosen.blobs)
    for record in contents.records.values():
        in_use = record.used_ns >= since or record.key in spared.pins
        assert not (in_use and record in chosen.records)
        assert not (in_use and gone.intersection(record.blobs))
    assert not any(blob.digest in spared.pins or blob.changed_ns >= since for blob in chosen.blobs)
    free = [blob for blob in contents.blobs.values() if not spared.has_blob(blob, contents.holders[blob.digest])]
    if most is not None:
        assert chosen.left_bytes <= most or gone == {blob.digest for blob in free}, "all that may go went"
    if most is None and unused is None:
        assert not chosen.records
        assert all(not contents.holders[digest] for digest in gone)


def test_shares_add_up_to_the_whole(store: LocalStore) -> None:
    put(store, "a", kind="group", blobs=("a1", "a2"))
    put(store, "b", kind="mix", blobs=("b1",))
    put(store, "c", kind="encode", blobs=("b1", "c1"))
    put_blob(store, "half")
    contents = look_into(store)
    shares = shares_by_kind(contents)
    assert shares["group"] == Share(2, 2000)
    assert shares[LEFT_OVER] == Share(1, 1000)
    assert sum(share.size_bytes for share in shares.values()) == total_bytes(contents.blobs.values()) == 5000
    assert share_of(contents, ["key-b", "key-c", "key-gone"]) == Share(2, 2000)


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [
        ("20GB", 20 * 10**9),
        ("1.5 tb", 15 * 10**11),
        ("64GiB", 2**36),
        ("500M", 5 * 10**8),
        ("0", 0),
        ("12345 B", 12345),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, size_bytes: int) -> None:
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize("text", ["", "GB", "-1GB", "1,5GB", "20 GBB", "ten", "1e9", "nan"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a size"):
        parse_size(text)


@pytest.mark.parametrize(
    ("size_bytes", "text"), [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (999_600, "1 MB"), (2_340_000_000, "2.34 GB")]
)
def test_sizes_are_told_with_three_digits(size_bytes: int, text: str) -> None:
    assert format_size(size_bytes) == text
