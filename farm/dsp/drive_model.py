"""An estimate of what a limiter leaves of the loudness, from the energy and the peak of each 10 ms: without samples."""

import math

import numpy as np
from numpy.typing import NDArray

from farm.audio.kernel import kernel
from farm.dsp.limiter_character import LimiterSettings
from farm.dsp.soft_clip import clip_peaks
from farm.measure.step_powers import STEPS_PER_SECOND, StepPowers
from farm.units import db_to_linear

_WIDEST_DB = 120.0
_BETWEEN_DB = 0.1
"""By which peaks between the samples typically exceed those of the samples."""

_DURING = 0.6
"""The share of a step that lies under its own peak's reduction; before it, that of the step before returns. Fitted."""

_LEAST_LOSS_LU = 0.2
_MOST_GROWTH = 2.0
"""What the model misses grows with what limiting takes away: that far, where one pass was measured and no more."""

_HALVINGS = 20
"""Of the widest range: 0.0001 dB."""


@kernel("void(float64[::1], int64, float64[::1], float64[::1])")
def _model_gains(peaks: NDArray[np.float64], hold: int, keep: NDArray[np.float64], gains: NDArray[np.float64]) -> None:
    """Write a gain a step: peaks are held at 1, and lie about in the middle of their step.

    The half before the peak is not let through unlimited: it could hardly be as loud as that.
    """
    release, settle, recover = keep[0], keep[1], keep[2]
    half = math.sqrt(release)
    quick, slow = 0.0, 0.0
    for step in range(peaks.size):
        held = 0.0
        for back in range(min(hold, step) + 1):
            held = max(held, 1.0 - 1.0 / max(1.0, peaks[step - back]))
        recovered = max(quick * half, slow)
        quick = max(held, quick * release)
        slow = quick + (slow - quick) * (settle if quick > slow else recover)
        present = max(held, slow)
        gains[step] = 1.0 - max(recovered, recovered + _DURING * (present - recovered), 2.0 * present - 1.0)


class DriveModel:
    """The loudness of a song that is driven against 0 dB by a gain: estimated, and mended by what passes measured."""

    def __init__(
        self,
        powers: StepPowers,
        step_peaks: NDArray[np.float64],
        settings: LimiterSettings,
        measure: str = "integrated",
    ) -> None:
        """`step_peaks` are linear, at least one for each step of the powers; `measure` is integrated or short-term."""
        self._powers, self._peaks, self._measure = powers, step_peaks[: powers.steps], measure
        self._gains = np.empty(powers.steps)
        times = settings.resolve()
        step_ms = 1000.0 / STEPS_PER_SECOND
        self._hold = round(times.hold_ms / step_ms)
        self._keep = np.exp(-step_ms / np.array([times.release_ms, times.settle_ms, times.recover_ms]))
        self._soft_clip_db = settings.soft_clip_db
        own_lufs = powers.loudness_lufs(measure)
        self._own_lufs = -math.inf if own_lufs is None else own_lufs
        self._learned: list[tuple[float, float]] = []

    def learn(self, drive_db: float, loudness_lufs: float) -> None:
        """Take what a pass with that drive measured, with the limit at 0 dB: estimates near it follow it."""
        self._learned.append((drive_db, loudness_lufs - self._model_lufs(drive_db)))

    def estimate_lufs(self, drive_db: float) -> float:
        """Return the loudness with the peaks held at 0 dB after a gain of `drive_db`."""
        return self._model_lufs(drive_db) + self._error_lu(drive_db)

    def _model_lufs(self, drive_db: float) -> float:
        gain = db_to_linear(drive_db)
        peaks = clip_peaks(gain * db_to_linear(_BETWEEN_DB) * self._peaks, knee=1.0, depth_db=self._soft_clip_db)
        _model_gains(peaks, self._hold, self._keep, self._gains)
        loudness = self._powers.scaled(gain * self._gains).loudness_lufs(self._measure)
        return -math.inf if loudness is None else loudness

    def _loss_lu(self, drive_db: float) -> float:
        """Return how much loudness limiting takes away by the model, or a little."""
        return max(_LEAST_LOSS_LU, self._own_lufs + drive_db - self._model_lufs(drive_db))

    def _error_lu(self, drive_db: float) -> float:
        """Return the model's error as a straight line through the two nearest drives that were measured."""
        nearest = sorted(self._learned, key=lambda point: abs(point[0] - drive_db))[:2]
        if not nearest:
            return 0.0
        (near_db, near_lu), (far_db, far_lu) = nearest[0], nearest[-1]
        if near_db == far_db:
            growth = self._loss_lu(drive_db) / self._loss_lu(near_db)
            return near_lu * min(_MOST_GROWTH, max(1.0 / _MOST_GROWTH, growth))
        share = min(1.0, max(-1.0, (drive_db - near_db) / (far_db - near_db)))
        return near_lu + share * (far_lu - near_lu)

    def find_drive_db(self, goal_lufs: float, most_db: float) -> float:
        """Return the least drive that reaches the goal, or `most_db` if none does."""
        if self.estimate_lufs(most_db) < goal_lufs:
            return most_db
        low_db, high_db = most_db - _WIDEST_DB, most_db
        for _ in range(_HALVINGS):
            middle_db = (low_db + high_db) / 2.0
            if self.estimate_lufs(middle_db) < goal_lufs:
                low_db = middle_db
            else:
                high_db = middle_db
        return high_db
