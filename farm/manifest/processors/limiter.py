"""The limiter: holds true peaks below a ceiling."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Limiter(ProcessorParams):
    """Lowers both channels alike, ahead of each peak, so that the true peak stays below a ceiling."""

    type: Literal["limiter"] = Field(description="Names the processor.")
    ceiling_dbtp: float = Field(ge=-24.0, le=0.0, description="The highest true peak of the output, in dBTP.")
    gain_db: float = Field(default=0.0, ge=0.0, le=24.0, description="Gain in front of the limiter in dB.")
    release_ms: float = Field(
        default=100.0, ge=10.0, le=1000.0, description="Time constant with which the gain recovers, in ms."
    )
