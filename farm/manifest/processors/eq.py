"""The equalizer: a row of bands, each of them one filter."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from farm.manifest.automation import AutomatedTable
from farm.manifest.processors.base import ProcessorParams
from farm.manifest.table import CornerHz, Exact

BandGainDb = Annotated[float, Field(ge=-24.0, le=24.0)]
Q = Annotated[float, Field(ge=0.1, le=40.0)]


class PassBand(AutomatedTable):
    """Removes what lies below (highpass) or above (lowpass) a frequency."""

    kind: Literal["highpass", "lowpass"] = Field(description="The shape of the filter.")
    hz: CornerHz = Field(description="The frequency at which the level has fallen by 3 dB, in Hz.")
    slope_db_oct: Annotated[Literal[6, 12, 18, 24, 30, 36, 42, 48], Exact] = Field(
        default=12, description="How steeply the level falls, in dB per octave."
    )


class ShelfBand(AutomatedTable):
    """Raises or lowers everything below (lowshelf) or above (highshelf) a frequency."""

    kind: Literal["lowshelf", "highshelf"] = Field(description="The shape of the filter.")
    hz: CornerHz = Field(description="The middle of the slope, where half the gain in dB is reached, in Hz.")
    gain_db: BandGainDb = Field(description="The gain of the shelf in dB; negative lowers.")
    q: Q = Field(default=0.707, description="The steepness of the slope, without unit; 0.707 has no overshoot.")
    slope_db_oct: Annotated[Literal[6, 12, 18], Exact] | None = Field(
        default=None,
        description="In place of q: the slope that a great gain comes near to, in dB per octave; no overshoot.",
    )


class BellBand(AutomatedTable):
    """Raises or lowers the surroundings of a frequency."""

    kind: Literal["bell"] = Field(description="The shape of the filter.")
    hz: CornerHz = Field(description="The middle of the bell in Hz.")
    gain_db: BandGainDb = Field(description="The gain in the middle in dB; negative lowers.")
    q: Q = Field(default=1.0, description="The narrowness: middle frequency over bandwidth, without unit.")


class NotchBand(AutomatedTable):
    """Removes one frequency and leaves the rest alone."""

    kind: Literal["notch"] = Field(description="The shape of the filter.")
    hz: CornerHz = Field(description="The frequency that is removed, in Hz.")
    q: Q = Field(default=10.0, description="The narrowness: middle frequency over bandwidth, without unit.")


class TiltBand(AutomatedTable):
    """Turns the whole spectrum around a frequency."""

    kind: Literal["tilt"] = Field(description="The shape of the filter.")
    hz: CornerHz = Field(description="The frequency whose level stays, in Hz.")
    gain_db: BandGainDb = Field(
        description="The rise from the lows to the highs in dB: half of it up far above, half down far below."
    )


class AllpassBand(AutomatedTable):
    """Turns the phase and leaves every level alone."""

    kind: Literal["allpass"] = Field(description="The shape of the filter.")
    hz: CornerHz = Field(description="The frequency whose phase is turned by 180 degrees, in Hz.")
    q: Q = Field(default=0.707, description="How suddenly the phase turns, without unit.")


MagnitudeBand = PassBand | ShelfBand | BellBand | TiltBand | NotchBand
"""The bands that change levels."""

Band = Annotated[MagnitudeBand | AllpassBand, Field(discriminator="kind")]


class Eq(ProcessorParams):
    """Changes the tone: cuts, shelves, bells, tilts, notches and all-passes, one after the other."""

    version: ClassVar[int] = 2

    type: Literal["eq"] = Field(description="Names the processor.")
    bands: list[Band] = Field(min_length=1, description="The filters, in the order in which the sound passes them.")
