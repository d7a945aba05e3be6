"""What FFmpeg encodes: ALAC and AAC in m4a, Opus in Ogg. No clock and no name of a program gets into the file."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from farm.deliver.words import Samples

_NO_TRACES = "+bitexact"
_LONGEST_FRAME = 4096


def write_av(
    target: Path,
    samples: Iterable[Samples],
    *,
    container: str,
    codec: str,
    kind: str,
    rate_hz: int,
    bitrate_kbps: int | None = None,
    lead_frames: int = 0,
) -> None:
    """Encode a stereo stream of `(n, 2)` blocks. `kind` is FFmpeg's name for the samples' type, `container` that for
    the file's.

    The stream begins `lead_frames` before time 0 with silence, which players leave out. An m4a counts time in samples,
    so that its edit list is exact, and has its index in front.
    """
    options = {"fflags": _NO_TRACES}
    if container == "ipod":
        options |= {"movie_timescale": str(rate_hz), "movflags": "+faststart"}
    with av.open(f"file:{target}", "w", format=container, options=options) as file:
        stream = file.add_stream(codec, rate=rate_hz, options={"flags": _NO_TRACES})
        context = stream.codec_context
        context.layout, context.format, context.thread_count = "stereo", kind, 1
        if bitrate_kbps is not None:
            context.bit_rate = 1000 * bitrate_kbps
        context.open()
        size = context.frame_size or _LONGEST_FRAME
        time_frames = -lead_frames
        for piece in _pieces(samples, size, lead_frames):
            frame = _build_frame(piece, kind, rate_hz, time_frames)
            time_frames += len(piece)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


def _build_frame(samples: Samples, kind: str, rate_hz: int, time_frames: int) -> av.AudioFrame:
    planes = samples.T if kind.endswith("p") else samples.reshape(1, -1)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(planes), format=kind, layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = rate_hz, time_frames, Fraction(1, rate_hz)
    return frame


def _pieces(samples: Iterable[Samples], size: int, lead_frames: int) -> Iterator[Samples]:
    """Yield the stream in pieces of `size` frames behind the silence, the last one as long as what is left."""
    rest: Samples | None = None
    for block in samples:
        if rest is None:
            rest = np.zeros((lead_frames, 2), block.dtype)
        joined = np.concatenate([rest, block])
        whole = len(joined) - len(joined) % size
        for start in range(0, whole, size):
            yield joined[start : start + size]
        rest = joined[whole:].copy()
    if rest is not None and len(rest):
        yield rest
