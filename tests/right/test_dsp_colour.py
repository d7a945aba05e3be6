"""Effects that color against what their parameters mean: chorus, phaser, distortion, bit crusher, pitch shift; and they
and their neighbours while their parameters move.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from scipy import signal

from farm.dsp.pitch_shift import PitchShift
from farm.dsp.processor import CONTROL_FRAMES, Adjustable, build_processor

RATES_HZ = [44_100, 48_000, 96_000]

STILL: dict[str, dict[str, Any]] = {
    "saturation": {"drive_db": 12.0, "curve": "tube", "mix": 1.0, "output_db": 0.0},
    "clipper": {"ceiling_dbfs": -12.0, "softness": 0.2, "clamp": True},
    "limiter": {"ceiling_dbtp": -12.0, "gain_db": 3.0, "release_ms": 50.0, "character": "punchy", "link": 1.0},
    "delay": {
        "time_ms": 3.0,
        "feedback": 0.5,
        "mix": 0.4,
        "ping_pong": False,
        "highpass_hz": 100.0,
        "lowpass_hz": 8_000.0,
    },
    "reverb": {"room_size": 0.4, "damping": 0.3, "width": 0.8, "wet": 0.5, "dry": 0.7, "pre_delay_ms": 7.0},
    "chorus": {"rate_hz": 1.3, "depth": 0.4, "centre_delay_ms": 8.0, "feedback": 0.3, "mix": 0.5},
    "phaser": {"rate_hz": 0.7, "depth": 0.4, "centre_frequency_hz": 900.0, "feedback": 0.3, "mix": 0.5},
    "distortion": {"drive_db": 12.0},
    "bitcrush": {"bits": 8.0},
    "pitch_shift": {"semitones": 2.0},
}
MOVED: dict[str, dict[str, Any]] = {
    "saturation": {"drive_db": 24.0, "curve": "tube", "mix": 0.5, "output_db": -6.0},
    "clipper": {"ceiling_dbfs": -3.0, "softness": 0.8, "clamp": True},
    "limiter": {"ceiling_dbtp": -6.0, "gain_db": 9.0, "release_ms": 200.0, "character": "punchy", "link": 1.0},
    "delay": {
        "time_ms": 3.0,
        "feedback": 0.8,
        "mix": 0.9,
        "ping_pong": True,
        "highpass_hz": None,
        "lowpass_hz": 3_000.0,
    },
    "reverb": {"room_size": 0.8, "damping": 0.1, "width": 0.2, "wet": 0.9, "dry": 0.2, "pre_delay_ms": 7.0},
    "chorus": {"rate_hz": 3.0, "depth": 0.7, "centre_delay_ms": 12.0, "feedback": -0.5, "mix": 0.9},
    "phaser": {"rate_hz": 2.0, "depth": 0.8, "centre_frequency_hz": 2_000.0, "feedback": -0.5, "mix": 0.9},
    "distortion": {"drive_db": 30.0},
    "bitcrush": {"bits": 4.0},
    "pitch_shift": {"semitones": -5.0},
}


def noise(frames: int, seed: int = 1) -> np.ndarray:
    return (0.2 * np.random.default_rng(seed).standard_normal((frames, 2))).astype(np.float32)


def between(before: Mapping[str, Any], after: Mapping[str, Any], part: float) -> dict[str, Any]:
    """The parameters on the way; what is no number, or is off on one side, comes at the end."""
    way = {}
    for name, start in before.items():
        end = after[name]
        moves = isinstance(start, float) and isinstance(end, float)
        way[name] = start + part * (end - start) if moves else (start if part < 1.0 else end)
    return way


def run_moving(type_: str, audio: np.ndarray, sizes: list[int], *, still: bool = False) -> np.ndarray:
    """Move from STILL to MOVED within 40 control periods, each of them cut into blocks of `sizes`, again and again."""
    processor = build_processor(type_, STILL[type_], 48_000)
    assert isinstance(processor, Adjustable)
    out, turn = audio.copy(), 0
    for start in range(0, len(out), CONTROL_FRAMES):
        part = 0.0 if still else min(1.0, start / CONTROL_FRAMES / 40.0)
        processor.adjust(between(STILL[type_], MOVED[type_], part))
        end, place = min(len(out), start + CONTROL_FRAMES), start
        while place < end:
            stop = min(end, place + sizes[turn % len(sizes)])
            processor.process(out[place:stop])
            place, turn = stop, turn + 1
    return out


@pytest.mark.parametrize("type_", STILL)
@pytest.mark.parametrize("sizes", [[1], [63], [7, 31, 2]])
def test_while_parameters_move_the_blocks_do_not_matter(type_: str, sizes: list[int]) -> None:
    audio = noise(6_000)
    assert run_moving(type_, audio, sizes).tobytes() == run_moving(type_, audio, [CONTROL_FRAMES]).tobytes()


@pytest.mark.parametrize("type_", STILL)
def test_equal_parameters_change_no_bit(type_: str) -> None:
    audio = noise(6_000)
    untouched = audio.copy()
    build_processor(type_, STILL[type_], 48_000).process(untouched)
    assert run_moving(type_, audio, [CONTROL_FRAMES], still=True).tobytes() == untouched.tobytes()


@pytest.mark.parametrize("type_", STILL)
def test_moving_is_heard_and_the_latency_stays(type_: str) -> None:
    audio = noise(12_000)
    untouched = audio.copy()
    processor = build_processor(type_, STILL[type_], 48_000)
    assert isinstance(processor, Adjustable)
    late = processor.latency_frames
    processor.process(untouched)
    assert not np.array_equal(run_moving(type_, audio, [64])[6_000:], untouched[6_000:])
    processor.adjust(MOVED[type_])
    assert processor.latency_frames == late


@pytest.mark.parametrize("type_", sorted(STILL.keys() - {"reverb"}))
def test_silence_after_music_ends_in_zeros(type_: str) -> None:
    audio = np.zeros((200_000, 2), np.float32)
    audio[:5_000] = noise(5_000)
    build_processor(type_, STILL[type_], 48_000).process(audio)
    assert not audio[150_000:].any()


@pytest.mark.parametrize("type_", ["chorus", "phaser"])
def test_a_mix_moves_evenly_between_dry_and_wet(type_: str) -> None:
    audio = noise(4_000)
    dry, wet, out = audio.copy(), audio.copy(), audio.copy()
    build_processor(type_, {**STILL[type_], "mix": 1.0}, 48_000).process(wet)
    processor = build_processor(type_, {**STILL[type_], "mix": 0.1}, 48_000)
    assert isinstance(processor, Adjustable)
    processor.process(out[:1_000])
    processor.adjust({**STILL[type_], "mix": 0.7})
    processor.process(out[1_000:])
    mix = np.full((4_000, 1), 0.1)
    mix[1_000:, 0] += 0.6 * np.clip(np.arange(1, 3_001) / 64.0, 0.0, 1.0)
    assert np.abs(out - ((1.0 - mix) * dry + mix * wet)).max() < 1e-6


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_chorus_that_stands_still_is_an_echo_at_its_centre_delay(rate_hz: int) -> None:
    params = {"rate_hz": 0.0, "depth": 0.0, "centre_delay_ms": 10.0, "feedback": 0.0, "mix": 0.25}
    audio = np.zeros((2_000, 2), np.float32)
    audio[0] = 1.0
    build_processor("chorus", params, rate_hz).process(audio)
    assert list(np.flatnonzero(np.abs(audio[:, 0]) > 1e-3)) == [0, rate_hz // 100]
    assert audio[[0, rate_hz // 100], 0] == pytest.approx([0.75, 0.25], abs=1e-4)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_chorus_swings_by_its_depth_and_at_its_rate(rate_hz: int) -> None:
    """The delay of a 500 Hz sine, read from its phase: 8 +- 0.3 times 10 ms, 2 times a second."""
    params = {"rate_hz": 2.0, "depth": 0.3, "centre_delay_ms": 8.0, "feedback": 0.0, "mix": 1.0}
    time = np.arange(3 * rate_hz) / rate_hz
    audio = np.repeat(0.5 * np.sin(2 * np.pi * 500.0 * time), 2).reshape(-1, 2).astype(np.float32)
    build_processor("chorus", params, rate_hz).process(audio)
    phase = np.unwrap(np.angle(signal.hilbert(audio[:, 0].astype(np.float64))))[rate_hz : 2 * rate_hz + rate_hz // 2]
    delay_ms = -(phase - 2 * np.pi * 500.0 * time[rate_hz : 2 * rate_hz + rate_hz // 2]) / (2 * np.pi * 0.5)
    assert (delay_ms.max() - delay_ms.min()) / 2.0 == pytest.approx(3.0, abs=0.1)
    spectrum = np.abs(np.fft.rfft((delay_ms - delay_ms.mean())[:rate_hz]))
    assert np.argmax(spectrum) == 2


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_phaser_alone_is_all_pass_and_half_of_it_makes_notches(rate_hz: int) -> None:
    params = {"rate_hz": 0.0, "depth": 0.0, "centre_frequency_hz": 1_000.0, "feedback": 0.0, "mix": 1.0}
    responses = {}
    for mix in (0.5, 1.0):
        audio = np.zeros((rate_hz, 2), np.float32)
        audio[0] = 1.0
        build_processor("phaser", {**params, "mix": mix}, rate_hz).process(audio)
        at_hz = np.geomspace(20.0, 18_000.0, 4_000)
        _, response = signal.freqz(audio[:20_000, 0].astype(np.float64), worN=at_hz, fs=rate_hz)
        responses[mix] = 20.0 * np.log10(np.abs(response) + 1e-9)
    assert np.abs(responses[1.0]).max() < 0.05
    notches, _ = signal.find_peaks(-responses[0.5], height=20.0)
    assert len(notches) == 3


@pytest.mark.parametrize("drive_db", [0.0, 12.0, 40.0])
def test_distortion_is_a_tanh(drive_db: float) -> None:
    audio = noise(5_000)
    expected = np.tanh(10 ** (drive_db / 20) * audio.astype(np.float64))
    build_processor("distortion", {"drive_db": drive_db}, 48_000).process(audio)
    assert np.abs(audio - expected).max() < 2e-6


def test_the_drive_of_a_distortion_moves_evenly() -> None:
    audio = np.full((400, 2), 0.01, np.float32)
    processor = build_processor("distortion", {"drive_db": 0.0}, 48_000)
    assert isinstance(processor, Adjustable)
    processor.process(audio[:200])
    processor.adjust({"drive_db": 20.0})
    processor.process(audio[200:])
    drive = 1.0 + 9.0 * np.clip(np.arange(1, 201) / 64.0, 0.0, 1.0)
    assert audio[200:, 0] == pytest.approx(np.tanh(0.01 * drive), abs=1e-7)


@pytest.mark.parametrize("bits", [1.0, 4.0, 12.0])
def test_a_bit_crusher_rounds_to_its_grid(bits: float) -> None:
    audio = noise(5_000)
    expected = np.round(audio.astype(np.float64) * 2.0**bits) / 2.0**bits
    build_processor("bitcrush", {"bits": bits}, 48_000).process(audio)
    assert np.abs(audio - expected).max() < 1e-6


def shift(audio: np.ndarray, semitones: float, rate_hz: int) -> np.ndarray:
    """Behind the processor, its latency taken off."""
    processor = PitchShift({"semitones": semitones}, rate_hz)
    out = np.concatenate([audio, np.zeros((processor.latency_frames, 2))]).astype(np.float32)
    processor.process(out)
    return out[processor.latency_frames :]


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("semitones", [-12.0, -5.0, -0.3, 0.07, 3.0, 7.0, 19.0])
@pytest.mark.parametrize("hz", [110.0, 440.0, 3_000.0])
def test_a_shifted_sine_is_a_sine_at_the_new_pitch(hz: float, semitones: float, rate_hz: int) -> None:
    """The best sine of exactly that frequency, by least squares: what is left of the output, and its level."""
    time = np.arange(2 * rate_hz) / rate_hz
    audio = np.repeat(0.5 * np.sin(2 * np.pi * hz * time), 2).reshape(-1, 2)
    audio[:, 1] *= -0.5
    out = shift(audio, semitones, rate_hz)[rate_hz // 2 : 3 * rate_hz // 2].astype(np.float64)
    angle = 2 * np.pi * hz * 2 ** (semitones / 12) * time[: len(out)]
    basis = np.column_stack([np.cos(angle), np.sin(angle)])
    weights = np.linalg.lstsq(basis, out[:, 0], rcond=None)[0]
    rest = out[:, 0] - basis @ weights
    assert 20 * np.log10(rest.std() / out[:, 0].std()) < -45.0
    assert 20 * np.log10(np.hypot(*weights) / 0.5) == pytest.approx(0.0, abs=0.02)
    assert np.abs(out[:, 1] + 0.5 * out[:, 0]).max() < 1e-6, "the stereo picture stays"


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_no_shift_is_a_delay_by_the_latency(rate_hz: int) -> None:
    audio = noise(20_000)
    assert np.abs(shift(audio, 0.0, rate_hz) - audio).max() < 1e-6


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("semitones", [-12.0, -3.0, 4.0, 12.0])
def test_a_shifted_burst_stays_in_its_place(semitones: float, rate_hz: int) -> None:
    """20 ms of noise: the middle of its energy moves by less than 3 ms."""
    audio = np.zeros((rate_hz, 2))
    audio[rate_hz // 2 : rate_hz // 2 + rate_hz // 50] = np.random.default_rng(5).standard_normal((rate_hz // 50, 2))
    energies = [(part.astype(np.float64) ** 2).sum(axis=1) for part in (audio, shift(audio, semitones, rate_hz))]
    before, after = (np.dot(energy, np.arange(rate_hz)) / energy.sum() for energy in energies)
    assert abs(after - before) < 0.003 * rate_hz
