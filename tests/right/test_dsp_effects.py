"""Reverb and delay: their levels and times are what the parameters say."""

import subprocess
import sys
from typing import Any

import numpy as np
import pedalboard
import pytest
from scipy import signal

from farm.dsp.delay import Delay
from farm.dsp.processor import build_processor
from farm.dsp.reverb import Reverb
from farm.errors import UsageError

RATE_HZ = 48_000
ECHO: dict[str, Any] = {
    "time_ms": 10.0,
    "feedback": 0.5,
    "mix": 1.0,
    "ping_pong": False,
    "highpass_hz": None,
    "lowpass_hz": None,
}


def impulse(frames: int = 96_000) -> np.ndarray:
    audio = np.zeros((frames, 2), np.float32)
    audio[0] = 1.0, 0.5
    return audio


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("time_ms", [1.0, 12.34, 333.0])
def test_echoes_come_at_whole_multiples_and_fade_by_the_feedback(time_ms: float, rate_hz: int) -> None:
    audio, distance = impulse(3 * rate_hz), round(time_ms * rate_hz / 1000)
    Delay({**ECHO, "time_ms": time_ms, "mix": 0.25}, rate_hz).process(audio)
    echoes = np.flatnonzero(audio[:, 0])[:4]
    assert list(echoes) == [0, distance, 2 * distance, 3 * distance]
    assert audio[echoes, 0] == pytest.approx([0.75, 0.25, 0.125, 0.0625], rel=1e-6)
    assert np.abs(audio[:, 1] - audio[:, 0] / 2).max() < 1e-19, "the same until it is set to 0"


@pytest.mark.parametrize("feedback", [0.0, 0.6, 0.9])
def test_the_tail_of_a_delay_ends_with_its_last_audible_echo(feedback: float) -> None:
    processor = Delay({**ECHO, "time_ms": 1.0, "feedback": feedback, "mix": 0.5}, RATE_HZ)
    audio = impulse(processor.tail_frames + 1)
    processor.process(audio)
    loud = np.flatnonzero(np.abs(audio[:, 0]) > 10 ** (-90 / 20))
    assert processor.tail_frames * 0.7 <= loud[-1] <= processor.tail_frames


def noise(frames: int) -> np.ndarray:
    return (0.2 * np.random.default_rng(1).standard_normal((frames, 2))).astype(np.float32)


def test_the_plain_delay_is_pedalboards_to_float_precision() -> None:
    audio = noise(96_000)
    plugin = pedalboard.Delay(delay_seconds=(480 + 0.5) / RATE_HZ, feedback=0.6, mix=0.4)
    expected = plugin.process(np.ascontiguousarray(audio.T), RATE_HZ).T
    Delay({**ECHO, "feedback": 0.6, "mix": 0.4}, RATE_HZ).process(audio)
    assert np.abs(audio - expected).max() < 2e-7


def test_ping_pong_sends_the_mono_sum_from_side_to_side() -> None:
    audio = impulse(5_000)
    Delay({**ECHO, "ping_pong": True}, RATE_HZ).process(audio)
    expected = np.zeros((5_000, 2))
    for echo in range(10):
        expected[480 * (echo + 1), echo % 2] = 0.75 * 0.5**echo
    assert np.abs(audio - expected).max() < 1e-7


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("ping_pong", [False, True])
@pytest.mark.parametrize(("low_hz", "high_hz"), [(200.0, None), (None, 3_000.0), (200.0, 3_000.0)])
def test_the_filters_of_the_feedback_are_scipys_once_more_for_each_echo(
    low_hz: float | None, high_hz: float | None, ping_pong: bool, rate_hz: int
) -> None:
    audio, distance = impulse(rate_hz), rate_hz // 5
    params = {**ECHO, "time_ms": 200.0, "ping_pong": ping_pong, "highpass_hz": low_hz, "lowpass_hz": high_hz}
    Delay(params, rate_hz).process(audio)
    echo = np.zeros(distance)
    echo[0] = 0.75 if ping_pong else 1.0
    for turn in range(1, 5):
        side = (turn - 1) % 2 if ping_pong else 0
        assert np.abs(audio[turn * distance : (turn + 1) * distance, side] - echo).max() < 2e-6
        for hz, kind in ((low_hz, "highpass"), (high_hz, "lowpass")):
            echo = signal.sosfilt(signal.butter(2, hz, kind, fs=rate_hz, output="sos"), echo) if hz else echo
        echo = 0.5 * echo


@pytest.mark.parametrize("lowpass_hz", [None, 8_000.0])
def test_the_echoes_of_a_click_end_in_zeros(lowpass_hz: float | None) -> None:
    """What fades has to reach 0 by itself: denormal numbers on the way there would cost a hundred times the time."""
    processor = Delay({**ECHO, "time_ms": 1.0, "feedback": 0.9, "lowpass_hz": lowpass_hz}, RATE_HZ)
    audio = impulse(100_000)
    processor.process(audio)
    assert not audio[60_000:].any()


def test_the_mix_and_the_feedback_of_a_delay_move_evenly() -> None:
    """A constant: the echo of 10 ms is there at the same level, so what comes out is the sum of the gains."""
    audio = np.full((3_000, 2), 0.5, np.float32)
    processor = Delay({**ECHO, "feedback": 0.0, "mix": 0.2}, RATE_HZ)
    processor.process(audio[:1_000])
    processor.adjust({**ECHO, "feedback": 0.5, "mix": 0.6, "time_ms": 25.0})
    processor.process(audio[1_000:])
    part = np.clip(np.arange(1, 2_001) / 64.0, 0.0, 1.0)
    mix, once = 0.2 + 0.4 * part, 0.5 * part
    echo = np.full(2_000, 0.5)
    for frame in range(480, 2_000):
        echo[frame] += once[frame - 480] * echo[frame - 480]
    assert audio[1_000:, 0] == pytest.approx(0.5 * (1.0 - mix) + mix * echo, abs=1e-6)


def reverb(**changes: float) -> Reverb:
    params = {"room_size": 0.6, "damping": 0.5, "width": 1.0, "wet": 1.0, "dry": 0.0, "pre_delay_ms": 0.0}
    return Reverb({**params, **changes}, RATE_HZ)


def test_wet_is_about_as_loud_as_what_goes_in() -> None:
    audio = np.zeros((96_000, 2), np.float32)
    audio[0, 0] = 1.0
    reverb().process(audio)
    energy_db = 10 * np.log10((audio.astype(np.float64) ** 2).sum(axis=0))
    assert energy_db == pytest.approx([0.1, 0.3], abs=0.1)


def test_dry_is_the_input_untouched_and_wet_adds_to_it() -> None:
    audio, wet = impulse(), impulse()
    reverb(dry=0.5).process(audio)
    reverb().process(wet)
    assert np.array_equal(audio, impulse() * np.float32(0.5) + wet)


def test_the_pre_delay_holds_the_wet_path_back_and_nothing_else() -> None:
    late, wet = impulse(), impulse()
    reverb(pre_delay_ms=20.0, dry=1.0).process(late)
    reverb().process(wet)
    assert np.array_equal(late[:960], impulse()[:960])
    assert np.array_equal(late[960:], wet[:-960])


@pytest.mark.parametrize("room_size", [0.0, 0.5, 0.9])
def test_the_tail_of_a_reverb_covers_a_long_steady_tone_that_stops(room_size: float) -> None:
    processor = reverb(room_size=room_size, damping=0.0)
    audio = np.zeros((60_000 + processor.tail_frames + 10_000, 2), np.float32)
    audio[:60_000] = 0.5
    processor.process(audio)
    assert np.abs(audio[60_000 + processor.tail_frames :]).max() < 0.5 * 10 ** (-90 / 20)


def test_the_dry_gain_of_a_reverb_moves_evenly_and_its_room_stays_in_step() -> None:
    audio, wet = noise(4_000), noise(4_000)
    out = audio.copy()
    reverb().process(wet)
    processor = reverb(dry=0.25)
    processor.process(out[:1_000])
    settings = {"room_size": 0.6, "damping": 0.5, "width": 1.0, "wet": 1.0, "pre_delay_ms": 0.0}
    processor.adjust({**settings, "dry": 0.75})
    processor.process(out[1_000:])
    dry = np.full((4_000, 1), 0.25)
    dry[1_000:, 0] += 0.5 * np.clip(np.arange(1, 3_001) / 64.0, 0.0, 1.0)
    assert np.abs(out - (dry * audio + wet)).max() < 1e-6


def test_the_wet_gain_of_a_reverb_is_there_after_10_ms_without_a_step() -> None:
    """JUCE's smoothing: a straight line from one gain to the other."""
    whole, moved = noise(4_000), noise(4_000)
    reverb().process(whole)
    processor = reverb()
    processor.process(moved[:2_000])
    processor.adjust({"room_size": 0.6, "damping": 0.5, "width": 1.0, "wet": 0.5, "dry": 0.0, "pre_delay_ms": 0.0})
    processor.process(moved[2_000:])
    gain = 1.0 - 0.5 * np.clip(np.arange(2_000) / 480.0, 0.0, 1.0)
    assert np.abs(moved[2_000:, 0] - gain * whole[2_000:, 0]).max() < 0.005 * np.abs(whole).max()


def test_an_unknown_processor_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match="reverbb") as caught:
        build_processor("reverbb", {}, RATE_HZ)
    assert caught.value.code == "unknown-processor"


def test_an_eq_does_not_load_the_effects_library() -> None:
    code = (
        "import sys\nfrom farm.dsp.processor import build_processor\nbuild_processor('eq', {'bands': []}, 48000)\n"
        "sys.exit('pedalboard' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
