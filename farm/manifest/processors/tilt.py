"""The tilt: brighter or darker with one turn."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams
from farm.manifest.table import CornerHz


class Tilt(ProcessorParams):
    """Raises the highs and lowers the lows by as much, or the other way round, around one frequency."""

    type: Literal["tilt"] = Field(description="Names the processor.")
    gain_db: float = Field(
        ge=-12.0,
        le=12.0,
        description="The rise from the lows to the highs in dB: half of it up far above, half down far below.",
    )
    hz: CornerHz = Field(default=650.0, description="The frequency whose level stays, in Hz.")
