"""The transient shaper: changes how sounds begin and die away."""

from typing import Annotated, Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams

AmountDb = Annotated[float, Field(ge=-15.0, le=15.0)]


class TransientShaper(ProcessorParams):
    """Raises or lowers the attack and the sustain of sounds, however loud they are."""

    type: Literal["transient_shaper"] = Field(description="Names the processor.")
    attack_db: AmountDb = Field(default=0.0, description="Gain where a sound begins, in dB; negative softens it.")
    sustain_db: AmountDb = Field(default=0.0, description="Gain where a sound dies away, in dB; negative dries it.")
