"""Covers: known by content, shrunk where they are large, refused where they cannot be used."""

import base64
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
from deliver_songs import encode, music, png, spec_of, with_cover
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from farm.deliver.cover import parse_cover, shrink_cover
from farm.errors import DeliveryError


def test_every_container_holds_the_front_cover_with_its_size(tmp_path: Path) -> None:
    data = png(7, 5)
    tags = with_cover(tmp_path, data)
    kinds = {"flac": (16, None), "mp3": (None, 320), "vorbis": (None, None), "opus": (None, 160), "alac": (16, None)}
    paths = {form: encode(tmp_path, spec_of(form, *kind, tags=tags), music(5000))[0] for form, kind in kinds.items()}
    pictures = [FLAC(paths["flac"]).pictures[0]]
    for form, kind in (("vorbis", OggVorbis), ("opus", OggOpus)):
        pictures.append(Picture(base64.b64decode(kind(paths[form])["METADATA_BLOCK_PICTURE"][0])))
    for picture in pictures:
        assert (picture.type, picture.mime, picture.data) == (3, "image/png", data)
        assert (picture.width, picture.height, picture.depth, picture.colors) == (7, 5, 24, 0)
    (front,) = ID3(paths["mp3"]).getall("APIC")
    assert (front.type, front.mime, front.data) == (3, "image/png", data)
    (art,) = MP4(paths["alac"])["covr"]
    assert (art.imageformat, bytes(art)) == (MP4Cover.FORMAT_PNG, data)


def decode_picture(data: bytes) -> np.ndarray:
    command = ["ffmpeg", "-v", "error", "-f", "image2pipe", "-i", "-", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"]
    return np.frombuffer(subprocess.run(command, input=data, check=True, capture_output=True).stdout, np.uint8)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="the ffmpeg program is not installed")
def test_a_large_cover_is_shrunk_and_keeps_shape_and_color(tmp_path: Path) -> None:
    cover = parse_cover(png(900, 600))
    small = shrink_cover(cover, 300)
    assert (small.mime, small.width, small.height) == ("image/jpeg", 300, 200)
    assert parse_cover(small.data) == small
    assert shrink_cover(cover, 300) == small
    assert shrink_cover(cover, 900) is cover
    pixels = decode_picture(small.data).reshape(200, 300, 3).astype(int)
    assert np.abs(pixels - [0x10, 0x80, 0xF0]).max() <= 3


def test_a_large_cover_without_pixels_is_refused() -> None:
    with pytest.raises(DeliveryError) as caught:
        shrink_cover(parse_cover(png(900, 600)[:60]), 300)
    assert caught.value.code == "cover-format"


def test_a_progressive_jpeg_is_known_by_its_frame() -> None:
    quantisation = b"\xff\xdb\x00\x04ab"
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, 600, 800, 3) + bytes(9)
    jpeg = parse_cover(b"\xff\xd8" + b"\xff\xe0\x00\x10JFIF" + bytes(10) + b"\xff" + quantisation + frame)
    assert (jpeg.mime, jpeg.width, jpeg.height, jpeg.depth_bits) == ("image/jpeg", 800, 600, 24)


@pytest.mark.parametrize(
    "data",
    [b"", b"GIF89a" + bytes(50), b"\xff\xd8\xff\xe0\x00", b"\x89PNG\r\n\x1a\n", png(2, 2)[:20], b"\xff\xd8\xff\xd9"],
)
def test_a_cover_that_cannot_be_used_is_refused(data: bytes) -> None:
    with pytest.raises(DeliveryError) as caught:
        parse_cover(data, where="cover.jpg")
    assert (caught.value.code, caught.value.where) == ("cover-format", "cover.jpg")


def test_a_cover_that_changed_or_vanished_is_refused(tmp_path: Path) -> None:
    tags = with_cover(tmp_path, png(2, 2))
    assert tags.cover is not None
    Path(tags.cover.path).write_bytes(png(3, 3))
    with pytest.raises(DeliveryError) as caught:
        encode(tmp_path, spec_of("flac", 16, None, tags=tags), music(100))
    assert caught.value.code == "cover-changed"
    Path(tags.cover.path).unlink()
    with pytest.raises(DeliveryError) as caught:
        encode(tmp_path, spec_of("flac", 16, None, tags=tags), music(100))
    assert caught.value.code == "cover-unreadable"
