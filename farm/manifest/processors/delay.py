"""The delay: an echo that repeats."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from farm.manifest.processors.base import ProcessorParams
from farm.manifest.table import CornerHz


class Delay(ProcessorParams):
    """Repeats the sound after a time, again and again with feedback. The time is given in ms or in beats."""

    version: ClassVar[int] = 2
    fixed: ClassVar[frozenset[str]] = frozenset({"time_ms", "beats"})

    type: Literal["delay"] = Field(description="Names the processor.")
    time_ms: float | None = Field(
        default=None, ge=1.0, le=5000.0, description="Time from the sound to its first echo, in ms; or write beats."
    )
    beats: float | None = Field(
        default=None,
        gt=0.0,
        le=32.0,
        description="Time from the sound to its first echo, in quarter notes of the song's tempo; or write time_ms.",
    )
    feedback: float = Field(
        default=0.3, ge=0.0, le=0.98, description="Share of an echo that is fed back, linear; 0 gives one echo."
    )
    mix: float = Field(
        default=0.5, ge=0.0, le=1.0, description="Share of the echoes: 0 is the input, 1 the echoes alone."
    )
    ping_pong: bool = Field(
        default=False,
        description="Echo the mono sum from side to side, the first on the left, the second on the right.",
    )
    highpass_hz: CornerHz | None = Field(
        default=None, description="High-pass in the feedback, 12 dB an octave, in Hz; none if absent."
    )
    lowpass_hz: CornerHz | None = Field(
        default=None, description="Low-pass in the feedback, 12 dB an octave, in Hz; none if absent."
    )

    @model_validator(mode="after")
    def check_time(self) -> Self:
        """Want exactly one of `time_ms` and `beats`."""
        if (self.time_ms is None) == (self.beats is None):
            raise PydanticCustomError("delay-time", "a delay needs either time_ms or beats")
        return self
