"""Every stream comes out the same, bit for bit, however it is cut into blocks."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farm.dsp.delay_line import DelayLine
from farm.dsp.processor import build_processor
from farm.dsp.tone_filter import ToneFilter

BANDS_HZ = [20.0 * 2 ** (third / 3) for third in range(31)]
GAINS_DB = [3.0 * np.sin(third / 5) for third in range(31)]

COMPRESSOR: dict[str, Any] = {
    "threshold_db": -30,
    "ratio": 4,
    "attack_ms": 2,
    "release_ms": 50,
    "knee_db": 6,
    "makeup_db": 0,
    "auto_makeup": False,
    "mix": 1,
    "detector": "peak",
    "rms_ms": 10,
    "look_ahead_ms": 0,
    "link": 1,
    "range_db": 60,
    "key_highpass_hz": None,
    "key_lowpass_hz": None,
}
GATE: dict[str, Any] = {
    "threshold_db": -12,
    "hysteresis_db": 3,
    "ratio": 10,
    "range_db": 40,
    "attack_ms": 0.5,
    "hold_ms": 1.0,
    "release_ms": 5,
    "look_ahead_ms": 0,
    "key_highpass_hz": None,
    "key_lowpass_hz": None,
}
DEESSER: dict[str, Any] = {
    "hz": 6000,
    "threshold_db": -30,
    "ratio": 4,
    "attack_ms": 1,
    "release_ms": 60,
    "range_db": 12,
    "mode": "split",
}
BAND: dict[str, Any] = {
    "threshold_db": -35,
    "ratio": 3,
    "attack_ms": 2,
    "release_ms": 50,
    "knee_db": 6,
    "makeup_db": 0,
    "bypass": False,
}

INSERTS: dict[str, tuple[str, dict[str, Any]]] = {
    "eq": (
        "eq",
        {
            "bands": [
                {"kind": "highpass", "hz": 80, "slope_db_oct": 18},
                {"kind": "lowshelf", "hz": 200, "gain_db": -2.0, "q": 0.7},
                {"kind": "bell", "hz": 3200, "gain_db": 4.0, "q": 2.0},
                {"kind": "notch", "hz": 50, "q": 10.0},
                {"kind": "highshelf", "hz": 9000, "gain_db": 3.0, "q": 0.7},
            ]
        },
    ),
    "eq, all kinds": (
        "eq",
        {
            "bands": [
                {"kind": "lowpass", "hz": 14000, "slope_db_oct": 30},
                {"kind": "highshelf", "hz": 12000, "gain_db": -4.0, "q": 0.7, "slope_db_oct": 18},
                {"kind": "tilt", "hz": 700, "gain_db": 3.0},
                {"kind": "allpass", "hz": 400, "q": 0.7},
            ]
        },
    ),
    "linear-phase eq": (
        "linear_phase_eq",
        {
            "bands": [
                {"kind": "highpass", "hz": 80, "slope_db_oct": 12},
                {"kind": "bell", "hz": 3200, "gain_db": 4.0, "q": 2.0},
            ],
            "length": "short",
        },
    ),
    "tilt": ("tilt", {"gain_db": -4.0, "hz": 650.0}),
    "dc_filter": ("dc_filter", {"hz": 5.0}),
    "compressor": ("compressor", {**COMPRESSOR, "makeup_db": 3, "mix": 0.8}),
    "compressor, attack slower than release": (
        "compressor",
        {**COMPRESSOR, "ratio": 9, "attack_ms": 80, "release_ms": 5, "knee_db": 0},
    ),
    "compressor, all that it can": (
        "compressor",
        {
            **COMPRESSOR,
            "auto_makeup": True,
            "mix": 0.7,
            "detector": "rms",
            "look_ahead_ms": 3,
            "link": 0.4,
            "range_db": 9,
            "key_highpass_hz": 90.0,
        },
    ),
    "gate": ("gate", GATE),
    "gate, look-ahead": (
        "gate",
        {**GATE, "ratio": 2, "hold_ms": 0, "look_ahead_ms": 2, "key_highpass_hz": 400.0, "key_lowpass_hz": 6000.0},
    ),
    "deesser": ("deesser", DEESSER),
    "deesser, wide": ("deesser", {**DEESSER, "mode": "wide", "hz": 2500}),
    "transient shaper": ("transient_shaper", {"attack_db": 9, "sustain_db": -6}),
    "multiband compressor, 2 bands": ("multiband_compressor", {"crossovers_hz": [700], "bands": [BAND, BAND]}),
    "multiband compressor, 5 bands": (
        "multiband_compressor",
        {
            "crossovers_hz": [60, 250, 2000, 7000],
            "bands": [BAND, {**BAND, "bypass": True}, {**BAND, "knee_db": 0}, {**BAND, "makeup_db": 12}, BAND],
        },
    ),
    "gain": ("gain", {"gain_db": -2.5}),
    "width": ("width", {"amount": 1.3, "mono_below_hz": None}),
    "width, mono lows": ("width", {"amount": 0.9, "mono_below_hz": 120.0}),
    "stereo enhance": ("stereo_enhance", {"amount": 0.4, "low_hz": 200.0, "high_hz": 16000.0}),
    "reverb": (
        "reverb",
        {"room_size": 0.4, "damping": 0.3, "width": 0.8, "wet": 0.5, "dry": 0.7, "pre_delay_ms": 7.0},
    ),
    "delay": (
        "delay",
        {"time_ms": 0.7, "feedback": 0.5, "mix": 0.4, "ping_pong": False, "highpass_hz": None, "lowpass_hz": None},
    ),
    "delay, ping-pong and filters": (
        "delay",
        {"time_ms": 9.1, "feedback": 0.7, "mix": 0.5, "ping_pong": True, "highpass_hz": 90.0, "lowpass_hz": 6000.0},
    ),
    "saturation": ("saturation", {"drive_db": 14.0, "curve": "tanh", "mix": 0.8, "output_db": 2.0}),
    "saturation, soft": ("saturation", {"drive_db": 20.0, "curve": "soft", "mix": 1.0, "output_db": 0.0}),
    "saturation, tube": ("saturation", {"drive_db": 20.0, "curve": "tube", "mix": 1.0, "output_db": 12.0}),
    "clipper": ("clipper", {"ceiling_dbfs": -12.0, "softness": 0.0, "clamp": True}),
    "clipper, soft": ("clipper", {"ceiling_dbfs": -9.0, "softness": 0.6, "clamp": False}),
    "limiter": (
        "limiter",
        {"ceiling_dbtp": -9.0, "gain_db": 6.0, "release_ms": 40.0, "character": "punchy", "link": 1.0},
    ),
    "chorus": ("chorus", {"rate_hz": 1.3, "depth": 0.4, "centre_delay_ms": 8.0, "feedback": -0.4, "mix": 0.5}),
    "phaser": ("phaser", {"rate_hz": 0.7, "depth": 0.4, "centre_frequency_hz": 900.0, "feedback": 0.5, "mix": 0.5}),
    "distortion": ("distortion", {"drive_db": 18.0}),
    "bitcrush": ("bitcrush", {"bits": 5.5}),
    "pitch_shift": ("pitch_shift", {"semitones": -3.0}),
}


def noise(frames: int, seed: int = 1) -> np.ndarray:
    return (0.2 * np.random.default_rng(seed).standard_normal((frames, 2))).astype(np.float32)


def cut(audio: np.ndarray, sizes: list[int]) -> Iterator[np.ndarray]:
    """Copies of consecutive blocks; the last size goes on until the end."""
    start = 0
    for size in sizes:
        yield audio[start : start + size].copy()
        start += size
    for later in range(start, len(audio), max(sizes[-1], 1)):
        yield audio[later : later + max(sizes[-1], 1)].copy()


def run_insert(name: str, audio: np.ndarray, sizes: list[int]) -> np.ndarray:
    type_, params = INSERTS[name]
    processor = build_processor(type_, params, 48_000)
    blocks = list(cut(audio, sizes))
    for block in blocks:
        processor.process(block)
    return np.concatenate(blocks)


def run_tone_filter(audio: np.ndarray, sizes: list[int]) -> np.ndarray:
    tone = ToneFilter(BANDS_HZ, GAINS_DB, 48_000)
    parts = [tone.push(block).copy() for block in cut(audio, sizes)]
    return np.concatenate([*parts, tone.flush()])


@pytest.mark.parametrize("name", INSERTS)
@pytest.mark.parametrize("size", [1, 2, 63, 64, 65, 4096])
def test_an_insert_does_not_see_the_block_size(name: str, size: int) -> None:
    audio = noise(3_000 if size < 3 else 9_000)
    assert run_insert(name, audio, [size]).tobytes() == run_insert(name, audio, [65_536]).tobytes()


@pytest.mark.parametrize("name", INSERTS)
def test_a_full_block_equals_many_smaller_ones(name: str) -> None:
    audio = noise(140_000)
    assert run_insert(name, audio, [65_536]).tobytes() == run_insert(name, audio, [4_097]).tobytes()


@pytest.mark.parametrize("name", INSERTS)
@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(st.integers(0, 1_500), min_size=1, max_size=6))
def test_an_insert_does_not_see_any_split(name: str, sizes: list[int]) -> None:
    audio = noise(4_000)
    assert run_insert(name, audio, [*sizes, 1_025]).tobytes() == run_insert(name, audio, [65_536]).tobytes()


@pytest.mark.parametrize("size", [1, 63, 64, 65, 4096, 65_536, 100_000])
def test_the_tone_filter_does_not_see_the_block_size(size: int) -> None:
    audio = noise(30_000 if size == 1 else 150_000)
    assert run_tone_filter(audio, [size]).tobytes() == run_tone_filter(audio, [len(audio)]).tobytes()


@settings(max_examples=10, deadline=None)
@given(sizes=st.lists(st.integers(0, 40_000), min_size=1, max_size=4))
def test_the_tone_filter_does_not_see_any_split(sizes: list[int]) -> None:
    audio = noise(70_000)
    out = run_tone_filter(audio, [*sizes, 9_999])
    assert len(out) == len(audio)
    assert out.tobytes() == run_tone_filter(audio, [len(audio)]).tobytes()


@pytest.mark.parametrize("delay_frames", [0, 1, 64, 5_000])
@pytest.mark.parametrize("size", [1, 63, 4096])
def test_a_delay_line_shifts_and_nothing_else(delay_frames: int, size: int) -> None:
    audio, line = noise(6_000), DelayLine(delay_frames)
    blocks = list(cut(audio, [size]))
    for block in blocks:
        line.process(block)
    expected = np.concatenate([np.zeros((delay_frames, 2), np.float32), audio])[: len(audio)]
    assert np.array_equal(np.concatenate(blocks), expected)


@pytest.mark.parametrize("name", INSERTS)
def test_silence_stays_silent(name: str) -> None:
    assert not run_insert(name, np.zeros((5_000, 2), np.float32), [1_000]).any()


def test_silence_stays_silent_through_the_tone_filter() -> None:
    assert not run_tone_filter(np.zeros((40_000, 2), np.float32), [1_000]).any()


@pytest.mark.parametrize("name", INSERTS)
def test_an_insert_works_in_place_on_the_callers_memory(name: str) -> None:
    type_, params = INSERTS[name]
    around = noise(3_000)
    before = around.copy()
    assert build_processor(type_, params, 48_000).process(around[1_000:2_000]) is None  # type: ignore[func-returns-value]
    assert np.array_equal(around[:1_000], before[:1_000])
    assert np.array_equal(around[2_000:], before[2_000:])
    assert not np.array_equal(around[1_000:2_000], before[1_000:2_000])
    empty = around[:0]
    build_processor(type_, params, 48_000).process(empty)


@pytest.mark.parametrize("name", INSERTS)
@pytest.mark.parametrize("signal", ["noise", "low sine"])
def test_after_the_tail_what_is_left_is_below_minus_90_db(name: str, signal: str) -> None:
    type_, params = INSERTS[name]
    processor = build_processor(type_, params, 48_000)
    sine = 0.5 * np.sin(2 * np.pi * 50 * np.arange(30_000) / 48_000)
    audio = noise(30_000) if signal == "noise" else np.repeat(sine, 2).reshape(-1, 2).astype(np.float32)
    late = processor.latency_frames + processor.tail_frames
    padded = np.concatenate([audio, np.zeros((late + 2_000, 2), np.float32)])
    processor.process(padded)
    assert np.abs(padded[30_000 + late :]).max() <= np.abs(audio).max() * 10 ** (-90 / 20)


@pytest.mark.parametrize(
    ("type_", "params"),
    [
        ("eq", {"bands": [{"kind": "bell", "hz": 1000, "gain_db": 0.0, "q": 1.0}]}),
        ("eq", {"bands": [{"kind": "lowshelf", "hz": 100, "gain_db": 0.0, "q": 0.7}]}),
        ("eq", {"bands": []}),
        ("tilt", {"gain_db": 0.0, "hz": 650.0}),
        ("gain", {"gain_db": 0.0}),
        ("width", {"amount": 1.0, "mono_below_hz": None}),
        ("stereo_enhance", {"amount": 0.0, "low_hz": 200.0, "high_hz": 16000.0}),
        (
            "delay",
            {"time_ms": 10, "feedback": 0.5, "mix": 0, "ping_pong": True, "highpass_hz": 90.0, "lowpass_hz": None},
        ),
        ("chorus", {"rate_hz": 1, "depth": 0.5, "centre_delay_ms": 7, "feedback": 0.5, "mix": 0.0}),
        ("phaser", {"rate_hz": 1, "depth": 0.5, "centre_frequency_hz": 900, "feedback": 0.5, "mix": 0.0}),
        ("reverb", {"room_size": 0.5, "damping": 0.5, "width": 1, "wet": 0.0, "dry": 1.0, "pre_delay_ms": 0}),
        ("compressor", {**COMPRESSOR, "threshold_db": 20, "knee_db": 0}),
        ("compressor", {**COMPRESSOR, "range_db": 0, "detector": "rms", "link": 0.5}),
        ("gate", {**GATE, "range_db": 0}),
        ("gate", {**GATE, "ratio": 1}),
        ("deesser", {**DEESSER, "threshold_db": 20}),
        ("deesser", {**DEESSER, "range_db": 0, "mode": "wide"}),
        ("transient_shaper", {"attack_db": 0, "sustain_db": 0}),
    ],
)
def test_a_setting_that_does_nothing_changes_no_bit(type_: str, params: dict[str, Any]) -> None:
    audio = noise(5_000)
    processed = audio.copy()
    build_processor(type_, params, 44_100).process(processed)
    assert processed.tobytes() == audio.tobytes()
