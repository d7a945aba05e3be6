"""A round trip through a codec: what a service's encoder will make of a song, measured before it is sent."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import av
import numpy as np
import soundfile

from farm.audio.blocks import Block
from farm.audio.raw_source import read_raw_blocks
from farm.audio.resample import Resampler
from farm.deliver.av_writer import write_av
from farm.deliver.failure import explained
from farm.deliver.sndfile_writer import write_mp3, write_vorbis
from farm.errors import DeliveryError
from farm.measure.files import measure_file
from farm.measure.meter import Meter

Codec = Literal["aac", "opus", "mp3", "vorbis"]

_RATES_HZ: Mapping[Codec, tuple[int, ...]] = MappingProxyType(
    {"aac": (44_100, 48_000), "opus": (48_000,), "mp3": (44_100, 48_000), "vorbis": (44_100, 48_000)}
)
"""The rates at which services encode. A song at another is converted first: to the one that divides its own, else to
the highest. Opus runs at one (RFC 7845, 5.1)."""

_VORBIS_KBPS = (64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 500)
"""Nominal bit rates of Vorbis's qualities 0 to 10, stereo at 44.1 and 48 kHz: it knows no bit rates."""


@dataclass(frozen=True, slots=True)
class CodecTrip:
    """A song behind a codec. Shifts are the decoded song's figure minus the song's own; None for what silence, or too
    short a song, lacks. How far it is over a ceiling is for those to say who have one."""

    codec: Codec
    bitrate_kbps: int
    integrated_lufs: float | None
    true_peak_dbtp: float | None
    loudness_shift_lu: float | None
    peak_shift_db: float | None


@dataclass(frozen=True, slots=True)
class _Job:
    codec: Codec
    bitrate_kbps: int
    rate_hz: int
    target: Path


def codec_round_trip(
    source: Path,
    *,
    frames: int,
    rate_hz: int,
    codec: Codec,
    bitrate_kbps: int,
    scratch: Path,
) -> CodecTrip:
    """Encode raw float32 stereo, decode it again and compare what both measure.

    It is streamed in blocks; the encoded song lies at the path `scratch` meanwhile and is removed. Its container says
    what the encoder added in front and behind, so that it is left out. Raises DeliveryError (codec-failed, disk-full,
    ...) and AudioError.
    """
    rates_hz = _RATES_HZ[codec]
    codec_rate_hz = next((each for each in rates_hz if rate_hz % each == 0), rates_hz[-1])
    job = _Job(codec, bitrate_kbps, codec_rate_hz, scratch)
    meter = Meter(rate_hz, ltas=False)
    blocks = _measured(read_raw_blocks(source, frames=frames), meter)
    try:
        with explained(scratch):
            _encode(job, blocks if rate_hz == codec_rate_hz else _resampled(blocks, rate_hz, codec_rate_hz))
        after = measure_file(scratch, ltas=False).measurement
    finally:
        scratch.unlink(missing_ok=True)
    before = meter.finish()
    return CodecTrip(
        codec=codec,
        bitrate_kbps=bitrate_kbps,
        integrated_lufs=after.integrated_lufs,
        true_peak_dbtp=after.true_peak_dbtp,
        loudness_shift_lu=_difference(after.integrated_lufs, before.integrated_lufs),
        peak_shift_db=_difference(after.true_peak_dbtp, before.true_peak_dbtp),
    )


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _measured(blocks: Iterator[Block], meter: Meter) -> Iterator[Block]:
    for block in blocks:
        meter.push(block)
        yield block


def _resampled(blocks: Iterator[Block], from_hz: int, to_hz: int) -> Iterator[Block]:
    resampler = Resampler(from_hz, to_hz, 2)
    for block in blocks:
        yield resampler.push(block)
    yield resampler.flush()


def _encode(job: _Job, blocks: Iterator[Block]) -> None:
    try:
        _ENCODERS[job.codec](job, blocks)
    except OSError:  # some of FFmpeg's are both
        raise
    except (soundfile.SoundFileError, av.FFmpegError) as error:
        hint = f"can {job.codec} have {job.bitrate_kbps} kbit/s at {job.rate_hz} Hz?"
        raise DeliveryError(f"the {job.codec} encoder failed: {error}", code="codec-failed", hint=hint) from error


def _encode_aac(job: _Job, blocks: Iterator[Block]) -> None:
    size = {"rate_hz": job.rate_hz, "bitrate_kbps": job.bitrate_kbps}
    write_av(job.target, blocks, container="ipod", codec="aac", kind="fltp", **size)


def _encode_opus(job: _Job, blocks: Iterator[Block]) -> None:
    size = {"rate_hz": job.rate_hz, "bitrate_kbps": job.bitrate_kbps}
    write_av(job.target, blocks, container="opus", codec="libopus", kind="flt", **size)


def _encode_mp3(job: _Job, blocks: Iterator[Block]) -> None:
    write_mp3(job.target, blocks, rate_hz=job.rate_hz, bitrate_kbps=job.bitrate_kbps)


def _encode_vorbis(job: _Job, blocks: Iterator[Block]) -> None:
    quality = float(np.interp(job.bitrate_kbps, _VORBIS_KBPS, np.arange(len(_VORBIS_KBPS))))
    write_vorbis(job.target, blocks, rate_hz=job.rate_hz, quality=quality)


_ENCODERS: Mapping[Codec, Callable[[_Job, Iterator[Block]], None]] = MappingProxyType(
    {"aac": _encode_aac, "opus": _encode_opus, "mp3": _encode_mp3, "vorbis": _encode_vorbis}
)
