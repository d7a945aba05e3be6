"""The multiband compressor: a compressor for each band of a Linkwitz-Riley crossover that sums flat."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel
from farm.dsp.compressor import UNLIMITED_DB, Compressor
from farm.dsp.crossover import BandSplit

_EVERY_BAND: Mapping[str, Any] = {
    "detector": "peak",
    "rms_ms": 0.0,
    "look_ahead_ms": 0.0,
    "auto_makeup": False,
    "link": 1.0,
    "range_db": UNLIMITED_DB,
    "key_highpass_hz": None,
    "key_lowpass_hz": None,
}
"""What a band has in common with all others."""


class MultibandCompressor:
    """Params: `crossovers_hz`, 1 to 4 of them, ascending, and `bands`, one more, the lowest first: each `threshold_db`,
    `ratio`, `attack_ms`, `release_ms`, `knee_db`, `makeup_db` as those of a compressor, and `bypass`.

    Bands are split with 24 dB an octave and listen to themselves, stereo-linked. While none of them does anything, all
    together are an all-pass: the magnitude is 1 and the phase turns once at each crossover. A band with `bypass` comes
    out as it was split, without its make-up gain.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._split = BandSplit(params["crossovers_hz"], rate_hz)
        self._compressors = [Compressor(_band_params(band), rate_hz) for band in params["bands"]]
        self._bands = np.empty(len(self._compressors) * BLOCK_FRAMES * 2, dtype=np.float32)

    @property
    def tail_frames(self) -> int:
        """What the crossovers ring on; make-up gains raise no more than the margin of 30 dB that is in it."""
        return self._split.tail_frames

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Take all parameters anew, of as many bands: make-up and bypass evenly, the rest by filter or detector."""
        self._split.adjust(params["crossovers_hz"])
        for compressor, band in zip(self._compressors, params["bands"], strict=True):
            compressor.adjust(_band_params(band))

    def process(self, block: Block) -> None:
        """Compress a `(frames, 2)` block in place."""
        size = len(self._compressors) * block.size
        if self._bands.size < size:
            self._bands = np.empty(size, dtype=np.float32)
        bands = self._bands[:size].reshape(len(self._compressors), len(block), 2)
        self._split.split(block, bands)
        for compressor, band in zip(self._compressors, bands, strict=True):
            compressor.process(band)
        _add_bands(bands, block)


def _band_params(band: Mapping[str, Any]) -> dict[str, Any]:
    return {**_EVERY_BAND, **band, "mix": 0.0 if band["bypass"] else 1.0}


@kernel("void(float32[:,:,::1], float32[:,::1])")
def _add_bands(bands: NDArray[np.float32], block: Block) -> None:
    """Write the sum of the bands, the lowest first."""
    for index in range(block.shape[0]):
        left, right = bands[0, index, 0], bands[0, index, 1]
        for number in range(1, bands.shape[0]):
            left, right = left + bands[number, index, 0], right + bands[number, index, 1]
        block[index, 0], block[index, 1] = left, right
