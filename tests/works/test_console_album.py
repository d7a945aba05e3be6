"""A song that uses the whole console, rendered by the real command."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from conftest import RATE_HZ, Farm, tone

SONG = """\
schema = 1
album = { title = "Console", artist = "The Example", rate_hz = 48000 }
target = { loudness_mode = "none" }

[preset.throw]
sends = [{ to = "echo", gain_db = -120, automation = [{ of = "gain_db", points = [
  { at = "1:1", value = -120, shape = "hold" },
  { at = "2:1", value = -6, shape = "hold" },
  { at = "2:3", value = -120 },
] }] }]

[[song]]
title = "One"
end = "4:1"
end_fade_seconds = 0.25
tempo = [{ bpm = 120 }, { bar = 3, bpm = 240, beats_per_bar = 3 }]

[[song.strip]]
name = "kick"
stem = "kick.wav"
bus = ["drums", "crush"]
vca = "band"

[[song.strip]]
name = "bass"
bus = "drums"
vca = "band"
delay_ms = 5
clips = [
  { file = "bass.wav", at = 0, length_seconds = 1.5, fade_out_seconds = 0.2 },
  { file = "bass.wav", at = "2:1", from_seconds = 0.5, gain_db = -3, fade_in_seconds = 0.01, fade_in_shape = "smooth" },
]
inserts = [{ type = "compressor", threshold_db = -40, ratio = 8, attack_ms = 1, key = "kick", key_highpass_hz = 30 }]

[[song.strip]]
name = "lead"
stem = "lead.wav"
input = "mid_side"
pan_law_db = -4.5
width = 1.2
preset = "throw"
automation = [{ of = "pan", file = "lead pan.csv" }, { of = "mute", points = [{ at = 3.0, value = 1 }] }]
inserts = [
  { type = "eq", bands = [{ kind = "bell", hz = 1000, gain_db = 0, automation = [
    { of = "gain_db", points = [{ at = 0, value = -6 }, { at = 2, value = 6, shape = "smooth" }] },
  ] }] },
  { type = "compressor", threshold_db = -20, ratio = 2, look_ahead_ms = 3 },
]

[[song.bus]]
name = "drums"
automation = [{ of = "gain_db", points = [{ at = 0, value = -6 }, { at = "3:1", value = 0 }] }]

[[song.bus]]
name = "crush"
gain_db = -12
inserts = [{ type = "saturation", drive_db = 18 }]
sends = [{ to = "echo", gain_db = -20, pre_fader = true }]

[[song.return]]
name = "echo"
inserts = [{ type = "delay", beats = 0.75, feedback = 0.2, mix = 1.0 }]

[[song.vca]]
name = "band"
gain_db = -2
"""


@pytest.fixture
def album(tmp_path: Path) -> Path:
    for name, hz, seed in (("kick", 55, 1), ("bass", 82, 2), ("lead", 660, 3)):
        soundfile.write(tmp_path / f"{name}.wav", tone(hz, seed, 4, 2), RATE_HZ, subtype="PCM_24")
    (tmp_path / "lead pan.csv").write_text("at,value,shape\n# from left to right\n0,-1\n1:3,1,hold\n")
    manifest = tmp_path / "album.toml"
    manifest.write_text(SONG)
    return manifest


def render(farm: Farm, album: Path, out: str, *more: object) -> np.ndarray:
    ran = farm("render", album, "--out", album.parent / out, "--store", album.parent / "store", *more)
    assert ran.code == 0, ran.out + ran.err
    samples, _ = soundfile.read(next((album.parent / out).rglob("*.flac")))
    return samples


@pytest.mark.slow
def test_it_renders_to_its_end_and_is_the_same_on_processes(farm: Farm, album: Path) -> None:
    """Bars 1 and 2 last 2 s each at 120, bar 3 has 3 beats at 240: bar 4 begins at 4.75 s."""
    samples = render(farm, album, "out")
    assert len(samples) == round(4.75 * RATE_HZ)
    assert np.abs(samples[-480:]).max() < 0.05
    assert np.abs(samples).max() > 0.1
    other = farm(
        "render", album, "--out", album.parent / "b", "--store", album.parent / "b", "--on", "processes", "--json"
    )
    first = farm("render", album, "--out", album.parent / "out", "--store", album.parent / "store", "--json")
    assert [each["sha256"] for each in other.json["deliverables"]] == [
        each["sha256"] for each in first.json["deliverables"]
    ]
    assert first.json["rendered"] == 0


@pytest.mark.slow
def test_solo_leaves_the_rest_out_and_the_delivery_alone(farm: Farm, album: Path) -> None:
    render(farm, album, "out")
    lead = render(farm, album, "lead", "--solo", "lead")
    drums = render(farm, album, "drums", "--solo", "drums")
    assert np.abs(lead[4 * RATE_HZ :]).max() < 0.01, "the lead is muted from 3 s on, and its echoes die away"
    assert np.abs(drums[4 * RATE_HZ : 4 * RATE_HZ + 9600]).max() > 0.01
    assert farm("render", album, "--solo", "lead", "--store", album.parent / "store").code == 0
    assert (album.parent / "solo" / "flac-24" / "01 One.flac").exists()
    assert not (album.parent / "delivery").exists()


def test_a_name_that_nobody_bears_cannot_be_soloed(farm: Farm, album: Path) -> None:
    ran = farm("plan", album, "--solo", "laed", "--store", album.parent / "store")
    assert ran.code == 2
    assert "did you mean 'lead'?" in ran.err


@pytest.mark.slow
def test_a_fader_of_a_vca_makes_only_its_members_anew(farm: Farm, album: Path) -> None:
    render(farm, album, "out")
    album.write_text(SONG.replace("gain_db = -2\n", "gain_db = -3\n"))
    planned = farm("plan", album, "--store", album.parent / "store", "--json").json
    assert {node["id"]: node["status"] for node in planned["nodes"] if node["kind"] == "group"} == {
        "group:1.1": "run",
        "group:1.3": "reuse",
    }
