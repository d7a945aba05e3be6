"""One file of a delivery, hashed and decoded whole, against what its document says of it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mutagen.flac import FLAC

from farm.deliver.decoded_file import CD_IMAGE, Decoded, open_decoded
from farm.deliver.delivery_document import DeliveredFormat, DeliveredTrack, PlacedSong
from farm.deliver.second_meter import Reading, SecondMeter
from farm.errors import AudioError

LOUDNESS_TOLERANCE_LU = 0.1
PEAK_TOLERANCE_DB = 0.3
"""Two conforming meters differ by up to this on sound that is rich close to the Nyquist frequency."""

CEILING_TOLERANCE_DB = 0.05

WHOLE_ALBUM_TOLERANCE_LU = 0.2
"""Where songs are pooled: gating blocks across their borders are in the file, and not in the sum of the songs."""

_COPY_BYTES = 1 << 20
_KINDS = {"bwf": ("wav",), "ddp": (CD_IMAGE,), "cd": (CD_IMAGE, "wav")}
"""What a file of a format is, where that has another name."""

Fault = tuple[str, str]
"""A code, and what is wrong."""


@dataclass(frozen=True, slots=True)
class CheckedSong:
    """A file that could be decoded: what it is, what it measures, and digests of its samples: of all, and of each song
    in a file that holds several. `gaps_are_silent` is False if there is sound between them, `keeps_md5` if a FLAC has
    other samples than it was made with."""

    decoded: Decoded
    frames: int
    reading: Reading
    audio_sha256: str
    song_sha256: tuple[str, ...]
    gaps_are_silent: bool
    keeps_md5: bool


def sha256_of(path: Path) -> str:
    """Return the sha256 (hex) of a file, read in blocks. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while content := file.read(_COPY_BYTES):
            digest.update(content)
    return digest.hexdigest()


def read_song(path: Path, songs: Sequence[PlacedSong] = (), *, is_cd_image: bool = False) -> CheckedSong:
    """Decode a file once. `songs` are those inside of it. Raises AudioError."""
    whole, places, md5 = hashlib.sha256(), _SongDigests(songs), hashlib.md5(usedforsecurity=False)
    frames = 0
    with open_decoded(path, is_cd_image=is_cd_image) as decoded:
        if decoded.channels > 2:
            raise AudioError(f"it has {decoded.channels} channels", code="channels-differ", where=str(path))
        meter = SecondMeter(decoded.rate_hz, decoded.channels)
        for words in decoded.blocks:
            whole.update(words.packed)
            if decoded.kind == "flac":
                md5.update(words.packed)
            meter.push(words.samples)
            places.push(words.packed, frames, len(words.packed) // len(words.samples))
            frames += len(words.samples)
    if not frames:
        raise AudioError("there is no audio in it", code="not-decodable", where=str(path))
    digests = tuple(digest.hexdigest() for digest in places.digests)
    return CheckedSong(
        decoded=decoded,
        frames=frames,
        reading=meter.finish(),
        audio_sha256=whole.hexdigest(),
        song_sha256=digests,
        gaps_are_silent=places.gaps_are_silent,
        keeps_md5=decoded.kind != "flac" or FLAC(path).info.md5_signature == int(md5.hexdigest(), 16),
    )


class _SongDigests:
    """Hashes the samples of each song in a file of several, and looks for sound outside of them."""

    def __init__(self, songs: Sequence[PlacedSong]) -> None:
        self.digests = [hashlib.sha256() for _ in songs]
        self.gaps_are_silent = True
        self._songs = songs

    def push(self, packed: memoryview, first_frame: int, frame_bytes: int) -> None:
        """Take the bytes of a block that begins with the file's frame `first_frame`."""
        outside = bytearray(packed) if self._songs else bytearray()
        for digest, song in zip(self.digests, self._songs, strict=True):
            start = max(0, song.start_frame - first_frame) * frame_bytes
            stop = max(0, song.start_frame + song.frames - first_frame) * frame_bytes
            digest.update(packed[start:stop])
            outside[start:stop] = bytes(len(packed[start:stop]))
        self.gaps_are_silent = self.gaps_are_silent and outside.count(0) == len(outside)


def check_audio(song: CheckedSong, track: DeliveredTrack, asked: DeliveredFormat) -> Iterator[Fault]:
    """Yield what of the audio is not as the document says."""
    decoded, kinds = song.decoded, _KINDS.get(asked.format, (asked.format,))
    if decoded.kind not in kinds:
        yield "format-differs", f"it is {decoded.kind}, not {' or '.join(kinds)}"
    if decoded.rate_hz != asked.rate_hz:
        yield "rate-differs", f"its rate is {decoded.rate_hz} Hz, not {asked.rate_hz} Hz"
    if decoded.channels != 2:
        yield "channels-differ", f"it has {decoded.channels} channel, not 2"
    if asked.bits in (16, 24) and decoded.bits != asked.bits:
        yield "bits-differ", f"it holds {decoded.bits or 'float or lossy'} bits, not {asked.bits}"
    if song.frames != track.frames:
        yield "length-differs", f"it is {song.frames:,} frames long, not {track.frames:,}"
    if asked.bits and track.audio_sha256 not in (None, song.audio_sha256):
        yield "audio-differs", "its samples are not those that were delivered"
    if track.songs and asked.bits and not song.gaps_are_silent:
        yield "gap-not-silent", "there is sound outside of the songs"
    yield from _check_levels(song.reading, track, asked)


def _check_levels(reading: Reading, track: DeliveredTrack, asked: DeliveredFormat) -> Iterator[Fault]:
    tolerance_lu = WHOLE_ALBUM_TOLERANCE_LU if track.songs else LOUDNESS_TOLERANCE_LU
    if _differ(reading.integrated_lufs, track.integrated_lufs, tolerance_lu):
        yield "loudness-differs", _levels("LUFS", reading.integrated_lufs, track.integrated_lufs)
    if _differ(reading.true_peak_dbtp, track.true_peak_dbtp, PEAK_TOLERANCE_DB):
        yield "peak-differs", _levels("dBTP", reading.true_peak_dbtp, track.true_peak_dbtp)
    peak_dbtp, ceiling_dbtp = reading.true_peak_dbtp, asked.ceiling_dbtp
    if peak_dbtp is not None and peak_dbtp > ceiling_dbtp + CEILING_TOLERANCE_DB:
        yield "over-ceiling", f"it peaks at {peak_dbtp:.2f} dBTP, over its ceiling of {ceiling_dbtp:g}"


def _differ(read: float | None, said: float | None, tolerance: float) -> bool:
    if read is None or said is None:
        return (read is None) != (said is None)
    return abs(read - said) > tolerance


def _levels(unit: str, read: float | None, said: float | None) -> str:
    return f"it measures {_level(read)} {unit}, and its document says {_level(said)}"


def _level(level: float | None) -> str:
    return "no" if level is None else f"{level:.2f}"
