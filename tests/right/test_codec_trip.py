"""A song behind a codec: measured as an independent decoder and meter measure it, and the same wherever it is made."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from farm.deliver import codec_trip
from farm.deliver.codec_trip import CodecTrip, codec_round_trip
from farm.errors import DeliveryError
from farm.measure.meter import Meter
from farm.records import Measurement

RATE_HZ = 48_000
TRIPS = [("aac", 256), ("opus", 128), ("mp3", 320), ("vorbis", 320)]


def music(rate_hz: int = RATE_HZ, seconds: float = 3.0) -> np.ndarray:
    """Return noise of falling spectrum under a beat, and two tones that differ between the channels."""
    frames = round(seconds * rate_hz)
    time = np.arange(frames) / rate_hz
    noise = np.random.default_rng(3).standard_normal((frames, 2))
    spectrum = np.fft.rfft(noise, axis=0) / np.maximum(np.fft.rfftfreq(frames, 1 / rate_hz), 100.0)[:, None]
    noise = np.fft.irfft(spectrum, frames, axis=0)
    tones = np.column_stack([np.sin(2 * np.pi * hz * time) for hz in (220.0, 331.0)])
    beat = 0.3 + 0.7 * np.exp(-(time % 0.5) / 0.1)
    return (0.12 * (noise / np.std(noise) + tones) * beat[:, None]).astype("<f4")


def measured(audio: np.ndarray, rate_hz: int = RATE_HZ) -> Measurement:
    meter = Meter(rate_hz, ltas=False)
    meter.push(np.ascontiguousarray(audio, np.float32))
    return meter.finish()


def trip(folder: Path, audio: np.ndarray, codec: Any, bitrate_kbps: int, rate_hz: int = RATE_HZ) -> CodecTrip:
    source = folder / "song.raw"
    source.write_bytes(audio.tobytes())
    return codec_round_trip(
        source,
        frames=len(audio),
        rate_hz=rate_hz,
        codec=codec,
        bitrate_kbps=bitrate_kbps,
        scratch=folder / "scratch",
    )


@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
@pytest.mark.parametrize(("codec", "bitrate_kbps"), TRIPS)
def test_a_good_codec_keeps_loudness_and_moves_the_peak_a_little(
    tmp_path: Path, codec: str, bitrate_kbps: int, rate_hz: int
) -> None:
    found = trip(tmp_path, music(rate_hz), codec, bitrate_kbps, rate_hz)
    assert found.loudness_shift_lu == pytest.approx(0.0, abs=0.2)
    assert found.peak_shift_db == pytest.approx(0.0, abs=1.5)
    before = measured(music(rate_hz), rate_hz)
    assert None not in (found.integrated_lufs, found.true_peak_dbtp)
    assert found.integrated_lufs - found.loudness_shift_lu == pytest.approx(before.integrated_lufs)
    assert found.true_peak_dbtp - found.peak_shift_db == pytest.approx(before.true_peak_dbtp)
    assert list(tmp_path.iterdir()) == [tmp_path / "song.raw"], "nothing is left behind"


@pytest.mark.parametrize(("codec", "bitrate_kbps"), TRIPS)
def test_ffmpeg_decodes_and_measures_the_same(
    tmp_path: Path, codec: str, bitrate_kbps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The encoded file, kept aside, through ffmpeg's own decoder and ebur128 filter."""
    kept = tmp_path / "kept"
    monkeypatch.setattr(Path, "unlink", lambda path, missing_ok: path.rename(kept))
    found = trip(tmp_path, music(), codec, bitrate_kbps)
    command = ["ffmpeg", "-nostats", "-i", str(kept), "-af", "ebur128=peak=true", "-f", "null", "-"]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stderr.splitlines()
    summary = lines[next(i for i, line in enumerate(lines) if "Summary:" in line) :]
    values = {line.split(":")[0].strip(): line.split()[1] for line in summary if ":" in line and len(line.split()) == 3}
    assert found.integrated_lufs == pytest.approx(float(values["I"]), abs=0.15)
    assert found.true_peak_dbtp == pytest.approx(float(values["Peak"]), abs=0.3)


@pytest.mark.parametrize(("codec", "coarse", "fine"), [("aac", 64, 256), ("mp3", 64, 320), ("vorbis", 64, 320)])
def test_a_higher_bit_rate_stays_closer(tmp_path: Path, codec: str, coarse: int, fine: int) -> None:
    shifts = [trip(tmp_path, music(), codec, kbps).loudness_shift_lu for kbps in (coarse, fine)]
    assert shifts[0] is not None
    assert shifts[1] is not None
    assert abs(shifts[1]) < abs(shifts[0])


@pytest.mark.parametrize(("codec", "bitrate_kbps"), TRIPS)
def test_the_same_song_gives_the_same_figures(tmp_path: Path, codec: str, bitrate_kbps: int) -> None:
    audio = music(seconds=1.0)
    assert trip(tmp_path, audio, codec, bitrate_kbps) == trip(tmp_path, audio, codec, bitrate_kbps)


@pytest.mark.parametrize(("codec", "bitrate_kbps"), TRIPS)
def test_silence_has_no_figures(tmp_path: Path, codec: str, bitrate_kbps: int) -> None:
    found = trip(tmp_path, np.zeros((RATE_HZ, 2), "<f4"), codec, bitrate_kbps)
    assert found.integrated_lufs is None
    assert found.loudness_shift_lu is None
    assert found.peak_shift_db is None


def test_a_song_at_a_multiple_goes_down_to_its_own_family_of_rates(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[int] = []
    resampler = codec_trip.Resampler
    monkeypatch.setattr(
        codec_trip, "Resampler", lambda from_hz, to_hz, n: seen.append(to_hz) or resampler(from_hz, to_hz, n)
    )
    for rate_hz in (44_100, 88_200, 96_000, 192_000):
        trip(tmp_path, music(rate_hz, 0.6), "aac", 256, rate_hz)
    trip(tmp_path, music(44_100, 0.6), "opus", 128, 44_100)
    assert seen == [44_100, 48_000, 48_000, 48_000]


def test_an_encoder_that_refuses_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError) as caught:
        trip(tmp_path, music(seconds=1.0), "opus", 5_000)
    assert caught.value.code == "codec-failed"
    assert caught.value.hint
    assert not (tmp_path / "scratch").exists()


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "song.raw"
    source.write_bytes(music(seconds=1.0).tobytes())
    common: dict[str, Any] = {"frames": RATE_HZ, "rate_hz": RATE_HZ}
    for codec, code in (("aac", "not-written"), ("vorbis", "codec-failed")):
        with pytest.raises(DeliveryError) as caught:
            codec_round_trip(
                source,
                **common,
                codec=codec,  # type: ignore[arg-type]
                bitrate_kbps=256,
                scratch=tmp_path / "nowhere" / "scratch",
            )
        assert caught.value.code == code
