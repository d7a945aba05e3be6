"""The processors that a manifest can name, in the order in which the reference lists them."""

from typing import Annotated

from pydantic import Field

from farm.manifest.processors.base import ProcessorParams
from farm.manifest.processors.compressor import Compressor
from farm.manifest.processors.delay import Delay
from farm.manifest.processors.eq import Eq
from farm.manifest.processors.gain import Gain
from farm.manifest.processors.reverb import Reverb
from farm.manifest.processors.width import Width

Insert = Annotated[Eq | Compressor | Gain | Width | Reverb | Delay, Field(discriminator="type")]

PROCESSORS: tuple[type[ProcessorParams], ...] = (Eq, Compressor, Gain, Width, Reverb, Delay)
