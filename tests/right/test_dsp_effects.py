"""Reverb and delay: their levels and times are what the parameters say."""

import subprocess
import sys

import numpy as np
import pytest

from farm.dsp.delay import Delay
from farm.dsp.processor import build_processor
from farm.dsp.reverb import Reverb
from farm.errors import UsageError

RATE_HZ = 48_000


def impulse(frames: int = 96_000) -> np.ndarray:
    audio = np.zeros((frames, 2), np.float32)
    audio[0] = 1.0, 0.5
    return audio


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
@pytest.mark.parametrize("time_ms", [1.0, 12.34, 333.0])
def test_echoes_come_at_whole_multiples_and_fade_by_the_feedback(time_ms: float, rate_hz: int) -> None:
    audio, distance = impulse(3 * rate_hz), round(time_ms * rate_hz / 1000)
    Delay({"time_ms": time_ms, "feedback": 0.5, "mix": 0.25}, rate_hz).process(audio)
    echoes = np.flatnonzero(audio[:, 0])[:4]
    assert list(echoes) == [0, distance, 2 * distance, 3 * distance]
    assert audio[echoes, 0] == pytest.approx([0.75, 0.25, 0.125, 0.0625], rel=1e-6)
    assert np.array_equal(audio[:, 1], audio[:, 0] / 2)


@pytest.mark.parametrize("feedback", [0.0, 0.6, 0.9])
def test_the_tail_of_a_delay_ends_with_its_last_audible_echo(feedback: float) -> None:
    processor = Delay({"time_ms": 1.0, "feedback": feedback, "mix": 0.5}, RATE_HZ)
    audio = impulse(processor.tail_frames + 1)
    processor.process(audio)
    loud = np.flatnonzero(np.abs(audio[:, 0]) > 10 ** (-90 / 20))
    assert processor.tail_frames * 0.7 <= loud[-1] <= processor.tail_frames


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
