"""Channels weigh what their loudspeakers do, in whatever order a container keeps them: as ffmpeg reads them."""

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from farm.audio.source import open_audio
from farm.audio.speakers import speakers_of_mask
from farm.errors import AudioError
from farm.measure.files import measure_file
from farm.measure.k_weighting import channel_weights

RATE_HZ = 48_000
SURROUND = ("FL", "FR", "FC", "LFE", "BL", "BR")
ENCODERS = {"wav": "pcm_s24le", "flac": "flac", "ogg": "libvorbis", "opus": "libopus", "m4a": "aac", "w64": "pcm_s16le"}

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed: no second opinion")


def tone(channels: int, sounding: int) -> NDArray[np.float32]:
    """A tone in one of the channels; low enough for one that a codec keeps as a low-frequency effect."""
    signal = np.zeros((4 * RATE_HZ, channels), np.float32)
    signal[:, sounding] = 0.3 * np.sin(2.0 * np.pi * 80.0 * np.arange(len(signal)) / RATE_HZ)
    return signal


def encode(folder: Path, signal: NDArray[np.float32], layout: str, suffix: str) -> Path:
    source, target = folder / "source.raw", folder / f"surround.{suffix}"
    signal.astype("<f4").tofile(source)
    command = ["ffmpeg", "-loglevel", "error", "-y", "-f", "f32le", "-ar", str(RATE_HZ), "-ac", str(signal.shape[1])]
    command += ["-channel_layout", layout, "-i", str(source), "-c:a", ENCODERS[suffix], "-b:a", "512k"]
    subprocess.run([*command, "-strict", "-2", str(target)], check=True)
    return target


def ffmpeg_lufs(path: Path) -> float:
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(path), "-af", "ebur128", "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", text)[-1])


@pytest.mark.slow
@needs_ffmpeg
@pytest.mark.parametrize("suffix", ENCODERS)
@pytest.mark.parametrize("channel", range(6), ids=SURROUND)
def test_each_channel_of_every_container_reads_as_ffmpeg_does(tmp_path: Path, suffix: str, channel: int) -> None:
    path = encode(tmp_path, tone(6, channel), "5.1", suffix)
    measured, expected = measure_file(path, ltas=False).measurement, ffmpeg_lufs(path)
    if SURROUND[channel] == "LFE":
        assert measured.integrated_lufs is None
        assert expected == -70.0
    else:
        assert measured.integrated_lufs == pytest.approx(expected, abs=0.06)


@needs_ffmpeg
@pytest.mark.parametrize("suffix", ["wav", "flac", "w64"])
@pytest.mark.parametrize("layout", ["2.1", "3.0", "3.1", "quad", "5.0", "5.1(side)"])
def test_a_channel_mask_is_honoured(tmp_path: Path, suffix: str, layout: str) -> None:
    """The last channel sounds: the LFE of 2.1 and 3.1, else a speaker."""
    channels = {"2.1": 3, "3.0": 3, "3.1": 4, "quad": 4, "5.0": 5, "5.1(side)": 6}[layout]
    path = encode(tmp_path, tone(channels, channels - 1), layout, suffix)
    measured, expected = measure_file(path, ltas=False).measurement.integrated_lufs, ffmpeg_lufs(path)
    assert measured == (None if layout in ("2.1", "3.1") else pytest.approx(expected, abs=0.06))


def test_unusual_samples_keep_their_mask(tmp_path: Path) -> None:
    """Of 64 bits, which libsndfile reads."""
    path = tmp_path / "surround.wav"
    soundfile.write(path, tone(6, 3), RATE_HZ, format="WAVEX", subtype="DOUBLE")
    with open_audio(path) as audio:
        assert audio.info.speakers == SURROUND
    assert measure_file(path, ltas=False).measurement.integrated_lufs is None


def test_channels_without_a_mask_are_in_the_order_of_wave_files(tmp_path: Path) -> None:
    path = tmp_path / "plain.wav"
    soundfile.write(path, tone(6, 3), RATE_HZ, format="WAV", subtype="PCM_16")
    with open_audio(path) as audio:
        assert audio.info.speakers == ()
    assert channel_weights(6) == channel_weights(6, SURROUND)


def test_stereo_is_stereo_whatever_its_mask_says() -> None:
    assert channel_weights(2, ("SL", "SR")) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("speakers", "weights"),
    [
        (("FL", "FR", "FC", "BC"), (1.0, 1.0, 1.0, 1.0)),
        (("FL", "FR", "SL", "SR"), (1.0, 1.0, 1.41, 1.41)),
        (("FL", "FR", "BL", "BR", "SL", "SR"), (1.0, 1.0, 1.0, 1.0, 1.41, 1.41)),
        (("FL", "FC", "FR", "BL", "BR", "LFE"), (1.0, 1.0, 1.0, 1.41, 1.41, 0.0)),
        (("FL", "FR", "TFL", "TFR"), (1.0, 1.0, 1.0, 1.0)),
    ],
)
def test_speakers_weigh_by_where_they_stand(speakers: tuple[str, ...], weights: tuple[float, ...]) -> None:
    """BS.1770-5, Annex 3, table 4: 1.41 from 60 to 120 degrees at the height of the ears, else 1."""
    assert channel_weights(len(speakers), speakers) == weights


@pytest.mark.parametrize(
    ("mask", "channels", "named"),
    [(0x8000_0003, 3, r"channel 3 \(bit 31 of the mask\)"), (0x3, 3, r"channel 3 \(unnamed\)")],
)
def test_a_mask_that_cannot_be_weighed_is_refused_by_name(mask: int, channels: int, named: str) -> None:
    with pytest.raises(AudioError, match=named) as caught:
        channel_weights(channels, speakers_of_mask(mask, channels))
    assert caught.value.code == "audio-layout"


def test_a_mask_of_more_speakers_than_channels_means_the_lowest(tmp_path: Path) -> None:
    """Microsoft, WAVEFORMATEXTENSIBLE: the bits that are left over are ignored."""
    assert speakers_of_mask(0x3F, 4) == ("FL", "FR", "FC", "LFE")
    assert speakers_of_mask(0, 4) == ()
