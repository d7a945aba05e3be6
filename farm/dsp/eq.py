"""The equaliser: bells, shelves, tilts, notches, cuts and all-passes in series."""

from collections.abc import Mapping, Sequence
from typing import Any

from farm.audio.blocks import Block
from farm.dsp.biquad import Section, build_band
from farm.dsp.cascade import Cascade


class Eq:
    """Params: `bands`, a list of bands in the order they are run.

    `{kind: highpass | lowpass, hz, slope_db_oct}`, a slope of 6 to 48 in steps of 6; `{kind: bell, hz, gain_db, q}`;
    `{kind: lowshelf | highshelf, hz, gain_db, q, slope_db_oct}` with a slope of None, then `q` counts, or of 6, 12 or
    18; `{kind: tilt, hz, gain_db}`, half of the gain far above and less of as much far below; `{kind: notch | allpass,
    hz, q}`. `farm.dsp.biquad` says how closely each follows its analogue prototype.

    A band with a gain of 0 dB, or one too close to Nyquist to matter, is left out; with none left no bit changes. Once
    a band has moved, each band keeps its sections, at any gain. `adjust` takes as many bands of the same kinds and
    slopes.
    """

    latency_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._bands = [dict(band) for band in params["bands"]]
        self._designs = [build_band(band, rate_hz) for band in self._bands]
        self._is_whole = False
        self._cascade = Cascade(_join(self._designs))

    @property
    def tail_frames(self) -> int:
        """Frames until the output is 90 dB below the input, with the bands as they are."""
        return self._cascade.tail_frames(sum(max(0.0, band.get("gain_db", 0.0)) for band in self._bands))

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Move to new bands over the next control period, coefficient by coefficient: what is between is stable."""
        bands = [dict(band) for band in params["bands"]]
        if bands == self._bands:
            return
        if not self._is_whole:
            self._keep_all_bands()
        for index, band in enumerate(bands):
            if band != self._bands[index]:
                self._designs[index] = build_band(band, self._rate_hz, keep_flat=True)
        self._bands = bands
        self._cascade.move_to(_join(self._designs))

    def process(self, block: Block) -> None:
        """Filter a `(frames, 2)` block in place."""
        self._cascade.process(block)

    def _keep_all_bands(self) -> None:
        """Give bands that had nothing to do their sections, which rest: nothing is heard of it."""
        whole = [build_band(band, self._rate_hz, keep_flat=True) for band in self._bands]
        was_there = [bool(old) for old, new in zip(self._designs, whole, strict=True) for _ in new]
        self._cascade = self._cascade.extended(_join(whole), was_there)
        self._designs, self._is_whole = whole, True


def _join(designs: Sequence[Sequence[Section]]) -> list[Section]:
    return [section for design in designs for section in design]
