"""The processor of the guide, installed beside farm as another package would be."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "extending.md"

ALBUM = """\
schema = 1
album = { title = "A", artist = "B", rate_hz = 48000 }
target = { loudness_mode = "none" }
[[song]]
title = "One"
[[song.strip]]
name = "tone"
stem = "tone.wav"
inserts = [{ type = "ring_modulator", hz = 1000.0 }]
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as an installer leaves it: the guide's modules, and their metadata."""
    text = GUIDE.read_text("utf-8")
    for path, code in re.findall(r"^```python\n# (\S+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE):
        (tmp_path / "site" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / path).write_text(code, encoding="utf-8")
    (tmp_path / "site" / "farm_ring" / "__init__.py").touch()
    info = tmp_path / "site" / "farm_ring-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: farm-ring\nVersion: 1.0\n")
    points = re.findall(r'^\[project\.entry-points\."([\w.]+)"\]\n((?:\w+ = .*\n)+)', text, re.MULTILINE)
    assert {group for group, _ in points} == {"farm.processors", "farm.sounds"}
    lines = [f"[{group}]\n{entries.replace(chr(34), '')}" for group, entries in points]
    (info / "entry_points.txt").write_text("\n".join(lines))
    t = np.arange(48000) / 48000
    soundfile.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 5000 * t), 48000, subtype="FLOAT")
    (tmp_path / "album.toml").write_text(ALBUM)
    return tmp_path / "site"


def farm(site: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(site), "FARM_STORE": str(site.parent / "store")}
    command = [sys.executable, "-m", "farm", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def test_it_sounds(site: Path) -> None:
    """A sine of 5 kHz times one of 1 kHz: 4 and 6 kHz, nothing at 5."""
    ran = farm(site, "render", site.parent / "album.toml", "--out", site.parent / "out")
    assert ran.returncode == 0, ran.stderr + ran.stdout
    samples, _ = soundfile.read(next((site.parent / "out").rglob("*.flac")))
    spectrum = np.abs(np.fft.rfft(samples[:48000, 0]))
    assert sorted(np.argsort(spectrum)[-2:].tolist()) == [4000, 6000]
    assert spectrum[5000] < spectrum[4000] / 1000


def test_its_parameters_are_checked_as_any_other(site: Path) -> None:
    (site.parent / "album.toml").write_text(ALBUM.replace("hz = 1000.0", "hz = 9000.0"))
    ran = farm(site, "check", site.parent / "album.toml")
    assert ran.returncode == 3
    assert "hz = 9000.0 is above its range: it reaches from 1 to 5000 Hz" in ran.stderr


def test_one_that_cannot_be_imported_is_named(site: Path) -> None:
    (site / "farm_ring" / "params.py").write_text("import no_such_module\n")
    ran = farm(site, "check", site.parent / "album.toml")
    assert ran.returncode == 2
    assert "the processor 'ring_modulator' of farm-ring cannot be used: ModuleNotFoundError" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_sound_that_is_missing_fails_its_song(site: Path) -> None:
    (site / "farm_ring" / "sound.py").unlink()
    ran = farm(site, "render", site.parent / "album.toml", "--out", site.parent / "out")
    assert ran.returncode == 1
    assert "extension-broken" in ran.stdout
    assert "Traceback" not in ran.stderr
