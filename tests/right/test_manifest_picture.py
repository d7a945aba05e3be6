"""Pictures are known by content and whole: each cut or changed byte of a PNG, each cut of a JPEG is found.

FFmpeg makes the pictures.
"""

import struct
import zlib
from io import BytesIO

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.manifest.picture import find_damage, read_picture

PIXELS = np.random.default_rng(1).integers(0, 256, (24, 40, 3), np.uint8)


def make(form: str, codec: str, kind: str) -> bytes:
    buffer = BytesIO()
    with av.open(buffer, "w", format=form) as file:
        stream = file.add_stream(codec)
        stream.width, stream.height, stream.pix_fmt = 40, 24, kind
        frame = av.VideoFrame.from_ndarray(PIXELS, format="rgb24").reformat(format=kind)
        file.mux([*stream.encode(frame), *stream.encode(None)])
    return buffer.getvalue()


PNG, GREY_PNG = (make("image2pipe", "png", kind) for kind in ("rgb24", "gray16be"))
JPEG = make("image2pipe", "mjpeg", "yuvj444p")


def png_of(*chunks: tuple[bytes, bytes]) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def header(width: int, height: int, depth: int, kind: int, *, interlaced: bool = False) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlaced)


@pytest.mark.parametrize(
    ("data", "mime", "depth_bits"), [(PNG, "image/png", 24), (GREY_PNG, "image/png", 16), (JPEG, "image/jpeg", 24)]
)
def test_a_whole_picture_is_read_and_has_no_damage(data: bytes, mime: str, depth_bits: int) -> None:
    picture = read_picture(data)
    assert (picture.mime, picture.width, picture.height, picture.depth_bits) == (mime, 40, 24, depth_bits)
    assert find_damage(data) is None
    assert find_damage(data + b"what programs append") is None


def test_a_palette_has_its_size() -> None:
    data = png_of(header(9, 8, 8, 3), (b"PLTE", bytes(48)), (b"IDAT", zlib.compress(bytes(10 * 8))), (b"IEND", b""))
    assert (read_picture(data).colors, read_picture(data).depth_bits) == (16, 8)
    assert find_damage(data) is None


@pytest.mark.parametrize(("width", "height"), [(1, 1), (3, 2), (5, 5), (9, 17)])
def test_an_interlaced_picture_has_its_rows_in_seven_passes(width: int, height: int) -> None:
    """The seven grids of PNG, 8.2, drawn as its figure has them; a pass without a pixel has no row."""
    grid = ["16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777"]
    rows = [[grid[y % 8][x % 8] for x in range(width)] for y in range(height)]
    wanted = sum((1 + row.count(each)) for each in "1234567" for row in rows if each in row)

    def png(size: int) -> bytes:
        packed = zlib.compress(bytes(size))
        return png_of(header(width, height, 8, 0, interlaced=True), (b"IDAT", packed), (b"IEND", b""))

    assert find_damage(png(wanted)) is None
    assert find_damage(png(wanted - 1)) == "its pixels are cut short"


@pytest.mark.parametrize("data", [PNG, JPEG], ids=["png", "jpeg"])
def test_a_picture_that_was_cut_is_damaged_wherever_that_was(data: bytes) -> None:
    sizes = [*range(60), *range(60, len(data), 37), *range(len(data) - 20, len(data))]
    assert [size for size in sizes if find_damage(data[:size]) is None] == []


@given(st.integers(8, len(PNG) - 1), st.integers(1, 255))
def test_a_changed_byte_of_a_png_is_found(place: int, change: int) -> None:
    changed = bytearray(PNG)
    changed[place] ^= change
    assert find_damage(bytes(changed)) is not None


@pytest.mark.parametrize("pixels", [b"no stream", zlib.compress(bytes(10))[:-6] + bytes(6)])
def test_pixels_that_cannot_be_unpacked_are_damage(pixels: bytes) -> None:
    assert find_damage(png_of(header(3, 3, 8, 0), (b"IDAT", pixels), (b"IEND", b""))) is not None


def test_pixels_that_unpack_to_more_than_the_picture_are_not_followed() -> None:
    """A stream of 4 GiB of zeros in 4 MB would take seconds and memory."""
    zeros = zlib.compress(bytes(1 << 24), 9)
    data = png_of(header(3, 3, 8, 0), *((b"IDAT", zeros),) * 256, (b"IEND", b""))
    assert find_damage(data) is None


@given(st.binary(max_size=300))
def test_any_bytes_give_a_reason_and_no_traceback(data: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"):
        assert find_damage(start + data)
