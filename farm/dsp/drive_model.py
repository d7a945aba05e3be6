"""An estimate of what a limiter leaves of the loudness, from the energy and the peak of each 10 ms: without samples."""

import math

import numpy as np
from numpy.typing import NDArray

from farm.audio.kernel import kernel
from farm.dsp.limiter import RELEASE_MS
from farm.measure.loudness import STEPS_PER_SECOND, StepPowers
from farm.units import db_to_linear

_WIDEST_DB = 120.0
_HALVINGS = 20
"""Of the widest range: 0.0001 dB."""


@kernel("void(float64[::1], float64, float64, float64[::1])")
def _model_gains(peaks: NDArray[np.float64], gain: float, keep: float, gains: NDArray[np.float64]) -> None:
    """Write a gain a step: peaks are held at 1, and lie in the middle of their step on average.

    The half before the peak is not let through unlimited: it could hardly be as loud as that.
    """
    half = math.sqrt(keep)
    released = 1.0
    for step in range(peaks.size):
        recovered = 1.0 - (1.0 - released) * half
        held = min(1.0, 1.0 / (gain * peaks[step]))
        released = min(held, 1.0 - (1.0 - released) * keep)
        gains[step] = min(recovered, (recovered + held) / 2.0, 2.0 * held)


class DriveModel:
    """The loudness of a song that is driven against 0 dB by a gain: estimated, and mended by what passes measured."""

    def __init__(self, powers: StepPowers, step_peaks: NDArray[np.float64]) -> None:
        self._powers, self._peaks = powers, step_peaks
        self._gains = np.empty(len(step_peaks))
        self._keep = math.exp(-1000.0 / (RELEASE_MS * STEPS_PER_SECOND))
        self._learned: list[tuple[float, float]] = []

    def learn(self, drive_db: float, loudness_lufs: float) -> None:
        """Take what a pass with that drive measured, with the limit at 0 dB: estimates near it follow it."""
        self._learned.append((drive_db, loudness_lufs - self._model_lufs(drive_db)))

    def estimate_lufs(self, drive_db: float) -> float:
        """Return the loudness with the peaks held at 0 dB after a gain of `drive_db`."""
        return self._model_lufs(drive_db) + self._error_lu(drive_db)

    def _model_lufs(self, drive_db: float) -> float:
        gain = db_to_linear(drive_db)
        _model_gains(self._peaks, gain, self._keep, self._gains)
        loudness = self._powers.scaled(gain * self._gains).integrated_lufs()
        return -math.inf if loudness is None else loudness

    def _error_lu(self, drive_db: float) -> float:
        """Return the model's error as a straight line through the two nearest drives that were measured."""
        nearest = sorted(self._learned, key=lambda point: abs(point[0] - drive_db))[:2]
        if not nearest:
            return 0.0
        (near_db, near_lu), (far_db, far_lu) = nearest[0], nearest[-1]
        if near_db == far_db:
            return near_lu
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
