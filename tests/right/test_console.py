"""The console: strips, buses, sends and returns sum as arithmetic says, in blocks of any size."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from console_songs import (
    COMPRESSOR,
    DELAY,
    EQ,
    RATE_HZ,
    channel,
    insert,
    mix_of,
    noise,
    plays,
    samples_of,
    send,
    stem,
    strip,
)

from farm.audio.tail import TailTrimmer
from farm.console.group import render_group
from farm.console.mix import render_mix
from farm.dsp.pan import pan_gains
from farm.errors import AudioError
from farm.plan.spec import (
    MIX,
    ChannelSpec,
    ClipSpec,
    CurveSpec,
    GroupFeed,
    GroupSpec,
    LaneSpec,
    LevelSpec,
    MixSpec,
    PlaceSpec,
    SourceSpec,
)
from farm.store.local import LocalStore
from farm.units import db_to_linear


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def test_faders_and_balance_sum_as_arithmetic_says(store: LocalStore, tmp_path: Path) -> None:
    first, second = noise(1), noise(2)
    strips = (strip(stem(tmp_path, "a", first), -6.0), strip(stem(tmp_path, "b", second), 3.0, 0.5))
    out = samples_of(store, render_group(GroupSpec(RATE_HZ, strips), store).outputs["sum"])
    gains = np.array(pan_gains(0.5, mono=False)) * db_to_linear(3.0)
    assert np.allclose(out, db_to_linear(-6.0) * first + gains * second, atol=1e-7)


def test_a_mono_stem_in_the_middle_is_3_db_down_on_both_sides(store: LocalStore, tmp_path: Path) -> None:
    mono = noise(1, channels=1)
    out = samples_of(store, render_group(GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", mono)),)), store).outputs["sum"])
    assert np.allclose(out, mono * np.sqrt(0.5), atol=1e-7)


def test_a_stem_and_its_inverted_twin_are_digital_silence(store: LocalStore, tmp_path: Path) -> None:
    file = stem(tmp_path, "a", noise(1))
    strips = (strip(file, inserts=(EQ,)), strip(file, inserts=(EQ,), invert_polarity=True))
    assert not samples_of(store, render_group(GroupSpec(RATE_HZ, strips), store).outputs["sum"]).any()


def test_an_empty_chain_changes_no_bit(store: LocalStore, tmp_path: Path) -> None:
    audio = noise(1)
    outputs = render_group(GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", audio)),)), store).outputs
    mixed = render_mix(MixSpec(RATE_HZ, (GroupFeed(),), ()), [outputs], store)
    assert np.array_equal(samples_of(store, mixed), audio)


def test_sends_are_tapped_behind_the_fader(store: LocalStore, tmp_path: Path) -> None:
    audio = noise(1)
    sending = strip(stem(tmp_path, "a", audio), -6.0, sends=(send(2, -12.0),))
    outputs = render_group(GroupSpec(RATE_HZ, (sending,)), store).outputs
    assert set(outputs) == {"sum", "send.2"}
    assert np.allclose(samples_of(store, outputs["send.2"]), db_to_linear(-18.0) * audio, atol=1e-7)


def test_stems_of_different_lengths_start_together(store: LocalStore, tmp_path: Path) -> None:
    long, short = noise(1, 9000), noise(2, 100)
    strips = (strip(stem(tmp_path, "a", short)), strip(stem(tmp_path, "b", long)))
    out = samples_of(store, render_group(GroupSpec(RATE_HZ, strips), store).outputs["sum"])
    expected = long.copy()
    expected[:100] += short
    assert np.allclose(out, expected, atol=1e-7)


def mixed_album(store: LocalStore, folder: Path, block_frames: int) -> list[np.ndarray]:
    """Return every artifact of a small song with clips, buses, sends, effects, latency, a side-chain and automation."""
    fades = CurveSpec(((100, -20.0, "smooth"), (4000, 0.0, "hold"), (6000, -6.0, "fast"), (7000, 3.0, "linear")))
    swing = CurveSpec(((0, -1.0, "linear"), (5000, 1.0, "linear")))
    flick = CurveSpec(((1500, 1.0, "hold"), (3000, 0.0, "hold")))
    moving = replace(
        COMPRESSOR, lanes=(LaneSpec(("threshold_db",), CurveSpec(((0, -40.0, "linear"), (6000, -10.0, "linear")))),)
    )
    clips = (
        ClipSpec(stem(folder, "c", noise(3, 3000)), 500, 100, 2000, -3.0, 300, 400, "equal_power", "smooth"),
        ClipSpec(stem(folder, "d", noise(4, 3000, 1)), 2200, fade_out_frames=1000),
    )
    first, second = stem(folder, "a", noise(1)), stem(folder, "b", noise(2, 5001, 1))
    strips = (
        strip(first, inserts=(EQ, moving), sends=(send(0, -6.0),), level=LevelSpec(-3.0, (fades,))),
        strip(second, inserts=(DELAY,), place=PlaceSpec(pan_curve=swing)),
        strip(first, source=SourceSpec(clips, "mid_side", 77), place=PlaceSpec(width=0.5)),
    )
    group = GroupSpec(RATE_HZ, strips, keys=(1,))
    outputs = render_group(group, store, block_frames=block_frames).outputs
    late = replace(insert("compressor", threshold_db=-30.0, ratio=4.0, look_ahead_ms=3.0), bypass=flick)
    keyed = replace(COMPRESSOR, key=0)
    channels = (
        ChannelSpec("late strip", plays(second), (late, keyed), outputs=(2,)),
        channel(2, inserts=(COMPRESSOR, late), sends=(send(3, -3.0), send(3, -9.0, before_fader=True))),
        channel(MIX, -2.0),
        channel(MIX, inserts=(DELAY,)),
    )
    spec = MixSpec(RATE_HZ, (GroupFeed((1,), (3,), (0,)),), channels, keys=1)
    mix = render_mix(spec, [outputs], store, block_frames=block_frames)
    return [samples_of(store, artifact) for artifact in (*outputs.values(), mix)]


@pytest.mark.parametrize("block_frames", [17, 63, 64, 65, 4096])
def test_blocks_of_any_size_give_the_same_bytes(store: LocalStore, tmp_path: Path, block_frames: int) -> None:
    whole = mixed_album(store, tmp_path, 65536)
    cut = mixed_album(store, tmp_path, block_frames)
    assert [audio.tobytes() for audio in cut] == [audio.tobytes() for audio in whole]


def test_a_bus_feeds_a_bus_and_one_without_outputs_nothing(store: LocalStore, tmp_path: Path) -> None:
    audio = noise(1)
    group = GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", audio)),))
    mixed = mix_of(store, MixSpec(RATE_HZ, (GroupFeed((0,)),), (channel(1, -6.0), channel(MIX, -6.0))), group)
    assert np.allclose(mixed, db_to_linear(-12.0) * audio, atol=1e-7)
    dumb = ChannelSpec("bus", outputs=())
    assert not mix_of(store, MixSpec(RATE_HZ, (GroupFeed((0,)),), (dumb, channel())), group).any()


def test_an_effect_rings_out_and_silence_behind_it_is_dropped(store: LocalStore, tmp_path: Path) -> None:
    """Echoes of 50 ms at 0.3 fall by 10.5 dB each: 9 of them stay above -90 dBFS."""
    click = np.zeros((100, 2), np.float32)
    click[50] = 1.0
    outputs = render_group(GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", click), inserts=(DELAY,)),)), store).outputs
    echoes = 1 + int(-90.0 / (20 * np.log10(0.3)))
    assert outputs["sum"].frames == 50 + echoes * 2400 + 1


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_sample_that_is_no_number_is_refused_by_time(store: LocalStore, tmp_path: Path, value: float) -> None:
    audio = noise(1)
    audio[4800, 1] = value
    with pytest.raises(AudioError, match=r"0\.100 s") as caught:
        render_group(GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", audio)),)), store)
    assert caught.value.code == "audio-not-finite"


def test_a_stem_that_changed_since_it_was_planned_is_refused(store: LocalStore, tmp_path: Path) -> None:
    planned = strip(stem(tmp_path, "a", noise(1)))
    stem(tmp_path, "a", noise(2, 9001))
    with pytest.raises(AudioError) as caught:
        render_group(GroupSpec(RATE_HZ, (planned,)), store)
    assert caught.value.code == "input-changed-while-rendering"


def test_a_tail_keeps_quiet_stretches_between_what_can_be_heard() -> None:
    out: list[np.ndarray] = []
    trimmer = TailTrimmer(lambda block: out.append(block.copy()))
    trimmer.body(np.ones((2, 2), np.float32))
    quiet, loud = np.zeros((3, 2), np.float32), np.full((1, 2), 0.5, np.float32)
    for block in (quiet, np.concatenate([loud, quiet]), quiet, loud, quiet):
        trimmer.tail(block)
    assert np.array_equal(np.concatenate(out)[:, 0], [1, 1, 0, 0, 0, 0.5, 0, 0, 0, 0, 0, 0, 0.5])


def test_a_stem_of_digital_silence_is_told(store: LocalStore, tmp_path: Path) -> None:
    quiet = noise(2)
    quiet[:-1] = 0.0
    silent = stem(tmp_path, "silent", np.zeros((500, 2), np.float32))
    strips = (strip(stem(tmp_path, "a", noise(1))), strip(silent), strip(stem(tmp_path, "quiet", quiet)))
    assert render_group(GroupSpec(RATE_HZ, strips), store).silent == (1,)
