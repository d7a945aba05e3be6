"""What an album says once defaults, presets and its own words are put together; and laws that hold for all of them."""

import itertools
import json
import random
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifest_files import write_inputs

from farm.errors import ManifestError
from farm.manifest.album import Deliver
from farm.manifest.formats import DISC_FORMATS, FORMATS
from farm.manifest.load import load_album
from farm.manifest.models import Manifest
from farm.manifest.processors.registry import PROCESSORS
from farm.manifest.routing import find_cycles

LAYERS = """
schema = 1
album = { title = "Low Tide", artist = "The Example", upc = "123456789012", rate_hz = 44100 }
target.ceiling_dbtp = -1.5

[defaults.strip]
gain_db = -6
pan = 0.5
inserts = [{ type = "gain", gain_db = 1 }]
sends = [{ to = "plate", gain_db = -20 }, { to = "slap", gain_db = -21 }]

[defaults.master]
preset = "wide"
inserts = [{ type = "gain", gain_db = 4 }]

[preset.vocal]
gain_db = -3.0
inserts = [{ type = "gain", gain_db = 2 }]
sends = [{ to = "slap", gain_db = -15 }]

[preset.wide]
inserts = [{ type = "width" }]

[[song]]
title = "One"
isrc = "qz-abc-26-00001"
return = [{ name = "plate" }, { name = "slap" }]
[[song.strip]]
name = "lead"
stem = "lead.wav"
preset = "vocal"
pan = 0
inserts = [{ type = "gain", gain_db = 3, bypass = true }]
sends = [{ to = "plate", gain_db = -10 }]
[[song.strip]]
name = "kick"
stem = "kick.wav"

[[deliver]]
format = "wav"
bits = 32
[[deliver]]
format = "mp3"
rate_hz = 48000
ceiling_dbtp = 0
"""


def load(folder: Path, text: str, **options: Any) -> Manifest:
    write_inputs(folder)
    (folder / "album.toml").write_text(text, encoding="utf-8")
    return load_album(folder, **options).manifest


def test_a_strip_says_what_it_says_itself_else_its_preset_else_the_defaults(tmp_path: Path) -> None:
    lead, kick = load(tmp_path, LAYERS).songs[0].strips
    assert (lead.gain_db, lead.pan, kick.gain_db, kick.pan) == (-3.0, 0.0, -6.0, 0.5)
    assert [insert.model_dump()["gain_db"] for insert in lead.inserts] == [1.0, 2.0, 3.0]
    assert [insert.bypass for insert in lead.inserts] == [False, False, True]
    assert [(send.to, send.gain_db) for send in lead.sends] == [("plate", -10.0), ("slap", -15.0)]
    assert [(send.to, send.gain_db) for send in kick.sends] == [("plate", -20.0), ("slap", -21.0)]


def test_a_master_has_the_inserts_of_defaults_preset_and_song(tmp_path: Path) -> None:
    assert [insert.type for insert in load(tmp_path, LAYERS).songs[0].master.inserts] == ["gain", "width"]
    own = LAYERS.replace(
        "[[deliver]]", '[song.master]\npreset = "dark"\ninserts = [{ type = "reverb" }]\n[[deliver]]', 1
    )
    own += '[preset.dark]\ninserts = [{ type = "delay", time_ms = 300 }]\n'
    assert [insert.type for insert in load(tmp_path, own).songs[0].master.inserts] == ["gain", "delay", "reverb"]


def test_what_is_left_out_comes_from_album_target_and_format(tmp_path: Path) -> None:
    manifest = load(tmp_path, LAYERS)
    wav, mp3 = manifest.deliver
    assert (wav.bits, wav.bitrate_kbps, wav.rate_hz, wav.ceiling_dbtp) == (32, None, 44100, -1.5)
    assert (mp3.bits, mp3.bitrate_kbps, mp3.rate_hz, mp3.ceiling_dbtp) == (None, 320, 48000, 0.0)
    assert [each.folder_for(44100) for each in manifest.deliver] == ["wav-32", "mp3-320-48k"]
    assert (manifest.songs[0].artist, manifest.songs[0].isrc) == (("The Example",), "QZABC2600001")
    assert manifest.album.upc == "0123456789012"
    (flac,) = load(tmp_path, LAYERS[: LAYERS.index("[[deliver]]")]).deliver
    assert (flac.format, flac.bits) == ("flac", 24)


def test_every_format_and_processor_that_can_be_written_is_registered_once() -> None:
    assert get_args(Deliver.model_fields["format"].annotation) == (*FORMATS, *DISC_FORMATS)
    names = [get_args(each.model_fields["type"].annotation) for each in PROCESSORS]
    assert len(set(names)) == len(names) == len(list(itertools.chain(*names)))
    assert all(each.version >= 1 for each in PROCESSORS)


names = st.text(st.sampled_from("abc \u00fc\u00df.\"'\\->\U0001f30a"), min_size=1, max_size=4).map(
    lambda text: f"b{text}"
)
graphs = st.lists(names, min_size=1, max_size=7, unique=True).flatmap(
    lambda nodes: st.fixed_dictionaries({node: st.lists(st.sampled_from(nodes), unique=True) for node in nodes})
)


def has_cycle(feeds: dict[str, list[str]]) -> bool:
    """Reachability by squaring, an algorithm of another kind than the one under test."""
    reach = {node: set(targets) for node, targets in feeds.items()}
    for _ in feeds:
        reach = {node: found.union(*(reach[other] for other in found)) for node, found in reach.items()}
    return any(node in found for node, found in reach.items())


@given(graphs)
def test_circles_are_found_if_and_only_if_there_are_any(feeds: dict[str, list[str]]) -> None:
    cycles = find_cycles(feeds)
    assert bool(cycles) == has_cycle(feeds)
    for cycle in cycles:
        assert all(after in feeds[before] for before, after in itertools.pairwise([*cycle, cycle[0]]))
        assert len(set(cycle)) == len(cycle)
    broken = {name for cycle in cycles for name in cycle}
    rest = {name: [to for to in targets if to not in broken] for name, targets in feeds.items() if name not in broken}
    assert not has_cycle(rest)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(graphs)
def test_a_song_whose_buses_run_in_a_circle_is_refused_by_naming_the_path(
    tmp_path: Path, feeds: dict[str, list[str]]
) -> None:
    """Each node feeds its first target as a bus, the others by sends to returns that feed them."""
    buses, returns = [], []
    for name, targets in feeds.items():
        sends = [{"to": f"{name}>{target}"} for target in targets[1:]]
        buses.append({"name": name, "bus": (targets or ["mix"])[0], "sends": sends})
        returns += [{"name": f"{name}>{target}", "bus": target} for target in targets[1:]]
    song = {"title": "One", "strip": [{"name": "k", "stem": "kick.wav"}], "bus": buses, "return": returns}
    text = write_toml({"schema": 1, "album": {"title": "A", "artist": "B"}, "song": [song]})
    if not has_cycle(feeds):
        assert len(load(tmp_path, text).songs[0].buses) == len(feeds)
        return
    with pytest.raises(ManifestError) as caught:
        load(tmp_path, text)
    assert {each.code for each in caught.value.diagnostics} == {"routing-cycle"}
    for each in caught.value.diagnostics:
        known = [name for name in feeds if each.message.split(": ", 1)[1].startswith(f"{name} -> ")]
        assert any(each.message.endswith(f" -> {name}") for name in known)


def write_toml(value: Any, shuffled: random.Random | None = None) -> str:
    """Return data as TOML: keys of the first level on lines of their own, the rest in one line each."""
    if isinstance(value, dict):
        items = list(value.items())
        if shuffled:
            shuffled.shuffle(items)
        return "\n".join(f"{json.dumps(key)} = {write_inline(item, shuffled)}" for key, item in items) + "\n"
    raise TypeError(value)


def write_inline(value: Any, shuffled: random.Random | None) -> str:
    if isinstance(value, dict):
        items = list(value.items())
        if shuffled:
            shuffled.shuffle(items)
        return "{" + ", ".join(f"{json.dumps(key)} = {write_inline(item, shuffled)}" for key, item in items) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(write_inline(item, shuffled) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_nothing(tmp_path: Path, shuffled: random.Random) -> None:
    import tomllib

    data = tomllib.loads(LAYERS)
    assert load(tmp_path, write_toml(data, shuffled)) == load(tmp_path, LAYERS)
