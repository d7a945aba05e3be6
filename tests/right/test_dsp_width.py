"""A width that moves: evenly, and exactly there in the end."""

import numpy as np
import pytest

from farm.dsp.width import Width

PERIOD = 64


def noise(frames: int, seed: int = 8) -> np.ndarray:
    return (0.3 * np.random.default_rng(seed).standard_normal((frames, 2))).astype(np.float32)


def test_the_amount_moves_evenly_over_a_period() -> None:
    """With a side of 1 and no mid, left is the amount itself."""
    audio = np.tile(np.array([1.0, -1.0], np.float32), (3 * PERIOD, 1))
    processor = Width({"amount": 0.5, "mono_below_hz": None}, 48_000)
    processor.process(audio[:PERIOD])
    processor.adjust({"amount": 1.5, "mono_below_hz": None})
    processor.process(audio[PERIOD : PERIOD + 7])
    processor.process(audio[PERIOD + 7 :])
    expected = np.concatenate([np.full(PERIOD, 0.5), 0.5 + np.arange(1, PERIOD + 1) / PERIOD, np.full(PERIOD, 1.5)])
    assert np.abs(audio[:, 0] - expected).max() < 1e-6
    assert np.array_equal(audio[:, 1], -audio[:, 0])


def test_back_at_1_it_changes_no_bit() -> None:
    audio = noise(4 * PERIOD)
    out, processor = audio.copy(), Width({"amount": 1.0, "mono_below_hz": None}, 48_000)
    for period, amount in enumerate([1.0, 0.3, 1.0, 1.0]):
        processor.adjust({"amount": amount, "mono_below_hz": None})
        processor.process(out[period * PERIOD : (period + 1) * PERIOD])
    assert np.array_equal(out[:PERIOD], audio[:PERIOD])
    assert not np.array_equal(out[PERIOD : 3 * PERIOD], audio[PERIOD : 3 * PERIOD])
    assert np.array_equal(out[3 * PERIOD :], audio[3 * PERIOD :])


@pytest.mark.parametrize("mono_below_hz", [None, 120.0])
def test_equal_parameters_change_no_bit(mono_below_hz: float | None) -> None:
    audio, params = noise(40 * PERIOD), {"amount": 0.7, "mono_below_hz": mono_below_hz}
    still, asked = audio.copy(), audio.copy()
    Width(params, 48_000).process(still)
    processor = Width(params, 48_000)
    for start in range(0, len(audio), PERIOD):
        processor.adjust(dict(params))
        processor.process(asked[start : start + PERIOD])
    assert asked.tobytes() == still.tobytes()


@pytest.mark.parametrize("pieces", [1, 63, 64])
def test_moving_does_not_see_the_block_size_and_leaves_the_mid_alone(pieces: int) -> None:
    audio = noise(60 * PERIOD)
    outs = []
    for size in (pieces, PERIOD):
        out, processor = audio.copy(), Width({"amount": 0.2, "mono_below_hz": 60.0}, 48_000)
        for period in range(60):
            processor.adjust({"amount": 0.2 + period / 40, "mono_below_hz": 60.0 + 4.0 * period})
            start, end = period * PERIOD, (period + 1) * PERIOD
            for begin in range(start, end, size):
                processor.process(out[begin : min(begin + size, end)])
        outs.append(out)
    assert outs[0].tobytes() == outs[1].tobytes()
    assert np.abs(outs[0].sum(axis=1) - audio.sum(axis=1)).max() < 1e-6


def test_a_corner_that_moves_does_not_step() -> None:
    time = np.arange(300 * PERIOD) / 48_000
    side = 0.5 * np.sin(2 * np.pi * 50.0 * time)
    audio = np.column_stack([side, -side]).astype(np.float32)
    processor = Width({"amount": 1.0, "mono_below_hz": 40.0}, 48_000)
    for period in range(300):
        processor.adjust({"amount": 1.0, "mono_below_hz": 40.0 + max(0, period - 150)})
        processor.process(audio[period * PERIOD : (period + 1) * PERIOD])
    assert np.abs(np.diff(audio[:, 0], 3))[100 * PERIOD :].max() < 5e-6
