"""Songs that are finished together: where they begin and end, how they overlap, and what a joint must not change."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from farm.audio.resample import Resampler
from farm.errors import AudioError
from farm.master.edges import find_edges
from farm.master.finish import FinishedRun, finish_run
from farm.master.stretch import Take
from farm.plan.spec import EdgesSpec, FinishSpec, TakeSpec
from farm.records import Artifact, Trim
from farm.store.artifact import create_artifact
from farm.store.local import LocalStore
from farm.units import db_to_linear

RATE_HZ = 48000
Song = NDArray[np.float32]


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def music(seconds: float, seed: int = 1, level: float = 0.1) -> Song:
    noise = np.random.default_rng(seed).standard_normal((round(seconds * RATE_HZ), 2))
    return (level * noise * (1.2 + np.sin(np.arange(len(noise)) / 5000.0))[:, None]).astype(np.float32)


def keep(store: LocalStore, song: Song) -> Artifact:
    with create_artifact(store, RATE_HZ) as writer:
        writer.write(song)
    return writer.finished()


def load(store: LocalStore, audio: Artifact) -> Song:
    return np.fromfile(store.blob_path(audio.digest), "<f4").reshape(-1, 2)


def finish(
    store: LocalStore,
    songs: Sequence[Song],
    takes: Sequence[TakeSpec] | None = None,
    trims: Sequence[Trim] | None = None,
    *,
    rate_hz: int = RATE_HZ,
    ceiling_dbtp: float = 0.0,
    block_frames: int = 65536,
) -> tuple[FinishedRun, list[Song]]:
    specs = takes or [TakeSpec()] * len(songs)
    spec = FinishSpec(rate_hz, ceiling_dbtp, takes=tuple(specs))
    masters = [keep(store, song) for song in songs]
    run = finish_run(
        spec,
        [Take(*parts) for parts in zip(specs, masters, trims or [Trim()] * len(songs), strict=True)],
        store,
        block_frames=block_frames,
    )
    return run, [load(store, song.audio) for song in run.songs]


JOINED = TakeSpec(joined=True)


def test_a_song_that_needs_nothing_passes_bit_for_bit(store: LocalStore) -> None:
    song = music(1.0)
    _, (finished,) = finish(store, [song])
    np.testing.assert_array_equal(finished, song)


def test_silence_is_cut_off_up_to_what_is_kept_of_it(store: LocalStore) -> None:
    song = np.zeros((10_000, 2), np.float32)
    song[2_000, 1] = db_to_linear(-59.0)
    song[1_000, 0] = db_to_linear(-61.0)
    song[7_000, 0] = db_to_linear(-69.0)
    spec = EdgesSpec(trim_head_dbfs=-60.0, trim_tail_dbfs=-70.0, head_seconds=0.01, tail_seconds=0.02)
    assert find_edges(spec, keep(store, song), store) == (2_000 - 480, 7_001 + 960)
    generous = replace(spec, head_seconds=60.0, tail_seconds=60.0)
    assert find_edges(generous, keep(store, song), store) == (0, 10_000)
    _, (finished,) = finish(store, [song], [TakeSpec(spec)])
    np.testing.assert_array_equal(finished, song[1_520:7_961])


def test_a_silent_song_keeps_its_length(store: LocalStore) -> None:
    spec = EdgesSpec(trim_head_dbfs=-60.0, trim_tail_dbfs=-60.0)
    _, (finished,) = finish(store, [np.zeros((5_000, 2), np.float32)], [TakeSpec(spec)])
    assert len(finished) == 5_000


def test_fades_follow_their_shapes(store: LocalStore) -> None:
    song = np.full((RATE_HZ, 2), 0.25, np.float32)
    edges = EdgesSpec(fade_in_seconds=0.25, fade_out_seconds=0.5, fade_in_shape="linear", fade_out_shape="smooth")
    _, (finished,) = finish(store, [song], [TakeSpec(edges)])
    place = np.arange(RATE_HZ)
    rise = np.minimum(1.0, place / 12_000)
    fall = np.minimum(1.0, (RATE_HZ - place) / 24_000)
    expected = 0.25 * rise * fall**2 * (3.0 - 2.0 * fall)
    np.testing.assert_allclose(finished[:, 0], expected, atol=1e-6)


def test_joined_songs_are_the_recording_cut_in_two(store: LocalStore) -> None:
    """Through tone filter, resampling and limiter: the parts, one after another, are the whole, bit for bit."""
    whole = music(6.0, level=0.3)
    trim = Trim(3.0, -12.0, -12.0, tone_db=tuple(np.linspace(-2.0, 2.0, 30)))
    parts = [whole[:100_001], whole[100_001:]]
    _, (once,) = finish(store, [whole], trims=[trim], rate_hz=44100, ceiling_dbtp=-1.0)
    _, (first, second) = finish(store, parts, [TakeSpec(), JOINED], [trim, trim], rate_hz=44100, ceiling_dbtp=-1.0)
    np.testing.assert_array_equal(np.concatenate([first, second]), once)
    assert len(first) == round(100_001 * 44_100 / RATE_HZ)


def test_songs_that_overlap_are_added_up_and_cut_where_the_later_one_begins(store: LocalStore) -> None:
    first, second = music(2.0, 1, 0.05), music(3.0, 2, 0.05)
    run, finished = finish(store, [first, second], [TakeSpec(), TakeSpec(overlap_seconds=0.5)])
    expected = np.zeros((len(first) + len(second) - 24_000, 2), np.float32)
    expected[: len(first)] += first
    expected[len(first) - 24_000 :] += second
    np.testing.assert_array_equal(np.concatenate(finished), expected)
    assert len(finished[0]) == len(first) - 24_000
    assert run.songs[1].measurement.duration_seconds == pytest.approx(3.0)


def test_a_crossfade_of_constant_power_keeps_the_power(store: LocalStore) -> None:
    first, second = music(4.0, 1), music(4.0, 2)
    takes = [
        TakeSpec(EdgesSpec(fade_out_seconds=2.0, fade_out_shape="equal_power")),
        TakeSpec(EdgesSpec(fade_in_seconds=2.0, fade_in_shape="equal_power"), overlap_seconds=2.0),
    ]
    _, finished = finish(store, [first, second], takes)
    together = np.concatenate(finished)
    share = np.arange(96_000)[:, None] / 96_000
    crossed = first[96_000:] * np.cos(share * np.pi / 2) + second[:96_000] * np.sin(share * np.pi / 2)
    np.testing.assert_allclose(together[96_000:192_000], crossed, atol=1e-6)


def test_songs_that_overlap_keep_their_own_trims(store: LocalStore) -> None:
    """The gains' difference lies before the limiter that both share: 4 dB between two songs of the same level."""
    song = music(4.0, 1)
    trims = [Trim(-2.0, -14.0, -16.0, -14.0), Trim(-6.0, -18.0, -16.0, -18.0)]
    takes = [TakeSpec(), TakeSpec(overlap_seconds=0.1)]
    run, _ = finish(store, [song, song], takes, trims)
    levels = [each.measurement.integrated_lufs for each in run.songs]
    assert levels[0] is not None
    assert levels[1] is not None
    assert levels[0] - levels[1] == pytest.approx(4.0, abs=0.1)


def test_a_run_reaches_its_common_loudness(store: LocalStore) -> None:
    trims = [Trim(0.0, -14.0, -15.0), Trim(0.0, -15.5, -15.0)]
    run, _ = finish(store, [music(4.0, 1), music(4.0, 2)], [TakeSpec(), JOINED], trims, ceiling_dbtp=-1.0)
    assert run.driven.loudness_lufs == pytest.approx(-15.0, abs=0.02)
    assert run.driven.reached


@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_a_wave_runs_through_a_joint_at_every_rate(store: LocalStore, rate_hz: int) -> None:
    wave = np.repeat(0.5 * np.sin(2 * np.pi * 997.0 * np.arange(2 * RATE_HZ) / RATE_HZ)[:, None], 2, axis=1)
    wave = wave.astype(np.float32)
    _, finished = finish(store, [wave[:48_017], wave[48_017:]], [TakeSpec(), JOINED], rate_hz=rate_hz)
    whole = Resampler(RATE_HZ, rate_hz, 2)
    expected = np.concatenate([whole.push(wave), whole.flush()])
    np.testing.assert_array_equal(np.concatenate(finished), expected)


def test_blocks_change_nothing(store: LocalStore) -> None:
    songs, takes = [music(1.0, 1), music(1.5, 2), music(0.5, 3)], [TakeSpec(), TakeSpec(overlap_seconds=0.2), JOINED]
    trims = [Trim(2.0, -10.0, -10.0, tone_db=tuple(np.linspace(1.0, -1.0, 30)))] * 3
    _, expected = finish(store, songs, takes, trims, rate_hz=44100, ceiling_dbtp=-1.0)
    for block_frames in (63, 4096):
        _, found = finish(store, songs, takes, trims, rate_hz=44100, ceiling_dbtp=-1.0, block_frames=block_frames)
        for one, other in zip(expected, found, strict=True):
            np.testing.assert_array_equal(one, other)


def swelling(seconds: float, seed: int) -> Song:
    """Music with a quiet half and a loud one, which a ride brings together."""
    song = music(seconds, seed)
    song[: len(song) // 2] *= np.float32(0.2)
    return song


def test_songs_of_a_run_each_reach_their_loudness_whatever_filter_and_ride_change(store: LocalStore) -> None:
    songs = [swelling(12.0, 1), music(12.0, 2), swelling(12.0, 3)]
    tilted = tuple(np.linspace(3.0, -3.0, 30).tolist())
    goals = (-22.0, -24.0, -20.0)
    trims = [
        Trim(0.0, goal, -21.7, goal, tone_db=tone_db, range_factor=factor, pivot_lufs=-17.0, ride_max_db=6.0)
        for goal, tone_db, factor in zip(goals, ((), tilted, ()), (0.5, 1.0, 1.5), strict=True)
    ]
    run, _ = finish(store, songs, [TakeSpec(), *[TakeSpec(overlap_seconds=0.1)] * 2], trims)
    levels = [song.measurement.integrated_lufs for song in run.songs]
    assert levels[0] is not None
    for level, goal in zip(levels, goals, strict=True):
        assert level is not None
        assert level - levels[0] == pytest.approx(goal - goals[0], abs=0.1)


def test_a_run_is_as_loud_in_its_loudest_3_s_as_asked(store: LocalStore) -> None:
    trims = [Trim(0.0, goal, -16.0, goal, goal_measure="short-term") for goal in (-16.0, -19.0)]
    songs = [swelling(10.0, 1), swelling(10.0, 2)]
    run, _ = finish(store, songs, [TakeSpec(), TakeSpec(overlap_seconds=0.1)], trims)
    loudest = [song.measurement.max_short_term_lufs for song in run.songs]
    assert loudest == pytest.approx([-16.0, -19.0], abs=0.1)


OVERLAP = [TakeSpec(title="Undertow"), TakeSpec(overlap_seconds=2.0, title="Slack")]


@pytest.mark.parametrize("seconds", [(4.0, 1.0), (1.0, 4.0)])
def test_an_overlap_longer_than_a_song_is_refused_by_its_name(store: LocalStore, seconds: tuple[float, float]) -> None:
    shorter = "Slack" if seconds[1] < seconds[0] else "Undertow"
    wanted = rf"Undertow and Slack overlap by 2 s, and {shorter} lasts only 1\.00 s"
    with pytest.raises(AudioError, match=wanted) as caught:
        finish(store, [music(each) for each in seconds], OVERLAP)
    assert (caught.value.code, caught.value.where) == ("overlap-too-long", "Undertow")


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        (EdgesSpec(fade_in_seconds=60.0), "Slack fades in for 60 s"),
        (EdgesSpec(fade_out_seconds=1.01), r"Slack fades out for 1\.01 s"),
        (EdgesSpec(fade_in_seconds=0.6, fade_out_seconds=0.6), r"Slack fades in and out for 1\.2 s"),
    ],
)
def test_a_fade_longer_than_its_song_is_refused_by_its_name(store: LocalStore, edges: EdgesSpec, message: str) -> None:
    with pytest.raises(AudioError, match=rf"{message}, and lasts only 1\.00 s") as caught:
        finish(store, [music(1.0)], [TakeSpec(edges, title="Slack")])
    assert (caught.value.code, caught.value.where) == ("fade-too-long", "Slack")


def test_fades_that_fill_a_song_are_none_too_long(store: LocalStore) -> None:
    edges = EdgesSpec(fade_in_seconds=0.4, fade_out_seconds=0.6)
    _, (finished,) = finish(store, [music(1.0)], [TakeSpec(edges)])
    assert len(finished) == RATE_HZ
