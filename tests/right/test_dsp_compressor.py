"""The compressor against closed forms and its law in plain Python: curve, times, detector, link, key, look-ahead."""

import math
from typing import Any

import numpy as np
import pytest
from dynamics_oracle import (
    compress_as_written,
    find_reductions_db,
    furthest_db,
    noise,
    static_curve_db,
    steady,
    to_db,
    to_linear,
)

from farm.dsp.compressor import Compressor
from farm.dsp.processor import CONTROL_FRAMES, Adjustable, Keyed
from farm.manifest.processors.compressor import Compressor as CompressorParams

RATE_HZ = 48_000
SETTINGS: dict[str, Any] = {
    "threshold_db": -20.0,
    "ratio": 4.0,
    "attack_ms": 5.0,
    "release_ms": 50.0,
    "knee_db": 0.0,
    "makeup_db": 0.0,
    "auto_makeup": False,
    "mix": 1.0,
    "detector": "peak",
    "rms_ms": 10.0,
    "look_ahead_ms": 0.0,
    "link": 1.0,
    "range_db": 60.0,
    "key_highpass_hz": None,
    "key_lowpass_hz": None,
}


def build(rate_hz: int = RATE_HZ, **changes: Any) -> Compressor:
    return Compressor({**SETTINGS, **changes}, rate_hz)


def compress(audio: np.ndarray, rate_hz: int = RATE_HZ, **changes: Any) -> np.ndarray:
    out = audio.astype(np.float32)
    build(rate_hz, **changes).process(out)
    return out


def compress_by(key: np.ndarray, audio: np.ndarray, **changes: Any) -> np.ndarray:
    out = audio.astype(np.float32)
    build(**changes).process_keyed(out, key)
    return out


@pytest.mark.parametrize("detector", ["peak", "rms"])
@pytest.mark.parametrize("knee_db", [0.0, 6.0, 24.0])
@pytest.mark.parametrize("ratio", [1.0, 2.0, 4.0, 100.0])
def test_the_static_curve_is_the_closed_form(ratio: float, knee_db: float, detector: str) -> None:
    for level_db in np.arange(-90.0, 18.1, 1.7):
        out = compress(steady(level_db, 12_000), ratio=ratio, knee_db=knee_db, attack_ms=1.0, detector=detector)
        expected_db = static_curve_db(float(level_db), -20.0, ratio, knee_db)
        assert to_db(out[-1, 0]) == pytest.approx(expected_db, abs=0.001)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_rms_takes_a_sine_for_3_db_less_than_its_peak(rate_hz: int) -> None:
    sine = np.sin(2.0 * np.pi * 1_000.0 * np.arange(rate_hz) / rate_hz)
    audio = np.repeat(to_linear(-6.0) * sine, 2).reshape(-1, 2).astype(np.float32)
    out = compress(audio, rate_hz, detector="rms", rms_ms=100.0, attack_ms=20.0, release_ms=20.0)
    reduction_db = to_db(np.abs(audio[-rate_hz // 10 :]).max() / np.abs(out[-rate_hz // 10 :]).max())
    level_db = -6.0 - 10.0 * math.log10(2.0)
    assert reduction_db == pytest.approx(level_db - static_curve_db(level_db, -20.0, 4.0, 0.0), abs=0.01)


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


def test_after_the_time_of_the_mean_63_percent_of_the_power_are_there() -> None:
    """With hardly any attack and all of the level above the threshold, the reduction says the level."""
    audio = steady(0.0, RATE_HZ)
    out = compress(audio, detector="rms", rms_ms=20.0, attack_ms=0.01, ratio=2.0, threshold_db=-60.0)
    reduction_db = -to_db(out[:, 0] / audio[:, 0])
    level_db = 10.0 * math.log10(1.0 - math.exp(-1.0))
    assert reduction_db[round(0.02 * RATE_HZ) - 1] == pytest.approx((level_db + 60.0) / 2.0, abs=0.01)


LAWS: dict[str, dict[str, Any]] = {
    "peak": {"knee_db": 6.0},
    "rms": {"knee_db": 6.0, "detector": "rms"},
    "rms, unlinked": {"detector": "rms", "rms_ms": 3.0, "link": 0.0},
    "half linked": {"link": 0.5, "range_db": 7.0},
    "look-ahead": {"look_ahead_ms": 5.0, "mix": 0.4, "makeup_db": 3.0},
    "look-ahead, filtered, in rms": {"look_ahead_ms": 1.0, "key_highpass_hz": 200.0, "link": 0.3, "detector": "rms"},
    "filtered": {"key_highpass_hz": 300.0, "key_lowpass_hz": 5_000.0, "ratio": 20.0},
}


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("name", LAWS)
def test_sample_by_sample_it_is_the_law_in_plain_python(name: str, rate_hz: int) -> None:
    audio = noise(4_000, seed=5) * np.array([1.0, 0.4], np.float32)
    expected = compress_as_written(audio, {**SETTINGS, **LAWS[name]}, rate_hz)
    assert furthest_db(compress(audio, rate_hz, **LAWS[name]), expected) < 0.001


@pytest.mark.parametrize("name", LAWS)
def test_a_key_alone_decides_on_the_gain(name: str) -> None:
    """Sound X by key Y: Y's reductions on X, whatever X is; and Y stays as it is."""
    key, settings = noise(4_000, seed=11, level=0.5), {**SETTINGS, **LAWS[name]}
    untouched = key.copy()
    for audio in (noise(4_000, seed=12, level=0.01), steady(0.0, 4_000)):
        expected = compress_as_written(audio, settings, RATE_HZ, key)
        assert furthest_db(compress_by(key, audio, **LAWS[name]), expected) < 0.001
        assert not np.allclose(compress(audio, **LAWS[name]), expected, rtol=0.01)
    assert key.tobytes() == untouched.tobytes()


def test_a_silent_key_lets_everything_through() -> None:
    audio = steady(0.0, 3_000)
    assert compress_by(np.zeros_like(audio), audio).tobytes() == audio.tobytes()


def test_both_channels_get_the_gain_of_the_louder() -> None:
    audio = noise(20_000, seed=6, level=0.8) * np.array([1.0, 0.06], np.float32)
    gains = compress(audio) / audio
    assert np.abs(to_db(gains[:, 0] / gains[:, 1])).max() < 1e-5
    swapped = compress(np.ascontiguousarray(audio[:, ::-1]))
    assert np.array_equal(swapped[:, ::-1], compress(audio))


@pytest.mark.parametrize("link", [0.0, 0.25, 0.5, 1.0])
def test_the_link_draws_the_softer_channel_to_the_louder_in_db(link: float) -> None:
    """-4 dB left, -14 dB right, threshold -20 dB, 4:1: three quarters of what each level exceeds."""
    audio = np.concatenate([steady(-4.0, 20_000)[:, :1], steady(-14.0, 20_000)[:, :1]], axis=1)
    gains_db = to_db(compress(audio, link=link)[-1] / audio[-1])
    assert gains_db[0] == pytest.approx(-0.75 * 16.0, abs=0.001)
    assert gains_db[1] == pytest.approx(-0.75 * (6.0 + 10.0 * link), abs=0.001)


@pytest.mark.parametrize(("range_db", "expected_db"), [(0.0, 0.0), (10.0, 10.0), (59.0, 59.0), (60.0, 79.2)])
def test_the_range_bounds_the_reduction_and_60_does_not(range_db: float, expected_db: float) -> None:
    out = compress(steady(0.0, 20_000), threshold_db=-80.0, ratio=100.0, range_db=range_db)
    assert -to_db(out[-1, 0]) == pytest.approx(expected_db, abs=0.002)


@pytest.mark.parametrize("look_ahead_ms", [0.0, 0.5, 20.0])
@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_look_ahead_is_a_delay_and_reports_it(look_ahead_ms: float, rate_hz: int) -> None:
    compressor, audio = build(rate_hz, look_ahead_ms=look_ahead_ms, threshold_db=0.0), noise(10_000, seed=4, level=0.1)
    assert compressor.latency_frames == round(look_ahead_ms * rate_hz / 1000.0)
    out = audio.copy()
    compressor.process(out)
    late = compressor.latency_frames
    assert out[late:].tobytes() == audio[: len(audio) - late].tobytes()
    assert not out[:late].any()


def test_makeup_raises_and_mix_blends_in_parallel() -> None:
    audio = steady(-8.0, 9_600)
    wet = compress(audio)[-1, 0]
    assert to_db(compress(audio, makeup_db=6.0)[-1, 0] / wet) == pytest.approx(6.0, abs=1e-3)
    blended = compress(audio, makeup_db=6.0, mix=0.3)[-1, 0]
    assert blended == pytest.approx(0.7 * audio[-1, 0] + 0.3 * wet * 10 ** (6 / 20), rel=1e-5)
    assert np.array_equal(compress(audio, mix=0.0, makeup_db=6.0), audio)


@pytest.mark.parametrize(
    "changes",
    [{}, {"threshold_db": -50.0, "ratio": 2.0}, {"knee_db": 24.0}, {"range_db": 3.0}, {"threshold_db": -6.0}],
)
def test_automatic_makeup_gives_back_a_steady_minus_12_dbfs(changes: dict[str, Any]) -> None:
    out = compress(steady(-12.0, 20_000), auto_makeup=True, **changes)
    assert to_db(out[-1, 0]) == pytest.approx(-12.0, abs=0.001)
    raised = compress(steady(-12.0, 20_000), auto_makeup=True, makeup_db=2.0, **changes)
    assert to_db(raised[-1, 0]) == pytest.approx(-10.0, abs=0.001)


@pytest.mark.parametrize("link", [0.5, 1.0])
@pytest.mark.parametrize("detector", ["peak", "rms"])
def test_below_the_knee_no_bit_changes(detector: str, link: float) -> None:
    audio = noise(5_000, seed=7, level=0.01)
    assert np.array_equal(compress(audio, knee_db=6.0, detector=detector, link=link), audio)


def test_it_can_be_adjusted_and_keyed() -> None:
    assert isinstance(build(), Adjustable)
    assert isinstance(build(), Keyed)
    movable = {"threshold_db", "ratio", "attack_ms", "release_ms", "knee_db", "makeup_db", "mix", "rms_ms", "link"}
    assert not movable & CompressorParams.fixed
    assert "look_ahead_ms" in CompressorParams.fixed


def run_adjusted(audio: np.ndarray, changes: dict[int, dict[str, Any]], size: int, **first: Any) -> np.ndarray:
    """Process with parameters that change at frames given in control periods, in blocks of at most `size`."""
    out, compressor = audio.copy(), build(**first)
    for period in range(math.ceil(len(out) / CONTROL_FRAMES)):
        if period in changes:
            compressor.adjust({**SETTINGS, **first, **changes[period]})
        start, end = period * CONTROL_FRAMES, min(len(out), (period + 1) * CONTROL_FRAMES)
        for begin in range(start, end, size):
            compressor.process(out[begin : min(end, begin + size)])
    return out


@pytest.mark.parametrize("name", LAWS)
def test_equal_parameters_change_no_bit(name: str) -> None:
    audio = noise(3_000, seed=8)
    adjusted = run_adjusted(audio, {period: {} for period in range(50)}, 64, **LAWS[name])
    assert adjusted.tobytes() == compress(audio, **LAWS[name]).tobytes()


def test_makeup_and_mix_get_to_their_new_values_evenly() -> None:
    audio = steady(-40.0, 640)
    moved = run_adjusted(audio, {5: {"makeup_db": 6.0, "mix": 0.5}}, 64)
    gains = moved[:, 0].astype(np.float64) / audio[:, 0]
    target = 0.5 + 0.5 * to_linear(6.0)
    assert (gains[:320] == 1.0).all()
    assert gains[320:384] == pytest.approx(1.0 + (target - 1.0) * np.arange(1, 65) / 64.0, abs=2e-7)
    assert (moved[383:] == compress(audio, makeup_db=6.0, mix=0.5)[383:]).all()


@pytest.mark.parametrize("size", [1, 63])
@pytest.mark.parametrize("name", LAWS)
def test_moving_parameters_do_not_see_the_block_size(name: str, size: int) -> None:
    changes = {
        period: {"threshold_db": -10.0 - period, "makeup_db": period / 4.0, "mix": 1.0 - period / 50.0, "ratio": 3.0}
        for period in range(2, 40)
    }
    audio = noise(3_000, seed=9)
    cut = run_adjusted(audio, changes, size, **LAWS[name])
    assert cut.tobytes() == run_adjusted(audio, changes, 64, **LAWS[name]).tobytes()


def test_moving_the_threshold_is_no_more_than_another_wish_to_the_detector() -> None:
    """16 dB of level over a threshold that jumps by 12: the reduction goes on at the speed of the attack."""
    audio = steady(-4.0, 6_400)
    moved = run_adjusted(audio, {50: {"threshold_db": -32.0}}, 64)
    reduction_db = -to_db(moved[:, 0] / audio[:, 0])
    after = 3_200 + round(0.005 * RATE_HZ) - 1
    assert reduction_db[3_199] == pytest.approx(12.0, abs=0.001)
    assert reduction_db[after] == pytest.approx(12.0 + 9.0 * (1.0 - math.exp(-1.0)), abs=0.02)
    assert np.diff(reduction_db[3_199:]).max() < 9.0 * 1.01 / (0.005 * RATE_HZ)


def test_closing_the_link_lets_no_channel_jump() -> None:
    audio = np.concatenate([steady(0.0, 64_000)[:, :1], steady(-18.0, 64_000)[:, :1]], axis=1)
    moved = run_adjusted(audio, {100: {"link": 1.0}}, 64, link=0.0)
    reductions_db = -to_db(moved / audio)
    assert np.abs(np.diff(reductions_db, axis=0))[6_399:].max() < 15.0 * 1.01 / (0.005 * RATE_HZ)
    assert reductions_db[6_399, 1] == pytest.approx(1.5, abs=0.001)
    assert reductions_db[-1] == pytest.approx([15.0, 15.0], abs=0.001)


def test_the_oracle_reduces() -> None:
    assert find_reductions_db(noise(500, seed=3, level=0.5), SETTINGS, RATE_HZ).max() > 3.0
