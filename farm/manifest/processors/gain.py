"""A plain gain, for a place inside a chain that the fader cannot reach."""

from typing import Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams
from farm.manifest.table import LevelDb


class Gain(ProcessorParams):
    """Raises or lowers the level."""

    type: Literal["gain"] = Field(description="Names the processor.")
    gain_db: LevelDb = Field(description="The gain in dB; negative lowers.")
