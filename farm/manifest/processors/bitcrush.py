"""The bit crusher: the sound of few bits."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Bitcrush(ProcessorParams):
    """Rounds the sound to a coarse grid, without dither."""

    type: Literal["bitcrush"] = Field(description="Names the processor.")
    bits: float = Field(
        default=8.0, ge=1.0, le=24.0, description="The grid is 2^-bits of full scale; fractions are allowed."
    )
