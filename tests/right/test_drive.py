"""Driving reaches its loudness under its ceiling, as meters of other makes read them, and leaves alone what it can."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal as oracle

from farm.dsp.drive import MARGIN_DB, TOLERANCE_LU, Driven, drive
from farm.dsp.limiter_character import CHARACTER_NAMES, TRANSPARENT, LimiterSettings
from farm.errors import AudioError

Signal = NDArray[np.float32]
RATES_HZ = (44_100, 48_000, 96_000)


def driven(
    folder: Path,
    signal: Signal,
    rate_hz: int = 48_000,
    *,
    goal_lufs: float | None = None,
    ceiling_dbtp: float = -1.0,
    max_gain_db: float = 24.0,
    limiter: LimiterSettings = TRANSPARENT,
    measure: str = "integrated",
) -> tuple[Signal, Driven]:
    source = folder / "source.raw"
    signal.astype("<f4").tofile(source)
    blocks: list[Signal] = []
    facts = drive(
        source,
        lambda block: blocks.append(block.copy()),
        scratch=folder / "scratch",
        frames=len(signal),
        rate_hz=rate_hz,
        goal_lufs=goal_lufs,
        ceiling_dbtp=ceiling_dbtp,
        max_gain_db=max_gain_db,
        limiter=limiter,
        measure=measure,
    )
    assert [path.name for path in folder.iterdir()] == ["source.raw"], "nothing is left behind"
    out = np.concatenate(blocks)
    assert out.shape == signal.shape
    assert out.dtype == np.float32
    return out, facts


def true_peak_dbtp(signal: Signal) -> float:
    """Return the peak of scipy's resampling by 16."""
    fine = np.abs(oracle.resample_poly(signal.astype(np.float64), 16, 1, axis=0)).max()
    return float(20.0 * np.log10(fine)) if fine > 0.0 else -np.inf


def loudness_lufs(signal: Signal, rate_hz: int) -> float:
    meter = pyloudnorm.Meter(rate_hz, filter_class="DeMan")
    return float(meter.integrated_loudness(signal.astype(np.float64)))


def stereo(wave: NDArray[np.float64]) -> Signal:
    return np.stack([wave, 0.9 * wave], axis=1).astype(np.float32)


def bursts(rate_hz: int, seconds: float, seed: int = 3) -> NDArray[np.float64]:
    """Noise that decays four times a second over a low tone, clipped: like drums that were mastered once already."""
    t = np.arange(round(rate_hz * seconds)) / rate_hz
    noise = np.random.default_rng(seed).standard_normal(len(t))
    decay = np.exp(-((4.0 * t) % 1.0) * 8.0)
    return np.clip(noise * decay + 0.3 * np.sin(2.0 * np.pi * 55.0 * t), -0.7, 0.7)


def worst_cases(rate_hz: int, seconds: float = 1.0) -> dict[str, NDArray[np.float64]]:
    n = np.arange(round(rate_hz * seconds))
    generator = np.random.default_rng(4)
    return {
        "square": 0.9 * np.sign(np.sin(2.0 * np.pi * 997.0 * n / rate_hz)),
        "impulses": np.where(generator.random(len(n)) < 0.001, 1.0, 0.0),
        "fs/4 at 45 degrees": np.sin(np.pi / 2.0 * n + np.pi / 4.0),
        "almost Nyquist": np.cos(0.99 * np.pi * n),
        "white noise": 0.5 * generator.standard_normal(len(n)),
        "random signs": np.sign(generator.standard_normal(len(n))),
        "bursts": bursts(rate_hz, seconds),
    }


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("case", worst_cases(8_000))
def test_the_ceiling_holds_at_its_worst(case: str, rate_hz: int, tmp_path: Path) -> None:
    signal = stereo(2.0 * worst_cases(rate_hz)[case])
    for goal_lufs in (None, -3.0):
        out, facts = driven(tmp_path, signal, rate_hz, goal_lufs=goal_lufs)
        assert true_peak_dbtp(out) <= -1.0
        assert facts.true_peak_dbtp is not None
        assert facts.true_peak_dbtp <= -1.0 - MARGIN_DB + 1e-4
        assert facts.max_reduction_db > 3.0 or goal_lufs is not None


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    clip=st.floats(0.05, 2.0),
    low_pass=st.floats(0.05, 0.999),
    goal_lufs=st.none() | st.floats(-20.0, -5.0),
    ceiling_dbtp=st.floats(-6.0, -0.1),
    rate_hz=st.sampled_from(RATES_HZ),
)
def test_the_ceiling_holds_always(
    seed: int,
    clip: float,
    low_pass: float,
    goal_lufs: float | None,
    ceiling_dbtp: float,
    rate_hz: int,
    tmp_path: Path,
) -> None:
    generator = np.random.default_rng(seed)
    noise = generator.standard_normal((20_000, 2)) * generator.uniform(0.0, 2.0, (20, 1)).repeat(1_000, axis=0)
    signal = np.clip(oracle.sosfilt(oracle.butter(2, low_pass, output="sos"), noise, axis=0), -clip, clip)
    out, _ = driven(tmp_path, signal.astype(np.float32), rate_hz, goal_lufs=goal_lufs, ceiling_dbtp=ceiling_dbtp)
    assert true_peak_dbtp(out) <= ceiling_dbtp


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("goal_lufs", [-24.0, -16.0, -11.0])
def test_the_goal_is_reached(goal_lufs: float, rate_hz: int, tmp_path: Path) -> None:
    signal = stereo(0.5 * bursts(rate_hz, 4.0))
    out, facts = driven(tmp_path, signal, rate_hz, goal_lufs=goal_lufs)
    assert facts.reached
    assert facts.loudness_lufs == pytest.approx(goal_lufs, abs=TOLERANCE_LU)
    # The other meter's filters differ by up to 0.01 LU away from 48 kHz.
    assert loudness_lufs(out, rate_hz) == pytest.approx(goal_lufs, abs=TOLERANCE_LU + 0.02)
    assert true_peak_dbtp(out) <= -1.0


@pytest.mark.parametrize("character", CHARACTER_NAMES)
@pytest.mark.parametrize(("link", "soft_clip_db"), [(1.0, 2.0), (0.5, 0.0), (0.0, 4.0)])
def test_every_way_of_limiting_reaches_the_goal(
    character: str, link: float, soft_clip_db: float, tmp_path: Path
) -> None:
    signal = stereo(0.5 * bursts(44_100, 3.0))
    limiter = LimiterSettings(character, link, soft_clip_db)
    out, facts = driven(tmp_path, signal, 44_100, goal_lufs=-12.0, limiter=limiter)
    assert facts.reached
    assert loudness_lufs(out, 44_100) == pytest.approx(-12.0, abs=TOLERANCE_LU + 0.02)
    assert true_peak_dbtp(out) <= -1.0
    assert (facts.clipped_db > 0.5) == (soft_clip_db > 0.0)
    assert facts.clipped_db <= soft_clip_db + 1e-6


def test_clipping_softly_leaves_less_to_the_limiter(tmp_path: Path) -> None:
    signal = stereo(0.5 * bursts(44_100, 3.0))
    hard = driven(tmp_path, signal, 44_100, goal_lufs=-12.0)[1]
    soft = driven(tmp_path, signal, 44_100, goal_lufs=-12.0, limiter=LimiterSettings(soft_clip_db=2.0))[1]
    assert soft.mean_reduction_db < 0.7 * hard.mean_reduction_db
    assert soft.gain_db < hard.gain_db


def test_loud_takes_less_reduction_for_the_same_loudness(tmp_path: Path) -> None:
    signal = stereo(0.5 * bursts(44_100, 4.0))
    took = [
        driven(tmp_path, signal, 44_100, goal_lufs=-11.0, limiter=LimiterSettings(name))[1].mean_reduction_db
        for name in ("loud", "punchy", "transparent")
    ]
    assert took[0] < 0.8 * min(took[1:])


def test_the_reduction_is_told_second_by_second(tmp_path: Path) -> None:
    loud, quiet = bursts(48_000, 2.0), 0.05 * bursts(48_000, 2.5)
    facts = driven(tmp_path, stereo(np.concatenate([loud, quiet])), goal_lufs=-10.0)[1]
    assert len(facts.reduction_db) == 5
    assert max(facts.reduction_db) == pytest.approx(facts.max_reduction_db, abs=0.051)
    assert facts.reduction_db[0] > 1.0
    assert facts.reduction_db[-1] == 0.0
    assert facts.reduction_db == tuple(round(value, 1) for value in facts.reduction_db)


def test_unlinked_channels_do_not_move_each_other(tmp_path: Path) -> None:
    loud, quiet = bursts(48_000, 3.0), 0.05 * np.sin(0.05 * np.arange(144_000))
    signal = np.stack([loud, quiet], axis=1).astype(np.float32)
    out, facts = driven(tmp_path, signal, goal_lufs=-10.0, limiter=LimiterSettings(link=0.0))
    assert facts.max_reduction_db > 1.0
    np.testing.assert_allclose(out[:, 1], signal[:, 1] * 10.0 ** (facts.gain_db / 20.0), rtol=1e-6)


def test_frames_stay_where_they_are(tmp_path: Path) -> None:
    signal = stereo(bursts(48_000, 3.0))
    out, facts = driven(tmp_path, signal, goal_lufs=-10.0)
    assert facts.max_reduction_db > 0.5
    for lag in (-1, 1):
        here, there = np.sum(out * signal), np.sum(np.roll(out, lag, axis=0) * signal)
        assert here > there


def test_without_a_goal_what_fits_passes_bit_for_bit(tmp_path: Path) -> None:
    signal = stereo(0.5 * bursts(48_000, 2.0))
    out, facts = driven(tmp_path, signal)
    assert np.array_equal(out, signal)
    assert (facts.gain_db, facts.max_reduction_db, facts.reached) == (0.0, 0.0, True)


def test_with_room_enough_the_gain_is_plain(tmp_path: Path) -> None:
    signal = stereo(0.1 * bursts(48_000, 3.0))
    out, facts = driven(tmp_path, signal, goal_lufs=-30.0)
    np.testing.assert_allclose(out, signal * np.float32(10.0 ** (facts.gain_db / 20.0)), rtol=1e-6)
    assert facts.max_reduction_db == 0.0
    assert facts.loudness_lufs == pytest.approx(loudness_lufs(out, 48_000), abs=0.02)
    assert facts.true_peak_dbtp == pytest.approx(true_peak_dbtp(out), abs=0.2)


def test_a_goal_out_of_reach_gives_the_nearest_and_says_so(tmp_path: Path) -> None:
    quiet = stereo(0.01 * bursts(48_000, 3.0))
    out, facts = driven(tmp_path, quiet, goal_lufs=-14.0, max_gain_db=6.0)
    assert not facts.reached
    assert facts.gain_db == pytest.approx(6.0, abs=0.1)
    assert true_peak_dbtp(out) <= -1.0
    square = stereo(np.sign(np.sin(2.0 * np.pi * 100.0 * np.arange(48_000 * 2) / 48_000)))
    out, facts = driven(tmp_path, square, goal_lufs=3.0)
    assert not facts.reached
    assert facts.gain_db < 6.0, "a square gets no louder by driving on"
    assert true_peak_dbtp(out) <= -1.0


def test_a_goal_that_is_nearly_reachable_costs_no_loudness(tmp_path: Path) -> None:
    """What is asked for a little more loudly comes out no softer than by the little that is given up for less drive."""
    signal = stereo(0.5 * bursts(48_000, 4.0))
    best, least = -7.32, -7.42
    for goal_lufs in (-7.6, -7.45, best, -7.3, -7.25, -7.15, -6.0):
        _, facts = driven(tmp_path, signal, goal_lufs=goal_lufs)
        assert facts.loudness_lufs is not None
        assert facts.loudness_lufs >= min(goal_lufs - TOLERANCE_LU, least)
        assert facts.reached == (goal_lufs - best < 0.1)
        if facts.reached:
            assert facts.loudness_lufs == pytest.approx(goal_lufs, abs=0.1)


def test_what_brings_next_to_nothing_is_not_driven(tmp_path: Path) -> None:
    """The last tenth of a LU would have cost 10 dB and more."""
    signal = stereo(np.random.default_rng(1).standard_normal(192_000) * 0.3)
    facts = driven(tmp_path, signal, goal_lufs=0.0)[1]
    assert facts.gain_db < 13.0
    assert facts.loudness_lufs == pytest.approx(-6.768, abs=0.11)


@pytest.mark.parametrize("goal_lufs", [-11.0, 3.0])
def test_settings_are_whole_thousandths_of_a_decibel(goal_lufs: float, tmp_path: Path) -> None:
    """Whether the goal is reached, or eased off: the last bit of a logarithm does not change the audio."""
    facts = driven(tmp_path, stereo(0.5 * bursts(48_000, 4.0)), goal_lufs=goal_lufs)[1]
    assert facts.reached == (goal_lufs < 0.0)
    assert 1_000.0 * facts.gain_db == pytest.approx(round(1_000.0 * facts.gain_db), abs=1e-6)


@pytest.mark.parametrize("goal_lufs", [-20.0, -9.0])
def test_a_short_term_goal_is_the_loudness_of_the_loudest_3_s(goal_lufs: float, tmp_path: Path) -> None:
    wave = bursts(48_000, 9.0) * np.repeat([0.1, 0.5, 0.2], 144_000)
    out, facts = driven(tmp_path, stereo(wave), goal_lufs=goal_lufs, measure="short-term")
    meter = pyloudnorm.Meter(48_000, filter_class="DeMan", block_size=3.0, overlap=0.0)
    # One block of 3 s that is never gated: the loudness of just these 3 s.
    loudest = max(
        float(meter.integrated_loudness(out[start : start + 144_000].astype(np.float64)))
        for start in range(120_000, 168_001, 4_800)
    )
    assert facts.reached
    assert facts.loudness_lufs == pytest.approx(goal_lufs, abs=TOLERANCE_LU)
    assert loudest == pytest.approx(goal_lufs, abs=0.05)
    assert true_peak_dbtp(out) <= -1.0


def test_a_short_term_goal_needs_3_s(tmp_path: Path) -> None:
    signal = stereo(0.1 * bursts(48_000, 2.0))
    out, facts = driven(tmp_path, signal, goal_lufs=-14.0, measure="short-term")
    assert np.array_equal(out, signal)
    assert (facts.loudness_lufs, facts.reached) == (None, False)


@pytest.mark.parametrize("frames", [0, 1, 100, 70_000])
def test_silence_passes(frames: int, tmp_path: Path) -> None:
    if frames == 0:
        (tmp_path / "source.raw").write_bytes(b"")
        facts = drive(
            tmp_path / "source.raw",
            _refuse,
            scratch=tmp_path / "scratch",
            frames=0,
            rate_hz=48_000,
            goal_lufs=-14.0,
            ceiling_dbtp=-1.0,
        )
    else:
        signal = np.zeros((frames, 2), np.float32)
        out, facts = driven(tmp_path, signal, goal_lufs=-14.0)
        assert np.array_equal(out, signal)
    assert facts == Driven(0.0, None, None, 0.0, 0.0, reached=False)


def _refuse(block: Signal) -> None:
    assert len(block) == 0


@pytest.mark.parametrize("frames", [1, 5, 150, 9_000])
def test_what_is_too_short_for_loudness_keeps_its_ceiling(frames: int, tmp_path: Path) -> None:
    signal = np.full((frames, 2), 1.5, np.float32)
    out, facts = driven(tmp_path, signal, goal_lufs=-14.0)
    assert facts.loudness_lufs is None
    assert not facts.reached
    assert true_peak_dbtp(out) <= -1.0


def test_the_same_song_gives_the_same_bytes(tmp_path: Path) -> None:
    signal = stereo(bursts(48_000, 3.0))
    assert (
        driven(tmp_path, signal, goal_lufs=-11.0)[0].tobytes() == driven(tmp_path, signal, goal_lufs=-11.0)[0].tobytes()
    )


def test_missing_frames_are_told_and_leave_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "source.raw"
    np.zeros((100, 2), np.float32).tofile(source)
    with pytest.raises(AudioError):
        drive(
            source, _refuse, scratch=tmp_path / "scratch", frames=101, rate_hz=48_000, goal_lufs=None, ceiling_dbtp=-1.0
        )
    assert [path.name for path in tmp_path.iterdir()] == ["source.raw"]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed: no second opinion")
@pytest.mark.parametrize("case", worst_cases(8_000))
def test_ffmpeg_reads_no_more_than_the_ceiling(case: str, tmp_path: Path) -> None:
    """Faded in and out: ffmpeg's resampler mirrors what begins or ends abruptly."""
    wave = worst_cases(44_100)[case]
    ramp = np.minimum(1.0, np.minimum(np.arange(len(wave)), np.arange(len(wave))[::-1]) / 2_000)
    out, facts = driven(tmp_path, stereo(2.0 * wave * ramp), 44_100, ceiling_dbtp=-1.0)
    soundfile.write(tmp_path / "out.wav", out, 44_100, subtype="FLOAT")
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(tmp_path / "out.wav")]
    command += ["-af", "ebur128=peak=true:metadata=1,ametadata=print:file=-", "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    readings = [float(value) for value in re.findall(r"true_peaks_ch\d+=(\S+)", text)]
    assert 0.5 < max(readings) <= 10.0 ** (-1.0 / 20.0)
    assert facts.reached
