"""The highest sample of the last milliseconds: a level that a tone does not ripple."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import Block
from farm.audio.kernel import kernel


class HeldPeaks:
    """The peak of both channels, held for some frames after its own; silence before the first frame."""

    def __init__(self, hold_frames: int) -> None:
        self._window = np.zeros(hold_frames + 1, dtype=np.float32)
        self._highest_behind = np.zeros(hold_frames + 2, dtype=np.float32)
        self._highest_ahead = 0.0
        self._place = 0

    def hold(self, hold_frames: int) -> None:
        """Hold each peak for that many frames from now on. What has been let go of already is not held anew."""
        size = hold_frames + 1
        if size == len(self._window):
            return
        past = np.concatenate([np.zeros(size, np.float32), self._window[self._place :], self._window[: self._place]])
        self._window = past[-size:].copy()
        self._highest_behind = np.zeros(size + 1, dtype=np.float32)
        self._highest_behind[:-1] = np.maximum.accumulate(self._window[::-1])[::-1]
        self._highest_ahead, self._place = 0.0, 0

    def measure(self, sound: Block, held: NDArray[np.float32]) -> None:
        """Write into `held` for each frame of `sound`, `(frames, 2)`, the highest peak of it and those held."""
        self._place, self._highest_ahead = _hold_peaks(
            sound, held, self._window, self._highest_behind, self._place, self._highest_ahead
        )


@kernel("Tuple((int64, float32))(float32[:,::1], float32[::1], float32[::1], float32[::1], int64, float32)")
def _hold_peaks(
    sound: Block,
    held: NDArray[np.float32],
    window: NDArray[np.float32],
    highest_behind: NDArray[np.float32],
    place: int,
    highest_ahead: float,
) -> tuple[int, float]:
    """The moving maximum is that of a queue of two stacks: `window` fills up with peaks while `highest_behind`, the
    maxima from each place of the full window before it to its end, is used up. One loop, no search, per frame.
    """
    nothing: Any = np.float32(0.0)
    for index in range(sound.shape[0]):
        left, right = abs(sound[index, 0]), abs(sound[index, 1])
        held[index] = left if left > right else right
    for index in range(sound.shape[0]):
        peak = held[index]
        window[place] = peak
        place += 1
        highest_ahead = peak if peak > highest_ahead else highest_ahead
        behind = highest_behind[place]
        held[index] = highest_ahead if highest_ahead > behind else behind
        if place == window.size:
            for later in range(place - 1, -1, -1):
                later_highest = highest_behind[later + 1]
                highest_behind[later] = window[later] if window[later] > later_highest else later_highest
            place, highest_ahead = 0, nothing
    return place, highest_ahead
