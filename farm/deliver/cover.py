"""The cover picture: a JPEG or PNG, known by its content, with the size that a FLAC picture block wants."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import xxhash

from farm.errors import DeliveryError
from farm.plan.spec import InputSpec

_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
_PNG_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Start-of-frame markers (ITU-T T.81, table B.1): 0xC0 to 0xCF without DHT, JPG and DAC."""

_QUANTISER, _LAMBDA = 3, 118
"""FFmpeg's scale of JPEG quality from 2 (best) to 31, in its unit FF_QP2LAMBDA."""


@dataclass(frozen=True, slots=True)
class Cover:
    """`depth_bits` is that of a pixel; `colors` is the size of the palette, 0 if there is none."""

    mime: str
    width: int
    height: int
    depth_bits: int
    colors: int
    data: bytes


def load_cover(spec: InputSpec) -> Cover:
    """Read the picture that the plan was made with.

    Raises DeliveryError: cover-unreadable, cover-changed, cover-format (not a JPEG or PNG, or cut short).
    """
    path = Path(spec.path)
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"the cover cannot be read: {error.strerror or error}"
        hint = "check the path and the permissions"
        raise DeliveryError(message, code="cover-unreadable", hint=hint, where=spec.path) from error
    if xxhash.xxh3_128_hexdigest(data) != spec.digest:
        message = "the cover changed while the album was rendered"
        raise DeliveryError(message, code="cover-changed", hint="render again", where=spec.path)
    return parse_cover(data, where=spec.path)


def shrink_cover(cover: Cover, most_px: int) -> Cover:
    """Return the cover with its longer side at `most_px`, as a JPEG; one that is no larger is returned as it is.

    Raises DeliveryError (cover-format) if it cannot be decoded.
    """
    longer = max(cover.width, cover.height)
    if longer <= most_px:
        return cover
    width, height = (max(1, round(side * most_px / longer)) for side in (cover.width, cover.height))
    try:
        data = _scale_picture(cover.data, width, height)
    except (av.FFmpegError, StopIteration) as error:
        message = "the cover cannot be used: its pixels are damaged"
        raise DeliveryError(message, code="cover-format", hint="save it as JPEG or PNG") from error
    return Cover("image/jpeg", width, height, 24, 0, data)


def _scale_picture(data: bytes, width: int, height: int) -> bytes:
    """Return a JPEG of the full range of colors, one quantiser step for all, without a sign of what made it."""
    with av.open(BytesIO(data), format="image2pipe") as file:
        picture = next(file.decode(video=0))
    scaled = picture.reformat(width, height, "yuvj444p", interpolation="LANCZOS", dst_color_range="JPEG")
    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuvj444p", Fraction(1, 1)
    encoder.thread_count = 1
    encoder.options = {"flags": "+bitexact+qscale", "global_quality": str(_QUANTISER * _LAMBDA)}
    scaled.pts = None
    return b"".join(bytes(packet) for packet in [*encoder.encode(scaled), *encoder.encode(None)])


def parse_cover(data: bytes, *, where: str | None = None) -> Cover:
    """Return what a picture's own header says. Raises DeliveryError (cover-format)."""
    try:
        if data.startswith(_PNG_MAGIC):
            return _parse_png(data)
        if data.startswith(b"\xff\xd8\xff"):
            return _parse_jpeg(data)
        reason = "it is neither JPEG nor PNG"
    except (struct.error, IndexError, ValueError):
        reason = "its header is damaged or cut short"
    message = f"the cover cannot be used: {reason}"
    raise DeliveryError(message, code="cover-format", hint="save it as JPEG or PNG", where=where)


def _parse_png(data: bytes) -> Cover:
    """PNG specification, 11.2.2 IHDR and 11.2.3 PLTE."""
    width, height, depth_bits, kind = struct.unpack_from(">IIBB", data, 16)
    if data[12:16] != b"IHDR" or kind not in _PNG_CHANNELS or not width or not height:
        raise ValueError("no IHDR")
    colors = 0
    position = 8
    while kind == 3 and not colors:
        size, name = struct.unpack_from(">I4s", data, position)
        colors = size // 3 if name == b"PLTE" else 0
        position += 12 + size
    return Cover("image/png", width, height, depth_bits * _PNG_CHANNELS[kind], colors, data)


def _parse_jpeg(data: bytes) -> Cover:
    """ITU-T T.81, B.2.2: the frame header holds precision, lines, samples a line and components."""
    position = 2
    while True:
        if data[position] != 0xFF:
            raise ValueError("no marker")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _JPEG_FRAMES:
            precision, height, width, components = struct.unpack_from(">BHHB", data, position + 4)
            return Cover("image/jpeg", width, height, precision * components, 0, data)
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        (size,) = struct.unpack_from(">H", data, position + 2)
        position += 2 + size
