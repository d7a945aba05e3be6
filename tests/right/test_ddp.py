"""A DDP is byte for byte what another writer makes, and a reader of its own finds the whole album in it."""

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from farm.audio.word_length import Quantiser
from farm.deliver.cd_layout import build_layout
from farm.deliver.cd_master import write_ddp_master
from farm.deliver.ddp import build_ddp, build_pq_descriptor
from farm.deliver.encode import Part
from farm.errors import DeliveryError
from farm.plan.cd import CdSongSpec, CdSpec

SECOND = 44100

GOLDEN_MD5 = {
    "DDPID": "dd89c874714f94418b20feea4d9b2ac6",
    "DDPMS": "4ddcd3c75e054c6685453524a0973a1a",
    "SD": "e6d506c61b61150a572f5290379e47d9",
    "IMAGE.DAT": "bcebec4d225e28c6899a24a4c5b968b3",
}
"""What cue2ddp (DDP Mastering Tools 1.1) writes for a UPC, an ISRC and 10 s of counted samples behind 2 s of pause, as
recorded by ddp-reverse-eng (MIT) in exp/005-isrc-upc."""

FILESET = """\
VVVMS0              90        CDTEXT                   00               17CDTEXT.BIN
VVVMS0             448        PQ DESCR                                  17SD
VVVMD0            1650                DA71     150                      17IMAGE.DAT
VVVS0000  00000001              0123456789012
VVVS0100  00000001  USABC1234567
VVVS0101  00020001
VVVS0200  00100001
VVVS0201  00120001
VVVSAA01  00220001
VVVSAA01  00220001
"""
"""Two tracks, the second with a pause, as the same tool writes them (ddp-reverse-eng, spec/ddp2.md, section 1)."""


def part_of(folder: Path, samples: NDArray[np.float32], exact_bits: int | None = None) -> Part:
    source = folder / f"{len(list(folder.iterdir()))}.raw"
    source.write_bytes(samples.astype("<f4").tobytes())
    return Part(source, len(samples), exact_bits)


def counted(frames: int) -> NDArray[np.int16]:
    counts = np.arange(frames, dtype=np.uint32)
    return np.stack([counts & 0xFFFF, counts >> 16], axis=1).astype(np.uint16).view(np.int16)


def noise(seed: int, frames: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0.0, 0.1, (frames, 2)).astype(np.float32)


def dithered(samples: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.array(Quantiser(16, channels=2, dither="tpdf", seed=16).push(samples))


def test_a_fileset_is_that_of_another_writer(tmp_path: Path) -> None:
    sources, out = tmp_path / "sources", tmp_path / "out"
    sources.mkdir()
    out.mkdir()
    part = part_of(sources, counted(10 * SECOND) / np.float32(32768), exact_bits=16)
    spec = CdSpec("", "", (CdSongSpec("", "", isrc="USABC1234567"),), upc="0123456789012", cd_text="none")
    master = write_ddp_master(spec, [part], out)
    md5 = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in out.iterdir()}
    assert {name: md5[name] for name in GOLDEN_MD5} == GOLDEN_MD5
    assert {file.name: file.md5 for file in master.files} == md5
    assert (out / "CHECKSUM.MD5").read_text() == "".join(f"{md5} *{name}\n" for name, md5 in GOLDEN_MD5.items())


def test_packets_stand_as_another_writer_puts_them() -> None:
    songs = (CdSongSpec("One", "", isrc="USABC1234567"), CdSongSpec("Two", ""))
    spec = CdSpec("", "", songs, upc="0123456789012")
    files = build_ddp(spec, build_layout(spec, [8 * SECOND, 10 * SECOND]), b"x" * 90)
    assert list(files) == ["DDPID", "DDPMS", "CDTEXT.BIN", "SD"]
    packets = [files["DDPMS"][at : at + 128] for at in range(0, 384, 128)]
    packets += [files["SD"][at : at + 64] for at in range(0, len(files["SD"]), 64)]
    assert "".join(packet.decode().rstrip() + "\n" for packet in packets) == FILESET


@dataclass
class ReadTrack:
    indexes: dict[int, int]
    control: str
    isrc: str


@dataclass
class ReadDisc:
    upc: str
    master_id: str
    tracks: dict[int, ReadTrack]
    lead_out: int
    audio: NDArray[np.int16]
    cd_text: bytes


def read_ddp(folder: Path) -> ReadDisc:
    """Read a fileset by the description alone: from DDPMS to the streams that it names."""
    identifier = (folder / "DDPID").read_text("ascii")
    assert (len(identifier), identifier[:8], identifier[87:89]) == (128, "DDP 2.00", "CD")
    streams: dict[str, tuple[int, bytes, str]] = {}
    table = (folder / "DDPMS").read_text("ascii")
    for packet in (table[at : at + 128] for at in range(0, len(table), 128)):
        assert packet[:4] == "VVVM"
        data = (folder / packet[74:91].strip()).read_bytes()
        kind = packet[30:38].strip() or packet[38:40]
        assert int(packet[14:22]) == len(data) / (2352 if packet[4:6] == "D0" else 1)
        streams[kind] = (int(packet[14:22]), data, packet)
    tracks, lead_out, upc = read_pq(streams["PQ DESCR"][1].decode("ascii"))
    sectors, audio, packet = streams["DA"]
    assert (lead_out, packet[40]) == (sectors, "7")
    assert int(packet[46:50]) == tracks[1].indexes[1]
    assert upc == identifier[8:21].strip()
    cd_text = streams.get("CDTEXT", (0, b"", ""))[1]
    samples = np.frombuffer(audio, "<i2").reshape(-1, 2)
    return ReadDisc(upc, identifier[38:86].rstrip(), tracks, lead_out, samples, cd_text)


def read_pq(text: str) -> tuple[dict[int, ReadTrack], int, str]:
    packets = [text[at : at + 64] for at in range(0, len(text), 64)]
    assert all(packet[:4] == "VVVS" and len(packet) == 64 for packet in packets)
    assert packets[0][4:8] == "0000"
    assert packets[-1] == packets[-2]
    tracks: dict[int, ReadTrack] = {}
    for packet in packets[1:-2]:
        track = tracks.setdefault(int(packet[4:6]), ReadTrack({}, packet[16:18], packet[20:32].strip()))
        track.indexes[int(packet[6:8])] = cd_frames_of(packet)
        assert packet[16:18] == track.control
    assert packets[-1][4:8] == "AA01"
    return tracks, cd_frames_of(packets[-1]), packets[0][32:45].strip()


def cd_frames_of(packet: str) -> int:
    return int(packet[10:12]) * 4500 + int(packet[12:14]) * 75 + int(packet[14:16])


@pytest.fixture
def album(tmp_path: Path) -> tuple[ReadDisc, list[NDArray[np.float32]], CdSpec]:
    """A hidden song, two that are joined, one with flags and an index point, one behind a short gap."""
    songs = (
        CdSongSpec("Before", "The Example", hidden=True),
        CdSongSpec("Ünder", "The Example", isrc="QZABC2600001", joined=True),
        CdSongSpec("Tow", "The Example", isrc="QZABC2600002", pre_emphasis=True, copy_permitted=True),
        CdSongSpec("Drift", "Guest", isrc="QZABC2600003", gap_cd_frames=30, scms=True, index_frames=(3 * SECOND,)),
        CdSongSpec("End", "The Example", copy_permitted=True),
    )
    spec = CdSpec("Low Tide", "The Example", songs, upc="0123456789012", catalogue_number="CAT-001")
    audio = [noise(seed, frames) for seed, frames in enumerate((200_001, 250_123, 301_007, 222_222, 190_000))]
    sources, out = tmp_path / "sources", tmp_path / "out"
    sources.mkdir()
    out.mkdir()
    write_ddp_master(spec, [part_of(sources, samples) for samples in audio], out)
    return read_ddp(out), audio, spec


def test_an_album_comes_back_sample_by_sample(album: tuple[ReadDisc, list[NDArray[np.float32]], CdSpec]) -> None:
    disc, audio, _ = album
    rest = disc.audio.copy()
    at = {
        0: 150 * 588,
        1: disc.tracks[1].indexes[1] * 588,
        2: disc.tracks[1].indexes[1] * 588 + len(audio[1]),
        3: disc.tracks[3].indexes[1] * 588,
        4: disc.tracks[4].indexes[1] * 588,
    }
    for number, start in at.items():
        found = rest[start : start + len(audio[number])]
        np.testing.assert_array_equal(found, dithered(audio[number]))
        found[:] = 0
    assert not rest.any()
    assert 0 <= at[2] - disc.tracks[2].indexes[1] * 588 < 588


def test_an_albums_sub_code_comes_back(album: tuple[ReadDisc, list[NDArray[np.float32]], CdSpec]) -> None:
    disc, _, spec = album
    assert (disc.upc, disc.master_id) == ("0123456789012", "CAT-001")
    assert [track.isrc for track in disc.tracks.values()] == ["QZABC2600001", "QZABC2600002", "QZABC2600003", ""]
    assert [track.control for track in disc.tracks.values()] == ["01", "31", "0S", "21"]
    assert [list(track.indexes) for track in disc.tracks.values()] == [[0, 1], [1], [0, 1, 2], [0, 1]]
    assert disc.tracks[4].indexes[1] - disc.tracks[4].indexes[0] == spec.songs[3].gap_cd_frames
    assert disc.tracks[3].indexes[2] - disc.tracks[3].indexes[1] == 225
    texts = b"".join(disc.cd_text[at + 4 : at + 16] for at in range(0, len(disc.cd_text), 18))
    assert "Low Tide\0Ünder\0Tow\0Drift\0End\0".encode("latin-1") in texts


def test_the_isrc_may_stand_on_both_first_packets() -> None:
    songs = (CdSongSpec("One", "", isrc="QZABC2600001"), CdSongSpec("Two", "", isrc="QZABC2600002"))
    spec = CdSpec("", "", songs, isrc_twice=True)
    text = build_pq_descriptor(spec, build_layout(spec, [8 * SECOND, 8 * SECOND])).decode()
    assert [text[at + 4 : at + 8] for at in range(0, len(text), 64) if text[at + 20] != " "] == [
        "0100", "0101", "0200", "0201"
    ]  # fmt: skip


def test_tools_that_want_another_name_and_flag_get_them(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    part = part_of(tmp_path, noise(1, 5 * SECOND))
    spec = CdSpec("", "", (CdSongSpec("One", "Two"),), pq_name="PQDESCR", scrambled=False)
    write_ddp_master(spec, [part], tmp_path / "out")
    assert read_ddp(tmp_path / "out").tracks[1].indexes == {0: 0, 1: 150}
    assert (tmp_path / "out" / "DDPMS").read_text()[-128:][38:42] == "DA70"


@pytest.mark.parametrize(
    ("changes", "lengths", "code"),
    [
        ({"pq_name": "PQ DESCRIPTOR"}, [5.0, 5.0], "ddp-name"),
        ({"pq_name": "image.dat"}, [5.0, 5.0], "ddp-name"),
        ({"pq_name": "x" * 18}, [5.0, 5.0], "ddp-name"),
        ({}, [131.4, 5.0], "ddp-pregap"),
    ],
)
def test_what_a_fileset_cannot_hold_is_refused_before_anything_is_written(
    tmp_path: Path, changes: dict[str, str], lengths: list[float], code: str
) -> None:
    songs = (CdSongSpec("Before", "", hidden=True, gap_cd_frames=0), CdSongSpec("One", ""))
    spec = dataclasses.replace(CdSpec("", "", songs), **changes)
    parts = [Part(tmp_path / "none.raw", round(seconds * SECOND)) for seconds in lengths]
    with pytest.raises(DeliveryError) as caught:
        write_ddp_master(spec, parts, tmp_path)
    assert caught.value.code == code
    assert caught.value.hint
    assert not list(tmp_path.iterdir())


def test_the_same_album_has_the_same_bytes_in_another_folder(tmp_path: Path) -> None:
    part = part_of(tmp_path, noise(3, 5 * SECOND))
    spec = CdSpec("Low Tide", "The Example", (CdSongSpec("One", "Two"),))
    files = []
    for name in ("a", "b c"):
        (tmp_path / name).mkdir()
        files.append(write_ddp_master(spec, [part], tmp_path / name).files)
    assert files[0] == files[1]
