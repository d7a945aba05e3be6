"""Dynamics as their laws are written, frame by frame in plain Python, and filters as scipy makes them."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import signal
from scipy.ndimage import maximum_filter1d


def to_db(ratio: np.ndarray | float) -> Any:
    return 20.0 * np.log10(ratio)


def to_linear(level_db: np.ndarray | float) -> Any:
    return 10.0 ** (np.asarray(level_db) / 20.0)


def steady(level_db: float, frames: int) -> np.ndarray:
    return np.full((frames, 2), to_linear(level_db), dtype=np.float32)


def noise(frames: int, seed: int, level: float = 0.3) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal((frames, 2))).astype(np.float32)


def furthest_db(out: np.ndarray, expected: np.ndarray, softest_db: float = -120.0) -> float:
    """The greatest difference of level where the sound is not softer than that; softer sounds are soft in both."""
    softest = to_linear(softest_db)
    heard = np.abs(expected) > softest
    assert heard.any()
    assert np.abs(out[~heard]).max(initial=0.0) < 2.0 * softest
    return float(np.abs(to_db(np.abs(out[heard] / expected[heard]))).max())


def static_curve_db(level_db: float, threshold_db: float, ratio: float, knee_db: float) -> float:
    """Giannoulis, Massberg, Reiss (2012), equation 4."""
    over_db = level_db - threshold_db
    if 2.0 * over_db < -knee_db:
        return level_db
    if 2.0 * abs(over_db) <= knee_db and knee_db > 0.0:
        return level_db + (1.0 / ratio - 1.0) * (over_db + knee_db / 2.0) ** 2 / (2.0 * knee_db)
    return threshold_db + over_db / ratio


def smooth(wanted_db: np.ndarray, up_ms: float, down_ms: float, rate_hz: int, start_db: float = 0.0) -> np.ndarray:
    """Their equation 16: a one-pole filter with one time constant for more reduction and one for less."""
    up, down = (math.exp(-1000.0 / (time_ms * rate_hz)) for time_ms in (up_ms, down_ms))
    state_db, smoothed = start_db, np.empty(len(wanted_db))
    for index, each in enumerate(wanted_db):
        keep = up if each > state_db else down
        state_db = keep * state_db + (1.0 - keep) * each
        smoothed[index] = state_db
    return smoothed


def butterworth(audio: np.ndarray, kind: str, hz: float, rate_hz: int) -> np.ndarray:
    """12 dB an octave."""
    sections = signal.butter(2, hz, kind, fs=rate_hz, output="sos")
    return np.asarray(signal.sosfilt(sections, audio.astype(np.float64), axis=0))


def find_levels_db(key: np.ndarray, params: Mapping[str, Any], rate_hz: int) -> np.ndarray:
    """The level of each channel that a compressor goes by, `(frames, 2)`."""
    heard = key.astype(np.float64)
    for kind in ("highpass", "lowpass"):
        if params[f"key_{kind}_hz"] is not None:
            heard = butterworth(heard, kind, params[f"key_{kind}_hz"], rate_hz)
    amplitudes = np.abs(heard)
    if params["detector"] == "rms":
        keep = math.exp(-1000.0 / (params["rms_ms"] * rate_hz))
        amplitudes = np.sqrt(signal.lfilter([1.0 - keep], [1.0, -keep], heard * heard, axis=0))
    levels_db = to_db(np.maximum(amplitudes, 1e-12))
    louder_db = levels_db.max(axis=1, keepdims=True)
    return np.asarray(params["link"] * louder_db + (1.0 - params["link"]) * levels_db)


def find_reductions_db(key: np.ndarray, params: Mapping[str, Any], rate_hz: int) -> np.ndarray:
    """The reduction of a compressor, `(frames, 2)`."""
    levels_db = find_levels_db(key, params, rate_hz)
    curve = [params[name] for name in ("threshold_db", "ratio", "knee_db")]
    wanted_db = np.array([[level_db - static_curve_db(level_db, *curve) for level_db in frame] for frame in levels_db])
    if params["range_db"] < 60.0:
        wanted_db = np.minimum(wanted_db, params["range_db"])
    times_ms = params["attack_ms"], params["release_ms"]
    return np.column_stack([smooth(channel, *times_ms, rate_hz) for channel in wanted_db.T])


def delay(audio: np.ndarray, frames: int) -> np.ndarray:
    return np.concatenate([np.zeros((frames, 2)), audio])[: len(audio)]


def compress_as_written(
    audio: np.ndarray, params: Mapping[str, Any], rate_hz: int, key: np.ndarray | None = None
) -> np.ndarray:
    """A compressor without automatic make-up."""
    reductions_db = find_reductions_db(audio if key is None else key, params, rate_hz)
    late = delay(audio.astype(np.float64), round(params["look_ahead_ms"] * rate_hz / 1000.0))
    wet = params["mix"] * to_linear(params["makeup_db"] - reductions_db)
    return np.asarray(late * (wet + 1.0 - params["mix"]))


def hold_peaks(audio: np.ndarray, hold_frames: int) -> np.ndarray:
    """The highest of both channels in each frame and the `hold_frames` before it, silence before the first."""
    peaks = np.abs(audio.astype(np.float64)).max(axis=1)
    padded = np.concatenate([np.zeros(hold_frames), peaks])
    size = hold_frames + 1
    held = maximum_filter1d(padded, size, origin=(size - 1) // 2 if size % 2 else size // 2 - 1, mode="constant")
    return np.asarray(held[hold_frames:])
