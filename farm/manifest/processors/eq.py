"""The equalizer: a row of bands, each of them one filter."""

from typing import Annotated, Literal

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams
from farm.manifest.table import CornerHz, Exact, Table

BandGainDb = Annotated[float, Field(ge=-24.0, le=24.0)]
Q = Annotated[float, Field(ge=0.1, le=40.0)]


class PassBand(Table):
    """Removes what lies below (highpass) or above (lowpass) a frequency."""

    kind: Literal["highpass", "lowpass"] = Field(description="The shape of the filter.")
    hz: CornerHz = Field(description="The frequency at which the level has fallen by 3 dB, in Hz.")
    slope_db_oct: Annotated[Literal[6, 12, 18, 24, 36, 48], Exact] = Field(
        default=12, description="How steeply the level falls, in dB per octave."
    )


class ShelfBand(Table):
    """Raises or lowers everything below (lowshelf) or above (highshelf) a frequency."""

    kind: Literal["lowshelf", "highshelf"] = Field(description="The shape of the filter.")
    hz: CornerHz = Field(description="The middle of the slope, where half the gain in dB is reached, in Hz.")
    gain_db: BandGainDb = Field(description="The gain of the shelf in dB; negative lowers.")
    q: Q = Field(default=0.707, description="The steepness of the slope, without unit; 0.707 has no overshoot.")


class BellBand(Table):
    """Raises or lowers the surroundings of a frequency."""

    kind: Literal["bell"] = Field(description="The shape of the filter.")
    hz: CornerHz = Field(description="The middle of the bell in Hz.")
    gain_db: BandGainDb = Field(description="The gain in the middle in dB; negative lowers.")
    q: Q = Field(default=1.0, description="The narrowness: middle frequency over bandwidth, without unit.")


class NotchBand(Table):
    """Removes one frequency and leaves the rest alone."""

    kind: Literal["notch"] = Field(description="The shape of the filter.")
    hz: CornerHz = Field(description="The frequency that is removed, in Hz.")
    q: Q = Field(default=10.0, description="The narrowness: middle frequency over bandwidth, without unit.")


Band = Annotated[PassBand | ShelfBand | BellBand | NotchBand, Field(discriminator="kind")]


class Eq(ProcessorParams):
    """Changes the tone: high-pass and low-pass filters, shelves, bells and notches, one after the other."""

    type: Literal["eq"] = Field(description="Names the processor.")
    bands: list[Band] = Field(min_length=1, description="The filters, in the order in which the sound passes them.")
