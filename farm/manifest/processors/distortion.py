"""The distortion: overdrive, raw."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Distortion(ProcessorParams):
    """Overdrives a tanh curve at the song's rate, with its aliases: rough on purpose. Saturation is the clean one."""

    type: Literal["distortion"] = Field(description="Names the processor.")
    drive_db: float = Field(
        default=25.0, ge=0.0, le=60.0, description="Gain in front of the curve in dB; it makes the sound louder."
    )
