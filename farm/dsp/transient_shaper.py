"""The transient shaper: more or less attack, more or less sustain, whatever the level.

The law, of the differential envelopes that the first of its kind (SPL, 1998) is built on. Let h be the peak of both
channels in the last HOLD_MS. Three followers of h, with one time constant on the way up and one on the way down:

    fast   up   1 ms, down  20 ms
    late   up  30 ms, down  20 ms     lags behind when a sound begins
    long   up   1 ms, down 400 ms     stays behind when a sound dies away

    attack share  = min(1, 20 log10(fast / late) / 12)
    sustain share = min(1, 20 log10(long / fast) / 12)
    gain in dB    = attack_db * attack share + sustain_db * sustain share, from -15 to 15

All is ratios, so that a change of level changes no gain, and a steady sound has a gain of 0 dB.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel
from farm.dsp.gain_reduction import RAMP_FRAMES, apply_gains, find_levels, keep_per_frame
from farm.dsp.held_peaks import HeldPeaks

HOLD_MS = 12.5
"""Half a period of 40 Hz: lower tones make the envelope ripple, higher ones do not."""

FAST_UP_MS, FAST_DOWN_MS = 1.0, 20.0
LATE_UP_MS, LONG_DOWN_MS = 30.0, 400.0

FULL_SHARE_DB = 12.0
"""The difference of two envelopes at which the whole of `attack_db` or `sustain_db` is applied."""

LIMIT_DB = 15.0

_FLOOR = 1e-9
"""Envelopes stay above -180 dBFS: silence has a ratio of 1."""


class TransientShaper:
    """Params: `attack_db` and `sustain_db`, -15 to 15 each; with 0 and 0 no bit changes. Both channels get one gain."""

    latency_frames = 0
    tail_frames = 0

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        times_ms = (FAST_UP_MS, FAST_DOWN_MS, LATE_UP_MS, LONG_DOWN_MS)
        self._keeps = np.array([keep_per_frame(time_ms, rate_hz) for time_ms in times_ms])
        self._peaks = HeldPeaks(round(HOLD_MS * rate_hz / 1000.0))
        self._envelopes = np.full(3, _FLOOR)
        self._amounts_db = np.tile([float(params["attack_db"]), float(params["sustain_db"])], 2)
        self._ramp_left = 0
        self._scratch = np.empty((3, BLOCK_FRAMES), dtype=np.float32)

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Take both amounts anew; they get there evenly in dB."""
        amounts_db = np.array([float(params["attack_db"]), float(params["sustain_db"])])
        past_db = self._amounts_db[:2] + (self._amounts_db[2:] - self._amounts_db[:2]) * self._ramp_left / RAMP_FRAMES
        self._amounts_db[:2], self._amounts_db[2:] = amounts_db, past_db
        self._ramp_left = RAMP_FRAMES

    def process(self, block: Block) -> None:
        """Shape a `(frames, 2)` block in place."""
        frames = len(block)
        if self._scratch.shape[1] < frames:
            self._scratch = np.empty((3, frames), dtype=np.float32)
        fast, late, long = (row[:frames] for row in self._scratch)
        self._peaks.measure(block, fast)
        _follow(fast, late, long, self._keeps, self._envelopes)
        for envelope in (fast, late, long):
            find_levels(envelope, frames, envelope.view(np.int32))
        self._ramp_left = _find_gains(fast, late, long, self._amounts_db, self._ramp_left)
        apply_gains(block, fast)


@kernel("void(float32[::1], float32[::1], float32[::1], float64[::1], float64[::1])")
def _follow(
    fast: NDArray[np.float32],
    late: NDArray[np.float32],
    long: NDArray[np.float32],
    keeps: NDArray[np.float64],
    envelopes: NDArray[np.float64],
) -> None:
    """Replace the held peaks, in `fast`, by their three envelopes."""
    fast_up, fast_down, late_up, long_down = keeps[0], keeps[1], keeps[2], keeps[3]
    fast_now, late_now, long_now = envelopes[0], envelopes[1], envelopes[2]
    for index in range(fast.size):
        peak = max(np.float64(fast[index]), _FLOOR)
        # Of the way up and the way down the greater is right if up is the faster, else the smaller.
        fast_now = max(fast_up * (fast_now - peak), fast_down * (fast_now - peak)) + peak
        late_now = min(late_up * (late_now - peak), fast_down * (late_now - peak)) + peak
        long_now = max(fast_up * (long_now - peak), long_down * (long_now - peak)) + peak
        fast[index], late[index], long[index] = fast_now, late_now, long_now
    envelopes[0], envelopes[1], envelopes[2] = fast_now, late_now, long_now


@kernel("int64(float32[::1], float32[::1], float32[::1], float64[::1], int64)")
def _find_gains(
    fast: NDArray[np.float32],
    late: NDArray[np.float32],
    long: NDArray[np.float32],
    amounts_db: NDArray[np.float64],
    ramp_left: int,
) -> int:
    """Replace levels in dB, in `fast`, by the gain in dB; return the frames of the amounts' ramp that are left."""
    for index in range(fast.size):
        past = np.float64(ramp_left - 1) / RAMP_FRAMES if ramp_left > 0 else 0.0
        ramp_left = ramp_left - 1 if ramp_left > 0 else 0
        attack_db = amounts_db[0] + (amounts_db[2] - amounts_db[0]) * past
        sustain_db = amounts_db[1] + (amounts_db[3] - amounts_db[1]) * past
        attack_share = min(1.0, max(0.0, (np.float64(fast[index]) - late[index]) / FULL_SHARE_DB))
        sustain_share = min(1.0, max(0.0, (np.float64(long[index]) - fast[index]) / FULL_SHARE_DB))
        fast[index] = min(LIMIT_DB, max(-LIMIT_DB, attack_db * attack_share + sustain_db * sustain_share))
    return ramp_left
