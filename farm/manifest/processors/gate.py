"""The gate: lowers what is softer than a threshold."""

from typing import ClassVar, Literal

from pydantic import Field

from farm.manifest.processors.base import KeyedParams
from farm.manifest.processors.compressor import AttackMs, LookAheadMs, Ratio, ReleaseMs, ThresholdDb


class Gate(KeyedParams):
    """Lets through what reaches the threshold and lowers the rest: a gate, or with a small ratio an expander."""

    fixed: ClassVar[frozenset[str]] = KeyedParams.fixed | {"look_ahead_ms"}

    type: Literal["gate"] = Field(description="Names the processor.")
    threshold_db: ThresholdDb = Field(description="The level at which it opens, in dBFS.")
    hysteresis_db: float = Field(
        default=3.0, ge=0.0, le=24.0, description="It closes that far below the threshold, in dB."
    )
    ratio: Ratio = Field(
        default=10.0, description="Output dB below the threshold over input dB below it while closed; 1 does nothing."
    )
    range_db: float = Field(default=60.0, ge=0.0, le=90.0, description="The most that the gain is reduced, in dB.")
    attack_ms: AttackMs = Field(default=1.0, description="Time constant with which it opens, in ms.")
    hold_ms: float = Field(
        default=20.0,
        ge=0.0,
        le=2000.0,
        description="How long each peak counts: it stays open that long after the last loud one, in ms.",
    )
    release_ms: ReleaseMs = Field(default=100.0, description="Time constant with which it closes, in ms.")
    look_ahead_ms: LookAheadMs = Field(
        default=0.0, description="How long before the sound the detector hears it, in ms; the sound is late by that."
    )
