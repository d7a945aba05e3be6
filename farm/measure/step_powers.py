"""Loudness over time and the figures that follow from it (EBU Tech 3341 and 3342), from the energies of 10 ms each."""

import numpy as np
from numpy.typing import NDArray

from farm.measure.gating import ABSOLUTE_GATE_LUFS, OFFSET_LU, gate, lufs_to_power, power_to_lufs

Floats = NDArray[np.float64]

RANGE_GATE_LU = -20.0
"""EBU Tech 3342, 2.2."""

STEPS_PER_SECOND = 100
"""Energies are kept for each 10 ms: Tech 3341's tests 10 and 13 ask for maxima that a hop of 100 ms would miss."""

_HOP_STEPS = 10
"""Gating blocks and the windows of the range start every 100 ms (75 % and 96.7 % overlap)."""
_MOMENTARY_STEPS = 40
_SHORT_TERM_STEPS = 300


class StepPowers:
    """The channel-weighted energy of each 10 ms of a programme, and the loudness measures that follow from it."""

    def __init__(self, energies: Floats, ends: NDArray[np.int64]) -> None:
        self._energies, self._ends = energies, ends
        self._sums = np.concatenate(([0.0], np.cumsum(energies)))

    @property
    def steps(self) -> int:
        """How many steps were heard to their end."""
        return len(self._energies)

    def scaled(self, gains: Floats | float) -> "StepPowers":
        """Return the powers with a gain (linear) on all, or on each step."""
        return StepPowers(self._energies * np.square(gains), self._ends)

    def _window_powers(self, window: int, hop: int) -> Floats:
        """Return the mean power of every window that is complete."""
        starts = np.arange(0, len(self._sums) - window, hop)
        powers: Floats = (self._sums[starts + window] - self._sums[starts]) / (
            self._ends[starts + window] - self._ends[starts]
        )
        return powers

    def integrated_lufs(self) -> float | None:
        """Return the programme loudness; None if no gating block of 400 ms lies above -70 LUFS (BS.1770-5, Annex 1)."""
        return gate(self._window_powers(_MOMENTARY_STEPS, _HOP_STEPS))

    def loudness_lufs(self, measure: str) -> float | None:
        """Return the programme loudness for `integrated`, that of the loudest 3 s for `short-term`; None without."""
        return self.max_short_term_lufs() if measure == "short-term" else self.integrated_lufs()

    def block_clufs(self) -> tuple[int, ...]:
        """Return the loudness of every gating block above -70 LUFS, in hundredths of LUFS: what an album pools."""
        powers = self._window_powers(_MOMENTARY_STEPS, _HOP_STEPS)
        loud = powers[powers > lufs_to_power(ABSOLUTE_GATE_LUFS)]
        return tuple(np.rint(1000.0 * np.log10(loud) + 100.0 * OFFSET_LU).astype(int).tolist())

    def max_momentary_lufs(self) -> float | None:
        """Return the highest loudness of any 400 ms (Tech 3341, 2.2), looked for every 10 ms."""
        return _highest(self._window_powers(_MOMENTARY_STEPS, 1))

    def max_short_term_lufs(self) -> float | None:
        """Return the highest loudness of any 3 s (Tech 3341, 2.2), looked for every 10 ms."""
        return _highest(self._window_powers(_SHORT_TERM_STEPS, 1))

    def momentary_lufs(self) -> Floats:
        """Return the loudness of every 400 ms, one each 100 ms; minus infinity for silence."""
        return _levels_lufs(self._window_powers(_MOMENTARY_STEPS, _HOP_STEPS))

    def short_term_lufs(self) -> Floats:
        """Return the loudness of every 3 s, one each 100 ms; minus infinity for silence."""
        return _levels_lufs(self._window_powers(_SHORT_TERM_STEPS, _HOP_STEPS))

    def loudness_range_lu(self) -> float | None:
        """Return the loudness range: 10th to 95th percentile of the gated short-term loudness (Tech 3342, 2)."""
        powers = self._window_powers(_SHORT_TERM_STEPS, _HOP_STEPS)
        loud = powers[powers > lufs_to_power(ABSOLUTE_GATE_LUFS)]
        if not loud.size:
            return None
        loud = loud[loud > loud.mean() * 10.0 ** (RANGE_GATE_LU / 10.0)]
        low, high = np.percentile(10.0 * np.log10(loud), (10.0, 95.0))
        return float(high - low)


def _levels_lufs(powers: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        levels: Floats = OFFSET_LU + 10.0 * np.log10(powers)
    return levels


def _highest(powers: Floats) -> float | None:
    highest = float(powers.max(initial=0.0))
    return power_to_lufs(highest) if highest > 0.0 else None
