"""A ceiling is a ceiling: what is driven, at any rate and in any way, read again at 16 points a sample by scipy.

The oracle is `scipy.signal.resample_poly` with a filter of its own: a sinc under a Hann window that cuts off at the
Nyquist frequency and reaches 40 samples to either side, as long as a converter's. scipy's default reaches 10: that
short, it sees up to 1.3 dB less of sound that is rich close to the Nyquist frequency. Farm's meter asks three filters
under Kaiser windows.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal as oracle

from farm.audio.word_length import Quantiser
from farm.dsp.drive import Driven, drive
from farm.dsp.limiter_character import CHARACTER_NAMES, LimiterSettings

Signal = NDArray[np.float32]
Wave = NDArray[np.float64]

RATES_HZ = (44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
CEILING_DBTP = -1.0
TOLERANCE_DB = 0.05
POINTS, REACH = 16, 40
FILTER = oracle.firwin(2 * POINTS * REACH + 1, 1.0 / POINTS, window="hann")
EVERY = [
    LimiterSettings(character, link, soft_clip_db)
    for character in CHARACTER_NAMES
    for link in (0.0, 0.5, 1.0)
    for soft_clip_db in (0.0, 3.0)
]
FEW = [LimiterSettings(), LimiterSettings("punchy", 0.5, 3.0), LimiterSettings("loud", 0.0, 0.0)]


def true_peak_dbtp(signal: NDArray[np.floating]) -> float:
    fine = oracle.resample_poly(signal.astype(np.float64), POINTS, 1, axis=0, window=FILTER)
    return float(20.0 * np.log10(max(np.abs(fine).max(), 1e-30)))


def square(n: Wave, rate_hz: int) -> Wave:
    return 0.9 * np.sign(np.sin(2.0 * np.pi * 997.0 * n / rate_hz))


def impulses(n: Wave, rate_hz: int) -> Wave:
    return np.where(np.random.default_rng(4).random(len(n)) < 0.001, 1.0, 0.0)


def quarter(n: Wave, rate_hz: int) -> Wave:
    return np.sin(np.pi / 2.0 * n + np.pi / 4.0)


def sixth(n: Wave, rate_hz: int) -> Wave:
    return np.sin(np.pi / 3.0 * n + np.pi / 3.0)


def noise(n: Wave, rate_hz: int) -> Wave:
    return 0.5 * np.random.default_rng(5).standard_normal(len(n))


def signs(n: Wave, rate_hz: int) -> Wave:
    return np.sign(np.random.default_rng(6).standard_normal(len(n)))


def sweep(n: Wave, rate_hz: int) -> Wave:
    """From 20 Hz to 0.98 of Nyquist."""
    return oracle.chirp(n / rate_hz, 20.0, n[-1] / rate_hz, 0.49 * rate_hz, method="logarithmic")


def music(n: Wave, rate_hz: int) -> Wave:
    """Noise that decays eight times a second over a low tone, clipped."""
    decay = np.exp(-((8.0 * n / rate_hz) % 1.0) * 8.0)
    hits = np.random.default_rng(3).standard_normal(len(n)) * decay
    return np.clip(hits + 0.3 * np.sin(2.0 * np.pi * 55.0 * n / rate_hz), -0.7, 0.7)


def edge_flips(n: Wave, rate_hz: int) -> Wave:
    """Quiet but for the first and the last samples, which alternate."""
    wave = 0.05 * np.sin(2.0 * np.pi * 300.0 * n / rate_hz)
    wave[:4], wave[-3:] = (1.0, -1.0, 1.0, -1.0), (-1.0, 1.0, -1.0)
    return wave


def steps(n: Wave, rate_hz: int) -> Wave:
    """A constant that jumps, and is there from the first frame to the last."""
    return np.where((n // 3_000) % 3 == 0, 0.9, np.where((n // 3_000) % 3 == 1, -0.6, 0.1))


CASES: list[Callable[[Wave, int], Wave]] = [
    square,
    impulses,
    quarter,
    sixth,
    noise,
    signs,
    sweep,
    music,
    edge_flips,
    steps,
]


def make(case: Callable[[Wave, int], Wave], rate_hz: int, seconds: float) -> Signal:
    """Up to 6 dB above full scale; the right channel is the left one 40 frames late, and softer."""
    wave = 2.0 * case(np.arange(round(rate_hz * seconds), dtype=np.float64), rate_hz)
    return np.stack([wave, 0.8 * np.roll(wave, 40)], axis=1).astype(np.float32)


def driven(
    folder: Path, signal: Signal, rate_hz: int, limiter: LimiterSettings, goal_lufs: float | None
) -> tuple[Signal, Driven]:
    signal.astype("<f4").tofile(folder / "source.raw")
    blocks: list[Signal] = []
    facts = drive(
        folder / "source.raw",
        lambda block: blocks.append(block.copy()),
        scratch=folder / "scratch",
        frames=len(signal),
        rate_hz=rate_hz,
        goal_lufs=goal_lufs,
        ceiling_dbtp=CEILING_DBTP,
        limiter=limiter,
    )
    return np.concatenate(blocks), facts


def check_ceiling(signal: Signal) -> None:
    """Read the floats, and the words of 16 and 24 bits that are made of them with dither."""
    assert true_peak_dbtp(signal) <= CEILING_DBTP + TOLERANCE_DB
    for bits in (16, 24):
        words = Quantiser(bits, 2, "tpdf", 1).push(np.ascontiguousarray(signal))
        full_scale = 2.0**15 if bits == 16 else 2.0**31
        assert true_peak_dbtp(words / full_scale) <= CEILING_DBTP + TOLERANCE_DB


@pytest.mark.parametrize("limiter", FEW)
@pytest.mark.parametrize("case", CASES)
def test_worst_cases_stay_below_the_ceiling(
    case: Callable[[Wave, int], Wave], limiter: LimiterSettings, tmp_path: Path
) -> None:
    out, facts = driven(tmp_path, make(case, 44_100, 0.5), 44_100, limiter, None)
    check_ceiling(out)
    assert facts.max_reduction_db + facts.clipped_db > 2.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rate_hz", "limiter"),
    [(rate_hz, each) for i, rate_hz in enumerate(RATES_HZ) for each in EVERY[i :: len(RATES_HZ)]],
)
@pytest.mark.parametrize("case", CASES)
def test_worst_cases_stay_below_the_ceiling_at_any_rate(
    case: Callable[[Wave, int], Wave], rate_hz: int, limiter: LimiterSettings, tmp_path: Path
) -> None:
    """Every setting has its turn with every case, each rate with three settings."""
    for goal_lufs in (None, -6.0):
        out, _ = driven(tmp_path, make(case, rate_hz, 0.45), rate_hz, limiter, goal_lufs)
        check_ceiling(out)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    clip=st.floats(0.05, 2.0),
    low_pass=st.floats(0.05, 0.999),
    goal_lufs=st.none() | st.floats(-20.0, -5.0),
    rate_hz=st.sampled_from(RATES_HZ),
    limiter=st.sampled_from(EVERY),
)
def test_the_ceiling_holds_for_anything(
    seed: int,
    clip: float,
    low_pass: float,
    goal_lufs: float | None,
    rate_hz: int,
    limiter: LimiterSettings,
    tmp_path: Path,
) -> None:
    generator = np.random.default_rng(seed)
    sound = generator.standard_normal((20_000, 2)) * generator.uniform(0.0, 2.0, (20, 1)).repeat(1_000, axis=0)
    signal = np.clip(oracle.sosfilt(oracle.butter(2, low_pass, output="sos"), sound, axis=0), -clip, clip)
    out, _ = driven(tmp_path, signal.astype(np.float32), rate_hz, limiter, goal_lufs)
    check_ceiling(out)


@pytest.mark.parametrize("limiter", FEW)
@pytest.mark.parametrize("seconds", [0.2, 0.6])
def test_bad_input_is_taken_as_it_is(seconds: float, limiter: LimiterSettings, tmp_path: Path) -> None:
    """Silence, a constant, one dead channel, both the same, and too short for a loudness; 3 LU louder than possible."""
    frames = round(48_000 * seconds)
    wave = np.sign(np.sin(2.0 * np.pi * 100.0 * np.arange(frames) / 48_000))
    for left, right in (
        (0.0 * wave, 0.0 * wave),
        (0.9 + 0.0 * wave, 0.9 + 0.0 * wave),
        (wave, 0.0 * wave),
        (wave, wave),
    ):
        signal = np.stack([left, right], axis=1).astype(np.float32)
        out, facts = driven(tmp_path, signal, 48_000, limiter, 6.0)
        assert out.shape == signal.shape
        assert np.isfinite(out).all()
        assert not facts.reached
        check_ceiling(out)
        assert not out[:, 1].any() or right.any()


@pytest.mark.slow
@pytest.mark.parametrize("limiter", FEW)
def test_a_ten_minute_fade_ends_in_silence(limiter: LimiterSettings, tmp_path: Path) -> None:
    rate_hz, frames = 8_000, 8_000 * 600
    fade = np.linspace(1.0, 0.0, frames)[:, None] ** 2
    sound = np.random.default_rng(8).standard_normal((frames, 2)) * fade
    out, facts = driven(tmp_path, sound.astype(np.float32), rate_hz, limiter, -12.0)
    assert facts.reached
    assert len(facts.reduction_db) == 600
    assert facts.reduction_db[0] + facts.clipped_db > 3.0
    assert facts.reduction_db[-1] == 0.0
    assert true_peak_dbtp(out[: 20 * rate_hz]) <= CEILING_DBTP + TOLERANCE_DB
    assert np.abs(out[-100:]).max() < 1e-4
