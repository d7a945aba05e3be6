"""What every processor has. One processor is one file here and one line in `registry.py`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from farm.manifest.automation import AutomatedTable
from farm.manifest.files import Role
from farm.manifest.table import CornerHz, Text


class ProcessorParams(AutomatedTable):
    """A processor of an insert chain; subclasses add `type`, a Literal, and their parameters."""

    version: ClassVar[int] = 1
    """The version of the sound, part of every key: raise it when the same parameters sound different."""

    files: ClassVar[Mapping[str, Role]] = MappingProxyType({})
    """The parameters that name files, and what each of them has to be."""

    limits: ClassVar[frozenset[str]] = frozenset()
    """The parameters that change nothing of the sound, such as a time limit: they are not part of a key."""

    if TYPE_CHECKING:

        @property
        def type(self) -> str:
            """The processor's name in a manifest."""
            ...

    bypass: bool = Field(default=False, description="Leave this processor out, as if it were not in the chain.")


class KeyedParams(ProcessorParams):
    """A processor whose detector can listen to another strip, bus or return: its key, or side-chain."""

    fixed: ClassVar[frozenset[str]] = frozenset({"key_highpass_hz", "key_lowpass_hz"})

    key: Text | None = Field(
        default=None, description="The strip, bus or return that the detector listens to; its own sound if absent."
    )
    key_highpass_hz: CornerHz | None = Field(
        default=None, description="High-pass in front of the detector, 12 dB an octave, in Hz; none if absent."
    )
    key_lowpass_hz: CornerHz | None = Field(
        default=None, description="Low-pass in front of the detector, 12 dB an octave, in Hz; none if absent."
    )
