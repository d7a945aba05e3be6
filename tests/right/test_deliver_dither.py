"""Dither: what the noise of 16 bits is made of, what it does for soft tones, and when there is none."""

from pathlib import Path

import numpy as np
import pytest
from deliver_songs import encode, read_words, spec_of
from scipy import signal

from farm.audio.blocks import Block
from farm.audio.word_length import Dither, Quantiser, shaping_coefficients
from farm.measure.exact_bits import ExactBits

LSB = 2.0**-15


def noise_of(dither: Dither, rate_hz: int, frames: int = 1 << 18) -> np.ndarray:
    """Return what 16 bits add to a sine of -20 dBFS, in LSB."""
    tone = (0.1 * np.sin(2 * np.pi * 997 / rate_hz * np.arange(frames)))[:, None].repeat(2, axis=1).astype(np.float32)
    words = Quantiser(16, 2, dither, seed=16, rate_hz=rate_hz).push(tone)
    return words - tone.astype(np.float64) / LSB


def spectrum_of(noise: np.ndarray, rate_hz: int) -> tuple[np.ndarray, np.ndarray]:
    """Return frequencies and the density relative to white noise of 1 LSB^2, in dB."""
    hz, density = signal.welch(noise, rate_hz, nperseg=1024)
    return hz[4:-4], 10 * np.log10(density[4:-4] * rate_hz / 2)


def test_triangular_dither_is_white_with_a_quarter_of_a_step_squared() -> None:
    """Rounding has 1/12 of a step squared, the triangular dither 2/12."""
    noise = noise_of("tpdf", 44100)
    assert np.var(noise) == pytest.approx(0.25, rel=0.01)
    assert np.mean(noise) == pytest.approx(0.0, abs=0.005)
    _, level_db = spectrum_of(noise[:, 0], 44100)
    assert np.abs(level_db - 10 * np.log10(0.25)).max() < 1.0
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.01


@pytest.mark.parametrize("rate_hz", [44100, 48000, 96000, 192000])
def test_shaped_dither_has_the_spectrum_of_its_filter(rate_hz: int) -> None:
    """The same noise through 1 - c1/z - c2/z^2 ...: scipy computes the response."""
    hz, level_db = spectrum_of(noise_of("shaped", rate_hz)[:, 1], rate_hz)
    taps = np.concatenate([[1.0], -np.array(shaping_coefficients(rate_hz))])
    response = np.abs(signal.freqz(taps, worN=hz, fs=rate_hz)[1]) ** 2
    loud = response > 1e-3
    assert np.abs(level_db - 10 * np.log10(0.25 * response))[loud].max() < 1.5


def test_shaped_dither_is_softest_where_the_ear_is_keenest() -> None:
    for rate_hz, least_db in ((44100, 12.0), (48000, 12.0), (96000, 18.0)):
        hz, white_db = spectrum_of(noise_of("tpdf", rate_hz)[:, 0], rate_hz)
        _, shaped_db = spectrum_of(noise_of("shaped", rate_hz)[:, 0], rate_hz)
        keen = (hz > 2500) & (hz < 4500)
        assert np.mean(white_db[keen] - shaped_db[keen]) > least_db


@pytest.mark.parametrize("dither", ["tpdf", "shaped"])
def test_a_tone_below_the_last_bit_keeps_its_level_without_harmonics(dither: Dither) -> None:
    """-100 dBFS are a third of a step of 16 bits: without dither, nothing is left of it."""
    frames, cycles = 1 << 19, 10_007
    tone = (
        (1e-5 * np.sin(2 * np.pi * cycles / frames * np.arange(frames))).astype(np.float32)[:, None].repeat(2, axis=1)
    )
    assert not np.any(Quantiser(16, 2, "none", seed=16).push(tone))
    words = Quantiser(16, 2, dither, seed=16).push(tone)[:, 0] * LSB
    spectrum = np.abs(np.fft.rfft(words)) * 2 / frames
    assert 20 * np.log10(spectrum[cycles]) == pytest.approx(-100.0, abs=0.25)
    floor = np.median(spectrum)
    assert max(spectrum[n * cycles] for n in (2, 3, 4, 5)) < 8 * floor
    assert 20 * np.log10(max(spectrum[n * cycles] for n in (2, 3, 5))) < -120.0


@pytest.mark.parametrize("rate_hz", [44100, 96000])
@pytest.mark.parametrize("bits", [16, 24])
def test_shaped_dither_does_not_depend_on_the_blocks(bits: int, rate_hz: int) -> None:
    audio = np.random.default_rng(1).normal(0.0, 0.2, (10_000, 2)).astype(np.float32)
    whole = Quantiser(bits, 2, "shaped", seed=bits, rate_hz=rate_hz).push(audio).copy()
    for size in (1, 63, 64, 65, 4096):
        quantiser = Quantiser(bits, 2, "shaped", seed=bits, rate_hz=rate_hz)
        parts = [quantiser.push(audio[start : start + size]).copy() for start in range(0, len(audio), size)]
        np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_shaped_dither_stays_stable_through_clipping() -> None:
    audio = np.full((50_000, 2), 1.5, np.float32)
    audio[10_000:] = 0.25
    words = Quantiser(16, 2, "shaped", seed=16).push(audio)
    assert np.all(words[:10_000] == 2**15 - 1)
    assert np.abs(words[10_000:] - 0.25 / LSB).max() < 20


def test_24_bits_pass_an_empty_chain_bit_by_bit(tmp_path: Path) -> None:
    words = np.random.default_rng(2).integers(-(2**23), 2**23, (20_000, 2))
    audio: Block = (words / 2.0**23).astype(np.float32)
    exact = ExactBits()
    exact.push(audio)
    assert exact.bits == 24
    for form in ("wav", "bwf", "aiff", "flac", "alac"):
        for dither in ("tpdf", "shaped", "none"):
            spec = spec_of(form, 24, None, dither=dither)
            path, _ = encode(tmp_path, spec, audio, exact_bits=exact.bits)
            np.testing.assert_array_equal(read_words(path, 24), words)


def test_another_dither_is_another_file(tmp_path: Path) -> None:
    audio = np.random.default_rng(2).normal(0.0, 0.1, (5_000, 2)).astype(np.float32)
    digests = {
        encode(tmp_path, spec_of("flac", 16, None, dither=each), audio)[1].audio_sha256
        for each in ("tpdf", "shaped", "none")
    }
    assert len(digests) == 3
