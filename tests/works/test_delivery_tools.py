"""Other people's tools read what is delivered: an album on two discs, its titles in many scripts, in every format."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from conftest import RATE_HZ, SECONDS, Farm, RenderedAlbum, tone

pytestmark = pytest.mark.slow

FRAMES = int(SECONDS * RATE_HZ)

ALBUM = """\
schema = 1

[album]
title = "ねじれた海 — Лёд"
artist = "Zoë & Μάρκος"
upc = "0123456789012"
catalogue_number = "CAT-001"
label = "Étiquette"
release_date = "2026-11-24"
genre = "Ambient"
language = "jpn"
copyright = "2026 Étiquette"
phonographic = "2026 Étiquette Ton"
cover = "cover.png"
cover_max_px = 200
musicbrainz_album_id = "0f1a4d0e-0000-4000-8000-000000000001"
musicbrainz_artist_id = "0f1a4d0e-0000-4000-8000-000000000002"

[target]
loudness_lufs = -16.0
ceiling_dbtp = -1.0

[[song]]
title = "波のうえ 🌊"
version = "ライブ"
artist = ["Zoë", "Μάρκος"]
composer = ["Ć. Đorđević", "李小龙"]
lyricist = "أم كلثوم"
isrc = "QZ-ABC-26-00001"
advisory = "explicit"
lyrics = \"\"\"
первая строка
第二行\"\"\"
musicbrainz_recording_id = "0f1a4d0e-0000-4000-8000-000000000003"
[[song.strip]]
name = "pad"
stem = "stems/pad.wav"

[[song]]
title = "Лёд: «Тихо?»"
isrc = "QZ-ABC-26-00002"
[[song.strip]]
name = "pad"
stem = "stems/pad.wav"

[[song]]
title = "أغنية البحر"
isrc = "QZ-ABC-26-00003"
disc = 2
[[song.strip]]
name = "pad"
stem = "stems/pad.wav"
"""
FOLDERS = {
    "wav": "format = 'wav'\nbits = 16",
    "bwf": "format = 'bwf'",
    "aiff": "format = 'aiff'",
    "flac": "format = 'flac'\ndither = 'shaped'\nbits = 16",
    "alac": "format = 'alac'",
    "aac": "format = 'aac'",
    "mp3": "format = 'mp3'",
    "mp3-vbr": "format = 'mp3'\nquality = 2\nid3 = '2.3'",
    "vorbis": "format = 'vorbis'",
    "opus": "format = 'opus'",
}
NAMES = ["1-01 波のうえ 🌊", "1-02 Лёд- «Тихо-»", "2-01 أغنية البحر"]


@dataclass(frozen=True)
class Delivery:
    """The rendered album; `first` is the first song in a folder."""

    out: Path
    rendered: RenderedAlbum

    def first(self, folder: str) -> Path:
        return self.files(folder)[0]

    def files(self, folder: str) -> list[Path]:
        papers = ("SHA256SUMS", "delivery.json")
        return sorted(path for path in (self.out / folder).iterdir() if path.name not in papers)


@pytest.fixture(scope="session")
def delivery(tmp_path_factory: pytest.TempPathFactory, farm: Farm) -> Delivery:
    folder = tmp_path_factory.mktemp("delivery")
    (folder / "stems").mkdir()
    soundfile.write(folder / "stems" / "pad.wav", tone(330, 5, 1, 2), RATE_HZ, subtype="PCM_24")
    cover = np.full((400, 600, 3), [16, 128, 240], np.uint8)
    av.VideoFrame.from_ndarray(cover, format="rgb24").save(folder / "cover.png")
    deliveries = [f"[[deliver]]\nfolder = '{name}'\n{keys}\n" for name, keys in FOLDERS.items()]
    manifest, out, store = folder / "album.toml", folder / "out", folder / "store"
    manifest.write_text("\n".join([ALBUM, *deliveries]), encoding="utf-8")
    ran = farm("render", manifest, "--out", out, "--store", store, "--workers", 2, "--json")
    assert ran.code == 0, ran.err + ran.out
    return Delivery(out, RenderedAlbum(manifest, out, store, ran))


def needs(program: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"the {program} program is not installed")


def run(*command: object) -> str:
    """exiftool prints bytes of LAME's header that are no text."""
    done = subprocess.run([str(part) for part in command], check=True, capture_output=True)
    return done.stdout.decode("utf-8-sig", errors="replace") + done.stderr.decode()


def test_every_folder_has_its_files_by_disc_and_number(delivery: Delivery) -> None:
    for folder in FOLDERS:
        assert [path.stem for path in delivery.files(folder)] == NAMES


def probe(path: Path) -> dict[str, Any]:
    """Return what ffprobe says of a file, the tags of an Ogg stream as if they were the file's."""
    found = json.loads(run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path))
    tags = found["format"].get("tags") or found["streams"][0]["tags"]
    audio = next(stream for stream in found["streams"] if stream["codec_type"] == "audio")
    return {"tags": {name.casefold(): text for name, text in tags.items()}, "audio": audio, "streams": found["streams"]}


@needs("ffprobe")
@pytest.mark.parametrize("folder", [each for each in FOLDERS if each != "bwf"])
def test_ffprobe_reads_every_format(delivery: Delivery, folder: str) -> None:
    found = probe(delivery.first(folder))
    tags = found["tags"]
    several = {"Zoë, Μάρκος", "Zoë;Μάρκος"}
    assert tags["title"] == "波のうえ 🌊"
    assert tags["artist"] in several
    assert tags["album"] == "ねじれた海 — Лёд"
    assert tags["album_artist"] == "Zoë & Μάρκος"
    assert tags["track"] in ("1", "1/2")
    assert tags["disc"] in ("1", "1/2")
    assert tags["genre"] == "Ambient"
    assert tags["copyright"] == "2026 Étiquette"
    assert tags.get("isrc", tags.get("tsrc")) == "QZABC2600001"
    assert tags["barcode"] == "0123456789012"
    assert tags["date"][:4] == "2026"
    assert tags["encoder"].startswith("farm ")
    assert tags.get("lyrics", tags.get("lyrics-jpn")) == "первая строка\n第二行"
    (picture,) = [stream for stream in found["streams"] if stream["codec_type"] == "video"]
    assert (picture["codec_name"], picture["width"], picture["height"]) == ("mjpeg", 200, 133)


@needs("ffprobe")
def test_ffprobe_reads_the_broadcast_extension_and_the_list_beside_it(delivery: Delivery) -> None:
    """Where that is, it looks at no ID3 tag."""
    tags = probe(delivery.first("bwf"))["tags"]
    assert (tags["title"], tags["artist"], tags["album"]) == ("波のうえ 🌊", "Zoë, Μάρκος", "ねじれた海 — Лёд")
    assert tags["copyright"] == "2026 Étiquette"
    assert tags["originator_reference"] == "QZABC2600001"
    assert tags["encoded_by"].startswith("farm ")
    assert (tags["track"], tags["date"], tags["genre"]) == ("1", "2026-11-24", "Ambient")


@needs("ffmpeg")
@pytest.mark.parametrize("folder", FOLDERS)
def test_ffmpeg_decodes_the_length_of_the_song_to_the_frame(delivery: Delivery, folder: str) -> None:
    lengths = set()
    for path in delivery.files(folder):
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a", "-f", "s16le", "-"]
        done = subprocess.run(command, check=True, capture_output=True)
        assert done.stderr == b""
        lengths.add(len(done.stdout) // 4)
    assert lengths == {FRAMES}


@needs("exiftool")
@pytest.mark.parametrize("folder", FOLDERS)
def test_exiftool_reads_titles_and_codes_and_finds_no_fault(delivery: Delivery, folder: str) -> None:
    for path, title in zip(delivery.files(folder), ("波のうえ 🌊", "Лёд: «Тихо?»", "أغنية البحر"), strict=True):
        found = run("exiftool", "-a", path)
        assert title in found
        assert "QZABC260000" in found
        assert "0123456789012" in found
        assert "Warning" not in found


@needs("mediainfo")
@pytest.mark.parametrize("folder", FOLDERS)
def test_mediainfo_reads_titles_and_codes(delivery: Delivery, folder: str) -> None:
    """Of UTF-16, as ID3v2.3 has it, mediainfo reads no characters beyond the first 65,536. Of a BWF it takes title and
    album from the list INFO, and its UTF-8, which FFmpeg wants there, for Latin-1."""
    (general, *tracks) = json.loads(run("mediainfo", "--Output=JSON", delivery.first(folder)))["media"]["track"]
    if folder != "bwf":
        assert general["Title"] == ("波のうえ ??" if folder == "mp3-vbr" else "波のうえ 🌊")
        assert general["Album"] == "ねじれた海 — Лёд"
    assert general["Performer"] in ("Zoë, Μάρκος", "Zoë / Μάρκος")
    assert (general["Track_Position"], general["Track_Position_Total"]) == ("1", "2")
    assert general["ISRC"] == "QZABC2600001"
    assert general["Cover"] == "Yes"
    audio = next(track for track in tracks if track["@type"] == "Audio")
    assert float(audio["Duration"]) == pytest.approx(SECONDS, abs=0.06)


@needs("mediainfo")
def test_mediainfo_reads_the_broadcast_extension(delivery: Delivery) -> None:
    (general, *_) = json.loads(run("mediainfo", "--Output=JSON", delivery.first("bwf")))["media"]["track"]
    assert general["extra"]["Producer_Reference"] == "QZABC2600001"
    assert general["Encoded_Date"].strip() == "2026-11-24"


@needs("metaflac")
def test_metaflac_lists_the_comments_and_flac_tests_the_audio(delivery: Delivery) -> None:
    found = run("metaflac", "--list", "--no-utf8-convert", delivery.first("flac"))
    for comment in ("TITLE=波のうえ 🌊", "ARTIST=Zoë", "ARTIST=Μάρκος", "COMPOSER=李小龙", "LYRICIST=أم كلثوم"):
        assert comment in found
    for comment in ("VERSION=ライブ", "ISRC=QZABC2600001", "DISCNUMBER=1", "DISCTOTAL=2", "DATE=2026-11-24"):
        assert comment in found
    for path in delivery.files("flac"):
        assert "ok" in run("flac", "-t", path)


@needs("opusinfo")
def test_opusinfo_finds_the_comments_and_no_fault(delivery: Delivery) -> None:
    found = run("opusinfo", delivery.first("opus"))
    for text in ("TITLE=波のうえ 🌊", "ARTIST=Μάρκος", "ISRC=QZABC2600001", "PRODUCEDNOTICE=2026 Étiquette Ton"):
        assert text in found
    assert "Playback gain: 0 dB" in found
    assert "WARNING" not in found
    assert "REPLAYGAIN" not in found


@needs("ogginfo")
def test_ogginfo_finds_the_comments_and_no_fault(delivery: Delivery) -> None:
    found = run("ogginfo", "-v", delivery.first("vorbis"))
    assert "TITLE=波のうえ 🌊" in found
    assert "Playback length: 0m:06.000s" in found
    assert "WARNING" not in found.upper()


@needs("mp3val")
@pytest.mark.parametrize(("folder", "kind"), [("mp3", "CBR"), ("mp3-vbr", "Xing header")])
def test_mp3val_finds_no_fault(delivery: Delivery, folder: str, kind: str) -> None:
    found = run("mp3val", delivery.first(folder))
    assert f"MPEG frames (MPEG 1 Layer III), +ID3v2, {kind}" in found
    assert "WARNING" not in found
    assert "ERROR" not in found


@needs("AtomicParsley")
@pytest.mark.parametrize("folder", ["aac", "alac"])
def test_atomicparsley_reads_the_atoms(delivery: Delivery, folder: str) -> None:
    found = run("AtomicParsley", delivery.first(folder), "-t")
    expected = {
        '"©nam"': "波のうえ 🌊",
        '"©ART"': "Zoë, Μάρκος",
        '"trkn"': "1 of 2",
        '"disk"': "1 of 2",
        '"©day"': "2026-11-24",
        '"rtng"': "Explicit Content",
        '"covr"': "1 piece of artwork",
        '"----" [com.apple.iTunes;ISRC]': "QZABC2600001",
        '"----" [com.apple.iTunes;BARCODE]': "0123456789012",
    }
    for atom, text in expected.items():
        assert f"Atom {atom} contains: {text}\n" in found
    unsaid = run("AtomicParsley", delivery.files(folder)[1], "-t")
    assert "rtng" not in unsaid
    assert "©lyr" not in unsaid


def test_rendering_again_from_nothing_gives_the_same_bytes(delivery: Delivery, farm: Farm, tmp_path: Path) -> None:
    album = delivery.rendered
    ran = farm("render", album.manifest, "--out", tmp_path / "out", "--store", tmp_path / "store", "--workers", 1)
    assert ran.code == 0, ran.err
    for folder in FOLDERS:
        for path in delivery.files(folder):
            assert (tmp_path / "out" / folder / path.name).read_bytes() == path.read_bytes(), path.name
