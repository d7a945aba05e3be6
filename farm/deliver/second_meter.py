"""The meter that gives the second opinion: nothing in it is shared with the one that decided.

K-weighting has pyloudnorm's coefficients (De Man's, which are the standard's at every rate) and runs in scipy; gating
is ITU-R BS.1770-5, Annex 1. The true peak is scipy's polyphase interpolation. It takes a song in blocks, as long as
may be.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyloudnorm import Meter
from scipy.signal import firwin, sosfilt, upfirdn

from farm.audio.blocks import Block

Powers = NDArray[np.float64]

POINTS_A_SAMPLE = 8
"""A crest of a sine between the points is missed by 0.17 dB at worst, close to Nyquist (BS.1770-5, Annex 2)."""

_REACH_FRAMES = 16
"""Samples to either side that a point is made from."""

_HISTORY_FRAMES = 2 * _REACH_FRAMES
"""Samples before a piece that its first points need."""

_PIECE_FRAMES = 1024
_HOPS_A_SECOND, _HOPS_A_BLOCK = 10, 4
"""Gating blocks of 400 ms, a new one each 100 ms."""

_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU, _OFFSET_LU = -70.0, -10.0, -0.691


@dataclass(frozen=True, slots=True)
class Reading:
    """What the second meter reads. Silence, or less than 400 ms, has no loudness; silence has no peak.

    `block_powers` are the weighted mean squares of all gating blocks, to pool with those of other songs.
    """

    integrated_lufs: float | None
    true_peak_dbtp: float | None
    block_powers: Powers


class SecondMeter:
    """Takes float32 blocks `(frames, channels)`, mono or stereo, then says what it read."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self._hop_frames = rate_hz // _HOPS_A_SECOND
        self._sections = _k_weighting(rate_hz)
        self._state = np.zeros((len(self._sections), channels, 2))
        self._squares = np.zeros(0)
        self._hops: list[Powers] = []
        self._late = np.zeros((channels, _HISTORY_FRAMES), np.float32)
        self._peak = np.float32(0.0)

    def push(self, block: Block) -> None:
        channels = np.ascontiguousarray(block.T)
        self._weigh(channels)
        self._find_peak(channels)

    def finish(self) -> Reading:
        """Return the reading; an incomplete last gating block does not count (BS.1770-5)."""
        self._find_peak(np.zeros((len(self._late), _HISTORY_FRAMES + _PIECE_FRAMES), np.float32))
        hops = np.concatenate([np.zeros(0), *self._hops]) / self._hop_frames
        blocks = np.zeros(0)
        if len(hops) >= _HOPS_A_BLOCK:
            blocks = np.lib.stride_tricks.sliding_window_view(hops, _HOPS_A_BLOCK).mean(axis=1)
        peak = float(self._peak)
        return Reading(gated_lufs(blocks), 20.0 * math.log10(peak) if peak > 0.0 else None, blocks)

    def _weigh(self, channels: NDArray[np.float32]) -> None:
        weighted, self._state = sosfilt(self._sections, channels.astype(np.float64), axis=1, zi=self._state)
        squares = np.concatenate([self._squares, np.square(weighted).sum(axis=0)])
        count = len(squares) // self._hop_frames
        whole = count * self._hop_frames
        self._hops.append(squares[:whole].reshape(count, self._hop_frames).sum(axis=1))
        self._squares = squares[whole:]

    def _find_peak(self, channels: NDArray[np.float32]) -> None:
        """Each piece is interpolated with the samples before it; a piece too soft to hold the peak is passed over.

        All pieces of a block go in one call: a thread that came back after each would wait for the others each time.
        """
        taps, most_gain = _interpolator()
        known = np.concatenate([self._late, channels], axis=1)
        count = (known.shape[1] - _HISTORY_FRAMES) // _PIECE_FRAMES
        self._late = known[:, count * _PIECE_FRAMES :]
        self._peak = max(self._peak, np.max(np.abs(channels), initial=np.float32(0.0)))
        if not count:
            return
        windows = np.lib.stride_tricks.sliding_window_view(known, _HISTORY_FRAMES + _PIECE_FRAMES, axis=1)
        pieces = windows[:, ::_PIECE_FRAMES].reshape(-1, windows.shape[2])
        loud = pieces[np.max(np.abs(pieces), axis=1) * most_gain > self._peak]
        if len(loud):
            points = upfirdn(taps, loud, POINTS_A_SAMPLE, axis=1)
            inside = points[:, _HISTORY_FRAMES * POINTS_A_SAMPLE : loud.shape[1] * POINTS_A_SAMPLE]
            self._peak = max(self._peak, inside.max(), -inside.min())


def gated_lufs(block_powers: Powers) -> float | None:
    """Return the loudness of gating blocks, of one song or of several pooled; None if all are silent."""
    loud = block_powers[block_powers > 10.0 ** ((_ABSOLUTE_GATE_LUFS - _OFFSET_LU) / 10.0)]
    if not len(loud):
        return None
    loud = loud[loud > np.mean(loud) * 10.0 ** (_RELATIVE_GATE_LU / 10.0)]
    return float(_OFFSET_LU + 10.0 * np.log10(np.mean(loud)))


def _k_weighting(rate_hz: int) -> NDArray[np.float64]:
    stages = Meter(rate_hz, filter_class="DeMan")._filters.values()
    return np.array([np.concatenate([stage.b, stage.a]) for stage in stages])


@cache
def _interpolator() -> tuple[NDArray[np.float32], float]:
    """Return a Kaiser-windowed low-pass, flat to 0.44 of the rate, and the most that it can raise a sample by."""
    taps = firwin(2 * _REACH_FRAMES * POINTS_A_SAMPLE + 1, 1.0 / POINTS_A_SAMPLE, window=("kaiser", 6.0))
    taps = (taps * POINTS_A_SAMPLE).astype(np.float32)
    sums = [np.abs(taps[phase::POINTS_A_SAMPLE]).sum() for phase in range(POINTS_A_SAMPLE)]
    return taps, float(max(sums))
