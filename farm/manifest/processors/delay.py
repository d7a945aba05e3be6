"""The delay: an echo that repeats."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Delay(ProcessorParams):
    """Repeats the sound after a time, again and again with feedback."""

    type: Literal["delay"] = Field(description="Names the processor.")
    time_ms: float = Field(ge=1.0, le=5000.0, description="Time from the sound to its first echo, in ms.")
    feedback: float = Field(
        default=0.3, ge=0.0, le=0.98, description="Share of an echo that is fed back, linear; 0 gives one echo."
    )
    mix: float = Field(
        default=0.5, ge=0.0, le=1.0, description="Share of the echoes: 0 is the input, 1 the echoes alone."
    )
