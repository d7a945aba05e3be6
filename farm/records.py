"""What passes between tasks: small frozen facts, never audio; and the digests that name them."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Artifact:
    """A blob in the store. Audio blobs are raw float32 little-endian, interleaved, without a header;
    for other blobs (an encoded file) `frames`, `channels` and `rate_hz` are 0."""

    digest: str
    size_bytes: int
    frames: int = 0
    channels: int = 0
    rate_hz: int = 0


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a meter says of one piece of audio. A value that does not exist (silence, too short) is None."""

    duration_seconds: float
    integrated_lufs: float | None
    loudness_range_lu: float | None
    max_momentary_lufs: float | None
    max_short_term_lufs: float | None
    true_peak_dbtp: float | None
    sample_peak_dbfs: float | None
    block_clufs: tuple[int, ...] = ()
    """Loudness of each 400 ms gating block above -70 LUFS, in hundredths of LUFS: album loudness pools them."""
    ltas_db: tuple[float, ...] = ()
    """Level-independent long-term average spectrum of the loud parts, dB a band of LTAS_BANDS_HZ; () if silent."""
    exact_bits: int | None = None
    """16 or 24 if every sample is exactly representable with that word length, else None."""


def measurement_from(facts: Mapping[str, Any]) -> Measurement:
    """Return a measurement from its JSON facts."""
    return Measurement(**{**facts, "block_clufs": tuple(facts["block_clufs"]), "ltas_db": tuple(facts["ltas_db"])})


@dataclass(frozen=True, slots=True)
class Record:
    """What a task leaves: its outputs by name, and JSON facts."""

    key: str
    kind: str
    outputs: Mapping[str, Artifact] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


def canonical_json(value: object) -> str:
    """Return the one JSON text of a value: sorted keys, no spaces, floats as their shortest repr."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(value: object) -> str:
    """Return the sha256 (hex) of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()


def _plain(value: object) -> object:
    """Turn dataclasses into dicts, leaving out fields whose metadata says they are not part of a key."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            item.name: _plain(getattr(value, item.name))
            for item in dataclasses.fields(value)
            if item.metadata.get("key", True)
        }
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
