"""Pan laws, width and sums: exact."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farm.dsp.pan import pan_gains
from farm.dsp.sum import add_scaled, scale
from farm.dsp.width import Width


def noise(frames: int = 4_000, seed: int = 8) -> np.ndarray:
    return (0.3 * np.random.default_rng(seed).standard_normal((frames, 2))).astype(np.float32)


@given(st.floats(-1.0, 1.0))
def test_a_mono_stem_keeps_its_power(pan: float) -> None:
    left, right = pan_gains(pan, mono=True)
    assert left**2 + right**2 == pytest.approx(1.0, abs=1e-12)
    assert math.atan2(right, left) == pytest.approx((pan + 1.0) * math.pi / 4.0, abs=1e-12)


@given(st.floats(-1.0, 1.0))
def test_a_stereo_stem_keeps_its_near_side_and_mirrors(pan: float) -> None:
    left, right = pan_gains(pan, mono=False)
    assert max(left, right) == 1.0
    assert pan_gains(-pan, mono=False) == pytest.approx((right, left), abs=1e-12)
    far = min(left, right)
    assert far == pytest.approx(math.sqrt(2.0) * math.cos((abs(pan) + 1.0) * math.pi / 4.0), abs=1e-12)


def test_the_corners_of_the_pan_laws_are_exact() -> None:
    assert pan_gains(0.0, mono=True) == pytest.approx((math.sqrt(0.5), math.sqrt(0.5)), abs=1e-15)
    assert pan_gains(0.0, mono=False) == (1.0, 1.0)
    for mono in (True, False):
        assert pan_gains(-1.0, mono) == (1.0, 0.0)
        assert pan_gains(1.0, mono) == (0.0, 1.0)


@pytest.mark.parametrize("mono_below_hz", [None, 120.0])
@pytest.mark.parametrize("amount", [0.0, 0.5, 1.0, 1.7])
def test_width_leaves_the_mono_sum_alone(amount: float, mono_below_hz: float | None) -> None:
    audio = noise()
    widened = audio.copy()
    Width({"amount": amount, "mono_below_hz": mono_below_hz}, 48_000).process(widened)
    assert np.abs(widened.sum(axis=1) - audio.sum(axis=1)).max() < 1e-6
    if mono_below_hz is None:
        assert np.abs((widened[:, 0] - widened[:, 1]) - amount * (audio[:, 0] - audio[:, 1])).max() < 1e-6


@pytest.mark.parametrize(("hz", "expected_db"), [(12.0, -40.0), (120.0, -3.0103), (2_000.0, 0.0)])
def test_lows_of_the_side_are_mono(hz: float, expected_db: float) -> None:
    side = np.sin(2 * np.pi * hz * np.arange(96_000) / 48_000)
    audio = np.column_stack([side, -side]).astype(np.float32)
    Width({"amount": 1.0, "mono_below_hz": 120.0}, 48_000).process(audio)
    level_db = 20 * np.log10(np.sqrt(2.0 * np.mean(audio[48_000:, 0].astype(np.float64) ** 2)))
    assert level_db == pytest.approx(expected_db, abs=0.02)


def test_sums_round_as_float32_does_in_the_order_of_the_calls() -> None:
    total, block = noise(seed=9), noise(seed=10)
    expected = total + block * np.array([0.7, 0.2], dtype=np.float32)
    add_scaled(total, block, 0.7, 0.2)
    assert np.array_equal(total, expected)


def test_a_gain_of_1_adds_bit_for_bit() -> None:
    total, block = np.zeros((4_000, 2), np.float32), noise()
    add_scaled(total, block, 1.0, 1.0)
    assert total.tobytes() == block.tobytes()
    scale(total, 1.0, 1.0)
    assert total.tobytes() == block.tobytes()
    scale(total, 0.5, 2.0)
    assert np.array_equal(total, block * np.array([0.5, 2.0], np.float32))
