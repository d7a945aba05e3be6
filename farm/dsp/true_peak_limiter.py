"""The true-peak limiter as a stream that finds its own peaks, with the soft clipper in front."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.dsp.limiter import Limiter
from farm.dsp.limiter_character import TRANSPARENT, LimiterSettings
from farm.dsp.soft_clip import SoftClip
from farm.measure.true_peak import PeakEnvelope


class LanePeaks:
    """The highest point between each frame and the next, `(frames, lanes)`: one lane of all channels, or one each."""

    def __init__(self, rate_hz: int, lanes: int, floor: float = 0.0) -> None:
        self._envelopes = [PeakEnvelope(rate_hz, 2 // lanes, floor) for _ in range(lanes)]
        self.latency_frames = self._envelopes[0].latency_frames
        self._room = np.empty((0, lanes), np.float32)

    def follow(self, block: Block) -> NDArray[np.float32]:
        """Return the peaks of the frames that came `latency_frames` before the block; valid until the next call."""
        lanes = len(self._envelopes)
        if len(self._room) < len(block):
            self._room = np.empty((len(block), lanes), np.float32)
        peaks = self._room[: len(block)]
        if lanes == 1:
            self._envelopes[0].follow(block, peaks.reshape(-1))
        else:
            lane_peaks = np.empty(len(block), np.float32)
            for lane, envelope in enumerate(self._envelopes):
                envelope.follow(np.ascontiguousarray(block[:, lane : lane + 1]), lane_peaks)
                peaks[:, lane] = lane_peaks
        return peaks


class TruePeakLimiter:
    """Applies a gain, clips softly if asked, and holds the result at `limit`, linear; `latency_frames` late."""

    def __init__(
        self,
        rate_hz: int,
        *,
        gain: float,
        limit: float,
        settings: LimiterSettings = TRANSPARENT,
        floor: float = 0.0,
    ) -> None:
        """Below `floor`, linear, before the gain, peaks need not be known: at most `limit / gain`."""
        knee, depth_db = limit / gain, settings.soft_clip_db
        self.clip = SoftClip(knee=knee, depth_db=depth_db) if depth_db > 0.0 else None
        self._peaks = LanePeaks(rate_hz, 1 if settings.link == 1.0 else 2, floor)
        late = self._peaks.latency_frames
        self.limiter = Limiter(rate_hz, gain=gain, limit=limit, settings=settings, peaks_late_frames=late)
        self.latency_frames = self.limiter.latency_frames + (self.clip.latency_frames if self.clip else 0)

    def process(self, block: Block) -> None:
        """Limit a `(frames, 2)` block in place."""
        for start in range(0, len(block), BLOCK_FRAMES):
            piece = block[start : start + BLOCK_FRAMES]
            if self.clip:
                self.clip.process(piece)
            self.limiter.process(piece, self._peaks.follow(piece))
