"""The phaser: notches that wander through the spectrum."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Phaser(ProcessorParams):
    """Adds a copy of the sound with its phases turned, so that notches come about, and lets them wander."""

    type: Literal["phaser"] = Field(description="Names the processor.")
    rate_hz: float = Field(default=1.0, ge=0.0, le=20.0, description="How often the notches wander to and fro, in Hz.")
    depth: float = Field(
        default=0.5, ge=0.0, le=1.0, description="How far they wander: at 1 by five octaves to each side."
    )
    centre_frequency_hz: float = Field(
        default=1300.0, ge=20.0, le=20000.0, description="The frequency they wander around, in Hz."
    )
    feedback: float = Field(
        default=0.0, ge=-0.95, le=0.95, description="Share of the copy that is fed back, linear; negative inverts it."
    )
    mix: float = Field(
        default=0.5, ge=0.0, le=1.0, description="Share of the copy: 0 is the input, 0.5 has the deepest notches."
    )
