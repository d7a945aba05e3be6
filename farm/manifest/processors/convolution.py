"""The convolution: a room, a plate or a loudspeaker from a recording of its impulse response."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Literal

from pydantic import Field

from farm.manifest.files import Role
from farm.manifest.processors.base import ProcessorParams
from farm.manifest.table import FilePath


class Convolution(ProcessorParams):
    """Adds the room of an impulse response. On a return write mix = 1.0: the dry sound has its own way to the mix."""

    files: ClassVar[Mapping[str, Role]] = MappingProxyType({"impulse": "impulse"})

    type: Literal["convolution"] = Field(description="Names the processor.")
    impulse: FilePath = Field(
        description="The impulse response, a mono or stereo audio file of at most 20 s, from the folder of the file"
        " that says so."
    )
    mix: float = Field(default=1.0, ge=0.0, le=1.0, description="Share of the room: 0 is the input, 1 the room alone.")
    gain_db: float = Field(default=0.0, ge=-60.0, le=24.0, description="Gain of the room in dB.")
