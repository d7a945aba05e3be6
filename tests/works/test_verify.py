"""`farm verify` as a user runs it: an album as delivered is as it should be, and every damage is found and named."""

import dataclasses
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from conftest import Farm, RenderedAlbum, write_album

from farm.deliver.checked_song import read_song
from farm.deliver.delivery_document import DeliveredTrack, document_publication, load_document
from farm.deliver.publish import Publication, publish
from farm.deliver.verify import verify_delivery
from farm.errors import UsageError
from farm.store.digests import sha256_of_file

FIRST, SECOND, THIRD = "01 Loud One.flac", "02 Quiet- Two-.flac", "03 Größe 三.flac"

Damage = Callable[[Path], object]


@pytest.fixture(scope="session")
def delivery(rendered: RenderedAlbum, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The album as rendered."""
    out = tmp_path_factory.mktemp("delivery") / "out"
    shutil.copytree(rendered.out, out)
    return out


@pytest.fixture
def flac(delivery: Path, tmp_path: Path) -> Path:
    """A copy of one deliverable's folder, to be damaged."""
    shutil.copytree(delivery / "flac-24", tmp_path / "flac-24")
    return tmp_path / "flac-24"


def findings(folder: Path) -> set[tuple[str, str]]:
    verified = verify_delivery(folder, 2, lambda done, total: None)
    return {(each.where, each.code) for each in verified.findings}


def test_a_delivery_is_as_it_should_be(delivery: Path, farm: Farm) -> None:
    ran = farm("verify", delivery)
    assert (ran.code, ran.err) == (0, ""), ran.out
    assert ran.out.splitlines()[-1] == "9 files of sound in 3 folders: all as it should be"


def test_the_document_tells_what_was_read_and_found(flac: Path, farm: Farm) -> None:
    (flac / THIRD).unlink()
    ran = farm("verify", flac, "--json", "--workers", 1)
    assert (ran.code, ran.json["status"]) == (1, "failed")
    assert ran.json["findings"] == [{"where": THIRD, "code": "file-missing", "message": "the file is missing"}]
    (folder,) = ran.json["folders"]
    assert (folder["folder"], folder["format"], folder["album_lufs"]) == (".", "flac", None)
    assert [file["name"] for file in folder["files"]] == [FIRST, SECOND]
    assert all(file["true_peak_dbtp"] <= -1.0 for file in folder["files"])


def test_damage_ends_with_1_and_is_named(flac: Path, farm: Farm) -> None:
    flip(flac)
    ran = farm("verify", flac)
    assert ran.code == 1
    assert f"{FIRST}: its bytes are not those of SHA256SUMS and delivery.json [sha256-differs]" in ran.out
    assert "3 findings" in ran.out.splitlines()[-1]


def test_a_folder_without_a_delivery_is_wrong_usage(tmp_path: Path, farm: Farm) -> None:
    ran = farm("verify", tmp_path)
    assert ran.code == 2
    assert "[no-delivery]" in ran.err
    with pytest.raises(UsageError):
        findings(tmp_path / "nowhere")


def flip(folder: Path, name: str = FIRST, at: int = 20_000) -> None:
    content = bytearray((folder / name).read_bytes())
    content[at] ^= 1
    (folder / name).write_bytes(content)


def cut(folder: Path, name: str = FIRST, part: float = 0.5) -> None:
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(len(content) * part)])


def swap(folder: Path) -> None:
    (folder / FIRST).rename(folder / "held")
    (folder / SECOND).rename(folder / FIRST)
    (folder / "held").rename(folder / SECOND)


def write_isrc(folder: Path) -> None:
    file = mutagen.File(folder / FIRST)
    file["isrc"] = "QZABC2600009"
    file.save()


def raise_by(folder: Path, gain_db: float, name: str = FIRST) -> None:
    """Make a song louder, with the tags it had."""
    tags = mutagen.File(folder / name).tags.as_dict()
    samples, rate_hz = soundfile.read(folder / name)
    soundfile.write(folder / name, np.clip(samples * 10 ** (gain_db / 20), -1, 1), rate_hz, subtype="PCM_24")
    file = mutagen.File(folder / name)
    file.update(tags)
    file.save()


def edit(folder: Path, before: str, after: str) -> None:
    document = folder / "delivery.json"
    assert before in document.read_text("utf-8")
    document.write_text(document.read_text("utf-8").replace(before, after, 1), encoding="utf-8")


DAMAGES: dict[str, tuple[Damage, set[tuple[str, str]]]] = {
    "a flipped bit": (flip, {(FIRST, "sha256-differs"), (FIRST, "audio-differs"), (FIRST, "flac-md5-differs")}),
    "half a file": (cut, {(FIRST, "sha256-differs"), (FIRST, "not-decodable")}),
    "no bytes": (lambda folder: cut(folder, part=0.0), {(FIRST, "sha256-differs"), (FIRST, "not-decodable")}),
    "swapped names": (swap, {(FIRST, "names-swapped"), (SECOND, "names-swapped")}),
    "another ISRC": (write_isrc, {(FIRST, "sha256-differs"), (FIRST, "tag-differs")}),
    "a missing file": (lambda folder: (folder / SECOND).unlink(), {(SECOND, "file-missing")}),
    "a folder instead of a file": (
        lambda folder: ((folder / SECOND).unlink(), (folder / SECOND).mkdir()),
        {(SECOND, "file-missing")},
    ),
    "an extra file": (lambda folder: (folder / "notes.txt").write_text("mine"), {("notes.txt", "file-extra")}),
    "a hidden file": (lambda folder: (folder / ".DS_Store").write_text("x"), set()),
    "no list": (lambda folder: (folder / "SHA256SUMS").unlink(), {("SHA256SUMS", "list-missing")}),
    "a list of nonsense": (
        lambda folder: (folder / "SHA256SUMS").write_bytes(b"\xff\xfe\n"),
        {("SHA256SUMS", "list-unreadable")},
    ),
    "no document": (lambda folder: (folder / "delivery.json").unlink(), {("delivery.json", "document-missing")}),
    "half a document": (
        lambda folder: cut(folder, "delivery.json"),
        {("delivery.json", "document-unreadable"), ("delivery.json", "sha256-differs")},
    ),
    "an edited title": (
        lambda folder: edit(folder, '"title": "Loud One"', '"title": "Louder One"'),
        {("delivery.json", "sha256-differs"), (FIRST, "tag-differs")},
    ),
    "an edited order": (
        lambda folder: edit(folder, '"track": 2', '"track": 3'),
        {("delivery.json", "sha256-differs"), (SECOND, "tag-differs"), (SECOND, "order"), (THIRD, "order")},
    ),
    "an edited album loudness": (
        lambda folder: edit(folder, '"loudness_lufs": -1', '"loudness_lufs": -2'),
        {("delivery.json", "sha256-differs"), (".", "album-loudness-differs")},
    ),
    "an edited ceiling": (
        lambda folder: edit(folder, '"ceiling_dbtp": -1.0', '"ceiling_dbtp": -18.0'),
        {("delivery.json", "sha256-differs"), (FIRST, "over-ceiling"), (THIRD, "over-ceiling")},
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_nothing_else_is(flac: Path, damage: str) -> None:
    do, expected = DAMAGES[damage]
    do(flac)
    assert findings(flac) == expected


def test_a_louder_file_is_found(flac: Path) -> None:
    raise_by(flac, 1.0)
    found = {code for name, code in findings(flac) if name == FIRST}
    assert found >= {"sha256-differs", "audio-differs", "loudness-differs", "peak-differs"}


def test_a_file_over_its_ceiling_is_found_though_everything_else_was_made_to_fit(flac: Path) -> None:
    """Someone made the third song louder and wrote that into every list."""
    before = load_document((flac / "delivery.json").read_bytes())
    peak_dbtp = before.files[2].true_peak_dbtp
    assert peak_dbtp
    raise_by(flac, -0.5 - peak_dbtp, THIRD)
    song, path = read_song(flac / THIRD), flac / THIRD
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    track = dataclasses.replace(
        before.files[2],
        sha256=sha256,
        audio_sha256=song.audio_sha256,
        integrated_lufs=song.reading.integrated_lufs,
        true_peak_dbtp=song.reading.true_peak_dbtp,
    )
    write_lists(flac, (*before.files[:2], track))
    own = {code for name, code in findings(flac) if name == THIRD}
    assert own - {"gain-differs"} == {"over-ceiling"}


def write_lists(folder: Path, tracks: tuple[DeliveredTrack, ...]) -> None:
    before = load_document((folder / "delivery.json").read_bytes())
    after = dataclasses.replace(before, files=tracks)
    document = document_publication(after)
    songs = [Publication(folder / track.name, track.name, track.sha256) for track in tracks]
    publish(folder, [*songs, document], digest_of_file=sha256_of_file)


def test_a_sheet_that_was_edited_is_found(delivery: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(delivery, out, ignore=shutil.ignore_patterns("wav*", "mp3*", "flac*"))
    (out / "metadata.csv").write_bytes(b"x")
    (out / "report.html").write_bytes(b"people may put what they like beside deliverables")
    assert findings(out) == {("metadata.csv", "sha256-differs")}


def test_a_file_of_another_format_under_an_old_name_is_found(delivery: Path, tmp_path: Path) -> None:
    shutil.copytree(delivery / "wav-16-44.1k", tmp_path / "wav")
    shutil.copy(delivery / "flac-24" / FIRST, tmp_path / "wav" / "01 Loud One.wav")
    codes = {code for _, code in findings(tmp_path / "wav")}
    assert codes >= {"sha256-differs", "format-differs", "tags-unreadable"}


def test_documents_of_the_same_delivery_are_the_same_bytes(delivery: Path) -> None:
    """No clock, no path: the same figures, written again, are the same file."""
    for path in delivery.glob("*/delivery.json"):
        source = document_publication(load_document(path.read_bytes())).source
        assert source == path.read_bytes()
        assert str(delivery.parent) not in path.read_text("utf-8")


@pytest.mark.slow
class TestDelivering:
    """`farm deliver` makes files of what is finished, and nothing else."""

    @pytest.fixture
    def album(self, tmp_path: Path, rendered: RenderedAlbum) -> RenderedAlbum:
        shutil.copytree(rendered.manifest.parent, tmp_path / "album", ignore=shutil.ignore_patterns("out", "store"))
        shutil.copytree(rendered.store, tmp_path / "store")
        return RenderedAlbum(tmp_path / "album" / "album.toml", tmp_path / "out", tmp_path / "store", rendered.ran)

    def test_another_title_is_delivered_without_rendering(self, farm: Farm, album: RenderedAlbum) -> None:
        album.manifest.write_text(album.manifest.read_text("utf-8").replace('"Loud One"', '"Louder One"'), "utf-8")
        ran = farm("deliver", album.manifest, "--out", album.out, "--store", album.store, "--json")
        assert ran.code == 0, ran.err
        assert (ran.json["status"], ran.json["rendered"]) == ("ok", 3 + 3)
        assert (album.out / "flac-24" / "01 Louder One.flac").exists()

    def test_another_ceiling_is_finished_for_it(self, farm: Farm, album: RenderedAlbum) -> None:
        """Finishing is a gain, a filter and a limiter on masters that are there: no song is mixed or matched anew."""
        more = "\n[[deliver]]\nformat = 'wav'\nbits = 16\nceiling_dbtp = -2.0\nfolder = 'soft'\n"
        album.manifest.write_text(album.manifest.read_text("utf-8") + more, "utf-8")
        ran = farm("deliver", album.manifest, "--out", album.out, "--store", album.store, "--json")
        assert ran.code == 0, ran.err
        assert len(list((album.out / "soft").glob("*.wav"))) == 3

    def test_what_would_have_to_be_rendered_is_refused(self, farm: Farm, album: RenderedAlbum) -> None:
        text = album.manifest.read_text("utf-8").replace("gain_db = -12.0", "gain_db = -11.0")
        album.manifest.write_text(text, "utf-8")
        ran = farm("deliver", album.manifest, "--out", album.out, "--store", album.store)
        assert ran.code == 2
        assert "1 group, 1 mix" in ran.err
        assert "farm render" in ran.err
        assert "[not-rendered]" in ran.err
        assert list(album.out.rglob("*.flac")) == []


FORMATS = (
    "format = 'bwf'",
    "format = 'wav'\nbits = 32",
    "format = 'aiff'\nbits = 16",
    "format = 'alac'",
    "format = 'aac'",
    "format = 'vorbis'",
    "format = 'opus'",
    "format = 'mp3'\nquality = 2\nid3 = '2.3'",
    "format = 'flac'\ncontinuous = true",
    "format = 'mp3'\ncontinuous = true",
    "format = 'ddp'",
    "format = 'cd'",
    "format = 'cd'\nfolder = 'cd-wav'\n[deliver.cd]\nimage = 'wav'",
)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory, farm: Farm) -> Path:
    """Where the album is delivered in all formats, as files of the whole album, and as both kinds of disc."""
    folder = tmp_path_factory.mktemp("everything")
    manifest = write_album(folder)
    more = "".join(f"\n[[deliver]]\n{each}\n" for each in FORMATS)
    manifest.write_text(manifest.read_text("utf-8") + more, encoding="utf-8")
    ran = farm("render", manifest, "--out", folder / "out", "--store", folder / "store")
    assert ran.code == 0, ran.err
    return folder / "out"


class TestEverythingThatCanBeDelivered:
    """All formats, files of the whole album, and both kinds of disc."""

    pytestmark = pytest.mark.slow

    def test_is_as_it_should_be(self, everything: Path) -> None:
        verified = verify_delivery(everything, 2, lambda done, total: None)
        assert verified.findings == ()
        assert len(verified.folders) == 3 + len(FORMATS)

    def test_a_song_that_is_another_in_the_file_of_the_whole_album_is_found(
        self, everything: Path, tmp_path: Path
    ) -> None:
        """The second song's own file is of another mastering."""
        for folder in ("flac-24", "flac-24-continuous"):
            shutil.copytree(everything / folder, tmp_path / folder)
        raise_by(tmp_path / "flac-24", -1.0, SECOND)
        found = findings(tmp_path)
        assert ("flac-24-continuous/The Example - Küstenlinie.flac", "joint-differs") in found

    def test_a_disc_whose_image_was_changed_is_found(self, everything: Path, tmp_path: Path) -> None:
        shutil.copytree(everything / "ddp", tmp_path / "ddp")
        flip(tmp_path / "ddp", "IMAGE.DAT", 600_000)
        codes = {code for _, code in findings(tmp_path / "ddp")}
        assert codes == {"sha256-differs", "audio-differs", "ddp-checksum"}
