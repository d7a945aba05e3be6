"""The limiter: holds true peaks below a ceiling."""

from typing import ClassVar, Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams


class Limiter(ProcessorParams):
    """Lowers the sound ahead of each peak, so that the true peak stays below a ceiling."""

    version: ClassVar[int] = 2
    fixed: ClassVar[frozenset[str]] = frozenset({"link"})

    type: Literal["limiter"] = Field(description="Names the processor.")
    ceiling_dbtp: float = Field(ge=-24.0, le=0.0, description="The highest true peak of the output, in dBTP.")
    gain_db: float = Field(default=0.0, ge=0.0, le=24.0, description="Gain in front of the limiter in dB.")
    character: Literal["transparent", "punchy", "loud"] = Field(
        default="transparent",
        description="Bends low tones least, keeps the beat's attacks, or gives most loudness for its reduction.",
    )
    link: float = Field(
        default=1.0, ge=0.0, le=1.0, description="1 lowers both channels alike, 0 each for itself; or between."
    )
    release_ms: float | None = Field(
        default=None,
        ge=10.0,
        le=1000.0,
        description="Time constant with which the gain recovers, in ms; if absent, as the music demands.",
    )
