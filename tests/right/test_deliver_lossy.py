"""A ceiling holds behind every codec, at the song's loudness; what exceeded it is listed. pyloudnorm is the oracle."""

from pathlib import Path

import numpy as np
import pyloudnorm
import pytest
import soundfile
from deliver_songs import LOSSY, encode, music, spec_of
from scipy import signal

from farm.audio.blocks import Block
from farm.audio.source import open_audio
from farm.deliver.encode import Encoded
from farm.deliver.lossy import encode_under_ceiling
from farm.deliver.overs import MOST_LISTED, find_overs
from farm.plan.spec import EncodeSpec, LimiterSpec

RATE_HZ = 48000


def loudness_of(audio: np.ndarray) -> float:
    return float(pyloudnorm.Meter(RATE_HZ, filter_class="DeMan").integrated_loudness(audio))


def decode(path: Path) -> Block:
    with open_audio(path) as reader:
        block = np.empty((10 * RATE_HZ, 2), np.float32)
        return block[: reader.read_into(block)]


def encode_safely(folder: Path, spec: EncodeSpec, audio: Block) -> tuple[Path, Encoded]:
    source, target = folder / "a.raw", folder / f"a.{spec.format}"
    source.write_bytes(audio.tobytes())
    sizes = {"frames": len(audio), "rate_hz": RATE_HZ, "exact_bits": None}
    return target, encode_under_ceiling(spec, source, target, **sizes, scratch=folder / "scratch")


def swelling_square() -> Block:
    """A square wave close to its ceiling: the codec's low-pass alone lifts it over."""
    wave = np.sign(np.sin(2 * np.pi * 441 * np.arange(3 * RATE_HZ) / RATE_HZ))
    swell = 0.3 + 0.7 * (np.arange(len(wave)) % 24000 < 2000)
    return (0.8 * wave * swell)[:, None].repeat(2, axis=1).astype(np.float32)


def test_what_a_codec_takes_of_the_loudness_is_made_up_for(tmp_path: Path) -> None:
    """At 128 kbit/s LAME drops what lies above 17 kHz: of white noise that is 1.5 LU."""
    audio = (np.random.default_rng(3).standard_normal((4 * RATE_HZ, 2)) * 0.05).astype(np.float32)
    spec = spec_of("mp3", None, 128)
    _, plain = encode(tmp_path, spec, audio)
    _, mended = encode_safely(tmp_path, spec, audio)
    assert plain.integrated_lufs is not None
    assert abs(plain.integrated_lufs - loudness_of(audio)) > 1.0
    assert mended.integrated_lufs == pytest.approx(loudness_of(audio), abs=0.15)


@pytest.mark.parametrize(("form", "_", "bitrate_kbps"), LOSSY)
def test_a_decoded_file_keeps_its_ceiling_at_its_loudness(
    tmp_path: Path, form: str, _: None, bitrate_kbps: int | None
) -> None:
    audio, spec = swelling_square(), spec_of(form, None, bitrate_kbps)
    _, plain = encode(tmp_path, spec, audio)
    assert plain.true_peak_dbtp is not None
    assert plain.true_peak_dbtp > -1.0
    path, encoded = encode_safely(tmp_path, spec, audio)
    assert encoded.true_peak_dbtp is not None
    assert encoded.true_peak_dbtp <= -1.0
    assert encoded.rounds > 1
    assert encoded.backed_off_db > 0.0
    assert encoded.lowered_db == 0.0
    decoded = decode(path)
    assert len(decoded) == len(audio)
    assert 20 * np.log10(np.abs(signal.resample_poly(decoded, 8, 1)).max()) <= -0.95
    assert encoded.integrated_lufs == pytest.approx(loudness_of(audio), abs=0.15)
    assert loudness_of(decoded) == pytest.approx(loudness_of(audio), abs=0.15)


def test_a_song_that_cannot_keep_its_loudness_is_lowered_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farm.deliver.lossy._LIMITED_ROUNDS", 1)
    monkeypatch.setattr(
        "farm.deliver.lossy._limit", lambda song, *_: (tmp_path / "scratch").write_bytes(song.path.read_bytes())
    )
    audio = swelling_square()
    path, encoded = encode_safely(tmp_path, spec_of("aac", None, 128), audio)
    assert encoded.true_peak_dbtp is not None
    assert encoded.true_peak_dbtp <= -1.0
    assert encoded.lowered_db > 0.0
    assert encoded.backed_off_db == 0.0
    assert loudness_of(decode(path)) == pytest.approx(loudness_of(audio) - encoded.lowered_db, abs=0.15)


def test_the_limiter_has_the_character_that_finishing_has(tmp_path: Path) -> None:
    audio, spec = swelling_square(), spec_of("mp3", None, 128)
    loud = spec_of("mp3", None, 128, limiter=LimiterSpec(character="loud"))
    assert encode_safely(tmp_path, spec, audio)[1].audio_sha256 != encode_safely(tmp_path, loud, audio)[1].audio_sha256


def test_a_file_under_its_ceiling_is_encoded_once(tmp_path: Path) -> None:
    for spec in (*(spec_of(*each) for each in LOSSY), spec_of("flac", 16, None)):
        _, encoded = encode_safely(tmp_path, spec, music(20000) * np.float32(0.5))
        assert (encoded.rounds, encoded.backed_off_db, encoded.lowered_db, encoded.overs) == (1, 0.0, 0.0, ())
        assert not (tmp_path / "scratch").exists()


def write_float(path: Path, audio: Block) -> Path:
    soundfile.write(path, audio, RATE_HZ, subtype="FLOAT")
    return path


def test_overs_have_their_time_channel_place_and_value(tmp_path: Path) -> None:
    """A full-scale sine of a quarter of the rate, 45 degrees off the samples, peaks between them: 3 dB above them."""
    audio = np.zeros((200_000, 2), np.float32)
    audio[70_000, 1] = 0.95
    burst = np.arange(2001)
    sine = np.sin(np.pi / 2 * burst + np.pi / 4) * np.hanning(2001)
    audio[130_000:132_001, 0] = (0.99 * sine).astype(np.float32)
    found = find_overs(write_float(tmp_path / "a.wav", audio), -0.5)
    first, *others = found.listed
    assert (first.frame, first.channel, first.between) == (70_000, 2, False)
    assert first.seconds == pytest.approx(70_000 / RATE_HZ)
    assert first.value_dbtp == pytest.approx(20 * np.log10(0.95), abs=1e-5)
    assert all(over.channel == 1 and over.between and abs(over.frame - 131_000) < 200 for over in others)
    assert max(over.value_dbtp for over in others) == pytest.approx(20 * np.log10(0.99), abs=0.1)


def test_an_over_across_two_blocks_is_one(tmp_path: Path) -> None:
    """A block has 65,536 frames, the meter's delay some dozen: the stretch lies across the border wherever that is."""
    for border in (65_536, 65_536 - 40):
        audio = np.zeros((150_000, 2), np.float32)
        audio[border - 100 : border + 100] = 0.9 * np.hanning(200)[:, None]
        found = find_overs(write_float(tmp_path / "a.wav", audio), -3.0)
        assert [(over.channel, over.frame - border) for over in found.listed] in ([(1, -1), (2, -1)], [(1, 0), (2, 0)])
        assert found.total == 2


def test_of_many_overs_the_earliest_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    audio = np.zeros((100_000, 2), np.float32)
    audio[500::500] = 0.99
    found = find_overs(write_float(tmp_path / "a.wav", audio), -1.0)
    assert (len(found.listed), found.total) == (MOST_LISTED, 2 * 199)
    assert [over.frame for over in found.listed] == [500 * (1 + index // 2) for index in range(MOST_LISTED)]


def test_what_is_not_over_is_not_listed(tmp_path: Path) -> None:
    found = find_overs(write_float(tmp_path / "a.wav", music(9000)), 0.0)
    assert (found.listed, found.total) == ((), 0)


def test_the_first_encode_s_overs_are_kept(tmp_path: Path) -> None:
    spec = spec_of("mp3", None, 128)
    path, plain = encode(tmp_path, spec, swelling_square())
    expected = find_overs(path, -1.0)
    _, encoded = encode_safely(tmp_path, spec, swelling_square())
    assert (encoded.overs, encoded.overs_total) == (expected.listed, expected.total)
    assert max(over.value_dbtp for over in expected.listed) == pytest.approx(plain.true_peak_dbtp, abs=0.01)
