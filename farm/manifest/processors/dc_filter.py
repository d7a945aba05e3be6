"""The DC filter: removes an offset and what is too low to be heard."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class DcFilter(ProcessorParams):
    """Removes a constant offset: a gentle high-pass below what can be heard."""

    type: Literal["dc_filter"] = Field(description="Names the processor.")
    hz: float = Field(
        default=5.0, ge=1.0, le=40.0, description="The frequency at which the level has fallen by 3 dB, in Hz."
    )
