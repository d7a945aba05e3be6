"""The stereo enhancer: width for what has none."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class StereoEnhance(ProcessorParams):
    """Widens, near-mono sound too: a copy of the mid with other phases joins the side. In mono nothing is changed."""

    type: Literal["stereo_enhance"] = Field(description="Names the processor.")
    amount: float = Field(
        default=0.3,
        ge=0.0,
        le=1.0,
        description="Level of what joins the side against the mid, linear: 0 changes nothing, 1 is as loud as the mid.",
    )
    low_hz: float = Field(default=200.0, ge=20.0, le=2000.0, description="Nothing below this is widened, in Hz.")
    high_hz: float = Field(default=16000.0, ge=2500.0, le=20000.0, description="Nothing above this is widened, in Hz.")
