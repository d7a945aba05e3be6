"""The de-esser: lowers the sharp sounds of a voice."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams
from farm.manifest.processors.compressor import AttackMs, Ratio, ReleaseMs, ThresholdDb


class Deesser(ProcessorParams):
    """Lowers the top of the sound, or all of it, while its top is louder than a threshold."""

    type: Literal["deesser"] = Field(description="Names the processor.")
    hz: float = Field(default=6000.0, ge=2000.0, le=12000.0, description="Where the top begins, in Hz.")
    threshold_db: ThresholdDb = Field(description="The level of the top above which gain is reduced, in dBFS.")
    ratio: Ratio = Field(default=4.0, description="Input dB over output dB of the top above the threshold.")
    attack_ms: AttackMs = Field(default=1.0, description="Time constant with which the gain falls, in ms.")
    release_ms: ReleaseMs = Field(default=60.0, description="Time constant with which the gain recovers, in ms.")
    range_db: float = Field(default=12.0, ge=0.0, le=48.0, description="The most that the gain is reduced, in dB.")
    mode: Literal["split", "wide"] = Field(
        default="split", description="What is lowered: the top alone, or the whole sound."
    )
