"""What comes late is made up for: parallel ways, sends, side-chains and strips are in step to the sample."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from console_songs import RATE_HZ, channel, insert, mix_of, noise, plays, send, stem, strip

from farm.plan.spec import MIX, ChannelSpec, ClipSpec, GroupFeed, GroupSpec, LevelSpec, MixSpec, SourceSpec
from farm.store.local import LocalStore
from farm.units import linear_to_db

IDLE_LATE = insert("compressor", threshold_db=0.0, ratio=1.0, look_ahead_ms=7.0)
"""Does nothing, 336 frames late."""

FLAT_LINEAR_PHASE = insert("linear_phase_eq", bands=[{"kind": "bell", "hz": 1000, "gain_db": 0.0}])


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def residual_db(found: np.ndarray, wanted: np.ndarray) -> float:
    assert found.shape == wanted.shape
    return linear_to_db(float(np.abs(found.astype(np.float64) - wanted).max()))


@pytest.mark.parametrize("late", [IDLE_LATE, FLAT_LINEAR_PHASE], ids=["look-ahead", "linear phase"])
def test_a_parallel_bus_with_latency_nulls_against_its_dry_twin(
    store: LocalStore, tmp_path: Path, late: object
) -> None:
    audio = noise(1, 50_000)
    group = GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", audio)),))
    channels = (channel(MIX, inserts=(late,)), channel(MIX))
    mixed = mix_of(store, MixSpec(RATE_HZ, (GroupFeed((0, 1)),), channels), group)
    assert residual_db(mixed, 2.0 * audio) < -140.0


def test_a_latent_strip_stands_beside_others_and_sends_in_time(store: LocalStore, tmp_path: Path) -> None:
    audio = noise(2)
    file = stem(tmp_path, "a", audio)
    strips = (strip(file, inserts=(IDLE_LATE,), sends=(send(0),)), strip(file))
    spec = MixSpec(RATE_HZ, (GroupFeed((MIX,), (0,)),), (channel(MIX),))
    assert residual_db(mix_of(store, spec, GroupSpec(RATE_HZ, strips)), 3.0 * audio) < -140.0


def test_latency_adds_up_along_buses_in_series_and_through_sends(store: LocalStore, tmp_path: Path) -> None:
    """Group -> bus (late) -> bus (late) -> mix, a send from the first bus to a return (late), and the dry group."""
    audio = noise(3)
    group = GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", audio)),))
    channels = (
        channel(1, inserts=(IDLE_LATE,), sends=(send(2),)),
        channel(MIX, inserts=(IDLE_LATE, IDLE_LATE)),
        channel(MIX, inserts=(IDLE_LATE,)),
    )
    mixed = mix_of(store, MixSpec(RATE_HZ, (GroupFeed((0, MIX)),), channels), group)
    assert residual_db(mixed, 3.0 * audio) < -140.0


def test_polarity_on_a_latent_copy_is_silence(store: LocalStore, tmp_path: Path) -> None:
    file = stem(tmp_path, "a", noise(4))
    strips = (strip(file, inserts=(IDLE_LATE,)), strip(file, inserts=(IDLE_LATE,), invert_polarity=True))
    assert not mix_of(store, MixSpec(RATE_HZ, (GroupFeed(),), ()), GroupSpec(RATE_HZ, strips)).any()


def burst(frames: int, start: int, end: int, level: float) -> np.ndarray:
    audio = np.zeros((frames, 2), np.float32)
    audio[start:end] = level
    return audio


@pytest.mark.parametrize("source_late", [False, True])
@pytest.mark.parametrize("listener_late", [False, True])
def test_a_side_chain_hears_its_key_in_time(
    store: LocalStore, tmp_path: Path, source_late: bool, listener_late: bool
) -> None:
    """A steady strip is pressed down exactly while the key, a bus behind latency, is loud."""
    steady, loud = np.full((6000, 2), 0.1, np.float32), burst(6000, 2000, 4000, 0.9)
    duck = {"threshold_db": -30.0, "ratio": 100.0, "attack_ms": 0.01, "release_ms": 1.0, "knee_db": 0.0}
    keyed = replace(insert("compressor", **duck), key=0)
    before = (IDLE_LATE,) if listener_late else ()
    channels = (
        ChannelSpec("key bus", inserts=(IDLE_LATE,) if source_late else (), outputs=(), key=0),
        ChannelSpec("listener", plays(stem(tmp_path, "steady", steady)), (*before, keyed)),
    )
    group = GroupSpec(RATE_HZ, (strip(stem(tmp_path, "loud", loud)),))
    mixed = mix_of(store, MixSpec(RATE_HZ, (GroupFeed((0,)),), channels, keys=1), group)
    quiet = mixed[:, 0] < 0.05
    assert np.flatnonzero(quiet)[0] in (2000, 2001)
    assert not quiet[:2000].any()
    assert quiet[2001:4000].all()
    assert mixed[4400:6000, 0] == pytest.approx(0.1, rel=1e-3)


def test_a_group_strip_can_be_a_key(store: LocalStore, tmp_path: Path) -> None:
    steady, loud = np.full((6000, 2), 0.1, np.float32), burst(6000, 2000, 4000, 0.9)
    keyed = replace(insert("compressor", threshold_db=-30.0, ratio=100.0, attack_ms=0.01, release_ms=1.0), key=0)
    group = GroupSpec(RATE_HZ, (strip(stem(tmp_path, "loud", loud)),), leaves_sum=False, keys=(0,))
    listener = ChannelSpec("listener", plays(stem(tmp_path, "steady", steady)), (keyed,))
    mixed = mix_of(store, MixSpec(RATE_HZ, (GroupFeed((), (), (0,)),), (listener,), keys=1), group)
    assert mixed[1990, 0] == pytest.approx(0.1)
    assert mixed[3990, 0] < 0.01


@pytest.mark.parametrize(("end", "fade"), [(3000, 0), (3000, 500), (20_000, 0)])
def test_a_song_ends_where_it_is_told_to(store: LocalStore, tmp_path: Path, end: int, fade: int) -> None:
    audio = noise(5)
    group = GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", audio)),))
    spec = MixSpec(RATE_HZ, (GroupFeed((0,)),), (channel(inserts=(IDLE_LATE,)),), end_frames=end, end_fade_frames=fade)
    mixed = mix_of(store, spec, group)
    wanted = np.zeros((end, 2))
    wanted[: min(end, len(audio))] = audio[:end]
    if fade:
        wanted[-fade:] *= (np.arange(fade, 0, -1) / fade)[:, None]
    assert residual_db(mixed, wanted) < -140.0


@pytest.mark.parametrize("shift", [-700, -1, 1, 480])
def test_a_strip_can_be_late_or_early(store: LocalStore, tmp_path: Path, shift: int) -> None:
    audio = noise(6)
    moved = strip(
        stem(tmp_path, "a", audio), source=SourceSpec((ClipSpec(stem(tmp_path, "a", audio)),), "stereo", shift)
    )
    mixed = mix_of(store, MixSpec(RATE_HZ, (GroupFeed(),), ()), GroupSpec(RATE_HZ, (moved,)))
    wanted = np.concatenate([np.zeros((max(shift, 0), 2), np.float32), audio[max(-shift, 0) :]])
    assert np.array_equal(mixed, wanted)


def test_a_send_before_the_fader_ignores_it(store: LocalStore, tmp_path: Path) -> None:
    audio = noise(7)
    sending = strip(stem(tmp_path, "a", audio), level=LevelSpec(-120.0), sends=(send(0, -6.0, before_fader=True),))
    spec = MixSpec(RATE_HZ, (GroupFeed((), (0,)),), (channel(),))
    mixed = mix_of(store, spec, GroupSpec(RATE_HZ, (sending,), leaves_sum=False))
    assert residual_db(mixed, audio * 10 ** (-6 / 20)) < -140.0
