"""The compressor: lowers what is louder than a threshold."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from farm.manifest.processors.base import KeyedParams

ThresholdDb = Annotated[float, Field(ge=-80.0, le=0.0)]
Ratio = Annotated[float, Field(ge=1.0, le=100.0)]
AttackMs = Annotated[float, Field(ge=0.01, le=1000.0)]
ReleaseMs = Annotated[float, Field(ge=1.0, le=5000.0)]
KneeDb = Annotated[float, Field(ge=0.0, le=48.0)]
MakeupDb = Annotated[float, Field(ge=-24.0, le=24.0)]
LookAheadMs = Annotated[float, Field(ge=0.0, le=20.0)]


class Compressor(KeyedParams):
    """Reduces the dynamics: what exceeds the threshold comes out with 1/ratio of the excess."""

    fixed: ClassVar[frozenset[str]] = KeyedParams.fixed | {"look_ahead_ms"}

    type: Literal["compressor"] = Field(description="Names the processor.")
    threshold_db: ThresholdDb = Field(description="The level above which gain is reduced, in dBFS.")
    ratio: Ratio = Field(description="Input dB over output dB above the threshold; 1 does nothing.")
    attack_ms: AttackMs = Field(default=10.0, description="Time constant with which the gain falls, in ms.")
    release_ms: ReleaseMs = Field(default=100.0, description="Time constant with which the gain recovers, in ms.")
    knee_db: KneeDb = Field(
        default=6.0, description="Width of the soft bend around the threshold in dB; 0 is a hard knee."
    )
    makeup_db: MakeupDb = Field(default=0.0, description="Gain after the compression in dB.")
    auto_makeup: bool = Field(
        default=False,
        description="On top of makeup_db, make up for what the settings take from a steady sound of -12 dBFS.",
    )
    mix: float = Field(
        default=1.0, ge=0.0, le=1.0, description="Share of the compressed sound: 0 is the input, 1 the output alone."
    )
    detector: Literal["peak", "rms"] = Field(
        default="peak", description="What is taken for the level: each sample, or the root of their mean square."
    )
    rms_ms: float = Field(
        default=10.0, ge=1.0, le=1000.0, description="Time constant of the mean that rms takes, in ms."
    )
    look_ahead_ms: LookAheadMs = Field(
        default=0.0, description="How long before the sound the detector hears it, in ms; the sound is late by that."
    )
    link: float = Field(
        default=1.0,
        ge=0.0,
        le=1.0,
        description="1 gives both channels the gain of the louder, 0 each its own; between, their levels are closer.",
    )
    range_db: float = Field(
        default=60.0, ge=0.0, le=60.0, description="The most that the gain is reduced, in dB; 60 is no limit."
    )
