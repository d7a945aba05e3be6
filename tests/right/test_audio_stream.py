"""Resampling, stems, word length: laws of signals, with closed forms and scipy as oracles."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly

from farm.audio.blocks import Block
from farm.audio.finite import find_not_finite
from farm.audio.raw_source import read_raw_blocks
from farm.audio.resample import Resampler, resampled_frames
from farm.audio.stem import StemStream
from farm.audio.word_length import Quantiser
from farm.errors import AudioError

RATES = [(44100, 48000), (48000, 44100), (96000, 44100), (24000, 48000), (48000, 96000), (44100, 88200)]
BLOCK_SIZES = [1, 63, 64, 65, 4096, 65536]


def noise(frames: int, channels: int = 2, seed: int = 1) -> Block:
    return np.random.default_rng(seed).normal(0.0, 0.1, (frames, channels)).astype(np.float32)


def resample(audio: Block, from_hz: int, to_hz: int, size: int = 65536) -> Block:
    resampler = Resampler(from_hz, to_hz, audio.shape[1])
    pieces = [resampler.push(audio[start : start + size]) for start in range(0, len(audio), size)]
    return np.concatenate([*pieces, resampler.flush()])


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_a_resampled_sine_is_that_sine_at_the_other_rate_without_delay(from_hz: int, to_hz: int) -> None:
    for hz in (100.0, 997.0, 10000.0):
        tone = np.sin(2 * np.pi * hz * np.arange(from_hz) / from_hz).astype(np.float32)[:, None]
        got = resample(tone, from_hz, to_hz)[:, 0]
        expected = np.sin(2 * np.pi * hz * np.arange(len(got)) / to_hz)
        middle = slice(to_hz // 4, 3 * to_hz // 4)
        assert np.max(np.abs(got - expected)[middle]) < 10 ** (-74 / 20)


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_an_impulse_stays_where_scipy_puts_it(from_hz: int, to_hz: int) -> None:
    audio = np.zeros((from_hz // 2, 1), np.float32)
    audio[from_hz // 4] = 1.0
    expected = resample_poly(audio[:, 0].astype(np.float64), to_hz, from_hz, window=("kaiser", 12.0))
    got = resample(audio, from_hz, to_hz)[:, 0]
    assert np.argmax(np.abs(got)) == np.argmax(np.abs(expected)) == round(from_hz // 4 * to_hz / from_hz)


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
@pytest.mark.parametrize("frames", [0, 1, 2, 147, 1000, 44101])
def test_a_resampled_stream_has_the_exact_length(from_hz: int, to_hz: int, frames: int) -> None:
    exact = int(np.floor(frames * to_hz / from_hz + 0.5))
    assert len(resample(noise(frames), from_hz, to_hz)) == resampled_frames(frames, from_hz, to_hz) == exact


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES[:3])
def test_resampling_in_any_blocks_gives_the_same_samples(from_hz: int, to_hz: int) -> None:
    audio = noise(20011)
    whole = resample(audio, from_hz, to_hz, len(audio))
    for size in BLOCK_SIZES:
        np.testing.assert_array_equal(resample(audio, from_hz, to_hz, size), whole)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=8), st.sampled_from(RATES))
def test_resampling_in_uneven_blocks_gives_the_same_samples(sizes: list[int], rates: tuple[int, int]) -> None:
    audio = noise(sum(sizes))
    resampler = Resampler(*rates, 2)
    ends = np.cumsum(sizes)
    pieces = [resampler.push(audio[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
    whole = resample(audio, *rates, size=max(len(audio), 1))
    np.testing.assert_array_equal(np.concatenate([*pieces, resampler.flush()]), whole)


def test_what_lies_above_the_new_nyquist_frequency_is_gone() -> None:
    tone = np.sin(2 * np.pi * 25000 * np.arange(96000) / 96000).astype(np.float32)[:, None]
    middle = resample(tone, 96000, 44100)[11025:33075]
    assert 20 * np.log10(np.sqrt(np.mean(np.square(middle, dtype=np.float64)))) < -140


def read_stem(path: Path, rate_hz: int, size: int = 4096) -> Block:
    with StemStream(path, rate_hz) as stem:
        pieces = []
        while True:
            block = np.full((size, 2), np.nan, np.float32)
            count = stem.read_into(block)
            pieces.append(block[:count])
            if count < size:
                assert stem.read_into(block) == 0
                return np.concatenate(pieces)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate_hz", [44100, 48000])
def test_a_stem_is_stereo_at_the_rate_asked_for_whatever_the_blocks(
    tmp_path: Path, channels: int, rate_hz: int
) -> None:
    path = tmp_path / "a.wav"
    audio = noise(9001, channels)
    soundfile.write(path, audio, 44100, "FLOAT")
    with StemStream(path, rate_hz) as stem:
        assert stem.mono == (channels == 1)
    expected = np.repeat(audio, 2, axis=1) if channels == 1 else audio
    if rate_hz != 44100:
        expected = resample(expected, 44100, rate_hz)
    for size in BLOCK_SIZES:
        np.testing.assert_array_equal(read_stem(path, rate_hz, size), expected)


@pytest.mark.parametrize("value", [np.nan, -np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("rate_hz", [48000, 44100])
def test_a_stem_that_is_not_finite_is_refused_with_its_time(tmp_path: Path, value: float, rate_hz: int) -> None:
    path = tmp_path / "a.wav"
    audio = noise(96000)
    audio[72000, 1] = value
    soundfile.write(path, audio, 48000, "FLOAT")
    with pytest.raises(AudioError, match=r"1\.500 s") as caught:
        read_stem(path, rate_hz, 1000)
    assert caught.value.code == "audio-not-finite"


def test_the_largest_floats_are_finite() -> None:
    block = np.array([[np.finfo(np.float32).max, np.finfo(np.float32).min], [1e-45, -0.0]], np.float32)
    assert find_not_finite(block) is None
    block[1, 0] = np.inf
    assert find_not_finite(block) == 1
    assert find_not_finite(block[:0]) is None


def test_a_stem_of_more_than_two_channels_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(10, 6), 48000)
    with pytest.raises(AudioError) as caught:
        StemStream(path, 48000)
    assert caught.value.code == "audio-channels"


def test_a_raw_file_that_is_too_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(noise(100).tobytes())
    assert sum(len(block) for block in read_raw_blocks(path, frames=100)) == 100
    with pytest.raises(AudioError) as caught:
        list(read_raw_blocks(path, frames=101))
    assert caught.value.code == "audio-truncated"


def quantise(audio: Block, bits: int, dither: str, size: int = 65536, seed: int = 7) -> np.ndarray:
    quantiser = Quantiser(bits, audio.shape[1], dither, seed)
    return np.concatenate([quantiser.push(audio[at : at + size]).copy() for at in range(0, len(audio), size)])


@pytest.mark.parametrize("dither", ["tpdf", "none"])
@pytest.mark.parametrize("bits", [16, 24])
def test_word_length_is_reduced_alike_in_any_blocks(bits: int, dither: str) -> None:
    audio = noise(10007)
    whole = quantise(audio, bits, dither, len(audio))
    for size in BLOCK_SIZES[1:]:
        np.testing.assert_array_equal(quantise(audio, bits, dither, size), whole)
    np.testing.assert_array_equal(quantise(audio[:50], bits, dither, 1), whole[:50])


def test_integers_pass_unchanged_without_dither() -> None:
    every = np.arange(-(2**15), 2**15, dtype=np.int16).reshape(-1, 2)
    np.testing.assert_array_equal(quantise((every / np.float32(2**15)).astype(np.float32), 16, "none"), every)
    some = np.random.default_rng(1).integers(-(2**23), 2**23, (50000, 2), np.int32)
    some[:2] = [[2**23 - 1, -(2**23)], [0, -1]]
    np.testing.assert_array_equal(quantise((some / np.float64(2**23)).astype(np.float32), 24, "none"), some << 8)


@pytest.mark.parametrize("dither", ["tpdf", "none"])
def test_what_exceeds_full_scale_is_clipped(dither: str) -> None:
    loud = np.array([[1.0, -1.0], [3e38, -3e38], [1.5, -1.5]], np.float32)
    got = quantise(loud[1:], 16, dither)
    np.testing.assert_array_equal(got, [[32767, -32768]] * 2)
    np.testing.assert_array_equal(quantise(loud, 24, dither)[1:] >> 8, [[2**23 - 1, -(2**23)]] * 2)


def test_rounding_is_to_the_nearest() -> None:
    audio = noise(10000)
    np.testing.assert_array_equal(quantise(audio, 16, "none"), np.rint(audio.astype(np.float64) * 2**15))


def test_dither_is_triangular_unbiased_and_independent_between_channels() -> None:
    """The error of a constant between two steps: dither and rounding leave it uncorrelated with the signal, with the
    variance of a triangle of +-1 LSB plus that of rounding: 1/6 + 1/12 (Lipshitz, Wannamaker, Vanderkooy 1992)."""
    frames = 400_000
    for offset in (0.0, 0.25, 0.5):
        audio = np.full((frames, 2), offset / 2**15, np.float32)
        error = quantise(audio, 16, "tpdf").astype(np.float64) - offset
        assert abs(error.mean()) < 0.003
        assert error.var() == pytest.approx(0.25, rel=0.01)
        assert np.abs(error).max() < 1.5 + 1e-9
        assert abs(np.corrcoef(error[:, 0], error[:, 1])[0, 1]) < 0.01
        assert abs(np.corrcoef(error[1:, 0], error[:-1, 0])[0, 1]) < 0.01
    silence = quantise(np.zeros((frames, 2), np.float32), 16, "tpdf")
    shares = [np.mean(silence == step) for step in (-1, 0, 1)]
    assert shares == pytest.approx([1 / 8, 3 / 4, 1 / 8], abs=0.003)


def test_a_tone_of_minus_100_dbfs_survives_16_bits_with_dither_and_dies_without() -> None:
    frames, level = 480_000, 10 ** (-100 / 20)
    phase = 2 * np.pi * 1000 * np.arange(frames) / 48000
    tone = (level * np.sin(phase)).astype(np.float32)[:, None].repeat(2, axis=1)
    assert not quantise(tone, 16, "none").any()
    heard = quantise(tone, 16, "tpdf")[:, 0] / 2**15
    amplitude = 2 * np.abs(np.mean(heard * np.exp(-1j * phase)))
    assert 20 * np.log10(amplitude) == pytest.approx(-100, abs=0.5)
    harmonics = [2 * np.abs(np.mean(heard * np.exp(-1j * n * phase))) for n in (2, 3, 5, 7)]
    assert 20 * np.log10(max(harmonics)) < -122
    floor_dbfs = 10 * np.log10(np.var(heard - level * np.sin(phase)))
    assert floor_dbfs == pytest.approx(10 * np.log10(0.25 / 2**30), abs=0.05)


def test_dither_follows_from_its_seed() -> None:
    audio = noise(1000)
    assert np.array_equal(quantise(audio, 16, "tpdf", seed=3), quantise(audio, 16, "tpdf", seed=3))
    assert not np.array_equal(quantise(audio, 16, "tpdf", seed=3), quantise(audio, 16, "tpdf", seed=4))


def test_word_lengths_and_dithers_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="20 bits"):
        Quantiser(20, 2, "none", 0)
    with pytest.raises(ValueError, match="rectangular"):
        Quantiser(16, 2, "rectangular", 0)
