"""Edges: silence has a length; what is cut in mid-wave and what clicks is found, what merely begins is not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from farm.measure.edges import Edges

RATES_HZ = (44_100, 48_000, 192_000)
Wave = NDArray[np.float64]


def read(wave: Wave, rate_hz: int = 48_000, size: int = 65_536) -> Edges:
    signal = np.repeat(wave[:, None], 2, axis=1).astype(np.float32)
    edges = Edges(rate_hz, 2)
    for start in range(0, len(signal), size):
        edges.push(signal[start : start + size])
    return edges


def sine(hz: float, seconds: float, rate_hz: int = 48_000, phase: float = 0.0) -> Wave:
    wave: Wave = 0.5 * np.sin(2.0 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz + phase)
    return wave


def faded(wave: Wave) -> Wave:
    """Fade out over the last half second, so that only the head is looked at."""
    return wave * np.minimum(1.0, np.linspace(len(wave) / 24_000, 0.0, len(wave)))


def kick(rate_hz: int) -> Wave:
    """A sine that falls from 200 Hz, at full level at once."""
    t = np.arange(rate_hz) / rate_hz
    wave: Wave = 0.9 * np.sin(2.0 * np.pi * (50.0 * t + 3.0 * (1.0 - np.exp(-50.0 * t)))) * np.exp(-8.0 * t)
    return wave


def snare(rate_hz: int) -> Wave:
    """Noise from the first sample on."""
    noise = np.random.default_rng(31).standard_normal(rate_hz)
    wave: Wave = 0.2 * noise * np.exp(-20.0 * np.arange(rate_hz) / rate_hz)
    return wave


def hat(rate_hz: int) -> Wave:
    """High noise that is gone after a few milliseconds."""
    noise = np.diff(np.random.default_rng(32).standard_normal(rate_hz + 1))
    wave: Wave = 0.2 * noise * np.exp(-200.0 * np.arange(rate_hz) / rate_hz)
    return wave


def test_silence_lasts_until_something_reaches_minus_60_dbfs() -> None:
    hiss = np.full(4_800, 10.0 ** (-60.5 / 20.0))
    sound = np.full(9_600, 10.0 ** (-59.5 / 20.0))
    assert read(np.concatenate([hiss, sound, hiss, hiss])).silence_seconds() == (0.1, 0.2)
    assert read(sound).silence_seconds() == (0.0, 0.0)
    assert read(hiss).silence_seconds() == (0.1, 0.1)
    assert read(np.zeros(0)).silence_seconds() == (0.0, 0.0)


def test_what_begins_and_ends_at_rest_does_not_click() -> None:
    assert read(sine(100.0, 1.0)).clicks_dbfs() == (None, None)
    assert read(np.zeros(48_000)).clicks_dbfs() == (None, None)
    assert read(np.zeros(0)).clicks_dbfs() == (None, None)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_a_wave_cut_in_its_middle_clicks_at_the_height_of_the_cut(rate_hz: int) -> None:
    head, tail = read(sine(100.0, 0.5025, rate_hz, np.pi / 6.0), rate_hz).clicks_dbfs()
    assert head == pytest.approx(20.0 * np.log10(0.25), abs=0.1)
    assert tail == pytest.approx(20.0 * np.log10(0.25 * np.sqrt(3.0)), abs=0.3)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("hit", [kick, snare, hat])
@pytest.mark.parametrize("before_seconds", [0.0, 0.003, 0.03])
def test_a_drum_hit_is_no_click(hit: type[Wave], rate_hz: int, before_seconds: float) -> None:
    wave = faded(np.concatenate([np.zeros(round(before_seconds * rate_hz)), hit(rate_hz)]))
    assert read(wave, rate_hz).clicks_dbfs() == (None, None)
    assert read(wave[::-1], rate_hz).clicks_dbfs() == (None, None)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("at_seconds", [0.0, 0.001, 0.02, 0.049])
def test_a_lonely_click_near_an_edge_is_found(rate_hz: int, at_seconds: float) -> None:
    wave = 0.0005 * np.random.default_rng(33).standard_normal(rate_hz)
    wave[round(at_seconds * rate_hz)] = 0.1
    head, tail = read(wave, rate_hz).clicks_dbfs()
    assert head == pytest.approx(-20.0, abs=0.1)
    assert tail is None
    assert read(wave[::-1], rate_hz).clicks_dbfs()[1] == pytest.approx(-20.0, abs=0.1)


def test_a_click_within_sound_or_far_from_the_edges_is_none_of_theirs() -> None:
    wave = sine(440.0, 1.0)
    wave[480] += 0.3
    assert read(wave).clicks_dbfs() == (None, None)
    quiet = np.zeros(48_000)
    quiet[4_800] = 0.5
    assert read(quiet).clicks_dbfs() == (None, None)


def test_block_sizes_change_nothing() -> None:
    wave = np.concatenate([np.zeros(777), kick(48_000)[:5_000], np.zeros(1_234)])
    readings = {
        (read(wave, size=size).silence_seconds(), read(wave, size=size).clicks_dbfs())
        for size in (1, 63, 64, 65, 4_096, 65_536)
    }
    assert len(readings) == 1
