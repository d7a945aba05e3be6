"""The console: strips, buses, sends and returns sum as arithmetic says, in blocks of any size."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from farm.audio.tail import TailTrimmer
from farm.console.group import render_group
from farm.console.mix import render_mix
from farm.dsp.pan import pan_gains
from farm.errors import AudioError
from farm.plan.spec import BusSpec, GroupFeed, GroupSpec, InputSpec, InsertSpec, MixSpec, SendSpec, StripSpec
from farm.records import Artifact
from farm.store.artifact import open_artifact
from farm.store.local import LocalStore
from farm.units import db_to_linear

RATE_HZ = 48000
DELAY = InsertSpec("delay", 1, {"time_ms": 50.0, "feedback": 0.3, "mix": 1.0})
COMPRESSOR = InsertSpec(
    "compressor",
    1,
    {
        "threshold_db": -20.0,
        "ratio": 4.0,
        "attack_ms": 5.0,
        "release_ms": 50.0,
        "knee_db": 6.0,
        "makeup_db": 0.0,
        "mix": 1.0,
    },
)
EQ = InsertSpec("eq", 1, {"bands": [{"kind": "highpass", "hz": 80.0, "slope_db_oct": 24}]})


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def noise(seed: int, frames: int = 9000, channels: int = 2) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((frames, channels)) * 0.1).astype(np.float32)


def stem(folder: Path, name: str, samples: np.ndarray) -> InputSpec:
    path = folder / f"{name}.wav"
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    status = path.stat()
    return InputSpec(name, str(path), status.st_size, status.st_mtime_ns)


def strip(file: InputSpec, gain_db: float = 0.0, pan: float = 0.0, **more: object) -> StripSpec:
    settings: dict[str, object] = {"invert_polarity": False, "inserts": (), "sends": ()} | more
    return StripSpec("strip", file, gain_db, pan, **settings)  # type: ignore[arg-type]


def samples_of(store: LocalStore, artifact: Artifact) -> np.ndarray:
    out = np.empty((artifact.frames, 2), np.float32)
    with open_artifact(store, artifact) as reader:
        assert reader.read_into(out) == artifact.frames
    return out


def bus(to: int | None = None, gain_db: float = 0.0, **more: object) -> BusSpec:
    settings: dict[str, object] = {"pan": 0.0, "mute": False, "inserts": (), "sends": ()} | more
    return BusSpec("bus", to, gain_db, **settings)  # type: ignore[arg-type]


def test_faders_and_balance_sum_as_arithmetic_says(store: LocalStore, tmp_path: Path) -> None:
    first, second = noise(1), noise(2)
    strips = (strip(stem(tmp_path, "a", first), -6.0), strip(stem(tmp_path, "b", second), 3.0, 0.5))
    out = samples_of(store, render_group(GroupSpec(RATE_HZ, strips), store)["sum"])
    gains = np.array(pan_gains(0.5, mono=False)) * db_to_linear(3.0)
    assert np.allclose(out, db_to_linear(-6.0) * first + gains * second, atol=1e-7)


def test_a_mono_stem_in_the_middle_is_3_db_down_on_both_sides(store: LocalStore, tmp_path: Path) -> None:
    mono = noise(1, channels=1)
    out = samples_of(store, render_group(GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", mono)),)), store)["sum"])
    assert np.allclose(out, mono * np.sqrt(0.5), atol=1e-7)


def test_a_stem_and_its_inverted_twin_are_digital_silence(store: LocalStore, tmp_path: Path) -> None:
    file = stem(tmp_path, "a", noise(1))
    strips = (strip(file, inserts=(EQ,)), strip(file, inserts=(EQ,), invert_polarity=True))
    assert not samples_of(store, render_group(GroupSpec(RATE_HZ, strips), store)["sum"]).any()


def test_an_empty_chain_changes_no_bit(store: LocalStore, tmp_path: Path) -> None:
    audio = noise(1)
    outputs = render_group(GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", audio)),)), store)
    mixed = render_mix(MixSpec(RATE_HZ, (GroupFeed(None, ()),), (), (), ()), [outputs], store)
    assert np.array_equal(samples_of(store, mixed), audio)


def test_sends_are_tapped_behind_the_fader(store: LocalStore, tmp_path: Path) -> None:
    audio = noise(1)
    sending = strip(stem(tmp_path, "a", audio), -6.0, sends=(SendSpec(2, -12.0),))
    outputs = render_group(GroupSpec(RATE_HZ, (sending,)), store)
    assert set(outputs) == {"sum", "send.2"}
    assert np.allclose(samples_of(store, outputs["send.2"]), db_to_linear(-18.0) * audio, atol=1e-7)


def test_stems_of_different_lengths_start_together(store: LocalStore, tmp_path: Path) -> None:
    long, short = noise(1, 9000), noise(2, 100)
    strips = (strip(stem(tmp_path, "a", short)), strip(stem(tmp_path, "b", long)))
    out = samples_of(store, render_group(GroupSpec(RATE_HZ, strips), store)["sum"])
    expected = long.copy()
    expected[:100] += short
    assert np.allclose(out, expected, atol=1e-7)


def mixed_album(store: LocalStore, folder: Path, block_frames: int) -> list[np.ndarray]:
    """Return every artifact of a small song with buses, sends and effects."""
    strips = (
        strip(stem(folder, "a", noise(1)), -3.0, 0.2, inserts=(EQ, COMPRESSOR), sends=(SendSpec(0, -6.0),)),
        strip(stem(folder, "b", noise(2, 5001, 1)), 0.0, -0.7, inserts=(DELAY,)),
    )
    outputs = render_group(GroupSpec(RATE_HZ, strips), store, block_frames=block_frames)
    buses = (bus(1, inserts=(COMPRESSOR,), sends=(SendSpec(0, -3.0),)), bus(None, -2.0))
    order = (("bus", 0), ("return", 0), ("bus", 1))
    spec = MixSpec(RATE_HZ, (GroupFeed(0, (0,)),), buses, (bus(1, inserts=(DELAY,)),), order)
    mix = render_mix(spec, [outputs], store, block_frames=block_frames)
    return [samples_of(store, artifact) for artifact in (*outputs.values(), mix)]


@pytest.mark.parametrize("block_frames", [63, 64, 65, 4096])
def test_blocks_of_any_size_give_the_same_bytes(store: LocalStore, tmp_path: Path, block_frames: int) -> None:
    whole = mixed_album(store, tmp_path, 65536)
    cut = mixed_album(store, tmp_path, block_frames)
    assert [audio.tobytes() for audio in cut] == [audio.tobytes() for audio in whole]


def test_a_bus_feeds_a_bus_and_a_muted_one_nothing(store: LocalStore, tmp_path: Path) -> None:
    audio = noise(1)
    outputs = render_group(GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", audio)),)), store)
    order = (("bus", 0), ("bus", 1))
    open_mix = MixSpec(RATE_HZ, (GroupFeed(0, ()),), (bus(1, -6.0), bus(None, -6.0)), (), order)
    muted = MixSpec(RATE_HZ, (GroupFeed(0, ()),), (bus(1, mute=True), bus()), (), order)
    mixed = samples_of(store, render_mix(open_mix, [outputs], store))
    assert np.allclose(mixed, db_to_linear(-12.0) * audio, atol=1e-7)
    assert not samples_of(store, render_mix(muted, [outputs], store)).any()


def test_an_effect_rings_out_and_silence_behind_it_is_dropped(store: LocalStore, tmp_path: Path) -> None:
    """Echoes of 50 ms at 0.3 fall by 10.5 dB each: 9 of them stay above -90 dBFS."""
    click = np.zeros((100, 2), np.float32)
    click[50] = 1.0
    outputs = render_group(GroupSpec(RATE_HZ, (strip(stem(tmp_path, "a", click), inserts=(DELAY,)),)), store)
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
