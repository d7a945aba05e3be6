"""The writers of all formats: each makes a whole, tagged file of a job."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from farm.deliver.av_writer import write_av
from farm.deliver.bwf import axml_chunk, bext_chunk
from farm.deliver.job import Job
from farm.deliver.ogg_serial import set_serial
from farm.deliver.riff_chunks import chunk
from farm.deliver.sndfile_writer import write_mp3, write_sndfile, write_vorbis
from farm.deliver.tags import (
    id3_bytes,
    info_chunk,
    write_aiff_tags,
    write_flac_tags,
    write_id3,
    write_mp4_tags,
    write_opus_tags,
    write_vorbis_tags,
)
from farm.deliver.wav import write_wav
from farm.deliver.words import Samples

_FLAC_LEVEL = 5
"""24-bit music at 48 kHz: level 8 makes files 5 % smaller than level 5 (16-bit: 1.5 %) for 3.7 times the time."""

_AAC_FRAME = 1024
"""Frames of a packet, and what the encoder is late (ISO/IEC 14496-3)."""


def _write_wav(job: Job) -> None:
    """There is no list INFO: FFmpeg reads no ID3 tag behind one, and a list says much less."""
    _write_riff(job)


def _write_bwf(job: Job) -> None:
    tags = job.spec.tags
    bext = bext_chunk(tags, job.facts, rate_hz=job.rate_hz, bits=job.spec.bits or 32)
    axml = axml_chunk(tags.isrc) if tags.isrc else b""
    _write_riff(job, before=bext + axml, after=info_chunk(job.values))


def _write_riff(job: Job, *, before: bytes = b"", after: bytes = b"") -> None:
    """The ID3 chunk's name is in lower case, as taggers look for it."""
    audio = (word_block.packed for word_block in job.words)
    id3 = chunk(b"id3 ", id3_bytes(job.values, job.cover, version=job.spec.id3))
    write_wav(
        job.target,
        audio,
        frames=job.frames,
        rate_hz=job.rate_hz,
        bits=job.spec.bits or 32,
        before=before,
        after=after + id3,
    )


def _write_aiff(job: Job) -> None:
    subtype = f"PCM_{job.spec.bits}"
    write_sndfile(job.target, _samples(job), rate_hz=job.rate_hz, format="AIFF", subtype=subtype)
    write_aiff_tags(job.target, job.values, job.cover, version=job.spec.id3)


def _write_flac(job: Job) -> None:
    options = {"format": "FLAC", "subtype": f"PCM_{job.spec.bits}", "compression_level": _FLAC_LEVEL / 8}
    write_sndfile(job.target, _samples(job), rate_hz=job.rate_hz, **options)
    write_flac_tags(job.target, job.values, job.cover)


def _write_mp3(job: Job) -> None:
    spec = job.spec
    write_mp3(job.target, _samples(job), rate_hz=job.rate_hz, bitrate_kbps=spec.bitrate_kbps, quality=spec.quality)
    _tag_mp3(job)


def _tag_mp3(job: Job) -> None:
    write_id3(job.target, job.values, job.cover, version=job.spec.id3)


def _write_vorbis(job: Job) -> None:
    quality = 6.0 if job.spec.quality is None else job.spec.quality
    write_vorbis(job.target, _samples(job), rate_hz=job.rate_hz, quality=quality)
    _tag_vorbis(job)
    _settle_serial(job)


def _tag_vorbis(job: Job) -> None:
    write_vorbis_tags(job.target, job.values, job.cover)


def _write_opus(job: Job) -> None:
    write_av(
        job.target,
        _samples(job),
        container="opus",
        codec="libopus",
        kind="flt",
        rate_hz=job.rate_hz,
        bitrate_kbps=job.spec.bitrate_kbps,
    )
    _tag_opus(job)
    _settle_serial(job)


def _tag_opus(job: Job) -> None:
    write_opus_tags(job.target, job.values, job.cover)


def _write_alac(job: Job) -> None:
    kind = "s16p" if job.spec.bits == 16 else "s32p"
    write_av(job.target, _samples(job), container="ipod", codec="alac", kind=kind, rate_hz=job.rate_hz)
    write_mp4_tags(job.target, job.values, job.cover)


def _write_aac(job: Job) -> None:
    """FFmpeg cannot leave out the end of a packet of an m4a. So the song ends with its last packet, and as much silence
    as that takes stands before it, where every player leaves out what the edit list and iTunSMPB say."""
    write_av(
        job.target,
        _samples(job),
        container="ipod",
        codec="aac",
        kind="fltp",
        rate_hz=job.rate_hz,
        bitrate_kbps=job.spec.bitrate_kbps,
        lead_frames=_lead_frames(job),
    )
    _tag_aac(job)


def _tag_aac(job: Job) -> None:
    gapless = f" 00000000 {_AAC_FRAME + _lead_frames(job):08X} 00000000 {job.frames:016X}" + 8 * " 00000000"
    write_mp4_tags(job.target, job.values, job.cover, gapless=gapless)


def _lead_frames(job: Job) -> int:
    return -job.frames % _AAC_FRAME


def _samples(job: Job) -> Iterator[Samples]:
    return (word_block.samples for word_block in job.words)


def _settle_serial(job: Job) -> None:
    settled = job.target.with_name(job.target.name + ".serial")
    try:
        set_serial(job.target, settled, job.words.sha256)
        settled.replace(job.target)
    finally:
        settled.unlink(missing_ok=True)


WRITERS: Mapping[str, Callable[[Job], None]] = MappingProxyType(
    {
        "wav": _write_wav,
        "bwf": _write_bwf,
        "aiff": _write_aiff,
        "flac": _write_flac,
        "alac": _write_alac,
        "aac": _write_aac,
        "mp3": _write_mp3,
        "vorbis": _write_vorbis,
        "opus": _write_opus,
    }
)

TAGGERS: Mapping[str, Callable[[Job], None]] = MappingProxyType(
    {"aac": _tag_aac, "mp3": _tag_mp3, "vorbis": _tag_vorbis, "opus": _tag_opus}
)
"""What puts the tags of a job into a lossy file that is there already, in place of those that it has."""
