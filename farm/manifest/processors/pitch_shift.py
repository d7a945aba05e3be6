"""The pitch shift: higher or lower at the same speed."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class PitchShift(ProcessorParams):
    """Moves the pitch and leaves the speed alone."""

    type: Literal["pitch_shift"] = Field(description="Names the processor.")
    semitones: float = Field(
        ge=-24.0, le=24.0, description="The interval in semitones, 0.01 is a cent; negative is lower."
    )
