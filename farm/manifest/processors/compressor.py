"""The compressor: lowers what is louder than a threshold, both channels alike."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Compressor(ProcessorParams):
    """Reduces the dynamics: what exceeds the threshold comes out with 1/ratio of the excess."""

    type: Literal["compressor"] = Field(description="Names the processor.")
    threshold_db: float = Field(ge=-80.0, le=0.0, description="The level above which gain is reduced, in dBFS.")
    ratio: float = Field(ge=1.0, le=100.0, description="Input dB over output dB above the threshold; 1 does nothing.")
    attack_ms: float = Field(
        default=10.0, ge=0.01, le=1000.0, description="Time constant with which the gain falls, in ms."
    )
    release_ms: float = Field(
        default=100.0, ge=1.0, le=5000.0, description="Time constant with which the gain recovers, in ms."
    )
    knee_db: float = Field(
        default=6.0, ge=0.0, le=48.0, description="Width of the soft bend around the threshold in dB; 0 is a hard knee."
    )
    makeup_db: float = Field(default=0.0, ge=-24.0, le=24.0, description="Gain after the compression in dB.")
    mix: float = Field(
        default=1.0, ge=0.0, le=1.0, description="Share of the compressed sound: 0 is the input, 1 the output alone."
    )
