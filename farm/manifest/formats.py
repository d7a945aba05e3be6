"""The formats that can be delivered, and what each of them can hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Format:
    """A file format. Lossless ones have word lengths, lossy ones bit rates, a scale of qualities, or both.

    `qualities` is the reach of the encoder's own scale. Empty `rates_hz` means any rate. A song has to have
    `least_frames`; a file can have `most_bytes`. With `r128_gains`, players look for those instead of ReplayGain. It is
    made about `speed` times as fast as it plays (stereo at 48 kHz, one thread, measured): the slowest are begun first.
    """

    ext: str
    speed: float
    bits: tuple[int, ...] = ()
    default_bits: int | None = None
    bitrates_kbps: tuple[int, ...] = ()
    default_bitrate_kbps: int | None = None
    qualities: tuple[float, float] | None = None
    default_quality: float | None = None
    rates_hz: tuple[int, ...] = ()
    least_frames: int = 1
    most_bytes: int | None = None
    r128_gains: bool = False


DISC_FORMATS = ("cd", "ddp")
"""What holds an album as a compact disc: an image with a cue sheet, or a DDP fileset."""

DISC_RATE_HZ, DISC_BITS = 44100, 16
"""IEC 60908."""

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "wav": Format("wav", speed=1430, bits=(16, 24, 32), default_bits=24),
        "bwf": Format("wav", speed=1430, bits=(16, 24, 32), default_bits=24),
        "aiff": Format("aiff", speed=710, bits=(16, 24), default_bits=24, most_bytes=2**32 - 1),
        "flac": Format("flac", speed=240, bits=(16, 24), default_bits=24),
        "alac": Format("m4a", speed=135, bits=(16, 24), default_bits=24),
        "aac": Format(
            "m4a",
            speed=25,
            bitrates_kbps=(96, 128, 160, 192, 224, 256, 320),
            default_bitrate_kbps=256,
            rates_hz=(44100, 48000, 88200, 96000),
            least_frames=1024,
        ),
        "mp3": Format(
            "mp3",
            speed=19,
            bitrates_kbps=(128, 160, 192, 224, 256, 320),
            default_bitrate_kbps=320,
            qualities=(0.0, 9.0),
            rates_hz=(44100, 48000),
        ),
        "vorbis": Format("ogg", speed=73, qualities=(0.0, 10.0), default_quality=6.0),
        "opus": Format(
            "opus",
            speed=45,
            bitrates_kbps=(64, 96, 128, 160, 192, 224, 256, 320),
            default_bitrate_kbps=160,
            rates_hz=(48000,),
            r128_gains=True,
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Size:
    """How large a format's samples are made: a word length, a bit rate or a quality; the other two are None."""

    bits: int | None
    bitrate_kbps: int | None
    quality: float | None

    @property
    def label(self) -> str:
        """Return it as a folder is named after it: `24`, `320`, `q6`."""
        return f"{self.bits or self.bitrate_kbps}" if self.quality is None else f"q{self.quality:g}"


def fill_in_size(form: Format, size: Size) -> Size:
    """Return what is asked for of a format, with its default if nothing is; a quality stands for a bit rate."""
    quality = size.quality
    if quality is None and size.bitrate_kbps is None:
        quality = form.default_quality
    bitrate_kbps = size.bitrate_kbps or (form.default_bitrate_kbps if quality is None else None)
    return Size(size.bits or form.default_bits, bitrate_kbps, quality)
