"""Small songs made of specs, and what the console makes of them."""

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from pydantic import TypeAdapter

from farm.console.group import render_group
from farm.console.mix import render_mix
from farm.manifest.processors.registry import Insert
from farm.plan.input_spec import InputSpec
from farm.plan.inputs import Inputs
from farm.plan.insert import insert_specs
from farm.plan.spec import (
    MIX,
    ChannelSpec,
    ClipSpec,
    GroupSpec,
    InsertSpec,
    LevelSpec,
    MixSpec,
    PlaceSpec,
    SendSpec,
    SourceSpec,
    StripSpec,
)
from farm.plan.tempo import TempoMap
from farm.records import Artifact
from farm.store.artifact import open_artifact
from farm.store.local import LocalStore

RATE_HZ = 48000


def insert(type_: str, **params: Any) -> InsertSpec:
    """Return an insert with the defaults that a manifest gives it."""
    model = TypeAdapter(Insert).validate_python({"type": type_, **params})
    return insert_specs([model], {}, TempoMap([], RATE_HZ), Inputs(lambda path: ""))[0]


DELAY = insert("delay", time_ms=50.0, feedback=0.3, mix=1.0)
COMPRESSOR = insert("compressor", threshold_db=-20.0, ratio=4.0, attack_ms=5.0, release_ms=50.0)
EQ = insert("eq", bands=[{"kind": "highpass", "hz": 80.0, "slope_db_oct": 24}])


def noise(seed: int, frames: int = 9000, channels: int = 2) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((frames, channels)) * 0.1).astype(np.float32)


def stem(folder: Path, name: str, samples: np.ndarray) -> InputSpec:
    path = folder / f"{name}.wav"
    soundfile.write(path, samples, RATE_HZ, subtype="FLOAT")
    status = path.stat()
    return InputSpec(name, str(path), status.st_size, status.st_mtime_ns)


def plays(file: InputSpec, **more: Any) -> SourceSpec:
    return SourceSpec((ClipSpec(file),), **more)


def strip(file: InputSpec, gain_db: float = 0.0, pan: float = 0.0, **more: Any) -> StripSpec:
    source = more.pop("source", None) or plays(file, invert_polarity=more.pop("invert_polarity", False))
    level, place = more.pop("level", LevelSpec(gain_db)), more.pop("place", PlaceSpec(pan))
    return StripSpec("strip", source, level=level, place=place, **more)


def send(to: int, gain_db: float = 0.0, **more: Any) -> SendSpec:
    return SendSpec(to, LevelSpec(gain_db), **more)


def channel(to: int = MIX, gain_db: float = 0.0, **more: Any) -> ChannelSpec:
    return ChannelSpec("channel", level=LevelSpec(gain_db), outputs=(to,), **more)


def mix_of(store: LocalStore, spec: MixSpec, *groups: GroupSpec, block_frames: int = 65536) -> np.ndarray:
    """Return the mix of the groups, which are rendered first."""
    outputs = [render_group(group, store, block_frames=block_frames).outputs for group in groups]
    return samples_of(store, render_mix(spec, outputs, store, block_frames=block_frames))


def samples_of(store: LocalStore, artifact: Artifact) -> np.ndarray:
    out = np.empty((artifact.frames, 2), np.float32)
    with open_artifact(store, artifact) as reader:
        assert reader.read_into(out) == artifact.frames
    return out
