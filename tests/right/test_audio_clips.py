"""Clips: the right part of the right file at the right place, faded as the laws say."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from farm.audio.clips import Clip, Timeline
from farm.errors import AudioError

RATE_HZ = 48000


def write(path: Path, frames: int, seed: int, channels: int = 2, rate_hz: int = RATE_HZ) -> np.ndarray:
    samples = (0.1 * np.random.default_rng(seed).standard_normal((frames, channels))).astype(np.float32)
    soundfile.write(path, samples, rate_hz, subtype="FLOAT")
    return samples


def play(clips: list[Clip], block_frames: int = 1000) -> np.ndarray:
    blocks = []
    with Timeline(clips, RATE_HZ) as timeline:
        while True:
            out = np.full((block_frames, 2), np.nan, np.float32)
            count = timeline.read_into(out)
            blocks.append(out[:count])
            if count < block_frames:
                return np.concatenate(blocks)


def test_a_clip_is_a_part_of_its_file_at_its_place(tmp_path: Path) -> None:
    audio = write(tmp_path / "a.wav", 5000, 1)
    found = play([Clip(tmp_path / "a.wav", 700, 1200, 2000, 0.5)])
    assert found.shape == (2700, 2)
    assert not found[:700].any()
    assert np.array_equal(found[700:], audio[1200:3200] * np.float32(0.5))


def test_clips_add_up_in_any_order_with_silence_between(tmp_path: Path) -> None:
    one, two = write(tmp_path / "a.wav", 3000, 1), write(tmp_path / "b.wav", 500, 2, channels=1)
    found = play([Clip(tmp_path / "b.wav", 9000), Clip(tmp_path / "a.wav", 100), Clip(tmp_path / "a.wav", 2000)])
    wanted = np.zeros((9500, 2), np.float32)
    wanted[100:3100] += one
    wanted[2000:5000] += one
    wanted[9000:] += two
    assert np.array_equal(found, wanted)


@pytest.mark.parametrize("block_frames", [1, 64, 4096])
def test_blocks_of_any_size_give_the_same(tmp_path: Path, block_frames: int) -> None:
    write(tmp_path / "a.wav", 2000, 1)
    write(tmp_path / "b.wav", 1500, 2, rate_hz=44100)
    clips = [
        Clip(tmp_path / "a.wav", 10, 100, 1500, 0.7, 200, 300, "equal_power", "smooth"),
        Clip(tmp_path / "b.wav", 1400, 33, fade_in_frames=100, fade_out_frames=50),
    ]
    assert np.array_equal(play(clips, block_frames), play(clips, 100_000))


def test_linear_fades_that_overlap_add_up_to_what_was(tmp_path: Path) -> None:
    audio = write(tmp_path / "a.wav", 4000, 1)
    clips = [
        Clip(tmp_path / "a.wav", 0, 0, 2500, fade_out_frames=1000),
        Clip(tmp_path / "a.wav", 1500, 1500, fade_in_frames=1000),
    ]
    assert play(clips) == pytest.approx(audio, abs=1e-7)


@pytest.mark.parametrize(
    ("shape", "law"),
    [
        ("linear", lambda part: part),
        ("equal_power", lambda part: np.sin(part * np.pi / 2)),
        ("smooth", lambda part: 3 * part**2 - 2 * part**3),
    ],
)
def test_fades_are_their_laws(tmp_path: Path, shape: str, law) -> None:  # type: ignore[no-untyped-def]
    soundfile.write(tmp_path / "a.wav", np.ones((3000, 2)), RATE_HZ, subtype="FLOAT")
    found = play([Clip(tmp_path / "a.wav", 0, 0, None, 1.0, 800, 500, shape, shape)])[:, 0]
    assert found[:800] == pytest.approx(law(np.arange(800) / 800), abs=1e-6)
    assert found[2500:] == pytest.approx(law(np.arange(500, 0, -1) / 500), abs=1e-6)
    assert (found[800:2500] == 1.0).all()


def test_what_begins_behind_the_end_of_its_file_is_silent(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", 1000, 1)
    assert not play([Clip(tmp_path / "a.wav", 0, 5000, fade_out_frames=10)]).any()


def test_many_clips_of_one_file_keep_few_files_open(tmp_path: Path) -> None:
    audio = write(tmp_path / "a.wav", 100, 1)
    found = play([Clip(tmp_path / "a.wav", 100 * index) for index in range(3000)])
    assert np.array_equal(found, np.tile(audio, (3000, 1)))


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(AudioError) as caught:
        Timeline([Clip(tmp_path / "a.wav")], RATE_HZ)
    assert caught.value.code == "audio-missing"
