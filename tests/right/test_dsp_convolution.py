"""Convolution against scipy's, at one rate and across rates; and what is wrong with a file is said."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy import signal

from farm.dsp.convolution import Convolution
from farm.errors import AudioError

RATE_HZ = 48_000


def write_impulse(folder: Path, response: np.ndarray, rate_hz: int = RATE_HZ) -> str:
    path = folder / "impulse.wav"
    soundfile.write(path, response, rate_hz, subtype="FLOAT")
    return str(path)


def decaying(frames: int, channels: int, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal((frames, channels))
    return (0.05 * noise * np.exp(-np.arange(frames) / (frames / 5))[:, None]).astype(np.float32)


def noise(frames: int, seed: int = 2) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((frames, 2))).astype(np.float32)


def convolve(path: str, audio: np.ndarray, rate_hz: int = RATE_HZ, size: int = 65_536, **changes: Any) -> np.ndarray:
    """Behind the processor, its latency taken off, its tail kept."""
    processor = Convolution({"impulse": path, "mix": 1.0, "gain_db": 0.0, **changes}, rate_hz)
    late = processor.latency_frames
    out = np.concatenate([audio, np.zeros((late + processor.tail_frames, 2), np.float32)])
    for start in range(0, len(out), size):
        processor.process(out[start : start + size])
    return out[late:]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [1, 500, 4_097, 100_000])
def test_it_is_the_convolution_and_its_tail_is_as_long_as_the_response(
    frames: int, channels: int, tmp_path: Path
) -> None:
    response, audio = decaying(frames, channels), noise(30_000)
    out = convolve(write_impulse(tmp_path, response), audio)
    expected = signal.fftconvolve(audio.astype(np.float64), response.astype(np.float64), axes=0)
    difference = np.abs(out[: len(expected)] - expected).max() / np.abs(expected).max()
    assert 20 * np.log10(difference) < -120.0
    assert len(out) >= len(expected)
    assert np.abs(out[len(expected) :]).max(initial=0.0) < 1e-6


@pytest.mark.parametrize("size", [1, 63, 4_096, 5_000])
def test_the_blocks_do_not_matter(size: int, tmp_path: Path) -> None:
    path, audio = write_impulse(tmp_path, decaying(9_000, 2)), noise(6_000)
    settings = {"mix": 0.4, "gain_db": 3.0}
    assert convolve(path, audio, size=size, **settings).tobytes() == convolve(path, audio, **settings).tobytes()


def test_mix_and_gain_blend_with_the_input_in_step(tmp_path: Path) -> None:
    """A response that is an echo after 100 frames."""
    response = np.zeros((200, 1), np.float32)
    response[100] = 0.5
    audio = noise(5_000)
    out = convolve(write_impulse(tmp_path, response), audio, mix=0.25, gain_db=6.0)[:5_000]
    echo = np.concatenate([np.zeros((100, 2)), 0.5 * audio])[:5_000]
    assert np.abs(out - (0.75 * audio + 0.25 * 10 ** (6 / 20) * echo)).max() < 1e-6
    assert np.array_equal(convolve(write_impulse(tmp_path, response), audio, mix=0.0)[:5_000], audio)


@pytest.mark.parametrize(("from_hz", "to_hz"), [(44_100, 48_000), (48_000, 44_100), (96_000, 48_000), (44_100, 96_000)])
def test_a_response_at_another_rate_keeps_its_frequency_response(from_hz: int, to_hz: int, tmp_path: Path) -> None:
    """Magnitude and phase up to 18 kHz, of a response that begins with its loudest sample: the hardest case."""
    response = decaying(3_000, 1)
    response[0] = 1.0
    impulse = np.zeros((8_000, 2), np.float32)
    impulse[0] = 1.0
    processor = Convolution({"impulse": write_impulse(tmp_path, response, from_hz), "mix": 1.0, "gain_db": 0.0}, to_hz)
    out = np.concatenate([impulse, np.zeros((processor.latency_frames, 2), np.float32)])
    processor.process(out)
    at_hz = np.linspace(20.0, 18_000.0, 500)
    _, measured = signal.freqz(out[:, 0].astype(np.float64), worN=at_hz, fs=to_hz)
    measured *= np.exp(2j * np.pi * at_hz * processor.latency_frames / to_hz)
    _, expected = signal.freqz(response[:, 0].astype(np.float64), worN=at_hz, fs=from_hz)
    assert np.abs(measured - expected).max() < 1e-3 * np.abs(expected).max()


def test_mix_and_gain_move_evenly_and_are_exact_after_a_control_period(tmp_path: Path) -> None:
    """A response that is a plain 1, on a constant: what comes out is the sum of both gains."""
    path = write_impulse(tmp_path, np.ones((1, 1), np.float32))
    processor = Convolution({"impulse": path, "mix": 0.0, "gain_db": 0.0}, RATE_HZ)
    audio = np.full((2 * processor.latency_frames, 2), 0.5, np.float32)
    half = processor.latency_frames + 640
    processor.process(audio[:half])
    processor.adjust({"impulse": path, "mix": 0.5, "gain_db": -20.0})
    processor.process(audio[half:])
    part = np.clip(np.arange(1, 201) / 64.0, 0.0, 1.0)
    assert audio[half : half + 200, 0] == pytest.approx(0.5 * (1.0 - 0.5 * part + 0.05 * part), abs=1e-6)


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (np.zeros((100, 2), np.float32), "impulse-silent"),
        (np.ones((100, 4), np.float32), "impulse-channels"),
        (np.ones((20 * RATE_HZ + 1, 1), np.float32), "impulse-too-long"),
        (np.full((100, 1), np.nan, np.float32), "audio-not-finite"),
    ],
)
def test_a_response_that_cannot_be_used_is_refused(response: np.ndarray, code: str, tmp_path: Path) -> None:
    path = write_impulse(tmp_path, response)
    with pytest.raises(AudioError) as caught:
        Convolution({"impulse": path, "mix": 1.0, "gain_db": 0.0}, RATE_HZ)
    assert caught.value.code == code
    assert caught.value.where == path


def test_a_missing_file_is_named() -> None:
    with pytest.raises(AudioError) as caught:
        Convolution({"impulse": "/nowhere/plate.wav", "mix": 1.0, "gain_db": 0.0}, RATE_HZ)
    assert (caught.value.code, caught.value.where) == ("audio-missing", "/nowhere/plate.wav")
