"""Pictures by their content, a JPEG or PNG: what the header says, and whether the file is whole."""

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
JPEG_MAGIC = b"\xff\xd8\xff"

_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PALETTE = 3

_ADAM7 = ((0, 8, 0, 8), (4, 8, 0, 8), (0, 4, 4, 8), (2, 4, 0, 4), (0, 2, 2, 4), (1, 2, 0, 2), (0, 1, 1, 2))
"""First column and step, first row and step of each pass (PNG specification, 8.2)."""

_PIECE_BYTES = 1 << 20

_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers (ITU-T T.81, table B.1): 0xC0 to 0xCF without DHT, JPG and DAC."""

_SCAN, _END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""What ends the data of a scan: stuffed zeros and restarts do not (ITU-T T.81, B.1.1.2 and B.1.1.5)."""


@dataclass(frozen=True, slots=True)
class Picture:
    """`depth_bits` is that of a pixel; `colors` is the size of the palette, 0 if there is none."""

    mime: str
    width: int
    height: int
    depth_bits: int
    colors: int


def read_picture(data: bytes) -> Picture:
    """Return what a picture's own header says. Raises ValueError with the reason why it says nothing."""
    try:
        if data.startswith(PNG_MAGIC):
            return _read_png(data)
        if data.startswith(JPEG_MAGIC):
            return _read_jpeg(data)
    except (struct.error, IndexError):
        raise ValueError("it is cut short") from None
    raise ValueError("it is neither JPEG nor PNG")


def find_damage(data: bytes) -> str | None:
    """Return why a picture cannot be shown whole, or None: every byte of a PNG is checked, of a JPEG that it ends."""
    try:
        picture = read_picture(data)
        return _find_png_damage(data, picture) if picture.mime == "image/png" else _find_jpeg_damage(data)
    except (struct.error, IndexError):
        return "it is cut short"
    except ValueError as error:
        return str(error)


def _read_png(data: bytes) -> Picture:
    """PNG specification, 11.2.2 IHDR and 11.2.3 PLTE."""
    chunks = _png_chunks(data)
    name, header = next(chunks)
    width, height, depth_bits, kind = struct.unpack_from(">IIBB", header)
    if name != b"IHDR" or kind not in _PNG_CHANNELS or not width or not height:
        raise ValueError("its header is damaged")
    colors = 0
    if kind == _PALETTE:
        colors = next((len(body) // 3 for name, body in chunks if name == b"PLTE"), 0)
    return Picture("image/png", width, height, depth_bits * _PNG_CHANNELS[kind], colors)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield name and body of each chunk up to IEND. Raises ValueError if one is damaged, or IEND is missing."""
    view, position, name = memoryview(data), len(PNG_MAGIC), b""
    while name != b"IEND":
        size, name = struct.unpack_from(">I4s", data, position)
        (check,) = struct.unpack_from(">I", data, position + 8 + size)
        if zlib.crc32(view[position + 4 : position + 8 + size]) != check:
            raise ValueError("the check sum of a part of it is wrong")
        yield name, view[position + 8 : position + 8 + size]
        position += 12 + size


def _find_png_damage(data: bytes, picture: Picture) -> str | None:
    found, wanted = 0, 0
    inflate = zlib.decompressobj()
    for name, body in _png_chunks(data):
        if name == b"IHDR":
            wanted = _pixel_bytes(picture, interlaced=bool(body[12]))
        if name == b"IDAT" and found <= wanted:
            try:
                found += _inflated_bytes(inflate, bytes(body), wanted - found)
            except zlib.error:
                return "its pixels are damaged"
    return None if found >= wanted else "its pixels are cut short"


def _inflated_bytes(inflate: "zlib._Decompress", packed: bytes, most_bytes: int) -> int:
    """Return how many bytes come of a part of a stream, or a little more than `most_bytes`."""
    count = 0
    while packed and count <= most_bytes:
        count += len(inflate.decompress(packed, _PIECE_BYTES))
        packed = inflate.unconsumed_tail
    return count


def _pixel_bytes(picture: Picture, *, interlaced: bool) -> int:
    """Return the size of all rows, each with its filter's byte (PNG specification, 7.2 and 9)."""
    passes = _ADAM7 if interlaced else ((0, 1, 0, 1),)
    total = 0
    for left, step_x, top, step_y in passes:
        columns, rows = -(-(picture.width - left) // step_x), -(-(picture.height - top) // step_y)
        total += rows * (1 + -(-columns * picture.depth_bits // 8)) if columns > 0 and rows > 0 else 0
    return total


def _read_jpeg(data: bytes) -> Picture:
    """ITU-T T.81, B.2.2: the frame header holds precision, lines, samples a line and components."""
    for marker, position in _jpeg_segments(data):
        if marker in _JPEG_FRAMES:
            precision, height, width, components = struct.unpack_from(">BHHB", data, position + 4)
            if not width or not height:
                break
            return Picture("image/jpeg", width, height, precision * components, 0)
    raise ValueError("its header is damaged")


def _find_jpeg_damage(data: bytes) -> str | None:
    markers = [marker for marker, _ in _jpeg_segments(data)]
    return None if _SCAN in markers and markers[-1] == _END else "its pixels are cut short"


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield marker and place of each segment up to the end of the image, or to where the file breaks off in a scan."""
    position = 2
    while True:
        if data[position] != 0xFF:
            raise ValueError("a part of it is damaged")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        yield marker, position
        if marker == _END:
            return
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        (size,) = struct.unpack_from(">H", data, position + 2)
        position += 2 + size
        if marker == _SCAN:
            found = _MARKER.search(data, position)
            if found is None:
                return
            position = found.start()
