"""The processors that a manifest can name, in the order in which the reference lists them."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams
from farm.manifest.processors.bitcrush import Bitcrush
from farm.manifest.processors.chorus import Chorus
from farm.manifest.processors.clipper import Clipper
from farm.manifest.processors.compressor import Compressor
from farm.manifest.processors.convolution import Convolution
from farm.manifest.processors.dc_filter import DcFilter
from farm.manifest.processors.deesser import Deesser
from farm.manifest.processors.delay import Delay
from farm.manifest.processors.distortion import Distortion
from farm.manifest.processors.eq import Eq
from farm.manifest.processors.extensions import load_extensions
from farm.manifest.processors.gain import Gain
from farm.manifest.processors.gate import Gate
from farm.manifest.processors.limiter import Limiter
from farm.manifest.processors.linear_phase_eq import LinearPhaseEq
from farm.manifest.processors.multiband_compressor import MultibandCompressor
from farm.manifest.processors.phaser import Phaser
from farm.manifest.processors.pitch_shift import PitchShift
from farm.manifest.processors.reverb import Reverb
from farm.manifest.processors.saturation import Saturation
from farm.manifest.processors.stereo_enhance import StereoEnhance
from farm.manifest.processors.tilt import Tilt
from farm.manifest.processors.transient_shaper import TransientShaper
from farm.manifest.processors.vst3 import Vst3
from farm.manifest.processors.width import Width

OWN_PROCESSORS: tuple[type[ProcessorParams], ...] = (
    Eq,
    LinearPhaseEq,
    Tilt,
    DcFilter,
    Compressor,
    Gate,
    Deesser,
    TransientShaper,
    MultibandCompressor,
    Saturation,
    Clipper,
    Limiter,
    Gain,
    Width,
    StereoEnhance,
    Reverb,
    Delay,
    Chorus,
    Phaser,
    Distortion,
    Bitcrush,
    PitchShift,
    Convolution,
    Vst3,
)

PROCESSORS = (*OWN_PROCESSORS, *load_extensions(OWN_PROCESSORS))

if TYPE_CHECKING:
    Insert = ProcessorParams
else:
    Insert = Annotated[Union[PROCESSORS], Field(discriminator="type")]  # noqa: UP007 (a tuple that is put together)
