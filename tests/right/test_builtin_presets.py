"""The mastering chains that come with farm: valid, gentle, and found by name."""

from pathlib import Path

import numpy as np
import pytest

from farm.dsp.chain import InsertChain
from farm.errors import ManifestError
from farm.manifest.builtin_presets import find_preset, load_builtin_presets
from farm.manifest.load import load_album
from farm.manifest.song import Preset
from farm.measure.meter import Meter
from farm.plan.inputs import Inputs
from farm.plan.insert import insert_specs
from farm.plan.tempo import TempoMap
from farm.records import Measurement

RATE_HZ = 48_000
NAMES = list(load_builtin_presets())

ALBUM = """\
schema = 1
[album]
title = "Low Tide"
artist = "The Example"
{more}
[[song]]
title = "One"
[[song.strip]]
name = "all"
stem = "all.wav"
[song.master]
preset = "{preset}"
inserts = [{{ type = "gain", gain_db = -1.0 }}]
"""


def music(level_db: float) -> np.ndarray:
    """Return 4 s of a beat, a bass, a chord that is wider the higher it is, and a hiss; the same at every call."""
    time = np.arange(4 * RATE_HZ) / RATE_HZ
    random = np.random.default_rng(12)
    beat = np.exp(-(time % 0.5) / 0.06)
    kick = 0.5 * beat * np.sin(2 * np.pi * 60 * (time % 0.5 + 0.01 * (1 - beat)))
    snare = 0.25 * np.exp(-((time + 0.25) % 0.5) / 0.05) * random.standard_normal(len(time))
    bass = 0.15 * np.sin(2 * np.pi * 82.4 * time)
    middle = kick + snare + bass + 0.01 * random.standard_normal(len(time))
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 0.3 * time)
    partials = [
        [np.sin(2 * np.pi * hz * time + side * hz) / (hz / 200) ** 0.8 for hz in (196, 247, 330, 784, 2_100, 5_300)]
        for side in (0.0, 0.002)
    ]
    chord = 0.07 * swell * np.array(partials).sum(axis=1)
    return np.ascontiguousarray((10 ** (level_db / 20) * (middle + chord)).T.astype(np.float32))


def render(name: str, audio: np.ndarray, block_frames: int = 65_536) -> np.ndarray:
    """Return what a chain makes of audio, its latency cut off."""
    specs = insert_specs(find_preset(name, {}).inserts, {}, TempoMap([], RATE_HZ), Inputs(lambda path: ""))
    chain = InsertChain(specs, RATE_HZ)
    out = np.concatenate([audio, np.zeros((chain.latency_frames, 2), np.float32)])
    for start in range(0, len(out), block_frames):
        chain.process(out[start : start + block_frames])
    return out[chain.latency_frames :]


def measured(audio: np.ndarray) -> Measurement:
    meter = Meter(RATE_HZ, ltas=False)
    meter.push(np.ascontiguousarray(audio))
    return meter.finish()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("level_db", [-9.0, 0.0], ids=["soft mix", "loud mix"])
def test_a_chain_changes_the_loudness_by_less_than_2_lu_and_does_not_clip(name: str, level_db: float) -> None:
    audio = music(level_db)
    before, after = measured(audio), measured(render(name, audio))
    assert before.integrated_lufs
    assert after.integrated_lufs
    assert abs(after.integrated_lufs - before.integrated_lufs) < 2.0
    assert before.true_peak_dbtp is not None
    assert after.true_peak_dbtp is not None
    assert after.true_peak_dbtp - before.true_peak_dbtp < 3.0


@pytest.mark.parametrize("name", NAMES)
def test_a_chain_is_heard_and_gives_the_same_bytes_in_any_blocks(name: str) -> None:
    audio = music(-6.0)[:RATE_HZ]
    out = render(name, audio)
    assert out.tobytes() == render(name, audio, 4_097).tobytes()
    assert np.std(out - audio) > 0.01 * np.std(audio)


@pytest.mark.parametrize("name", NAMES)
def test_a_chain_says_what_it_is_for_and_leaves_the_ceiling_to_finishing(name: str) -> None:
    preset = load_builtin_presets()[name]
    assert preset.keys() == {"description", "inserts"}
    assert preset["description"].endswith(".")
    used = {insert.type for insert in find_preset(name, {}).inserts}
    assert used
    assert not used & {"limiter", "clipper"}


def test_every_chain_is_its_own() -> None:
    chains = [repr(preset["inserts"]) for preset in load_builtin_presets().values()]
    assert len(NAMES) >= 10
    assert len(set(chains)) == len(chains)


def write_album(folder: Path, preset: str, more: str = "") -> Path:
    (folder / "all.wav").write_bytes(b"RIFF\x00\x00\x00\x00WAVEfmt ")
    path = folder / "album.toml"
    path.write_text(ALBUM.format(preset=preset, more=more))
    return path


def test_a_song_asks_for_a_chain_by_name_and_adds_to_it(tmp_path: Path) -> None:
    album = load_album(write_album(tmp_path, "farm/warm"))
    types = [insert.type for insert in album.manifest.songs[0].master.inserts]
    assert types == [insert["type"] for insert in load_builtin_presets()["farm/warm"]["inserts"]] + ["gain"]


def test_the_albums_own_preset_of_the_same_name_comes_first(tmp_path: Path) -> None:
    more = '[preset."farm/warm"]\ninserts = [{ type = "tilt", gain_db = 1.0 }]'
    album = load_album(write_album(tmp_path, "farm/warm", more))
    assert [insert.type for insert in album.manifest.songs[0].master.inserts] == ["tilt", "gain"]


def test_the_defaults_can_name_a_chain_too(tmp_path: Path) -> None:
    path = write_album(tmp_path, "unused")
    text = path.read_text().replace('preset = "unused"\n', "")
    path.write_text(text.replace("[[song]]", '[defaults.master]\npreset = "farm/glue"\n[[song]]', 1))
    types = [insert.type for insert in load_album(path).manifest.songs[0].master.inserts]
    assert types == ["compressor", "saturation", "gain"]


@pytest.mark.parametrize(("written", "meant"), [("farm/wram", "farm/warm"), ("glue", "farm/glue")])
def test_a_misspelt_name_is_answered_with_the_nearest(tmp_path: Path, written: str, meant: str) -> None:
    with pytest.raises(ManifestError) as caught:
        load_album(write_album(tmp_path, written))
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.hint) == ("unknown-preset", f"did you mean {meant!r}?")


def test_a_name_like_no_other_is_answered_with_all(tmp_path: Path) -> None:
    with pytest.raises(ManifestError) as caught:
        load_album(write_album(tmp_path, "zzz", "[preset.own]"))
    assert caught.value.diagnostics[0].hint == "there are: " + ", ".join(["own", *NAMES])


def test_a_name_that_nobody_has_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        find_preset("farm/none", {"own": Preset()})
