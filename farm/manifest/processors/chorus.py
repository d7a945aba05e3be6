"""The chorus: a copy whose pitch wavers."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Chorus(ProcessorParams):
    """Adds a copy of the sound whose delay swings. Short and with much feedback it is a flanger."""

    type: Literal["chorus"] = Field(description="Names the processor.")
    rate_hz: float = Field(default=1.0, ge=0.0, le=20.0, description="How often the delay swings, in Hz.")
    depth: float = Field(
        default=0.25, ge=0.0, le=1.0, description="How far the delay swings to each side: at 1 by 10 ms."
    )
    centre_delay_ms: float = Field(default=7.0, ge=1.0, le=50.0, description="The delay it swings around, in ms.")
    feedback: float = Field(
        default=0.0, ge=-0.95, le=0.95, description="Share of the copy that is fed back, linear; negative inverts it."
    )
    mix: float = Field(default=0.5, ge=0.0, le=1.0, description="Share of the copy: 0 is the input, 1 the copy alone.")
