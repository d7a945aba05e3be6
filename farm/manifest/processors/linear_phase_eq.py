"""The linear-phase equalizer: the bands of the equalizer without its turns of phase."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams
from farm.manifest.processors.eq import MagnitudeBand


class LinearPhaseEq(ProcessorParams):
    """Changes the tone and leaves the phase alone: fits parallel paths, but rings before the sound too."""

    fixed: ClassVar[frozenset[str]] = frozenset({"bands"})

    type: Literal["linear_phase_eq"] = Field(description="Names the processor.")
    bands: list[Annotated[MagnitudeBand, Field(discriminator="kind")]] = Field(
        min_length=1, description="The filters, as those of the eq; their order makes no difference."
    )
    length: Literal["short", "medium", "long"] = Field(
        default="medium",
        description="How low it reaches, and how long it may ring: broad bands are true from 60 Hz on (short, 43 ms "
        "before and after), 20 Hz (medium, 171 ms) or 10 Hz (long, 683 ms); narrow ones from q times that.",
    )
