"""The formats that can be delivered, and what each of them can hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Format:
    """A file format. Lossless ones have word lengths, lossy ones bit rates; empty `rates_hz` means any rate."""

    ext: str
    bits: tuple[int, ...] = ()
    default_bits: int | None = None
    bitrates_kbps: tuple[int, ...] = ()
    default_bitrate_kbps: int | None = None
    rates_hz: tuple[int, ...] = ()


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "wav": Format("wav", bits=(16, 24, 32), default_bits=24),
        "flac": Format("flac", bits=(16, 24), default_bits=24),
        "mp3": Format(
            "mp3",
            bitrates_kbps=(128, 160, 192, 224, 256, 320),
            default_bitrate_kbps=320,
            rates_hz=(44100, 48000),
        ),
    }
)
