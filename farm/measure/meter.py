"""All measurements of one piece of audio, in one pass over its blocks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.finite import find_not_finite
from farm.audio.speakers import Speakers
from farm.errors import AudioError
from farm.measure.edges import Edges
from farm.measure.exact_bits import ExactBits
from farm.measure.gating import ABSOLUTE_GATE_LUFS
from farm.measure.loudness import Loudness
from farm.measure.peaks import CELLS_PER_SECOND, Peaks
from farm.measure.spectrum import Ltas, Spectrum
from farm.measure.step_powers import StepPowers
from farm.records import Measurement


@dataclass(frozen=True, slots=True)
class Series:
    """Loudness and sample peak over time, a value each 100 ms, minus infinity for silence.

    The value i of `momentary_lufs` is of the 400 ms from i x 100 ms on, that of `short_term_lufs` of the 3 s and that
    of `sample_peak_dbfs` of the 100 ms from there.
    """

    step_seconds: float
    momentary_lufs: NDArray[np.float64]
    short_term_lufs: NDArray[np.float64]
    sample_peak_dbfs: NDArray[np.float64]


class Meter:
    """Measures a stream of `(frames, channels)` float32 blocks; what it reads does not depend on how it is cut.

    `speakers` says what more than two channels are for; without it they are in the order of WAVE files. Raises
    AudioError (`audio-channels`) for more channels than BS.1770 has weights for, which is 8, and (`audio-layout`) for
    a speaker that it has none for.
    """

    def __init__(self, rate_hz: int, channels: int = 2, *, ltas: bool = True, speakers: Speakers = ()) -> None:
        self._rate_hz, self._frames = rate_hz, 0
        self._loudness = Loudness(rate_hz, channels, speakers)
        self._peaks = Peaks(rate_hz, channels)
        self._edges = Edges(rate_hz, channels)
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
        powers, moments = self._loudness.finish(), self._loudness.moments()
        spectrum = self._ltas.finish() if self._ltas else Spectrum()
        integrated_lufs, true_peak_dbtp = powers.integrated_lufs(), self._peaks.finish()
        head_silence, tail_silence = self._edges.silence_seconds()
        head_click, tail_click = self._edges.clicks_dbfs()
        return Measurement(
            duration_seconds=self._frames / self._rate_hz,
            integrated_lufs=integrated_lufs,
            loudness_range_lu=powers.loudness_range_lu(),
            max_momentary_lufs=powers.max_momentary_lufs(),
            max_short_term_lufs=powers.max_short_term_lufs(),
            true_peak_dbtp=true_peak_dbtp,
            sample_peak_dbfs=self._peaks.sample_peak_dbfs(),
            block_clufs=powers.block_clufs(),
            ltas_db=spectrum.ltas_db,
            ltas_mid_db=spectrum.ltas_mid_db,
            ltas_side_db=spectrum.ltas_side_db,
            low_correlation=spectrum.low_correlation,
            exact_bits=self._exact_bits.bits if self._frames else None,
            plr_lu=_difference(true_peak_dbtp, integrated_lufs),
            min_psr_lu=_find_min_psr_lu(self._peaks, powers),
            dc_offset=moments.dc_offsets(),
            correlation=moments.correlation(),
            side_to_mid_db=moments.side_to_mid_db(),
            head_silence_seconds=head_silence,
            tail_silence_seconds=tail_silence,
            head_click_dbfs=head_click,
            tail_click_dbfs=tail_click,
        )

    def series(self) -> Series:
        """Return loudness and peaks over time: 14 kB a minute, whatever the rate."""
        powers = self._loudness.finish()
        with np.errstate(divide="ignore"):
            peaks_dbfs = 20.0 * np.log10(self._peaks.sample_peaks().astype(np.float64))
        return Series(1.0 / CELLS_PER_SECOND, powers.momentary_lufs(), powers.short_term_lufs(), peaks_dbfs)

    def _push_piece(self, block: Block) -> None:
        bad = find_not_finite(block)
        if bad is not None:
            raise AudioError(
                f"the audio holds a sample that is not a number, at {(self._frames + bad) / self._rate_hz:.3f} s",
                code="audio-not-finite",
                hint="find the effect that made it, and export again",
            )
        self._loudness.push(block)
        self._peaks.push(block)
        self._edges.push(block)
        self._exact_bits.push(block)
        if self._ltas:
            self._ltas.push(block)
        self._frames += len(block)


def _difference(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else first - second


def _find_min_psr_lu(peaks: Peaks, powers: StepPowers) -> float | None:
    """Return the lowest of true peak minus short-term loudness, over every 3 s above -70 LUFS, each 100 ms.

    Peak to short-term loudness ratio: Shepherd, Grimm, Tapper, Kahsnitz and Kerr, AES 143 (2017), e-Brief 373.
    """
    window_peaks, short_term_lufs = peaks.window_peaks(), powers.short_term_lufs()
    windows = min(len(window_peaks), len(short_term_lufs))
    window_peaks, short_term_lufs = window_peaks[:windows], short_term_lufs[:windows]
    heard = (short_term_lufs > ABSOLUTE_GATE_LUFS) & (window_peaks > 0.0)
    if not heard.any():
        return None
    return float((20.0 * np.log10(window_peaks[heard].astype(np.float64)) - short_term_lufs[heard]).min())
