"""The multiband compressor: each part of the spectrum has a compressor of its own."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from farm.manifest.automation import AutomatedTable
from farm.manifest.processors.base import ProcessorParams
from farm.manifest.processors.compressor import AttackMs, KneeDb, MakeupDb, Ratio, ReleaseMs, ThresholdDb


class CompressorBand(AutomatedTable):
    """The compressor of one band."""

    fixed: ClassVar[frozenset[str]] = frozenset({"bypass"})

    threshold_db: ThresholdDb = Field(description="The level above which gain is reduced, in dBFS.")
    ratio: Ratio = Field(description="Input dB over output dB above the threshold; 1 does nothing.")
    attack_ms: AttackMs = Field(default=10.0, description="Time constant with which the gain falls, in ms.")
    release_ms: ReleaseMs = Field(default=100.0, description="Time constant with which the gain recovers, in ms.")
    knee_db: KneeDb = Field(
        default=6.0, description="Width of the soft bend around the threshold in dB; 0 is a hard knee."
    )
    makeup_db: MakeupDb = Field(default=0.0, description="Gain after the compression in dB.")
    bypass: bool = Field(default=False, description="Let the band through as it is, without make-up gain.")


def check_ascending(crossovers_hz: Sequence[float]) -> Sequence[float]:
    """Return frequencies each of which is above the one before, else raise `crossovers-not-ascending`."""
    for lower, upper in pairwise(crossovers_hz):
        if upper <= lower:
            raise PydanticCustomError(
                "crossovers-not-ascending",
                "crossovers_hz has to ascend, and {upper} follows {lower}",
                {"upper": f"{upper:g}", "lower": f"{lower:g}"},
            )
    return crossovers_hz


class MultibandCompressor(ProcessorParams):
    """Splits the sound into bands, compresses each, and adds them up."""

    type: Literal["multiband_compressor"] = Field(description="Names the processor.")
    crossovers_hz: Annotated[list[Annotated[float, Field(ge=20.0, le=20000.0)]], AfterValidator(check_ascending)] = (
        Field(min_length=1, max_length=4, description="Where the bands meet, ascending, in Hz: 1 to 4 frequencies.")
    )
    bands: list[CompressorBand] = Field(
        json_schema_extra={"minItems": 2, "maxItems": 5},
        description="The compressors of the bands, the lowest first: one more than there are crossovers.",
    )

    @model_validator(mode="after")
    def _check_bands(self) -> Self:
        if len(self.bands) != len(self.crossovers_hz) + 1:
            raise PydanticCustomError(
                "bands-not-crossovers",
                "{crossovers} crossovers_hz make {wanted} bands, and there are {bands}",
                {
                    "crossovers": len(self.crossovers_hz),
                    "wanted": len(self.crossovers_hz) + 1,
                    "bands": len(self.bands),
                },
            )
        return self
