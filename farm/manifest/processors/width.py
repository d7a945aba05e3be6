"""The width of the stereo picture."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Width(ProcessorParams):
    """Scales the side signal (left minus right), and can make the low end mono."""

    type: Literal["width"] = Field(description="Names the processor.")
    amount: float = Field(
        default=1.0, ge=0.0, le=2.0, description="Factor on the side signal: 0 is mono, 1 leaves it, 2 doubles it."
    )
    mono_below_hz: float | None = Field(
        default=None,
        ge=20.0,
        le=500.0,
        description="Frequency below which the sound is made mono, in Hz; off if absent.",
    )
