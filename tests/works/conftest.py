"""A small album of three songs, made in a second, and the real command to render it with."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

RATE_HZ = 48000
SECONDS = 6.0

ALBUM = """\
schema = 1

[album]
title = "Küstenlinie"
artist = "The Example"
upc = "0123456789012"
rate_hz = 48000

[target]
loudness_lufs = -16.0
ceiling_dbtp = -1.0
[target.tone]
amount = 0.5

[[song]]
title = "Loud One"
isrc = "QZ-ABC-26-00001"
[[song.strip]]
name = "drums"
stem = "stems/one drums.wav"
bus = "band"
[[song.strip]]
name = "bass"
stem = "stems/one bass.flac"
bus = "band"
gain_db = -4.0
inserts = [{ type = "eq", bands = [{ kind = "highpass", hz = 40, slope_db_oct = 24 }] }]
[[song.strip]]
name = "lead"
stem = "stems/one lead.wav"
pan = 0.3
sends = [{ to = "hall", gain_db = -10 }]
[[song.bus]]
name = "band"
inserts = [{ type = "compressor", threshold_db = -18, ratio = 2 }]
[[song.return]]
name = "hall"
inserts = [{ type = "reverb", wet = 1.0, dry = 0.0 }]

[[song]]
title = "Quiet: Two?"
isrc = "QZ-ABC-26-00002"
[[song.strip]]
name = "keys"
stem = "stems/two keys.wav"
gain_db = -12.0
[song.master]
inserts = [{ type = "width", amount = 1.2, mono_below_hz = 120 }]

[[song]]
title = "Größe 三"
isrc = "QZ-ABC-26-00003"
[[song.strip]]
name = "pad"
stem = "stems/three pad.wav"

[[deliver]]
format = "flac"
bits = 24

[[deliver]]
format = "wav"
bits = 16
rate_hz = 44100

[[deliver]]
format = "mp3"
bitrate_kbps = 320
"""


def tone(hz: float, seed: int, decay: float, channels: int, rate_hz: int = RATE_HZ) -> np.ndarray:
    """Notes that strike twice a second and die away, with some noise: something to compress and to measure."""
    t = np.arange(int(SECONDS * rate_hz)) / rate_hz
    note = np.sin(2 * np.pi * hz * t) * np.exp(-decay * (2 * t % 1.0))
    noise = np.random.default_rng(seed).standard_normal((len(t), channels)) * 0.02
    return (0.4 * note[:, None] + noise) * np.minimum(1.0, (SECONDS - t) * 20)[:, None]


def write_album(folder: Path) -> Path:
    """Write the album and its stems; return the path of its manifest."""
    stems = folder / "stems"
    stems.mkdir(parents=True)
    soundfile.write(stems / "one drums.wav", tone(110, 1, 6, 2), RATE_HZ, subtype="PCM_24")
    soundfile.write(stems / "one bass.flac", tone(55, 2, 2, 1), RATE_HZ, subtype="PCM_16")
    soundfile.write(stems / "one lead.wav", tone(660, 3, 3, 1), RATE_HZ, subtype="FLOAT")
    soundfile.write(stems / "two keys.wav", tone(220, 4, 4, 2, 44100), 44100, subtype="PCM_16")
    soundfile.write(stems / "three pad.wav", tone(330, 5, 1, 2), RATE_HZ, subtype="PCM_24")
    manifest = folder / "album.toml"
    manifest.write_text(ALBUM, encoding="utf-8")
    return manifest


@dataclass(frozen=True)
class Ran:
    """How a run of farm ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Farm = Callable[..., Ran]


@pytest.fixture(scope="session")
def farm() -> Farm:
    """Return a function that runs `farm` with arguments, as a user would."""

    def run(*arguments: object, timeout: float = 120.0) -> Ran:
        command = [sys.executable, "-m", "farm", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@dataclass(frozen=True)
class RenderedAlbum:
    """The album as it was rendered once, for tests that only look."""

    manifest: Path
    out: Path
    store: Path
    ran: Ran


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory, farm: Farm) -> RenderedAlbum:
    folder = tmp_path_factory.mktemp("album with a space")
    manifest, out, store = write_album(folder), folder / "out", folder / "store"
    ran = farm("render", manifest, "--out", out, "--store", store, "--workers", 2, "--json")
    assert ran.code == 0, ran.err + ran.out
    return RenderedAlbum(manifest, out, store, ran)
