"""A plug-in of somebody else's: VST3."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError, PydanticKnownError

from farm.manifest.files import Role
from farm.manifest.processors.base import ProcessorParams
from farm.manifest.table import FilePath, Text


def parse_value(written: Any) -> bool | float | str:
    """Return a plug-in parameter's value: true or false, a finite number, or a text. What fits, the plug-in knows."""
    if isinstance(written, bool | str):
        return written
    if not isinstance(written, int | float):
        raise PydanticCustomError("bad-plugin-value", "a plug-in's parameter is a number, true or false, or a text")
    if not math.isfinite(written):
        raise PydanticKnownError("finite_number")
    return float(written)


PluginValue = Annotated[
    bool | float | str,
    PlainValidator(parse_value),
    WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "number"}, {"type": "string"}]}),
]


class Vst3(ProcessorParams):
    """Runs a VST3 plug-in, in a process of its own: one that crashes or hangs fails its song, and no other."""

    fixed: ClassVar[frozenset[str]] = frozenset({"timeout_seconds", "tail_seconds", "latency_samples"})
    limits: ClassVar[frozenset[str]] = frozenset({"timeout_seconds"})
    files: ClassVar[Mapping[str, Role]] = MappingProxyType({"plugin": "plugin", "preset": "preset", "state": "state"})

    type: Literal["vst3"] = Field(description="Names the processor.")
    plugin: FilePath = Field(description="The plug-in: a file or a bundle folder whose name ends in .vst3.")
    name: Text | None = Field(default=None, description="Which plug-in of the file, where it holds several.")
    preset: FilePath | None = Field(
        default=None, description="A .vstpreset file to begin with; the plug-in's own settings if absent."
    )
    state: FilePath | None = Field(
        default=None, description="A file with the plug-in's raw state to begin with, instead of a preset."
    )
    parameters: dict[Text, PluginValue] = Field(
        default_factory=dict,
        description="The plug-in's parameters by name, as pedalboard spells them (threshold_db), set after the preset.",
    )
    mix: float = Field(
        default=1.0, ge=0.0, le=1.0, description="Share of the plug-in's sound: 0 is the input, 1 the output alone."
    )
    channels: Literal["auto", "stereo", "dual_mono"] = Field(
        default="auto",
        description="One plug-in for both channels, or one for each; auto takes one if the plug-in can be stereo.",
    )
    timeout_seconds: float = Field(
        default=30.0,
        ge=1.0,
        le=600.0,
        description="How long the plug-in may take to load, or for a block of sound, before it is stopped, in seconds.",
    )
    tail_seconds: float = Field(
        default=2.0, ge=0.0, le=30.0, description="How long the plug-in rings on after the sound, in seconds."
    )
    latency_samples: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="The plug-in's delay that is made up for, in samples; measured and asked for if absent.",
    )

    @model_validator(mode="after")
    def _check_one_beginning(self) -> Self:
        if self.preset and self.state:
            raise PydanticCustomError("bad-plugin-beginning", "preset and state exclude each other: leave one out")
        return self
