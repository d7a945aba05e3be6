"""The compressor against its closed forms: static curve, time constants, stereo link."""

import math
from typing import Any

import numpy as np
import pytest

from farm.dsp.compressor import Compressor

RATE_HZ = 48_000
SETTINGS: dict[str, Any] = {
    "threshold_db": -20.0,
    "ratio": 4.0,
    "attack_ms": 5.0,
    "release_ms": 50.0,
    "knee_db": 0.0,
    "makeup_db": 0.0,
    "mix": 1.0,
}


def compress(audio: np.ndarray, **changes: float) -> np.ndarray:
    out = audio.astype(np.float32)
    Compressor({**SETTINGS, **changes}, RATE_HZ).process(out)
    return out


def steady(level_db: float, frames: int) -> np.ndarray:
    return np.full((frames, 2), 10.0 ** (level_db / 20.0), dtype=np.float32)


def to_db(ratio: np.ndarray | float) -> Any:
    return 20.0 * np.log10(ratio)


def static_curve_db(level_db: float, threshold_db: float, ratio: float, knee_db: float) -> float:
    """Giannoulis, Massberg, Reiss (2012), equation 4."""
    over_db = level_db - threshold_db
    if 2.0 * over_db < -knee_db:
        return level_db
    if 2.0 * abs(over_db) <= knee_db and knee_db > 0.0:
        return level_db + (1.0 / ratio - 1.0) * (over_db + knee_db / 2.0) ** 2 / (2.0 * knee_db)
    return threshold_db + over_db / ratio


@pytest.mark.parametrize("knee_db", [0.0, 6.0, 24.0])
@pytest.mark.parametrize("ratio", [1.0, 2.0, 4.0, 100.0])
def test_the_static_curve_is_the_closed_form(ratio: float, knee_db: float) -> None:
    for level_db in np.arange(-90.0, 18.1, 1.7):
        out = compress(steady(level_db, 6_000), ratio=ratio, knee_db=knee_db, attack_ms=1.0)
        expected_db = static_curve_db(float(level_db), -20.0, ratio, knee_db)
        assert to_db(out[-1, 0]) == pytest.approx(expected_db, abs=0.001)


@pytest.mark.parametrize("attack_ms", [0.5, 5.0, 40.0])
def test_after_the_attack_time_63_percent_of_the_reduction_are_there(attack_ms: float) -> None:
    audio = steady(0.0, RATE_HZ)
    reduction_db = -to_db(compress(audio, attack_ms=attack_ms)[:, 0] / audio[:, 0])
    after_attack = round(attack_ms * RATE_HZ / 1000) - 1
    assert reduction_db[after_attack] == pytest.approx(15.0 * (1 - math.exp(-1)), abs=0.02)


@pytest.mark.parametrize("release_ms", [20.0, 300.0])
def test_after_the_release_time_37_percent_of_the_reduction_are_left(release_ms: float) -> None:
    audio = np.concatenate([steady(0.0, RATE_HZ), steady(-40.0, RATE_HZ)])
    reduction_db = -to_db(compress(audio, release_ms=release_ms)[:, 0] / audio[:, 0])
    after_release = RATE_HZ + round(release_ms * RATE_HZ / 1000) - 1
    assert reduction_db[after_release] == pytest.approx(15.0 * math.exp(-1), abs=0.02)


def test_an_attack_slower_than_the_release_follows_the_same_law() -> None:
    audio = np.concatenate([steady(0.0, 48_000), steady(-40.0, 4_800)])
    reduction_db = -to_db(compress(audio, attack_ms=100.0, release_ms=10.0)[:, 0] / audio[:, 0])
    assert reduction_db[4_799] == pytest.approx(15.0 * (1 - math.exp(-1)), abs=0.02)
    assert reduction_db[48_000 + 479] == pytest.approx(15.0 * math.exp(-1), abs=0.02)


def test_the_detector_takes_the_branch_that_the_law_names() -> None:
    """Sample by sample in plain Python, on noise."""
    audio = (0.4 * np.random.default_rng(5).standard_normal((4_000, 2))).astype(np.float32)
    attack, release = (math.exp(-1000.0 / (time_ms * RATE_HZ)) for time_ms in (5.0, 50.0))
    state_db, expected = 0.0, np.empty_like(audio)
    for index, frame in enumerate(audio.astype(np.float64)):
        level_db = to_db(max(np.abs(frame).max(), 1e-9))
        wanted_db = level_db - static_curve_db(level_db, -20.0, 4.0, 6.0)
        keep = attack if wanted_db > state_db else release
        state_db = keep * state_db + (1.0 - keep) * wanted_db
        expected[index] = frame * 10.0 ** (-state_db / 20.0)
    assert np.abs(to_db(np.abs(compress(audio, knee_db=6.0) / expected))).max() < 0.001


def test_both_channels_get_the_gain_of_the_louder() -> None:
    noise = np.random.default_rng(6).standard_normal((20_000, 2))
    audio = (noise * [0.8, 0.05]).astype(np.float32)
    gains = compress(audio) / audio
    assert np.abs(to_db(gains[:, 0] / gains[:, 1])).max() < 1e-5
    swapped = compress(np.ascontiguousarray(audio[:, ::-1]))
    assert np.array_equal(swapped[:, ::-1], compress(audio))


def test_makeup_raises_and_mix_blends_in_parallel() -> None:
    audio = steady(-8.0, 9_600)
    wet = compress(audio)[-1, 0]
    assert to_db(compress(audio, makeup_db=6.0)[-1, 0] / wet) == pytest.approx(6.0, abs=1e-3)
    blended = compress(audio, makeup_db=6.0, mix=0.3)[-1, 0]
    assert blended == pytest.approx(0.7 * audio[-1, 0] + 0.3 * wet * 10 ** (6 / 20), rel=1e-5)
    assert np.array_equal(compress(audio, mix=0.0, makeup_db=6.0), audio)


def test_below_the_knee_no_bit_changes() -> None:
    audio = (0.01 * np.random.default_rng(7).standard_normal((5_000, 2))).astype(np.float32)
    assert np.array_equal(compress(audio, knee_db=6.0), audio)
