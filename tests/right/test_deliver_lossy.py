"""A ceiling holds behind every codec, at the song's loudness; what exceeded it is listed. pyloudnorm is the oracle."""

import hashlib
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pyloudnorm
import pytest
import soundfile
from deliver_songs import FACTS, LOSSY, encode, music, spec_of
from scipy import signal

from farm.audio.blocks import Block
from farm.audio.source import open_audio
from farm.deliver import lossy, lossy_trial
from farm.deliver.encode import Encoded, encode_song
from farm.deliver.lossy import _Limits, encode_under_ceiling
from farm.deliver.lossy_trial import LossySong
from farm.deliver.overs import MOST_LISTED, find_overs
from farm.deliver.song_facts import SongFacts
from farm.dsp.drive import Driven
from farm.errors import DeliveryError
from farm.plan.spec import EncodeSpec, LimiterSpec

RATE_HZ = 48000


def loudness_of(audio: np.ndarray) -> float:
    return float(pyloudnorm.Meter(RATE_HZ, filter_class="DeMan").integrated_loudness(audio))


def decode(path: Path) -> Block:
    with open_audio(path) as reader:
        block = np.empty((10 * RATE_HZ, 2), np.float32)
        return block[: reader.read_into(block)]


def encode_safely(folder: Path, spec: EncodeSpec, audio: Block, facts: SongFacts | None = None) -> tuple[Path, Encoded]:
    source, target = folder / "a.raw", folder / f"a.{spec.format}"
    source.write_bytes(audio.tobytes())
    sizes = {"frames": len(audio), "rate_hz": RATE_HZ, "exact_bits": None}
    return target, encode_under_ceiling(spec, source, target, **sizes, scratch=folder / "scratch", facts=facts)


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


def drums() -> Block:
    """Bursts of noise over a low tone, clipped flat: loud as few records are, and more so than any limiter makes it."""
    time = np.arange(2 * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(7).standard_normal((len(time), 2)) * np.exp(-(time % 0.25) / 0.05)[:, None]
    tone = np.sin(2 * np.pi * 55 * time) * np.exp(-(time % 0.5) / 0.15)
    return np.clip(0.9 * noise + 0.8 * tone[:, None], -0.4, 0.4).astype(np.float32)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Encoded]:
    """Collects every encode."""
    found: list[Encoded] = []

    def encode_and_note(*arguments: Any, **options: Any) -> Encoded:
        found.append(encode_song(*arguments, **options))
        return found[-1]

    for module in (lossy, lossy_trial):
        monkeypatch.setattr(module, "encode_song", encode_and_note)
    return found


SATURATED = [("mp3", None, 9.0), ("aac", 256, None), ("vorbis", None, 0.0)]


@pytest.mark.slow
@pytest.mark.parametrize(("form", "bitrate_kbps", "quality"), SATURATED)
def test_where_the_limiter_saturates_the_nearest_file_under_the_ceiling_is_kept(
    tmp_path: Path, tried: list[Encoded], form: str, bitrate_kbps: int | None, quality: float | None
) -> None:
    """The first encode is one of them, and limiting that brings less than half a LU is not worth its sound."""
    audio, spec = drums(), spec_of(form, None, bitrate_kbps, quality=quality)
    path, encoded = encode_safely(tmp_path, spec, audio)
    aim = loudness_of(audio)
    under = [each for each in tried if each.true_peak_dbtp is not None and each.true_peak_dbtp <= -1.0]
    assert encoded.rounds == len(tried) > 1
    assert encoded.audio_sha256 in {each.audio_sha256 for each in under}
    assert lost_lu(encoded, aim) <= min(lost_lu(each, aim) for each in under) + 0.5
    decoded = decode(path)
    assert 20 * np.log10(np.abs(signal.resample_poly(decoded, 8, 1)).max()) <= -0.95
    assert encoded.integrated_lufs == pytest.approx(loudness_of(decoded), abs=0.1)
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".trial"] == []


def lost_lu(encoded: Encoded, aim_lufs: float) -> float:
    assert encoded.integrated_lufs is not None
    return abs(encoded.integrated_lufs - aim_lufs)


def test_a_limit_that_came_down_too_far_goes_up_again() -> None:
    limits = _Limits(highest_dbtp=-1.0, now_dbtp=-2.0)
    limits.follow(2.0)
    assert limits.now_dbtp == pytest.approx(-4.05)
    limits.follow(-1.55)
    assert limits.now_dbtp == pytest.approx(-2.55)
    limits.follow(0.3)
    assert limits.now_dbtp == pytest.approx(-2.9)
    limits.follow(-3.0)
    assert limits.now_dbtp == pytest.approx((-2.9 - 2.55) / 2.0), (
        "between one that keeps the ceiling and one that does not"
    )


def test_a_limit_never_exceeds_the_highest() -> None:
    limits = _Limits(highest_dbtp=-1.0, now_dbtp=-2.0)
    limits.follow(-5.0)
    assert limits.now_dbtp == -1.0


@pytest.fixture
def useless_limiter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limiter that can do no more than to make all softer by 12 dB."""

    def limit(song: LossySong, _limit_dbtp: float, _louder_lu: float, scratch: Path) -> Driven:
        scratch.write_bytes((np.fromfile(song.path, "<f4") * np.float32(0.25)).tobytes())
        own_lufs = song.measured.integrated_lufs
        return Driven(-12.0, None if own_lufs is None else own_lufs - 12.04, None, 0.0, 0.0, reached=False)

    monkeypatch.setattr(lossy, "_limit", limit)


@pytest.mark.usefixtures("useless_limiter")
def test_a_song_that_limiting_does_not_help_is_lowered_by_the_over_and_says_so(tmp_path: Path) -> None:
    audio, spec = swelling_square(), spec_of("aac", None, 128)
    _, plain = encode(tmp_path, spec, audio)
    path, encoded = encode_safely(tmp_path, spec, audio)
    assert encoded.true_peak_dbtp is not None
    assert plain.true_peak_dbtp is not None
    assert -1.5 <= encoded.true_peak_dbtp <= -1.0
    assert encoded.lowered_db == pytest.approx(plain.true_peak_dbtp + 1.0, abs=0.2)
    assert encoded.backed_off_db == 0.0
    assert loudness_of(decode(path)) == pytest.approx(loudness_of(audio) - encoded.lowered_db, abs=0.15)


@pytest.mark.slow
@pytest.mark.usefixtures("useless_limiter")
@pytest.mark.parametrize(("form", "_", "bitrate_kbps"), LOSSY)
def test_a_file_off_its_loudness_tells_players_its_own(
    tmp_path: Path, form: str, _: None, bitrate_kbps: int | None
) -> None:
    audio, spec = swelling_square(), spec_of(form, None, bitrate_kbps)
    path, encoded = encode_safely(tmp_path, spec, audio, FACTS)
    assert encoded.integrated_lufs is not None
    assert encoded.true_peak_dbtp is not None
    assert encoded.lowered_db > 0.1
    assert encoded.size_bytes == path.stat().st_size
    assert hashlib.sha256(decode(path).tobytes()).hexdigest() == encoded.audio_sha256
    tags = gains_of(path)
    if form == "opus":
        assert tags == {
            "R128_TRACK_GAIN": str(round(256 * (-23.0 - encoded.integrated_lufs))),
            "R128_ALBUM_GAIN": "-2304",
        }
        return
    assert tags["REPLAYGAIN_TRACK_GAIN"] == f"{-18.0 - encoded.integrated_lufs:.2f} dB"
    assert float(tags["REPLAYGAIN_TRACK_PEAK"]) == pytest.approx(10 ** (encoded.true_peak_dbtp / 20.0), abs=1e-6)
    assert (tags["REPLAYGAIN_ALBUM_GAIN"], tags["REPLAYGAIN_ALBUM_PEAK"]) == ("-4.00 dB", "0.891251")


def gains_of(path: Path) -> dict[str, str]:
    tags = mutagen.File(path).tags
    names = {name.split(":")[-1].upper(): value for name, value in dict(tags).items()}
    found = {name: value for name, value in names.items() if name.startswith(("REPLAYGAIN_", "R128_"))}
    texts = {name: value if isinstance(value, str) else value[0] for name, value in found.items()}
    return {name: text.decode() if isinstance(text, bytes) else str(text) for name, text in texts.items()}


def test_a_file_at_its_loudness_has_the_song_s_gains(tmp_path: Path) -> None:
    path, _ = encode_safely(tmp_path, spec_of("mp3", None, 320), swelling_square(), FACTS)
    assert gains_of(path)["REPLAYGAIN_TRACK_GAIN"] == "-3.75 dB"


def test_what_exceeds_its_ceiling_whatever_is_tried_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lossy, "_LIMITED_ROUNDS", 0)
    monkeypatch.setattr(lossy, "_LEVELLED_ROUNDS", 0)
    with pytest.raises(DeliveryError) as caught:
        encode_safely(tmp_path, spec_of("aac", None, 128), swelling_square())
    assert caught.value.code == "ceiling-missed"


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
