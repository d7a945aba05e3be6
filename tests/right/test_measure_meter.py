"""The meter as a whole: one pass, no number that is not one, and files of every layout."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from farm.errors import AudioError
from farm.measure.files import measure_file
from farm.measure.meter import Meter
from farm.records import Measurement

Signal = NDArray[np.float32]


def read(signal: Signal, rate_hz: int = 48_000, size: int = 65_536) -> Measurement:
    meter = Meter(rate_hz, signal.shape[1])
    for start in range(0, len(signal), size):
        meter.push(signal[start : start + size])
    return meter.finish()


def noise(frames: int, channels: int = 2, level: float = 0.1) -> Signal:
    return (np.random.default_rng(21).standard_normal((frames, channels)) * level).astype(np.float32)


def test_block_sizes_change_nothing() -> None:
    signal = noise(40_000)
    whole = read(signal)
    for size in (63, 64, 65, 4096):
        assert read(signal, size=size) == whole
    few = noise(1_500)
    assert read(few, size=1) == read(few)


@pytest.mark.parametrize("frames", [0, 1, 100, 48_000 * 4])
def test_silence_measures_nothing(frames: int) -> None:
    measured = read(np.zeros((frames, 2), np.float32))
    assert measured.duration_seconds == frames / 48_000
    assert measured.exact_bits == (16 if frames else None)
    assert measured.integrated_lufs is measured.loudness_range_lu is measured.max_momentary_lufs is None
    assert measured.max_short_term_lufs is measured.true_peak_dbtp is measured.sample_peak_dbfs is None
    assert measured.block_clufs == measured.ltas_db == ()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_sample_that_is_no_number_is_refused_with_its_place(bad: float) -> None:
    meter = Meter(48_000)
    meter.push(noise(48_000))
    block = noise(48_000)
    block[24_000, 1] = bad
    with pytest.raises(AudioError, match=r"1\.500 s") as caught:
        meter.push(block)
    assert caught.value.code == "audio-not-finite"


def test_more_channels_than_the_standard_knows_are_refused() -> None:
    with pytest.raises(AudioError) as caught:
        Meter(48_000, 9)
    assert caught.value.code == "audio-channels"


@pytest.mark.parametrize(
    ("scale", "offset", "expected"),
    [
        (2.0**15, 0.0, 16),
        (2.0**23, 0.0, 24),
        (2.0**23, 2.0**-25, None),
    ],
)
def test_word_length_is_found(scale: float, offset: float, expected: int | None) -> None:
    signal = (np.round(noise(10_000).astype(np.float64) * scale) / scale).astype(np.float32)
    signal[5_000, 1] = np.float32(2.0**-4 + offset)
    assert read(signal).exact_bits == expected


def test_full_scale_is_out_of_an_integers_range() -> None:
    assert read(np.array([[-1.0, 1.0 - 2.0**-15]], np.float32)).exact_bits == 16
    assert read(np.array([[-1.0, 1.0 - 2.0**-23]], np.float32)).exact_bits == 24
    assert read(np.array([[-1.0, 1.0]], np.float32)).exact_bits is None


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_file_measures_as_its_samples_do(tmp_path: Path, channels: int) -> None:
    signal = noise(60_000, channels)
    path = tmp_path / "noise.wav"
    soundfile.write(path, signal, 44_100, subtype="FLOAT")
    measured = measure_file(path)
    assert measured.measurement == read(signal, 44_100)
    assert (measured.info.rate_hz, measured.info.channels, measured.frames) == (44_100, channels, 60_000)


def test_an_error_names_the_file(tmp_path: Path) -> None:
    signal = noise(1_000)
    signal[3, 0] = np.nan
    path = tmp_path / "broken.wav"
    soundfile.write(path, signal, 44_100, subtype="FLOAT")
    with pytest.raises(AudioError) as caught:
        measure_file(path)
    assert caught.value.where == str(path)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed: no second opinion")
def test_it_agrees_with_ffmpeg(tmp_path: Path) -> None:
    swell = np.linspace(0.2, 1.0, 48_000 * 8)[:, None].astype(np.float32)
    path = tmp_path / "swell.wav"
    soundfile.write(path, noise(48_000 * 8) * swell, 48_000, subtype="FLOAT")
    measured = measure_file(path).measurement
    command = ["ffmpeg", "-hide_banner", "-nostats", "-i", str(path)]
    command += ["-filter_complex", "ebur128=peak=true", "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = text[text.rindex("Summary") :]
    figures = [float(re.search(rf"{name}:\s+(\S+)", summary)[1]) for name in ("I", "LRA", "Peak")]  # type: ignore[index]
    ours = [measured.integrated_lufs, measured.loudness_range_lu, measured.true_peak_dbtp]
    assert ours == pytest.approx(figures, abs=0.2)


EBU = [
    *((f"{case}-16bit.flac", "integrated_lufs", level) for case, level in (("1", -23.0), ("2", -33.0))),
    *((f"10-{i}-24bit.flac", "max_short_term_lufs", -23.0) for i in range(1, 21)),
    ("12-24bit.flac", "max_momentary_lufs", -23.0),
    *((f"13-{i}-24bit.flac", "max_momentary_lufs", -23.0) for i in range(1, 21)),
    *((f"{case}-24bit.wav.flac", "true_peak_dbtp", -6.0) for case in (15, 16, 17, 18)),
    ("19-24bit.wav.flac", "true_peak_dbtp", 3.0),
    *((f"{case}-24bit.wav.flac", "true_peak_dbtp", 0.0) for case in (20, 21, 22, 23)),
]


@pytest.mark.skipif("FARM_MATERIAL" not in os.environ, reason="FARM_MATERIAL is not set: the EBU's files are not here")
def test_the_files_of_the_ebu_read_as_tech_3341_says() -> None:
    folder = Path(os.environ["FARM_MATERIAL"]) / "ebu"
    for name, figure, expected in EBU:
        measured = getattr(measure_file(folder / f"seq-3341-{name}", ltas=False).measurement, figure)
        under, over = (0.4, 0.2) if figure == "true_peak_dbtp" else (0.1, 0.1)
        assert expected - under <= measured <= expected + over, f"{name}: {figure} is {measured}"
