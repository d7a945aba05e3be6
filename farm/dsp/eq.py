"""The equaliser: bells, shelves, notches and cuts in series."""

from collections.abc import Mapping
from typing import Any

from farm.audio.blocks import Block
from farm.dsp.biquad import build_band
from farm.dsp.cascade import Cascade


class Eq:
    """Params: `bands`, a list of bands in the order they are run.

    `{kind: highpass | lowpass, hz, slope_db_oct}` with a slope of 6, 12, 18, 24, 36 or 48;
    `{kind: bell | lowshelf | highshelf, hz, gain_db, q}`; `{kind: notch, hz, q}`.
    A band with a gain of 0 dB, or one too close to Nyquist to matter, is left out; with none left no bit changes.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        bands = params["bands"]
        self._cascade = Cascade([section for band in bands for section in build_band(band, rate_hz)])
        self.tail_frames = self._cascade.tail_frames(sum(max(0.0, band.get("gain_db", 0.0)) for band in bands))

    def process(self, block: Block) -> None:
        """Filter a `(frames, 2)` block in place."""
        self._cascade.process(block)
