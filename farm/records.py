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
    ltas_mid_db: tuple[float, ...] = ()
    """The same of the mid, (left + right) / 2, relative to the same level; () unless stereo."""
    ltas_side_db: tuple[float, ...] = ()
    """The same of the side, (left - right) / 2."""
    low_correlation: float | None = None
    """Correlation of left and right below 120 Hz in the loud parts, -1 to 1; None unless stereo, or without lows."""
    exact_bits: int | None = None
    """16 or 24 if every sample is exactly representable with that word length, else None."""
    plr_lu: float | None = None
    """Peak to loudness ratio: true peak minus integrated loudness."""
    min_psr_lu: float | None = None
    """Lowest peak to short-term loudness ratio of any 3 s; None if shorter, or nothing is above -70 LUFS."""
    dc_offset: tuple[float, ...] = ()
    """Mean of each channel, full scale being 1."""
    correlation: float | None = None
    """Of left and right, -1 to 1; None unless stereo, or if one of them is silent or 90 dB below the other."""
    side_to_mid_db: float | None = None
    """Power of the side over that of the mid; None unless stereo, or if one of them is silent."""
    head_silence_seconds: float = 0.0
    """How long nothing reaches -60 dBFS at the beginning; all of the duration if nothing does."""
    tail_silence_seconds: float = 0.0
    head_click_dbfs: float | None = None
    """Height of the step or click that the audio begins with; None without one."""
    tail_click_dbfs: float | None = None

    def loudness_lufs(self, measure: str) -> float | None:
        """Return the programme loudness for `integrated`, that of the loudest 3 s for `short-term`."""
        return self.max_short_term_lufs if measure == "short-term" else self.integrated_lufs


def measurement_from(facts: Mapping[str, Any]) -> Measurement:
    """Return a measurement from its JSON facts."""
    return Measurement(**_with_tuples(facts))


def _with_tuples(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}


@dataclass(frozen=True, slots=True)
class Trim:
    """What the album decided for one master.

    `goal_lufs` is the loudness that the finished song is to have: its own plus `gain_db`, by `goal_measure`, which is
    `integrated` or, the loudest 3 s, `short-term`. Finishing reaches it whatever tone filter, ride and limiter take
    away; None leaves the level alone. Songs that go on from each other as one recording have `joined_goal_lufs` as
    their common goal, and those that are finished together `run_goal_lufs`; for a song alone both are its own.
    `tone_db` holds one gain for each band of LTAS_BANDS_HZ, () for none; `side_db` those of the side where they differ.
    The level is ridden so that the loudness range is multiplied by `range_factor`, around `pivot_lufs`, an integrated
    loudness, by `ride_max_db` at most.
    """

    gain_db: float = 0.0
    goal_lufs: float | None = None
    run_goal_lufs: float | None = None
    joined_goal_lufs: float | None = None
    goal_measure: str = "integrated"
    tone_db: tuple[float, ...] = ()
    side_db: tuple[float, ...] = ()
    range_factor: float = 1.0
    pivot_lufs: float | None = None
    ride_max_db: float = 0.0


def trim_from(facts: Mapping[str, Any]) -> Trim:
    """Return a trim from its JSON facts."""
    return Trim(**_with_tuples(facts))


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
