"""The multiband compressor: bands against scipy's filters, their sum flat, each band against a compressor's law."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from dynamics_oracle import butterworth, compress_as_written, furthest_db, noise, to_db, to_linear
from pydantic import ValidationError

from farm.dsp.crossover import BandSplit
from farm.dsp.multiband_compressor import MultibandCompressor
from farm.dsp.processor import CONTROL_FRAMES, Adjustable
from farm.manifest.processors.multiband_compressor import MultibandCompressor as MultibandCompressorParams

RATE_HZ = 48_000
IDLE: dict[str, Any] = {
    "threshold_db": 0.0,
    "ratio": 1.0,
    "attack_ms": 10.0,
    "release_ms": 100.0,
    "knee_db": 6.0,
    "makeup_db": 0.0,
    "bypass": False,
}
BUSY: dict[str, Any] = {**IDLE, "threshold_db": -40.0, "ratio": 4.0, "attack_ms": 2.0, "release_ms": 30.0}
CROSSOVERS_HZ = [[250.0], [20.0], [20_000.0], [120.0, 2_500.0], [100.0, 101.0, 10_000.0], [80.0, 400.0, 2e3, 9e3]]


def run(audio: np.ndarray, crossovers_hz: list[float], bands: list[dict[str, Any]], rate_hz: int) -> np.ndarray:
    out = audio.copy()
    MultibandCompressor({"crossovers_hz": crossovers_hz, "bands": bands}, rate_hz).process(out)
    return out


def linkwitz_riley(audio: np.ndarray, kind: str, hz: float, rate_hz: int) -> np.ndarray:
    return butterworth(butterworth(audio, kind, hz, rate_hz), kind, hz, rate_hz)


def split_as_written(audio: np.ndarray, crossovers_hz: list[float], rate_hz: int) -> list[np.ndarray]:
    bands: list[np.ndarray] = []
    rest = audio.astype(np.float64)
    for hz in crossovers_hz:
        bands = [sum(linkwitz_riley(band, kind, hz, rate_hz) for kind in ("lowpass", "highpass")) for band in bands]
        bands.append(linkwitz_riley(rest, "lowpass", hz, rate_hz))
        rest = linkwitz_riley(rest, "highpass", hz, rate_hz)
    return [*bands, rest]


@pytest.mark.parametrize("crossovers_hz", CROSSOVERS_HZ)
@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_idle_bands_sum_flat(crossovers_hz: list[float], rate_hz: int) -> None:
    frames = 1 << 19
    impulse = np.zeros((frames, 2), np.float32)
    impulse[0] = 0.5, -0.25
    out = run(impulse, crossovers_hz, [IDLE] * (len(crossovers_hz) + 1), rate_hz)
    hz = np.fft.rfftfreq(frames, 1.0 / rate_hz)
    audible = (hz >= 20.0) & (hz <= 20_000.0)
    for channel, level in enumerate((0.5, 0.25)):
        magnitude_db = to_db(np.abs(np.fft.rfft(out[:, channel].astype(np.float64))[audible]) / level)
        assert np.abs(magnitude_db).max() < 0.0001


@pytest.mark.parametrize("crossovers_hz", CROSSOVERS_HZ)
@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_bands_are_those_of_linkwitz_and_riley(crossovers_hz: list[float], rate_hz: int) -> None:
    audio = noise(20_000, seed=41)
    bands = np.empty((len(crossovers_hz) + 1, len(audio), 2), np.float32)
    BandSplit(crossovers_hz, rate_hz).split(audio, bands)
    for band, expected in zip(bands, split_as_written(audio, crossovers_hz, rate_hz), strict=True):
        assert np.abs(band - expected).max() < 1e-6


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_a_crossover_is_6_db_down_on_both_sides_and_falls_by_24_db_an_octave(rate_hz: int) -> None:
    impulse = np.zeros((1 << 17, 2), np.float32)
    impulse[0] = 1.0
    bands = np.empty((2, len(impulse), 2), np.float32)
    BandSplit([1_000.0], rate_hz).split(impulse, bands)
    hz = np.fft.rfftfreq(len(impulse), 1.0 / rate_hz)
    for band, octaves in zip(bands, (2.0, 0.5), strict=True):
        level_db = to_db(np.abs(np.fft.rfft(band[:, 0].astype(np.float64))))
        at, one, two = (np.interp(1_000.0 * octaves**count, hz, level_db) for count in (0, 1, 2))
        assert at == pytest.approx(-6.02, abs=0.01)
        assert one - two == pytest.approx(24.0, abs=0.8)


@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_each_band_has_the_law_of_a_compressor_for_itself(rate_hz: int) -> None:
    audio, crossovers_hz = noise(6_000, seed=42), [200.0, 3_000.0]
    bands = [{**BUSY, "makeup_db": 4.0}, IDLE, {**BUSY, "ratio": 10.0, "knee_db": 0.0, "attack_ms": 0.5}]
    fixed = {"mix": 1.0, "detector": "peak", "link": 1.0, "range_db": 60.0, "look_ahead_ms": 0.0}
    unfiltered = {"key_highpass_hz": None, "key_lowpass_hz": None}
    parts = split_as_written(audio, crossovers_hz, rate_hz)
    expected = sum(
        compress_as_written(part, {**band, **fixed, **unfiltered}, rate_hz)
        for part, band in zip(parts, bands, strict=True)
    )
    assert furthest_db(run(audio, crossovers_hz, bands, rate_hz), expected, -60.0) < 0.01
    assert np.abs(expected - sum(parts)).max() > 0.1


def test_a_bypassed_band_is_an_idle_one() -> None:
    audio = noise(6_000, seed=43)
    bypassed = {**BUSY, "makeup_db": 12.0, "bypass": True}
    out = run(audio, [500.0], [bypassed, BUSY], RATE_HZ)
    assert out.tobytes() == run(audio, [500.0], [IDLE, BUSY], RATE_HZ).tobytes()


def adjusted(
    audio: np.ndarray, first: dict[str, Any], changes: dict[int, dict[str, Any]], size: int = CONTROL_FRAMES
) -> np.ndarray:
    out, processor = audio.copy(), MultibandCompressor(first, RATE_HZ)
    assert isinstance(processor, Adjustable)
    for start in range(0, len(out), CONTROL_FRAMES):
        if start // CONTROL_FRAMES in changes:
            processor.adjust(changes[start // CONTROL_FRAMES])
        period = out[start : start + CONTROL_FRAMES]
        for begin in range(0, len(period), size):
            processor.process(period[begin : begin + size])
    return out


def test_equal_parameters_change_no_bit() -> None:
    audio, params = noise(6_000, seed=44), {"crossovers_hz": [150.0, 4_000.0], "bands": [BUSY, IDLE, BUSY]}
    moved = adjusted(audio, params, dict.fromkeys(range(90), params))
    assert moved.tobytes() == run(audio, params["crossovers_hz"], params["bands"], RATE_HZ).tobytes()


@pytest.mark.parametrize("size", [1, 63])
def test_moving_parameters_do_not_see_the_block_size(size: int) -> None:
    audio, first = noise(3_000, seed=45), {"crossovers_hz": [300.0, 3_000.0], "bands": [BUSY, IDLE, BUSY]}
    changes = {
        period: {
            "crossovers_hz": [300.0 + period, 3_000.0 - 10.0 * period],
            "bands": [{**BUSY, "makeup_db": period / 9.0}, {**IDLE, "bypass": period % 2 == 0}, BUSY],
        }
        for period in range(3, 40)
    }
    assert adjusted(audio, first, changes, size).tobytes() == adjusted(audio, first, changes).tobytes()


def test_a_make_up_gain_moves_evenly() -> None:
    """Far above the crossover the upper band is all there is: 0 to 12 dB in 64 frames."""
    tone = np.sin(2.0 * np.pi * 12_000.0 * np.arange(12_800) / RATE_HZ + 0.7)
    audio = np.column_stack([tone, tone]).astype(np.float32)
    still = {"crossovers_hz": [100.0], "bands": [IDLE, IDLE]}
    louder = {"crossovers_hz": [100.0], "bands": [IDLE, {**IDLE, "makeup_db": 12.0}]}
    gains = adjusted(audio, still, {100: louder})[:, 0] / adjusted(audio, still, {})[:, 0]
    assert gains[6_300:6_400] == pytest.approx(1.0, abs=1e-6)
    assert gains[6_400:6_464] == pytest.approx(1.0 + (to_linear(12.0) - 1.0) * np.arange(1, 65) / 64.0, abs=1e-4)
    assert gains[6_463:] == pytest.approx(to_linear(12.0), abs=1e-4)


def test_a_crossover_that_moves_makes_no_click() -> None:
    """A 200 Hz tone of 1 rises by 0.026 a frame; what a moving crossover does to its phase adds little."""
    tone = np.sin(2.0 * np.pi * 200.0 * np.arange(24_000) / RATE_HZ)
    audio = np.column_stack([tone, tone]).astype(np.float32)
    at = [100.0 * 2.0 ** (2.0 * period / 375.0) for period in range(376)]
    first = {"crossovers_hz": [at[0]], "bands": [IDLE, IDLE]}
    out = adjusted(audio, first, {period: {**first, "crossovers_hz": [hz]} for period, hz in enumerate(at)})[:, 0]
    steps = np.abs(np.diff(out[2_000:]))
    assert steps.max() < 1.1 * 2.0 * np.pi * 200.0 / RATE_HZ
    assert np.abs(np.diff(steps[::64])).max() < 0.027


def validate(**params: Any) -> MultibandCompressorParams:
    return MultibandCompressorParams.model_validate({"type": "multiband_compressor", **params})


BAND = {"threshold_db": -20.0, "ratio": 2.0}


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_a_manifest_needs_one_band_more_than_crossovers(count: int) -> None:
    crossovers_hz = [100.0, 500.0, 2_500.0, 10_000.0][:count]
    assert len(validate(crossovers_hz=crossovers_hz, bands=[BAND] * (count + 1)).bands) == count + 1
    for bands in (count, count + 2):
        with pytest.raises(ValidationError) as raised:
            validate(crossovers_hz=crossovers_hz, bands=[BAND] * bands)
        assert [each["type"] for each in raised.value.errors()] == ["bands-not-crossovers"]


@pytest.mark.parametrize("crossovers_hz", [[500.0, 500.0], [900.0, 200.0], [100.0, 3_000.0, 2_000.0]])
def test_a_manifest_has_its_crossovers_ascend(crossovers_hz: list[float]) -> None:
    assert any(upper <= lower for lower, upper in pairwise(crossovers_hz))
    with pytest.raises(ValidationError) as raised:
        validate(crossovers_hz=crossovers_hz, bands=[BAND] * (len(crossovers_hz) + 1))
    assert [(each["type"], each["loc"]) for each in raised.value.errors()] == [
        ("crossovers-not-ascending", ("crossovers_hz",))
    ]


def test_a_manifest_has_at_most_4_crossovers() -> None:
    with pytest.raises(ValidationError, match="at most 4"):
        validate(crossovers_hz=[100.0, 200.0, 300.0, 400.0, 500.0], bands=[BAND] * 6)
