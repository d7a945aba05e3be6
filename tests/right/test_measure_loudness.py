"""Loudness reads what the EBU's and ITU's conformance tests say, and what an independent meter reads."""

import functools

import numpy as np
import pyloudnorm
import pytest
from numpy.typing import NDArray

from farm.measure.gating import integrate
from farm.measure.k_weighting import CHANNEL_WEIGHTS
from farm.measure.loudness import Loudness
from farm.measure.step_powers import StepPowers

Signal = NDArray[np.float32]
RATES_HZ = (44_100, 48_000, *(pytest.param(rate_hz, marks=pytest.mark.slow) for rate_hz in (88_200, 96_000, 192_000)))
TOLERANCE_LU = 0.1


def tones(rate_hz: int, *parts: tuple[float, float | None], channels: int = 2) -> Signal:
    """Return 1 kHz, in phase on all channels, from (seconds, peak dBFS) parts; None is silence."""
    levels = [np.full(round(seconds * rate_hz), 0.0 if db is None else 10.0 ** (db / 20.0)) for seconds, db in parts]
    amplitude = np.concatenate(levels)
    wave = amplitude * np.sin(2.0 * np.pi * 1000.0 * np.arange(len(amplitude)) / rate_hz)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def read(signal: Signal, rate_hz: int) -> StepPowers:
    meter = Loudness(rate_hz, signal.shape[1])
    meter.push(signal)
    return meter.finish()


INTEGRATED = {
    "case 1": ([(20, -23)], -23.0),
    "case 2": ([(20, -33)], -33.0),
    "case 3": ([(10, -36), (60, -23), (10, -36)], -23.0),
    "case 4": ([(10, -72), (10, -36), (60, -23), (10, -36), (10, -72)], -23.0),
    "case 5": ([(20, -26), (20.1, -20), (20, -26)], -23.0),
}


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("case", INTEGRATED)
def test_integrated_loudness_passes_ebu_tech_3341(case: str, rate_hz: int) -> None:
    parts, expected = INTEGRATED[case]
    assert read(tones(rate_hz, *parts), rate_hz).integrated_lufs() == pytest.approx(expected, abs=TOLERANCE_LU)


@pytest.mark.parametrize("rate_hz", [22_050, 32_000, 88_200, 96_000, 192_000])
def test_a_tone_reads_the_same_at_every_rate(rate_hz: int) -> None:
    powers = read(tones(rate_hz, (4, -23)), rate_hz)
    assert powers.integrated_lufs() == pytest.approx(-23.0, abs=TOLERANCE_LU)
    assert powers.max_momentary_lufs() == pytest.approx(-23.0, abs=TOLERANCE_LU)
    assert powers.max_short_term_lufs() == pytest.approx(-23.0, abs=TOLERANCE_LU)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_steady_tones_read_the_same_momentary_and_short_term(rate_hz: int) -> None:
    for level_db in (-23.0, -33.0):
        powers = read(tones(rate_hz, (20, level_db)), rate_hz)
        assert powers.max_momentary_lufs() == pytest.approx(level_db, abs=TOLERANCE_LU)
        assert powers.max_short_term_lufs() == pytest.approx(level_db, abs=TOLERANCE_LU)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_surround_passes_ebu_tech_3341_case_6(rate_hz: int) -> None:
    levels_db = np.array([-28.0, -28.0, -24.0, -30.0, -30.0])
    signal = tones(rate_hz, (20, 0.0), channels=5) * (10.0 ** (levels_db / 20.0)).astype(np.float32)
    assert read(signal, rate_hz).integrated_lufs() == pytest.approx(-23.0, abs=TOLERANCE_LU)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_short_term_passes_ebu_tech_3341_cases_9_and_10(rate_hz: int) -> None:
    steady = read(tones(rate_hz, *[(1.34, -20), (1.66, -30)] * 5), rate_hz)
    assert steady.max_short_term_lufs() == pytest.approx(-23.0, abs=TOLERANCE_LU)
    for i in range(20):
        powers = read(tones(rate_hz, (i * 0.15, None), (3, -23), (1, None)), rate_hz)
        assert powers.max_short_term_lufs() == pytest.approx(-23.0, abs=TOLERANCE_LU), f"case 10-{i + 1}"


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_momentary_passes_ebu_tech_3341_cases_12_and_13(rate_hz: int) -> None:
    steady = read(tones(rate_hz, *[(0.18, -20), (0.22, -30)] * 25), rate_hz)
    assert steady.max_momentary_lufs() == pytest.approx(-23.0, abs=TOLERANCE_LU)
    for i in range(20):
        powers = read(tones(rate_hz, (i * 0.02, None), (0.4, -23), (1, None)), rate_hz)
        assert powers.max_momentary_lufs() == pytest.approx(-23.0, abs=TOLERANCE_LU), f"case 13-{i + 1}"


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(
    ("levels_db", "expected_lu"),
    [((-20, -30), 10), ((-20, -15), 5), ((-40, -20), 20), ((-50, -35, -20, -35, -50), 15)],
)
def test_loudness_range_passes_ebu_tech_3342(levels_db: tuple[int, ...], expected_lu: int, rate_hz: int) -> None:
    powers = read(tones(rate_hz, *((20, level) for level in levels_db)), rate_hz)
    assert powers.loudness_range_lu() == pytest.approx(expected_lu, abs=1.0)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 88_200, 96_000, 192_000])
def test_full_scale_997_hz_in_one_channel_reads_minus_3_01(rate_hz: int) -> None:
    signal = np.zeros((5 * rate_hz, 2), np.float32)
    signal[:, 0] = np.sin(2.0 * np.pi * 997.0 * np.arange(len(signal)) / rate_hz)
    assert read(signal, rate_hz).integrated_lufs() == pytest.approx(-3.01, abs=0.01)
    assert read(signal[:, :1].copy(), rate_hz).integrated_lufs() == pytest.approx(-3.01, abs=0.01)


@functools.cache
def programme(rate_hz: int, seconds: float, channels: int = 2, seed: int = 1) -> Signal:
    """Noise that swells and fades: loud and gated parts, all frequencies."""
    generator = np.random.default_rng(seed)
    frames = round(rate_hz * seconds)
    swell = 0.05 + 0.1 * np.sin(np.linspace(0.0, 7.0, frames)) ** 4
    return (generator.standard_normal((frames, channels)) * swell[:, None]).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 48_000, 96_000])
def test_loudness_agrees_with_pyloudnorm(rate_hz: int) -> None:
    signal = programme(rate_hz, 12.0)
    oracle = pyloudnorm.Meter(rate_hz, filter_class="DeMan").integrated_loudness(signal.astype(np.float64))
    assert read(signal, rate_hz).integrated_lufs() == pytest.approx(oracle, abs=TOLERANCE_LU)


@pytest.mark.parametrize(
    ("channels", "weights"),
    [
        (1, [1.0]),
        (2, [1.0, 1.0]),
        (3, [1.0, 1.0, 1.0]),  # L R C
        (4, [1.0, 1.0, 1.41, 1.41]),  # L R Ls Rs
        (5, [1.0, 1.0, 1.0, 1.41, 1.41]),  # L R C Ls Rs
        (6, [1.0, 1.0, 1.0, None, 1.41, 1.41]),  # L R C LFE Ls Rs
        (8, [1.0, 1.0, 1.0, None, 1.0, 1.0, 1.41, 1.41]),  # L R C LFE Lb Rb Ls Rs
    ],
)
def test_each_channel_of_a_wave_file_weighs_what_its_place_does(channels: int, weights: list[float | None]) -> None:
    for channel, weight in enumerate(weights):
        signal = np.zeros((48_000, channels), np.float32)
        signal[:, channel] = np.sin(2.0 * np.pi * 997.0 * np.arange(len(signal)) / 48_000)
        expected = None if weight is None else -3.01 + 10.0 * np.log10(weight)
        assert read(signal, 48_000).max_momentary_lufs() == (expected and pytest.approx(expected, abs=0.01))


@pytest.mark.parametrize("channels", CHANNEL_WEIGHTS)
def test_every_layout_adds_its_channels_up_as_weighted(channels: int) -> None:
    signal = programme(48_000, 2.0, channels)
    alone = [read(signal[:, [c]], 48_000).max_momentary_lufs() for c in range(channels)]
    if channels == 6:
        silenced = signal.copy()
        silenced[:, 3] = 0.0
        assert read(signal, 48_000).integrated_lufs() == read(silenced, 48_000).integrated_lufs(), "the LFE is left out"
    power = sum(w * 10.0 ** (level / 10.0) for w, level in zip(CHANNEL_WEIGHTS[channels], alone, strict=True) if level)
    assert read(signal, 48_000).max_momentary_lufs() == pytest.approx(10.0 * np.log10(power), abs=0.3)


@pytest.mark.parametrize("rate_hz", [44_100, 11_025])
def test_block_sizes_change_nothing(rate_hz: int) -> None:
    for channels in (1, 2, 3):
        signal = programme(rate_hz, 1.1, channels)
        whole = read(signal, rate_hz)
        for size in (1, 63, 64, 65, 4096):
            meter = Loudness(rate_hz, channels)
            for start in range(0, len(signal), size):
                meter.push(signal[start : start + size])
            powers = meter.finish()
            assert powers.integrated_lufs() == whole.integrated_lufs()
            assert powers.max_momentary_lufs() == whole.max_momentary_lufs()


def test_an_incomplete_last_gating_block_is_discarded() -> None:
    tone = tones(48_000, (1.0, -23.0))
    loud_end = np.concatenate([tone, np.full((4_799, 2), 0.9, np.float32)])
    assert read(loud_end, 48_000).integrated_lufs() == read(tone, 48_000).integrated_lufs()


def test_what_is_too_short_or_silent_has_no_loudness() -> None:
    for signal in (np.zeros((0, 2), np.float32), tones(48_000, (0.39, -20.0)), np.zeros((48_000 * 4, 2), np.float32)):
        powers = read(signal, 48_000)
        assert powers.integrated_lufs() is None
        assert powers.loudness_range_lu() is None
        assert powers.max_momentary_lufs() is None
        assert powers.max_short_term_lufs() is None
        assert powers.block_clufs() == ()
    assert integrate(()) is None


def test_album_loudness_pools_the_blocks_of_its_songs() -> None:
    songs = [programme(22_050, 60.0, seed=2), programme(22_050, 40.0, seed=3) * np.float32(0.3)]
    pooled = integrate(block for song in songs for block in read(song, 22_050).block_clufs())
    assert pooled == pytest.approx(read(np.concatenate(songs), 22_050).integrated_lufs(), abs=0.05)
    alone = read(songs[0], 22_050)
    assert integrate(alone.block_clufs()) == pytest.approx(alone.integrated_lufs(), abs=0.01)


def test_the_gates_are_strict() -> None:
    assert integrate([-7000]) is None
    assert integrate([-6999]) == pytest.approx(-69.99, abs=1e-9)
