"""What every insert is: a thing that changes a stream of stereo blocks in place; and how one is built by name."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol, cast, runtime_checkable

from farm.audio.blocks import Block
from farm.errors import UsageError

CONTROL_FRAMES = 64
"""An automated parameter is set anew that often: 1.3 ms at 48 kHz. Periods are counted from the stream's beginning, so
they do not depend on how it is cut into blocks."""


class Processor(Protocol):
    """A stereo insert. What comes out does not depend on how the stream is cut into blocks."""

    @property
    def latency_frames(self) -> int:
        """Frames by which the output is late; whoever sums it with other streams makes up for it."""

    @property
    def tail_frames(self) -> int:
        """Frames after the end of the input until the output stays below -90 dB of the input (an upper bound). The
        latency is not counted in."""

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` C-contiguous float32 block, of any number of frames, with the output for it."""


@runtime_checkable
class Adjustable(Processor, Protocol):
    """An insert whose parameters can move while it runs."""

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Take all parameters anew; called at the beginning of a control period.

        What multiplies the sound directly (a make-up gain, a mix, a width) moves evenly over the CONTROL_FRAMES frames
        that follow, and is exactly at its new value after them; what acts through a filter or a detector may step.
        The latency must not change. Equal parameters change no bit.
        """


@runtime_checkable
class Keyed(Processor, Protocol):
    """An insert with a detector that can listen to something else: a side-chain."""

    def process_keyed(self, block: Block, key: Block) -> None:
        """Process `block` in place while the detector hears the same frames of `key`; both are `(frames, 2)`."""


_BUILDERS = {
    "compressor": "farm.dsp.compressor:Compressor",
    "delay": "farm.dsp.delay:Delay",
    "eq": "farm.dsp.eq:Eq",
    "gain": "farm.dsp.gain:Gain",
    "reverb": "farm.dsp.reverb:Reverb",
    "width": "farm.dsp.width:Width",
}
"""Where each type is built from `(params, rate_hz)`. Looked up late: a song with an EQ only never loads pedalboard."""


def build_processor(type_: str, params: Mapping[str, Any], rate_hz: int) -> Processor:
    """Return a fresh processor of that type, at rest. Every parameter has to be there: defaults are the manifest's.

    Raises UsageError (`unknown-processor`) for a type that does not exist.
    """
    if type_ not in _BUILDERS:
        known = ", ".join(sorted(_BUILDERS))
        raise UsageError(f"there is no processor {type_!r}", code="unknown-processor", hint=f"known are {known}")
    module, _, name = _BUILDERS[type_].partition(":")
    build = cast(Callable[[Mapping[str, Any], int], Processor], getattr(import_module(module), name))
    return build(params, rate_hz)
