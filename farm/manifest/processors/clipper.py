"""The clipper: cuts off the peaks."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Clipper(ProcessorParams):
    """Cuts off what exceeds a ceiling, without any time constant. Where nothing exceeds it nothing changes."""

    type: Literal["clipper"] = Field(description="Names the processor.")
    ceiling_dbfs: float = Field(ge=-24.0, le=0.0, description="The level at which peaks are cut off, in dBFS.")
    softness: float = Field(
        default=0.0,
        ge=0.0,
        le=1.0,
        description="Share of the ceiling over which the curve bends: 0 cuts hard, 1 bends from silence on.",
    )
    clamp: bool = Field(
        default=True,
        description="Hold every sample at the ceiling, cutting off what the oversampling filter rings above it.",
    )
