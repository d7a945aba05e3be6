"""What every insert is: a thing that changes a stream of stereo blocks in place; and how one is built by name."""

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
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
    "bitcrush": "farm.dsp.bitcrush:Bitcrush",
    "chorus": "farm.dsp.chorus:Chorus",
    "clipper": "farm.dsp.clipper:Clipper",
    "compressor": "farm.dsp.compressor:Compressor",
    "convolution": "farm.dsp.convolution:Convolution",
    "dc_filter": "farm.dsp.dc_filter:DcFilter",
    "deesser": "farm.dsp.deesser:Deesser",
    "delay": "farm.dsp.delay:Delay",
    "distortion": "farm.dsp.distortion:Distortion",
    "eq": "farm.dsp.eq:Eq",
    "gain": "farm.dsp.gain:Gain",
    "gate": "farm.dsp.gate:Gate",
    "limiter": "farm.dsp.limit_insert:LimitInsert",
    "linear_phase_eq": "farm.dsp.linear_phase_eq:LinearPhaseEq",
    "multiband_compressor": "farm.dsp.multiband_compressor:MultibandCompressor",
    "phaser": "farm.dsp.phaser:Phaser",
    "pitch_shift": "farm.dsp.pitch_shift:PitchShift",
    "reverb": "farm.dsp.reverb:Reverb",
    "saturation": "farm.dsp.saturation:Saturation",
    "stereo_enhance": "farm.dsp.stereo_enhance:StereoEnhance",
    "tilt": "farm.dsp.tilt:Tilt",
    "transient_shaper": "farm.dsp.transient_shaper:TransientShaper",
    "vst3": "farm.dsp.vst3:Vst3",
    "width": "farm.dsp.width:Width",
}
"""Where each type is built from `(params, rate_hz)`. Looked up late: a song with an EQ only never loads pedalboard."""


EXTENSIONS = "farm.sounds"
"""The entry point group of the sounds of other packages' processors; the name of an entry point is the type."""


def build_processor(type_: str, params: Mapping[str, Any], rate_hz: int) -> Processor:
    """Return a fresh processor of that type, at rest. Every parameter has to be there: defaults are the manifest's.

    Raises UsageError: unknown-processor for a type that does not exist, extension-broken for one that another package
    offers and that cannot be imported.
    """
    if type_ in _BUILDERS:
        module, _, name = _BUILDERS[type_].partition(":")
        build = getattr(import_module(module), name)
    else:
        build = _load_extension(type_)
    return cast(Processor, build(params, rate_hz))


def _load_extension(type_: str) -> Callable[[Mapping[str, Any], int], Processor]:
    found = entry_points(group=EXTENSIONS, name=type_)
    if not found:
        known = ", ".join(sorted(_BUILDERS))
        hint = f"an extension needs an entry point {type_!r} in the group {EXTENSIONS}; farm's own are {known}"
        raise UsageError(f"there is no processor {type_!r}", code="unknown-processor", hint=hint)
    (entry,) = list(found)[:1]
    try:
        return cast(Callable[[Mapping[str, Any], int], Processor], entry.load())
    except Exception as error:  # whatever another package does when it is imported
        message = f"the sound of {type_!r} cannot be imported: {type(error).__name__}: {error}"
        raise UsageError(message, code="extension-broken", where=entry.value) from error
