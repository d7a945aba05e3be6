"""The second opinion is right: by the EBU's own cases, by pyloudnorm on whole songs, by 32 points a sample."""

from collections.abc import Sequence

import numpy as np
import pyloudnorm
import pytest
from scipy.signal import firwin, resample_poly

from farm.audio.blocks import Block
from farm.deliver.second_meter import Reading, SecondMeter, gated_lufs

RATE_HZ = 48000


def read(audio: Block, rate_hz: int = RATE_HZ, block: int = 65536) -> Reading:
    meter = SecondMeter(rate_hz, audio.shape[1])
    for start in range(0, len(audio), block):
        meter.push(audio[start : start + block])
    return meter.finish()


def tones(steps: Sequence[tuple[float, float]], rate_hz: int) -> Block:
    """Return 1 kHz in both channels, for so many seconds at so many dBFS each."""
    level = np.concatenate([np.full(round(seconds * rate_hz), 10 ** (db / 20)) for seconds, db in steps])
    wave = level * np.sin(2 * np.pi * 1000 / rate_hz * np.arange(len(level)))
    return np.stack([wave, wave], axis=1).astype(np.float32)


EBU_3341 = {
    1: ([(20, -23)], -23.0),
    2: ([(20, -33)], -33.0),
    3: ([(5, -36), (30, -23), (5, -36)], -23.0),
    4: ([(5, -72), (5, -36), (30, -23), (5, -36), (5, -72)], -23.0),
    5: ([(20, -26), (20.1, -20), (20, -26)], -23.0),
}
"""Seconds and dBFS, and what they read; 3 and 4 at half their lengths, which leaves the loudness as it is."""


@pytest.mark.parametrize("case", EBU_3341)
def test_loudness_is_that_of_ebu_tech_3341(case: int) -> None:
    steps, expected_lufs = EBU_3341[case]
    assert read(tones(steps, RATE_HZ)).integrated_lufs == pytest.approx(expected_lufs, abs=0.1)


PEAKS = {15: (4, 0.50, 0.0, -6.0), 16: (4, 0.50, 45.0, -6.0), 17: (6, 0.50, 60.0, -6.0), 18: (8, 0.50, 67.5, -6.0)}


@pytest.mark.parametrize(("part", "level", "degrees", "expected_dbtp"), [*PEAKS.values(), (4, 1.41, 45.0, 3.0)])
def test_peaks_between_samples_are_those_of_ebu_tech_3341(
    part: int, level: float, degrees: float, expected_dbtp: float
) -> None:
    """Tech 3341 allows +0.2 and -0.4 dB."""
    frames = RATE_HZ
    fade = np.minimum(1.0, np.minimum(np.arange(frames), np.arange(frames)[::-1]) / (0.01 * RATE_HZ))
    wave = level * fade * np.sin(2 * np.pi / part * np.arange(frames) + np.radians(degrees))
    peak = read(np.stack([wave, 0.5 * wave], axis=1).astype(np.float32)).true_peak_dbtp
    assert peak is not None
    assert expected_dbtp - 0.4 <= peak <= expected_dbtp + 0.2


def music(seconds: float, rate_hz: int = RATE_HZ) -> Block:
    rng = np.random.default_rng(3)
    noise = rng.normal(0.0, 0.1, (round(seconds * rate_hz), 2))
    swell = 0.6 + 0.4 * np.sin(np.arange(len(noise)) / rate_hz)
    low = np.cumsum(noise, axis=0)
    low -= np.linspace(low[0], low[-1], len(low))
    return (swell[:, None] * (noise + 0.05 * low / np.std(low))).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [44100, 96000])
def test_music_measures_what_pyloudnorm_says_of_the_whole_of_it(rate_hz: int) -> None:
    audio = music(8.0, rate_hz)
    expected = pyloudnorm.Meter(rate_hz, filter_class="DeMan").integrated_loudness(audio.astype(np.float64))
    assert read(audio, rate_hz).integrated_lufs == pytest.approx(expected, abs=0.01)


@pytest.mark.slow
def test_the_peak_is_that_of_a_finer_interpolation_of_the_whole() -> None:
    audio = resample_poly(music(2.0), 4, 3).astype(np.float32)
    taps = firwin(2 * 96 * 32 + 1, 1 / 32, window=("kaiser", 9.0))
    finest = np.max(np.abs(resample_poly(audio.astype(np.float64), 32, 1, window=taps)))
    assert read(audio).true_peak_dbtp == pytest.approx(20 * np.log10(finest), abs=0.05)


@pytest.mark.parametrize("block", [1000, 8191, 8192, 65536])
def test_blocks_change_nothing(block: int) -> None:
    audio = music(1.3)
    whole, parts = read(audio, block=len(audio)), read(audio, block=block)
    assert parts.integrated_lufs == pytest.approx(whole.integrated_lufs, abs=1e-9)
    assert parts.true_peak_dbtp == pytest.approx(whole.true_peak_dbtp, abs=1e-4)


def test_the_last_sample_rings_on_into_the_peak() -> None:
    """A step that ends the file overshoots behind it."""
    audio = np.full((1000, 2), 0.5, np.float32)
    peak = read(audio).true_peak_dbtp
    assert peak is not None
    assert peak > 20 * np.log10(0.5) + 0.5


def test_silence_and_less_than_a_gating_block_have_no_loudness() -> None:
    silent, short = read(np.zeros((RATE_HZ, 2), np.float32)), read(music(0.3))
    assert (silent.integrated_lufs, silent.true_peak_dbtp) == (None, None)
    assert short.integrated_lufs is None
    assert short.true_peak_dbtp is not None


def test_an_album_is_as_loud_as_its_songs_pooled() -> None:
    """Two songs of one length, each steady: the mean of their powers, unless one is more than 10 LU softer."""
    near = [read(tones([(4, db)], RATE_HZ)).block_powers for db in (-20, -26)]
    assert gated_lufs(np.concatenate(near)) == pytest.approx(10 * np.log10((10**-2.0 + 10**-2.6) / 2), abs=0.05)
    far = [read(tones([(4, db)], RATE_HZ)).block_powers for db in (-20, -40)]
    assert gated_lufs(np.concatenate(far)) == pytest.approx(-20.0, abs=0.05)
