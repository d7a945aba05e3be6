"""Automation: faders, pans, sends, mutes, inserts and bypasses move as their curves say, to the sample."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from console_songs import RATE_HZ, channel, insert, mix_of, noise, send, stem, strip

from farm.dsp.chain import InsertChain
from farm.dsp.pan import pan_gains
from farm.plan.spec import CurveSpec, GroupFeed, GroupSpec, LaneSpec, LevelSpec, MixSpec, PlaceSpec, SendSpec, StripSpec
from farm.store.local import LocalStore

ONE = 48000
GLIDE = 240
"""5 ms: over this a step of a fader or a mute is spread."""


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def curve(*points: tuple[int, float, str]) -> CurveSpec:
    return CurveSpec(points)


def played(store: LocalStore, *strips: StripSpec) -> np.ndarray:
    return mix_of(store, MixSpec(RATE_HZ, (GroupFeed(),), ()), GroupSpec(RATE_HZ, strips))


@pytest.fixture
def ones(tmp_path: Path):  # type: ignore[no-untyped-def]
    return stem(tmp_path, "ones", np.ones((ONE, 2), np.float32))


def test_a_fader_moves_evenly_in_db(store: LocalStore, ones) -> None:  # type: ignore[no-untyped-def]
    moving = strip(ones, level=LevelSpec(0.0, (curve((1000, -40.0, "linear"), (41_000, 0.0, "linear")),)))
    found = played(store, moving)[:, 0].astype(np.float64)
    wanted_db = np.interp(np.arange(ONE), [1000, 41_000], [-40.0, 0.0])
    assert np.abs(20 * np.log10(found) - wanted_db).max() < 1e-5


def test_a_vca_adds_to_the_fader(store: LocalStore, ones) -> None:  # type: ignore[no-untyped-def]
    level = LevelSpec(-3.0, (curve((0, -6.0, "hold")), curve((0, 2.0, "hold"))))
    assert played(store, strip(ones, level=level))[-1, 0] == pytest.approx(10 ** (-7 / 20))


def test_a_step_and_a_mute_are_spread_over_5_ms(store: LocalStore, ones) -> None:  # type: ignore[no-untyped-def]
    mute = curve((0, 0.0, "hold"), (10_000, 1.0, "hold"), (20_000, 0.0, "hold"))
    found = played(store, strip(ones, level=LevelSpec(0.0, mutes=(mute,))))[:, 0].astype(np.float64)
    assert np.abs(np.diff(found)).max() == pytest.approx(1.0 / GLIDE, rel=1e-4)
    assert found[10_000] == 1.0
    assert not found[10_000 + GLIDE : 20_001].any()
    assert (found[20_000 + GLIDE :] == 1.0).all()


def test_a_pan_passes_through_the_law_at_every_frame(store: LocalStore, tmp_path: Path) -> None:
    mono = stem(tmp_path, "mono", np.ones((ONE, 1), np.float32))
    found = played(store, strip(mono, place=PlaceSpec(pan_curve=curve((0, -1.0, "linear"), (ONE, 1.0, "linear")))))
    wanted = np.array([pan_gains(-1.0 + 2.0 * frame / ONE, mono=True) for frame in range(ONE)])
    assert np.abs(found - wanted).max() < 1e-6


def test_a_send_moves_apart_from_its_fader(store: LocalStore, ones) -> None:  # type: ignore[no-untyped-def]
    throw = LevelSpec(0.0, (curve((0, -120.0, "hold"), (20_000, -6.0, "hold")),))
    sending = strip(ones, -6.0, sends=(SendSpec(0, throw), send(1, 0.0, before_fader=True)))
    spec = MixSpec(RATE_HZ, (GroupFeed((), (0, 1)),), (channel(), replace(channel(), outputs=())))
    found = mix_of(store, spec, GroupSpec(RATE_HZ, (sending,), leaves_sum=False))[:, 0]
    assert found[19_000] < 1e-5
    assert found[21_000] == pytest.approx(10 ** (-12 / 20))


@pytest.mark.parametrize(("law_db", "power"), [(-3.0, 1.0), (-4.5, 1.5), (-6.0, 2.0)])
def test_pan_laws_are_exact(law_db: float, power: float) -> None:
    for pan in np.linspace(-1.0, 1.0, 41):
        angle = (pan + 1.0) * np.pi / 4
        left, right = pan_gains(float(pan), mono=True, law_db=law_db)
        assert left == pytest.approx(max(0.0, np.cos(angle)) ** power, abs=1e-12)
        assert right == pytest.approx(np.sin(angle) ** power, abs=1e-12)
    assert pan_gains(-1.0, mono=True, law_db=law_db)[1] == 0.0
    assert pan_gains(1.0, mono=True, law_db=law_db)[0] == 0.0


def test_dual_pan_and_width_are_their_matrices(store: LocalStore, tmp_path: Path) -> None:
    audio = noise(1)
    file = stem(tmp_path, "a", audio)
    swapped = played(store, strip(file, place=PlaceSpec(dual_pan=(1.0, -1.0))))
    assert np.abs(swapped - audio[:, ::-1]).max() < 1e-7
    mono = played(store, strip(file, place=PlaceSpec(width=0.0)))
    assert np.abs(mono - audio.mean(axis=1, keepdims=True)).max() < 1e-7
    wide = played(store, strip(file, place=PlaceSpec(width=1.5)))
    assert np.abs((wide[:, 0] - wide[:, 1]) - 1.5 * (audio[:, 0] - audio[:, 1])).max() < 1e-6
    assert np.abs(wide.sum(axis=1) - audio.sum(axis=1)).max() < 1e-6


MAKEUP = LaneSpec(("makeup_db",), curve((4000, 0.0, "linear"), (20_000, 12.0, "linear")))
BAND = LaneSpec(("bands", 0, "gain_db"), curve((4000, -12.0, "smooth"), (20_000, 12.0, "linear")))


def chain_output(*inserts: object, sizes: int, frames: int = 30_000) -> np.ndarray:
    chain = InsertChain(inserts, RATE_HZ)  # type: ignore[arg-type]
    audio = noise(2, frames)
    for start in range(0, frames, sizes):
        chain.process(audio[start : start + sizes])
    return audio


@pytest.mark.parametrize("size", [1, 63, 64, 65, 4096])
def test_moving_inserts_do_not_see_the_block_size(size: int) -> None:
    inserts = (
        replace(insert("compressor", threshold_db=0.0, ratio=1.0), lanes=(MAKEUP,)),
        replace(
            insert("eq", bands=[{"kind": "bell", "hz": 1000, "gain_db": 0}]),
            lanes=(BAND,),
            bypass=curve((9000, 1.0, "hold"), (12_000, 0.0, "hold")),
        ),
    )
    frames = 12_500 if size == 1 else 30_000
    whole = chain_output(*inserts, sizes=65_536, frames=frames)
    assert np.array_equal(chain_output(*inserts, sizes=size, frames=frames), whole)


def test_a_make_up_gain_moves_without_steps() -> None:
    """Within a control period it moves evenly: no frame differs from the law by more than the period bends it."""
    audio = np.full((30_000, 2), 0.1, np.float32)
    InsertChain((replace(insert("compressor", threshold_db=0.0, ratio=1.0), lanes=(MAKEUP,)),), RATE_HZ).process(audio)
    wanted_db = np.interp(np.arange(30_000), [4000, 20_000], [0.0, 12.0])
    assert np.abs(20 * np.log10(audio[:, 0] / 0.1) - wanted_db).max() < 0.06
    assert np.abs(np.diff(audio[:, 0])).max() < 0.1 * 1.5e-4 * 4


def test_a_bypassed_insert_is_its_input_bit_for_bit() -> None:
    out = replace(insert("gain", gain_db=-20.0), bypass=curve((0, 1.0, "hold"), (15_000, 0.0, "hold")))
    found, audio = chain_output(out, sizes=4096), noise(2, 30_000)
    assert np.array_equal(found[:15_001], audio[:15_001])
    assert found[15_600:] == pytest.approx(0.1 * audio[15_600:], rel=1e-5)
