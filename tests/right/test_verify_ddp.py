"""A DDP that was written reads back without fault; each part that does not fit the others is told by name."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from farm.deliver.cd_master import CdMaster, write_ddp_master
from farm.deliver.delivery_document import PlacedSong
from farm.deliver.encode import Part
from farm.deliver.verify_ddp import check_ddp
from farm.plan.cd import CdSongSpec, CdSpec

SECOND = 44100
SPEC = CdSpec(
    "Low Tide",
    "The Example",
    (
        CdSongSpec("One", "The Example", isrc="USABC1234567", gap_cd_frames=75),
        CdSongSpec("Two", "The Example", isrc="USABC1234568", index_frames=(SECOND,), joined=True),
        CdSongSpec("Three", "The Example", isrc="USABC1234569"),
    ),
    upc="0123456789012",
)


@pytest.fixture
def fileset(tmp_path: Path) -> Path:
    write(tmp_path)
    return tmp_path / "ddp"


def write(folder: Path) -> CdMaster:
    (folder / "ddp").mkdir()
    parts = []
    for number, frames in enumerate((5 * SECOND + 100, 6 * SECOND + 17, 5 * SECOND)):
        source = folder / f"{number}.raw"
        noise = np.random.default_rng(number).normal(0.0, 0.1, (frames, 2))
        source.write_bytes(noise.astype("<f4").tobytes())
        parts.append(Part(source, frames))
    return write_ddp_master(SPEC, parts, folder / "ddp")


def codes(folder: Path, songs: tuple[PlacedSong, ...] = ()) -> set[tuple[str, str]]:
    return {(name, code) for name, code, _ in check_ddp(folder, songs) if code != "ddp-checksum"}


def test_what_was_written_reads_back_without_fault(tmp_path: Path) -> None:
    master = write(tmp_path)
    placed = tuple(
        PlacedSong(number, song.title, song.isrc, place.start_frame, place.frames)
        for number, (song, place) in enumerate(zip(SPEC.songs, master.layout.songs, strict=True), start=1)
    )
    assert list(check_ddp(tmp_path / "ddp", placed)) == []
    assert list(check_ddp(tmp_path / "ddp", ())) == []
    assert codes(tmp_path / "ddp", placed[:2]) == {("SD", "ddp-pq")}


def overwrite(name: str, at: int, text: bytes) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        content = bytearray((folder / name).read_bytes())
        content[at : at + len(text)] = text
        (folder / name).write_bytes(content)

    return damage


def cut(name: str, size_bytes: int) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        (folder / name).write_bytes((folder / name).read_bytes()[:-size_bytes])

    return damage


@pytest.mark.parametrize(
    ("damage", "name", "code"),
    [
        (overwrite("DDPID", 0, b"DDP 1.01"), "DDPID", "ddp-identifier"),
        (overwrite("DDPID", 8, b"4006381333931"), "SD", "ddp-pq"),
        (overwrite("DDPMS", 128 + 14, b"     777"), "SD", "ddp-length"),
        (overwrite("DDPMS", 256 + 14, b"       1"), "IMAGE.DAT", "ddp-length"),
        (overwrite("DDPMS", 74, b"NOTHING   "), "DDPMS", "ddp-map"),
        (cut("IMAGE.DAT", 2352), "IMAGE.DAT", "ddp-length"),
        (cut("IMAGE.DAT", 2352), "SD", "ddp-pq"),
        (cut("SD", 64), "SD", "ddp-length"),
        (cut("SD", 7), "SD", "ddp-pq"),
        (overwrite("SD", 64 + 20, b"US-BC1234567"), "SD", "ddp-pq"),
        (overwrite("SD", 128 + 10, b"000000"), "SD", "ddp-pq"),
        (overwrite("SD", 128 + 4, b"07"), "SD", "ddp-pq"),
        (overwrite("CDTEXT.BIN", 20, b"\x7f"), "CDTEXT.BIN", "ddp-cd-text"),
        (cut("CDTEXT.BIN", 1), "CDTEXT.BIN", "ddp-cd-text"),
        (lambda folder: (folder / "DDPMS").unlink(), "DDPMS", "ddp-incomplete"),
        (lambda folder: (folder / "SD").unlink(), "DDPMS", "ddp-map"),
    ],
)
def test_a_part_that_does_not_fit_is_told(fileset: Path, damage: Callable[[Path], None], name: str, code: str) -> None:
    damage(fileset)
    assert (name, code) in codes(fileset)


def test_a_changed_sample_is_told_by_the_list_of_checksums(fileset: Path) -> None:
    overwrite("IMAGE.DAT", 500_000, b"\x55\x55\x55\x55")(fileset)
    assert [(name, code) for name, code, _ in check_ddp(fileset, ())] == [("IMAGE.DAT", "ddp-checksum")]


def test_a_short_track_is_told(fileset: Path) -> None:
    """Track 3 is said to begin where the disc ends."""
    marks = (fileset / "SD").read_bytes()
    begins = next(at for at in range(0, len(marks), 64) if marks[at + 4 : at + 8] == b"0301")
    lead_out = marks[-64:][10:16]
    overwrite("SD", begins + 10, lead_out)(fileset)
    assert "track 03 is shorter than 4 s" in [message for _, _, message in check_ddp(fileset, ())]


def test_an_index_that_is_there_twice_is_told(fileset: Path) -> None:
    marks = (fileset / "SD").read_bytes()
    second = next(at for at in range(0, len(marks), 64) if marks[at + 4 : at + 8] == b"0202")
    overwrite("SD", second + 6, b"01")(fileset)
    assert "track 02 has index 01 behind index 01" in [message for _, _, message in check_ddp(fileset, ())]
