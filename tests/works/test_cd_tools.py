"""The tools of others take our cue sheets and images, and cut them into the very songs."""

import ctypes
import ctypes.util
import dataclasses
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from farm.audio.word_length import Quantiser
from farm.deliver.cd_master import write_cue_master, write_ddp_master
from farm.deliver.cd_text import build_cd_text
from farm.deliver.encode import Part
from farm.plan.cd import CdSongSpec, CdSpec

SECOND = 44100
LENGTHS = (4 * SECOND + 123, 5 * SECOND + 1, 4 * SECOND + 587, 6 * SECOND)

LONG = "Rolling" + " and rolling" * 12
"""As no text in a sheet may be that cdrdao is to take: it refuses more than 80 characters."""

SPEC = CdSpec(
    'Küstenlinie "Süd": 1/2?',
    "The Example",
    (
        CdSongSpec('Über "dem"\nWasser', "Ørsted & Łukasz", isrc="QZABC2600001", composer="A. Nother"),
        CdSongSpec(LONG, "The Example", isrc="QZABC2600002", joined=True, copy_permitted=True),
        CdSongSpec("On", "The Example", gap_cd_frames=100, pre_emphasis=True),
        CdSongSpec("潮 End", "The Example", isrc="QZABC2600004", index_frames=(3 * SECOND,)),
    ),
    upc="0123456789012",
)

MARKS_SECONDS = (0.0, 6.013333, 11.013333, 16.36)
"""Index 01 by hand: 4 s + 123 samples end on frame 301, 2 s of gap; joined songs start on the border before."""


def needs(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(tool) is None, reason=f"{tool} is not installed")


def run(*command: object, cwd: Path | None = None) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, check=False, cwd=cwd, timeout=60)
    out, err = done.stdout.decode("latin-1"), done.stderr.decode("latin-1")
    assert done.returncode == 0, out + err
    return out + err


@dataclass(frozen=True)
class Album:
    """A cue master in its folder, and the songs' samples at 16 bits."""

    cue: Path
    image: Path
    songs: list[NDArray[np.int16]]


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Part], list[NDArray[np.int16]]]:
    """The songs as raw files, and their samples at 16 bits."""
    folder = tmp_path_factory.mktemp("songs")
    parts, words = [], []
    for number, frames in enumerate(LENGTHS):
        audio = np.random.default_rng(number).normal(0.0, 0.1, (frames, 2)).astype(np.float32)
        (folder / f"{number}.raw").write_bytes(audio.astype("<f4").tobytes())
        parts.append(Part(folder / f"{number}.raw", frames))
        words.append(np.array(Quantiser(16, channels=2, dither="tpdf", seed=16).push(audio)))
    return parts, words


@pytest.fixture(scope="module", params=["bin", "wav"])
def album(
    request: pytest.FixtureRequest,
    songs: tuple[list[Part], list[NDArray[np.int16]]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Album:
    folder = tmp_path_factory.mktemp("a cue master")
    spec = dataclasses.replace(SPEC, container=request.param)
    image, cue, *_ = write_cue_master(spec, songs[0], folder).files
    return Album(folder / cue.name, folder / image.name, songs[1])


def as_wav(image: Path, folder: Path) -> Path:
    """Return the image as a WAV, as libsndfile writes it."""
    if image.suffix == ".wav":
        return image
    samples = np.frombuffer(image.read_bytes(), "<i2").reshape(-1, 2)
    soundfile.write(folder / "image.wav", samples, SECOND, subtype="PCM_16")
    return folder / "image.wav"


@needs("cueprint")
def test_cuetools_read_titles_codes_and_lengths(album: Album) -> None:
    told = run("cueprint", "-d", "%T|%P|%N\n", "-t", "%n|%t|%p|%i\n", album.cue)
    assert told.splitlines() == [
        "Küstenlinie 'Süd': 1/2?|The Example|4",
        "1|Über 'dem' Wasser|Ørsted & Lukasz|QZABC2600001",
        f"2|{LONG[:80]}|The Example|QZABC2600002",
        "3|On|The Example|",
        "4|? End|The Example|QZABC2600004",
    ]


@needs("cuebreakpoints")
def test_cuetools_find_the_marks(album: Album) -> None:
    marks = [parse_clock(line) for line in run("cuebreakpoints", "--append-gaps", album.cue).split()]
    assert marks == pytest.approx(MARKS_SECONDS[1:], abs=1e-4)


def parse_clock(text: str) -> float:
    """Return the seconds of `5:16.04`, whose last part counts CD frames."""
    minutes, seconds, cd_frames = map(int, re.split("[:.]", text))
    return minutes * 60 + seconds + cd_frames / 75


@needs("cueconvert")
def test_cuetools_convert_the_sheet_and_back(album: Album, tmp_path: Path) -> None:
    (tmp_path / "disc.toc").write_text(run("cueconvert", "-i", "cue", "-o", "toc", album.cue), "latin-1")
    back = run("cueconvert", "-i", "toc", "-o", "cue", tmp_path / "disc.toc")
    assert re.findall("ISRC .*", back) == re.findall("ISRC .*", album.cue.read_text("latin-1"))
    assert len(re.findall("TRACK .. AUDIO", back)) == 4


@needs("cdrdao")
def test_cdrdao_sees_codes_flags_pauses_and_marks(album: Album) -> None:
    """It takes index 02 and later of a cue sheet for times from index 01, so they are left out here."""
    sheet = album.cue.with_name("no index points.cue")
    sheet.write_bytes(re.sub(rb" *INDEX 02 .*\n", b"", album.cue.read_bytes()))
    told = run("cdrdao", "show-toc", sheet.name, cwd=sheet.parent)
    assert re.findall(r"CATALOG NUMBER: (\d+)|ISRC (.+)", told) == [
        ("0123456789012", ""),
        *[("", f"QZ ABC 26 0000{number}") for number in (1, 2, 4)],
    ]
    assert re.findall(r"\b(NOT PERMITTED|PERMITTED)\b", told) == ["NOT PERMITTED", "PERMITTED"] + ["NOT PERMITTED"] * 2
    assert re.findall(r"\b(NO PRE-EMPHASIS|PRE-EMPHASIS)\b", told)[2] == "PRE-EMPHASIS"
    found = re.findall(r"(PREGAP|START|END) +[\d:]+\( *(\d+)\)", told)
    assert found == [
        *[("START", "0"), ("END", "301")],
        *[("PREGAP", "150"), ("START", "451"), ("END", "826")],
        *[("START", "826"), ("END", "1127")],
        *[("PREGAP", "100"), ("START", "1227"), ("END", "1677")],
    ]


@needs("shntool")
def test_shntool_cuts_the_image_into_the_songs_sample_by_sample(album: Album, tmp_path: Path) -> None:
    run("shntool", "split", "-f", album.cue, "-d", tmp_path, "-a", "track", as_wav(album.image, tmp_path))
    cut = [soundfile.read(path, dtype="int16")[0] for path in sorted(tmp_path.glob("track*.wav"))]
    assert len(cut) == 4
    joined = np.concatenate(album.songs[1:3])
    for track, song in ((cut[0], album.songs[0]), (np.concatenate(cut[1:3]), joined), (cut[3], album.songs[3])):
        np.testing.assert_array_equal(track[: len(song)], song)
        assert not track[len(song) :].any()
    assert 0 <= len(album.songs[1]) - len(cut[1]) < 588


@needs("md5sum")
def test_a_ddps_checksums_are_those_that_md5sum_checks(
    songs: tuple[list[Part], list[NDArray[np.int16]]], tmp_path: Path
) -> None:
    write_ddp_master(SPEC, songs[0], tmp_path)
    told = run("md5sum", "--check", "--strict", "CHECKSUM.MD5", cwd=tmp_path)
    assert told.splitlines() == [f"{name}: OK" for name in ("DDPID", "DDPMS", "CDTEXT.BIN", "SD", "IMAGE.DAT")]


def libcdio() -> ctypes.CDLL | None:
    found = ctypes.util.find_library("cdio")
    if found is None:
        return None
    library = ctypes.CDLL(found)
    library.cdtext_init.restype = ctypes.c_void_p
    library.cdtext_data_init.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    library.cdtext_get_const.restype = ctypes.c_char_p
    library.cdtext_get_const.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_uint8)
    library.cdtext_get_genre.argtypes = (ctypes.c_void_p,)
    return library


@pytest.mark.skipif(libcdio() is None, reason="libcdio is not installed")
def test_libcdio_decodes_the_cd_text() -> None:
    """Its fields are title 0, performer 1, composer 3, ISRC 6, UPC 7, genre 8, disc id 9."""
    library = libcdio()
    assert library
    songs = tuple(dataclasses.replace(song, isrc="QZABC2600001", composer="A. Nother") for song in SPEC.songs)
    spec = dataclasses.replace(SPEC, songs=songs, cd_text="full", genre="Jazz", catalogue_number="CAT-001")
    packs, text = build_cd_text(spec), library.cdtext_init()
    assert library.cdtext_data_init(text, packs, len(packs)) == 0

    def field(kind: int, track: int) -> str:
        return (library.cdtext_get_const(text, kind, track) or b"").decode()

    assert [field(kind, 0) for kind in (0, 1, 3, 7, 8, 9)] == [
        'Küstenlinie "Süd": 1/2?', "The Example", "A. Nother", "0123456789012", "Jazz", "CAT-001"
    ]  # fmt: skip
    assert [field(0, track) for track in range(1, 5)] == ['Über "dem" Wasser', LONG, "On", "? End"]
    assert [field(1, track) for track in range(1, 5)] == ["Ørsted & Lukasz", *["The Example"] * 3]
    assert [field(6, track) for track in range(1, 5)] == ["QZABC2600001"] * 4
    assert library.cdtext_get_genre(text) == 14
