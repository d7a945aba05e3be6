"""How songs stand to each other where people listen: against audio that was really filtered, folded and measured."""

import math
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.signal import fftconvolve, firwin2

from farm.album.playback import Playback, load_playbacks
from farm.album.smoothing import smooth_bands
from farm.album.translation import Heard, TranslationLimits, translate, translate_album
from farm.audio.source import open_audio
from farm.measure.bands import LTAS_BANDS_HZ
from farm.measure.meter import Meter
from farm.records import Measurement

RATE_HZ = 48_000
BANDS_HZ = np.array(LTAS_BANDS_HZ)
PLAYBACKS = load_playbacks()
TAPS = 8_191
LEVEL = Playback("here", 0.0, (40.0, 16_000.0), (0.0,) * 30, "by definition")
ONE = replace(LEVEL, mono_below_hz=math.inf)
MIXES = sorted({path.parent for path in Path(os.environ.get("FARM_MATERIAL", "no-material")).glob("*/*/*.m4a")})
LIMITS = TranslationLimits(4.0, 7.0, 2.5, 0.2)
NEVER = TranslationLimits(1e3, 1e3, 1e3, -1.0)


def measured(audio: np.ndarray) -> Measurement:
    meter = Meter(RATE_HZ)
    meter.push(np.ascontiguousarray(audio, np.float32))
    return meter.finish()


def song(tilt_db_oct: float, correlation: float, seed: int) -> np.ndarray:
    """Return 9 s of noise from 40 Hz up with a tilted spectrum, swelling; the channels correlate by so much."""
    random = np.random.default_rng(seed)
    frames = 9 * RATE_HZ
    hz = np.fft.rfftfreq(frames, 1 / RATE_HZ)
    shape = np.where(hz < 40, 0.0, (np.maximum(hz, 40.0) / 1000) ** (tilt_db_oct / 6.02))
    noise = np.fft.irfft(np.fft.rfft(random.standard_normal((frames, 2)), axis=0) * shape[:, None], axis=0)
    mid, side = noise[:, 0] * math.sqrt(1 + correlation), noise[:, 1] * math.sqrt(1 - correlation)
    swell = 1 + 0.2 * np.sin(2 * np.pi * np.arange(frames) / RATE_HZ / 3)
    audio = np.column_stack([mid + side, mid - side]) * swell[:, None]
    return (0.05 * audio / np.std(audio)).astype(np.float32)


SONGS = {1: song(-4.0, 0.9, 1), 2: song(-3.0, 0.3, 2), 3: song(-5.0, 0.0, 3)}


@pytest.fixture(scope="module")
def measurements() -> dict[int, Measurement]:
    return {number: measured(audio) for number, audio in SONGS.items()}


def equalised(audio: np.ndarray, playback: Playback) -> np.ndarray:
    hz = np.concatenate([[0], np.geomspace(20, 0.499 * RATE_HZ, 2_000), [RATE_HZ / 2]])
    gain = 10 ** (np.interp(np.log(np.maximum(hz, 1)), np.log(BANDS_HZ), playback.response_db) / 20)
    return fftconvolve(audio, firwin2(TAPS, hz / hz[-1], gain)[:, None], mode="same", axes=0)


def lufs_of(song: Measurement) -> float:
    assert song.integrated_lufs is not None
    return song.integrated_lufs


def loudness(audio: np.ndarray) -> float:
    return lufs_of(measured(audio))


def tone(played: Measurement, shift_lu: float, playback: Playback) -> np.ndarray:
    """Return the levels of the bands in range above the place's noise, smoothed over neighbours, around 0."""
    levels = np.array(played.ltas_db) + shift_lu
    low, high = playback.range_hz
    if playback.noise_db:
        levels = 10 * np.log10(10 ** (levels / 10) + 10 ** (np.array(playback.noise_db) / 10))
    inside = np.flatnonzero((low / 1.05 < BANDS_HZ) & (high * 1.05 > BANDS_HZ))
    smooth = smooth_bands(BANDS_HZ[inside], levels[inside], 0.5)
    return np.asarray(smooth - smooth.mean())


def lows_of(audio: np.ndarray, edge_hz: float) -> np.ndarray:
    edge = edge_hz / RATE_HZ * 2
    taps = firwin2(TAPS, [0, edge * 0.98, edge * 1.02, 1], [1, 1, 0, 0])
    return np.asarray(fftconvolve(audio, taps[:, None], mode="same", axes=0))


def fold(audio: np.ndarray, playback: Playback) -> np.ndarray:
    """Make left and right one below a frequency, with a steep linear-phase filter."""
    side = audio - audio.mean(axis=1, keepdims=True)
    if playback.mono_below_hz == math.inf:
        return audio - side
    return audio - lows_of(side, playback.mono_below_hz) if playback.mono_below_hz else audio


@pytest.mark.parametrize("name", PLAYBACKS)
def test_what_is_reckoned_is_what_is_measured_behind_a_filter(name: str, measurements: dict[int, Measurement]) -> None:
    playback = PLAYBACKS[name]
    heard = translate(measurements, playback)
    played = {number: measured(equalised(fold(audio, playback), playback)) for number, audio in SONGS.items()}
    shifts = {number: lufs_of(played[number]) - lufs_of(measurements[number]) for number in SONGS}
    tones = {number: tone(played[number], shifts[number], playback) for number in SONGS}
    middle, centre = np.median(list(shifts.values())), np.median(list(tones.values()), axis=0)
    for number in SONGS:
        off_db = float(np.sqrt(np.mean((tones[number] - centre) ** 2)))
        assert heard[number].loudness_shift_lu == pytest.approx(shifts[number], abs=0.3)
        assert heard[number].loudness_off_lu == pytest.approx(shifts[number] - middle, abs=0.3)
        assert heard[number].tone_off_db == pytest.approx(off_db, abs=0.3)


@pytest.mark.parametrize("name", [name for name, playback in PLAYBACKS.items() if playback.mono_below_hz])
def test_the_mono_loss_is_that_of_the_bands_that_become_mono(name: str, measurements: dict[int, Measurement]) -> None:
    playback = PLAYBACKS[name]
    heard = translate(measurements, playback)
    for number, audio in SONGS.items():
        whole = audio if playback.mono_below_hz == math.inf else lows_of(audio, playback.mono_below_hz)
        lost = loudness(equalised(whole, playback)) - loudness(equalised(fold(whole, ONE), playback))
        assert heard[number].mono_loss_lu == pytest.approx(lost, abs=0.3)


@pytest.fixture(scope="module")
def real_mixes() -> list[np.ndarray]:
    """Return 100 s of each song, its stems added up."""
    mixes = []
    for folder in MIXES:
        mix = np.zeros((100 * RATE_HZ, 2))
        for path in sorted(folder.glob("*.m4a")):
            with open_audio(path) as reader:
                reader.skip(20 * RATE_HZ)
                stem = np.zeros((len(mix), reader.info.channels), np.float32)
                reader.read_into(stem)
                mix += stem
        mixes.append(0.25 * mix)
    return mixes


@pytest.mark.slow
@pytest.mark.skipif(not MIXES, reason="FARM_MATERIAL names no folder with songs of m4a stems")
@pytest.mark.parametrize("name", PLAYBACKS)
def test_real_music_is_reckoned_as_it_is_measured(name: str, real_mixes: list[np.ndarray]) -> None:
    """Behind a device that takes away most of the sound, BS.1770 gates other moments than before."""
    playback = PLAYBACKS[name]
    for audio in real_mixes:
        shift = loudness(equalised(fold(audio, playback), playback)) - loudness(audio)
        assert translate({1: measured(audio)}, playback)[1].loudness_shift_lu == pytest.approx(shift, abs=0.5)


def flat(mid_db: float = 0.0, side_db: float = -120.0, low_correlation: float | None = 1.0) -> Measurement:
    """Return a song of a level spectrum, its mid and side so loud."""
    both_db = 10 * math.log10(2 * (10 ** (mid_db / 10) + 10 ** (side_db / 10)))
    mid, side, both = ((level,) * 30 for level in (mid_db, side_db, both_db))
    return Measurement(
        duration_seconds=10.0,
        integrated_lufs=-14.0,
        loudness_range_lu=1.0,
        max_momentary_lufs=-14.0,
        max_short_term_lufs=-14.0,
        true_peak_dbtp=-1.0,
        sample_peak_dbfs=-1.0,
        ltas_db=both,
        ltas_mid_db=mid,
        ltas_side_db=side,
        low_correlation=low_correlation,
    )


SILENCE = replace(flat(), integrated_lufs=None, ltas_db=(), ltas_mid_db=(), ltas_side_db=(), low_correlation=None)


@pytest.mark.parametrize(
    ("mid_db", "side_db", "lost_lu"),
    [(0.0, -120.0, 0.0), (0.0, 0.0, 3.0103), (-9.5424, 0.0, 10.0), (-120.0, 0.0, 60.0)],
    ids=["mono", "uncorrelated", "out of phase, a tenth left", "nothing but side"],
)
def test_the_mono_loss_of_closed_forms(mid_db: float, side_db: float, lost_lu: float) -> None:
    heard = translate({1: flat(mid_db, side_db)}, ONE)[1]
    assert heard.mono_loss_lu == pytest.approx(lost_lu, abs=0.01)
    assert translate({1: flat(mid_db, side_db)}, LEVEL)[1].mono_loss_lu == 0.0


def test_a_mono_recording_loses_nothing_in_mono() -> None:
    one_channel = replace(flat(), ltas_mid_db=(), ltas_side_db=(), low_correlation=None)
    assert translate({1: one_channel}, ONE)[1] == Heard(0.0, 0.0, 0.0, 0.0)


def test_a_level_device_changes_nothing_and_a_lone_song_is_its_own_album() -> None:
    assert translate({1: flat()}, LEVEL) == {1: Heard(0.0, 0.0, 0.0, 0.0)}
    assert translate({1: flat()}, PLAYBACKS["phone"])[1].loudness_off_lu == 0.0


def test_a_louder_device_does_not_set_songs_apart() -> None:
    louder = replace(LEVEL, response_db=(6.0,) * 30)
    heard = translate({1: flat(), 2: flat(0.0, 0.0)}, louder)
    assert [song.loudness_shift_lu for song in heard.values()] == [6.0, 6.0]
    assert [song.loudness_off_lu for song in heard.values()] == [0.0, 0.0]


def test_what_noise_hides_does_not_set_songs_apart() -> None:
    tilted = replace(flat(), ltas_db=tuple(-20.0 + 10 * math.log10(hz / 1000) for hz in LTAS_BANDS_HZ))
    noisy = replace(LEVEL, noise_db=(40.0,) * 30)
    songs = {1: replace(flat(), ltas_db=(-20.0,) * 30), 2: tilted}
    assert translate(songs, LEVEL)[1].tone_off_db > 3.0
    assert translate(songs, noisy)[1].tone_off_db < 0.01


def test_a_song_of_silence_is_not_heard_and_moves_no_other() -> None:
    translations = translate_album({1: SILENCE, 2: flat()}, PLAYBACKS, LIMITS)
    assert translations[1].heard == {}
    assert translations[1].warnings == ()
    assert translations[2].heard == translate_album({2: flat()}, PLAYBACKS, LIMITS)[2].heard
    assert translate({1: SILENCE}, LEVEL) == {}


def test_each_limit_warns_once_where_it_is_missed_most() -> None:
    dark = replace(flat(-3.0, -3.0, 0.1), ltas_db=tuple(-4 * math.log2(hz / 1000) for hz in LTAS_BANDS_HZ))
    songs = {1: flat(), 2: flat(), 3: dark}
    found = translate_album(songs, PLAYBACKS, TranslationLimits(2.0, 3.0, 2.0, 0.2))
    assert found[1].warnings == ()
    warned = {warning.aspect: warning for warning in found[3].warnings}
    assert list(warned) == ["loudness", "tone", "mono", "lows"]
    offs = {name: abs(song.loudness_off_lu) for name, song in found[3].heard.items()}
    assert abs(warned["loudness"].value) == max(offs.values())
    assert warned["loudness"].text.startswith("on a laptop's speakers: ")
    assert "softer" in warned["loudness"].text
    assert (warned["lows"].device, warned["lows"].value, warned["lows"].limit) == (None, 0.1, 0.2)


def test_within_its_limits_nothing_is_warned_of() -> None:
    songs = {1: flat(), 2: flat(-40.0, 0.0, -1.0)}
    assert all(song.warnings == () for song in translate_album(songs, PLAYBACKS, NEVER).values())


@pytest.mark.parametrize("name", PLAYBACKS)
def test_every_model_has_a_source_and_a_range_that_it_plays(name: str) -> None:
    playback = PLAYBACKS[name]
    assert len(playback.source) > 20
    assert playback.where.startswith(("on ", "in ", "with "))
    assert len(playback.response_db) == 30
    assert len(playback.noise_db) in (0, 30)
    low, high = playback.range_hz
    inside = [db for hz, db in zip(LTAS_BANDS_HZ, playback.response_db, strict=True) if low <= hz <= high]
    assert max(inside) - min(inside) <= 16, "what is compared is what can be heard"
