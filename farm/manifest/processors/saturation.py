"""The saturation: bends the waveform, which adds harmonics."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Saturation(ProcessorParams):
    """Adds harmonics the more the louder the sound is. Quiet sound keeps its level at every drive."""

    type: Literal["saturation"] = Field(description="Names the processor.")
    drive_db: float = Field(
        default=6.0,
        ge=0.0,
        le=36.0,
        description="How far the sound is driven into the curve, in dB; taken back behind it.",
    )
    curve: Literal["tanh", "soft", "tube"] = Field(
        default="tanh",
        description="The curve: tanh, soft (bends earlier and more gradually), tube (even harmonics as well).",
    )
    mix: float = Field(
        default=1.0, ge=0.0, le=1.0, description="Share of the bent sound: 0 is the input, 1 the output alone."
    )
    output_db: float = Field(default=0.0, ge=-36.0, le=36.0, description="Gain of the bent sound in dB.")
