"""All measurements of one piece of audio, in one pass over its blocks."""

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.finite import find_not_finite
from farm.errors import AudioError
from farm.measure.exact_bits import ExactBits
from farm.measure.k_weighting import CHANNEL_WEIGHTS
from farm.measure.loudness import Loudness
from farm.measure.spectrum import Ltas
from farm.measure.true_peak import TruePeak
from farm.records import Measurement


class Meter:
    """Measures a stream of `(frames, channels)` float32 blocks; what it reads does not depend on how it is cut.

    Raises AudioError (`audio-channels`) for more channels than BS.1770 has weights for, which is 8.
    """

    def __init__(self, rate_hz: int, channels: int = 2, *, ltas: bool = True) -> None:
        if channels not in CHANNEL_WEIGHTS:
            raise AudioError(
                f"{channels} channels cannot be measured",
                code="audio-channels",
                hint=f"loudness is defined for 1 to {max(CHANNEL_WEIGHTS)} channels",
            )
        self._rate_hz, self._frames = rate_hz, 0
        self._loudness = Loudness(rate_hz, channels)
        self._true_peak = TruePeak(rate_hz, channels)
        self._exact_bits = ExactBits()
        self._ltas = Ltas(rate_hz, channels) if ltas else None

    def push(self, block: Block) -> None:
        """Take a `(frames, channels)` C-contiguous block of any number of frames.

        Raises AudioError (`audio-not-finite`) for NaN and infinity.
        """
        for start in range(0, len(block), BLOCK_FRAMES):
            self._push_piece(block[start : start + BLOCK_FRAMES])

    def finish(self) -> Measurement:
        """Return what was measured; what silence or too short a piece does not have is None."""
        powers = self._loudness.finish()
        return Measurement(
            duration_seconds=self._frames / self._rate_hz,
            integrated_lufs=powers.integrated_lufs(),
            loudness_range_lu=powers.loudness_range_lu(),
            max_momentary_lufs=powers.max_momentary_lufs(),
            max_short_term_lufs=powers.max_short_term_lufs(),
            true_peak_dbtp=self._true_peak.finish(),
            sample_peak_dbfs=self._true_peak.sample_peak_dbfs(),
            block_clufs=powers.block_clufs(),
            ltas_db=self._ltas.finish() if self._ltas else (),
            exact_bits=self._exact_bits.bits if self._frames else None,
        )

    def _push_piece(self, block: Block) -> None:
        bad = find_not_finite(block)
        if bad is not None:
            raise AudioError(
                f"the audio holds a sample that is not a number, at {(self._frames + bad) / self._rate_hz:.3f} s",
                code="audio-not-finite",
                hint="find the effect that made it, and export again",
            )
        self._loudness.push(block)
        self._true_peak.push(block)
        self._exact_bits.push(block)
        if self._ltas:
            self._ltas.push(block)
        self._frames += len(block)
