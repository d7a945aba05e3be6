"""The cover picture: a JPEG or PNG, known by its content, with the size that a FLAC picture block wants."""

from dataclasses import dataclass
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import xxhash

from farm.errors import DeliveryError
from farm.manifest.picture import read_picture
from farm.plan.input_spec import InputSpec

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
        picture = read_picture(data)
    except ValueError as error:
        message = f"the cover cannot be used: {error}"
        raise DeliveryError(message, code="cover-format", hint="save it as JPEG or PNG", where=where) from error
    return Cover(picture.mime, picture.width, picture.height, picture.depth_bits, picture.colors, data)
