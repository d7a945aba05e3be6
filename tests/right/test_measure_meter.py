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

from farm.errors import AudioError, FarmError
from farm.measure.files import FileMeasurement, measure_file, measure_files
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


def test_block_sizes_change_nothing_over_minutes() -> None:
    beats = 10.0 ** (np.arange(22_050 * 70) % 15_000 / -15_000.0).astype(np.float32)
    signal = noise(22_050 * 70, level=0.3) * beats[:, None]
    assert read(signal, 22_050, 65_536) == read(signal, 22_050, 4_411) == read(signal, 22_050, 1_000_000)


@pytest.mark.parametrize("frames", [0, 1, 100, 48_000 * 4])
def test_silence_measures_nothing(frames: int) -> None:
    measured = read(np.zeros((frames, 2), np.float32))
    assert measured.duration_seconds == frames / 48_000
    assert measured.exact_bits == (16 if frames else None)
    assert measured.integrated_lufs is measured.loudness_range_lu is measured.max_momentary_lufs is None
    assert measured.max_short_term_lufs is measured.true_peak_dbtp is measured.sample_peak_dbfs is None
    assert measured.block_clufs == measured.ltas_db == ()
    assert measured.plr_lu is measured.min_psr_lu is measured.correlation is measured.side_to_mid_db is None
    assert measured.head_silence_seconds == measured.tail_silence_seconds == frames / 48_000
    assert measured.head_click_dbfs is measured.tail_click_dbfs is None


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


def test_a_part_of_a_file_measures_as_its_samples_do(tmp_path: Path) -> None:
    signal = noise(90_000)
    path = tmp_path / "noise.wav"
    soundfile.write(path, signal, 44_100, subtype="FLOAT")
    part = measure_file(path, from_seconds=0.5, to_seconds=1.5)
    assert part.measurement == read(signal[22_050:66_150], 44_100)
    assert measure_file(path, from_seconds=1.0).measurement == read(signal[44_100:], 44_100)


@pytest.mark.parametrize("part", [(1.0, 9.0), (None, 2.1), (5.0, None), (5.0, 6.0)])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_part_that_a_file_does_not_have_is_refused_with_its_length(
    tmp_path: Path, part: tuple[float | None, float | None], suffix: str
) -> None:
    path = tmp_path / f"noise.{suffix}"
    soundfile.write(path, noise(90_000), 44_100)
    with pytest.raises(AudioError, match=r"is not in it: it lasts 2\.04 s") as caught:
        measure_file(path, from_seconds=part[0], to_seconds=part[1])
    assert (caught.value.code, caught.value.where) == ("audio-range", str(path))


def test_several_files_come_in_their_order_with_what_is_wrong_with_some(tmp_path: Path) -> None:
    paths = []
    for number, frames in enumerate((200_000, 10, 60_000, 300)):
        paths.append(tmp_path / f"{number}.wav")
        soundfile.write(paths[-1], noise(frames, 2), 44_100, subtype="FLOAT")
    paths.insert(2, tmp_path / "missing.wav")
    alone = list(measure_files(paths, 1))
    for workers in (2, 5):
        together = list(measure_files(paths, workers))
        assert [each.where if isinstance(each, FarmError) else str(each.path) for each in together] == [
            *map(str, paths)
        ]
        figures = [[each.measurement for each in run if isinstance(each, FileMeasurement)] for run in (alone, together)]
        assert figures[0] == figures[1]
    assert isinstance(alone[2], FarmError)


def test_psr_is_the_lowest_peak_over_loudness_of_any_3_s() -> None:
    """The oracle measures every 3 s by itself."""
    beats = np.exp(-np.arange(6 * 44_100) % 30_000 / 8_000.0) * np.linspace(0.2, 1.0, 6 * 44_100)
    signal = np.clip(noise(6 * 44_100, level=1.0) * beats[:, None], -0.5, 0.5).astype(np.float32)
    ratios = []
    for start in range(0, 3 * 44_100 + 1, 4_410):
        window = Meter(44_100, ltas=False)
        window.push(signal[start : start + 3 * 44_100])
        alone = window.finish()
        assert alone.true_peak_dbtp is not None
        assert alone.max_short_term_lufs is not None
        ratios.append(alone.true_peak_dbtp - alone.max_short_term_lufs)
    measured = read(signal, 44_100)
    assert measured.min_psr_lu == pytest.approx(min(ratios), abs=0.05)
    assert measured.true_peak_dbtp is not None
    assert measured.integrated_lufs is not None
    assert measured.plr_lu == measured.true_peak_dbtp - measured.integrated_lufs


def test_the_psr_of_a_steady_sine_is_its_crest() -> None:
    wave = 0.25 * np.sin(2.0 * np.pi * 997.0 * np.arange(48_000 * 5) / 48_000)
    assert read(wave[:, None].astype(np.float32)).min_psr_lu == pytest.approx(3.01, abs=0.02)


def test_series_hold_what_the_figures_do() -> None:
    signal = noise(48_000 * 6) * np.linspace(0.1, 1.0, 48_000 * 6)[:, None].astype(np.float32)
    meter = Meter(48_000, ltas=False)
    meter.push(signal)
    measured, series = meter.finish(), meter.series()
    assert series.short_term_lufs.max() == pytest.approx(measured.max_short_term_lufs, abs=0.01)
    assert series.momentary_lufs.max() == pytest.approx(measured.max_momentary_lufs, abs=0.3)
    assert series.sample_peak_dbfs.max() == pytest.approx(measured.sample_peak_dbfs, abs=1e-5)
    assert len(series.sample_peak_dbfs) == 60
    assert len(series.short_term_lufs) == 31


def square(frames: int) -> Signal:
    wave = np.where(np.arange(frames) // 24 % 2, -1.0, 1.0)
    return np.repeat(wave[:, None], 2, axis=1).astype(np.float32)


def test_offset_alone_is_heard_as_two_clicks_and_read_as_offset() -> None:
    measured = read(np.full((48_000 * 4, 2), 0.25, np.float32))
    assert measured.dc_offset == pytest.approx((0.25, 0.25))
    assert measured.head_click_dbfs == measured.tail_click_dbfs == pytest.approx(-12.04, abs=0.01)
    assert measured.true_peak_dbtp == pytest.approx(-12.04 + 1.2, abs=0.4), "the step overshoots (Gibbs)"
    assert measured.max_momentary_lufs is not None
    assert read(np.full((48_000 * 4, 2), 0.25, np.float32)[:, :1].copy()).correlation is None


def test_a_full_scale_square_peaks_above_full_scale() -> None:
    measured = read(square(48_000 * 4))
    assert measured.sample_peak_dbfs == 0.0
    assert measured.true_peak_dbtp is not None
    assert 0.5 < measured.true_peak_dbtp < 3.0
    assert measured.correlation == pytest.approx(1.0)
    assert measured.exact_bits is None, "+1.0 is out of the range of integers"


def test_a_dead_channel_halves_the_power() -> None:
    signal = noise(48_000 * 4)
    dead = signal * np.array([1.0, 0.0], np.float32)
    both, alone = read(signal).integrated_lufs, read(dead)
    assert both is not None
    assert alone.integrated_lufs == pytest.approx(both - 3.01, abs=0.05)
    assert alone.correlation is None
    assert alone.dc_offset[1] == 0.0


def test_a_fifth_of_a_second_has_peaks_but_no_loudness() -> None:
    measured = read(noise(9_600))
    assert measured.integrated_lufs is measured.max_momentary_lufs is measured.loudness_range_lu is None
    assert measured.plr_lu is measured.min_psr_lu is None
    assert measured.true_peak_dbtp is not None
    assert measured.correlation is not None


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.wav"
    soundfile.write(path, noise(10_000), 44_100, subtype="PCM_24")
    path.write_bytes(path.read_bytes()[:-3_000])
    with pytest.raises(AudioError) as caught:
        measure_file(path)
    assert caught.value.code == "audio-truncated"


def test_an_error_names_the_file(tmp_path: Path) -> None:
    signal = noise(1_000)
    signal[3, 0] = np.nan
    path = tmp_path / "broken.wav"
    soundfile.write(path, signal, 44_100, subtype="FLOAT")
    with pytest.raises(AudioError) as caught:
        measure_file(path)
    assert caught.value.where == str(path)


def read_with_ffmpeg(path: Path, *options: str) -> list[float]:
    """Return integrated loudness, range and true peak."""
    command = ["ffmpeg", "-hide_banner", "-nostats", *options, "-i", str(path)]
    command += ["-filter_complex", "ebur128=peak=true", "-f", "null", "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = text[text.rindex("Summary") :]
    return [float(re.search(rf"{name}:\s+(\S+)", summary)[1]) for name in ("I", "LRA", "Peak")]  # type: ignore[index]


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed: no second opinion")
def test_it_agrees_with_ffmpeg(tmp_path: Path) -> None:
    swell = np.linspace(0.2, 1.0, 48_000 * 8)[:, None].astype(np.float32)
    path = tmp_path / "swell.wav"
    soundfile.write(path, noise(48_000 * 8) * swell, 48_000, subtype="FLOAT")
    measured = measure_file(path).measurement
    ours = [measured.integrated_lufs, measured.loudness_range_lu, measured.true_peak_dbtp]
    assert ours == pytest.approx(read_with_ffmpeg(path), abs=0.2)


REAL_SECONDS = 60
SILENCE = (-70.0, 0.0, -np.inf)
"""What ffmpeg prints of silence."""


def real_songs() -> list[Path]:
    """Return a few finished songs of FARM_CATALOGUE, a folder of WAV files, or else stems of FARM_MATERIAL."""
    catalogue, material = os.environ.get("FARM_CATALOGUE"), os.environ.get("FARM_MATERIAL")
    if catalogue:
        return sorted(Path(catalogue).glob("*.wav"))[::8]
    return sorted((Path(material) / "everything-is-free").rglob("*.m4a"))[:4] if material else []


@pytest.mark.skipif(not real_songs(), reason="FARM_CATALOGUE and FARM_MATERIAL are not set: no real songs here")
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed: no second opinion")
def test_real_songs_read_as_ffmpeg_reads_them() -> None:
    """Within 0.1 LU and 0.2 dB, and 0.05 more, as ffmpeg prints tenths; it has its own numbers for silence."""
    for path in real_songs():
        measured = measure_file(path, ltas=False, to_seconds=REAL_SECONDS).measurement
        figures = (measured.integrated_lufs, measured.loudness_range_lu, measured.true_peak_dbtp)
        ours = [silent if figure is None else figure for figure, silent in zip(figures, SILENCE, strict=True)]
        for our, its, tolerance in zip(
            ours, read_with_ffmpeg(path, "-t", str(REAL_SECONDS)), (0.15, 0.15, 0.25), strict=True
        ):
            assert our == pytest.approx(its, abs=tolerance), path


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
