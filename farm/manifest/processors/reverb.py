"""The reverb: an artificial room."""

from typing import ClassVar, Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Reverb(ProcessorParams):
    """Adds a room. On a return write wet = 1.0 and dry = 0.0: the dry sound has its own way to the mix."""

    fixed: ClassVar[frozenset[str]] = frozenset({"pre_delay_ms"})

    type: Literal["reverb"] = Field(description="Names the processor.")
    room_size: float = Field(default=0.5, ge=0.0, le=1.0, description="Size of the room, 0 smallest, 1 largest.")
    damping: float = Field(
        default=0.5, ge=0.0, le=1.0, description="How fast the highs die away, 0 as slowly as the lows, 1 fastest."
    )
    width: float = Field(default=1.0, ge=0.0, le=1.0, description="Stereo width of the room, 0 mono, 1 wide.")
    wet: float = Field(default=0.33, ge=0.0, le=1.0, description="Level of the room, linear, 0 none.")
    dry: float = Field(default=0.4, ge=0.0, le=1.0, description="Level of the unprocessed sound, linear, 0 none.")
    pre_delay_ms: float = Field(default=0.0, ge=0.0, le=500.0, description="Silence before the room answers, in ms.")
