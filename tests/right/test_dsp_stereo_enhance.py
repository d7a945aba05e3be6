"""The stereo enhancer against closed forms: what it does to correlation and level, and what it leaves alone."""

import numpy as np
import pytest

from farm.dsp.stereo_enhance import StereoEnhance

RATE_HZ = 48_000
PERIOD = 64


def params(amount: float, low_hz: float = 200.0, high_hz: float = 16_000.0) -> dict[str, float]:
    return {"amount": amount, "low_hz": low_hz, "high_hz": high_hz}


def mono_noise(frames: int = 4 * RATE_HZ) -> np.ndarray:
    noise = (0.2 * np.random.default_rng(5).standard_normal(frames)).astype(np.float32)
    return np.column_stack([noise, noise])


def stereo_noise(frames: int = 100 * PERIOD) -> np.ndarray:
    return (0.2 * np.random.default_rng(6).standard_normal((frames, 2))).astype(np.float32)


def enhanced(audio: np.ndarray, rate_hz: int = RATE_HZ, **said: float) -> np.ndarray:
    out = audio.copy()
    StereoEnhance(params(**said), rate_hz).process(out)
    return out


def band(audio: np.ndarray, low_hz: float, high_hz: float, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Return the spectrum of both channels between two frequencies."""
    hz = np.fft.rfftfreq(len(audio), 1 / rate_hz)
    return np.fft.rfft(audio.astype(float), axis=0)[(hz >= low_hz) & (hz < high_hz)]


def correlation(spectrum: np.ndarray) -> float:
    left, right = spectrum.T
    power = np.sqrt(np.sum(np.abs(left) ** 2) * np.sum(np.abs(right) ** 2))
    return float(np.sum(left * right.conj()).real / power)


@pytest.mark.parametrize("amount", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("audio", [mono_noise(RATE_HZ), stereo_noise()], ids=["mono", "stereo"])
def test_folded_down_to_mono_it_is_the_original(audio: np.ndarray, amount: float) -> None:
    out = enhanced(audio, amount=amount).astype(float)
    left_over = out.sum(axis=1) - audio.astype(float).sum(axis=1)
    assert 20 * np.log10(np.std(left_over) / np.std(audio.sum(axis=1))) < -120
    assert not np.allclose(out, audio, atol=1e-3)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("amount", [0.0, 0.25, 0.5, 1.0])
def test_mono_gets_the_correlation_that_the_amount_stands_for(amount: float, rate_hz: int) -> None:
    out = enhanced(mono_noise(4 * rate_hz), rate_hz, amount=amount)
    expected = (1 - amount**2) / (1 + amount**2)
    assert correlation(band(out, 400, 8_000, rate_hz)) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("centre_hz", [315.0, 630.0, 1_250.0, 2_500.0, 5_000.0])
def test_in_each_octave_left_and_right_are_as_far_apart_and_as_loud(centre_hz: float) -> None:
    audio = mono_noise()
    before, after = (band(each, centre_hz / 2**0.5, centre_hz * 2**0.5) for each in (audio, enhanced(audio, amount=1)))
    assert abs(correlation(after)) < 0.12
    left_db, right_db = 10 * np.log10(np.sum(np.abs(after) ** 2, axis=0) / np.sum(np.abs(before) ** 2, axis=0))
    assert left_db == pytest.approx(3.01, abs=0.6)
    assert right_db == pytest.approx(3.01, abs=0.6)


def test_outside_its_frequencies_mono_stays_mono() -> None:
    out = enhanced(mono_noise(), amount=1, low_hz=400.0, high_hz=4_000.0)
    side = np.column_stack([out[:, 0] - out[:, 1], out[:, 0] + out[:, 1]])
    for low_hz, high_hz in ((20, 100), (18_000, 20_000)):
        side_db, mid_db = 10 * np.log10(np.sum(np.abs(band(side, low_hz, high_hz)) ** 2, axis=0))
        assert side_db - mid_db < -23, "two octaves away, at 12 dB an octave"


def test_a_side_that_was_there_is_kept() -> None:
    """What is pure side has no mid to be copied."""
    noise = stereo_noise()[:, 0]
    audio = np.column_stack([noise, -noise])
    assert np.array_equal(enhanced(audio, amount=1.0), audio)


def test_the_amount_moves_evenly_and_back_at_0_changes_no_bit() -> None:
    audio = mono_noise(300 * PERIOD)
    out, processor = audio.copy(), StereoEnhance(params(0.0), RATE_HZ)
    for period in range(300):
        processor.adjust(params(1.0 if 100 <= period < 200 else 0.0))
        processor.process(out[period * PERIOD : (period + 1) * PERIOD])
    side = (out[:, 0] - out[:, 1]).astype(float)
    whole = enhanced(audio, amount=1.0)
    full = (whole[:, 0] - whole[:, 1]).astype(float)
    assert np.array_equal(out[: 100 * PERIOD], audio[: 100 * PERIOD])
    assert np.array_equal(out[201 * PERIOD :], audio[201 * PERIOD :])
    ramp = np.arange(1, PERIOD + 1) / PERIOD
    assert np.allclose(side[100 * PERIOD : 101 * PERIOD], ramp * full[100 * PERIOD : 101 * PERIOD], atol=1e-6)
    assert np.array_equal(out[101 * PERIOD : 200 * PERIOD], whole[101 * PERIOD : 200 * PERIOD])


def test_moving_frequencies_keep_the_mid_and_see_no_block_size() -> None:
    audio, outs = mono_noise(60 * PERIOD), []
    for size in (1, 63, PERIOD):
        out, processor = audio.copy(), StereoEnhance(params(0.2), RATE_HZ)
        for period in range(60):
            processor.adjust(params(0.2 + period / 100, 200.0 + 10 * period, 16_000.0 - 50 * period))
            for begin in range(period * PERIOD, (period + 1) * PERIOD, size):
                processor.process(out[begin : min(begin + size, (period + 1) * PERIOD)])
        outs.append(out)
    assert outs[0].tobytes() == outs[1].tobytes() == outs[2].tobytes()
    assert np.abs(outs[0].sum(axis=1) - audio.sum(axis=1)).max() < 1e-6
