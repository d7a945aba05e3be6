"""A VST3 plug-in as an insert: in a process of its own, fed in chunks of one size."""

import difflib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.kernel import kernel
from farm.dsp.delay_line import DelayLine
from farm.dsp.plugin_host import PluginHost
from farm.dsp.plugin_latency import IMPULSE, find_latency
from farm.dsp.processor import CONTROL_FRAMES
from farm.errors import PluginError

CHUNK_FRAMES = 256
"""Frames that the plug-in sees at a time, counted from the stream's beginning; its parameters move between them. With
64, ZamCompX2 ran at half the speed."""

_IMPULSE_SECONDS = 1.0
"""How long an impulse is waited for, beyond the latency that the plug-in reports."""

_FOLDERS = {
    "darwin": ("~/Library/Audio/Plug-Ins/VST3", "/Library/Audio/Plug-Ins/VST3"),
    "linux": ("~/.vst3", "/usr/lib/vst3", "/usr/local/lib/vst3"),
}
"""Where plug-ins are installed (Steinberg, "VST 3 Locations / Format")."""


class Vst3:
    """Params: `plugin`, `preset`, `state` (paths, the last two None if not wanted), `name` (None: the file holds one
    plug-in), `parameters` (by pedalboard's names), `mix` (0 dry to 1 wet), `channels`, `timeout_seconds`,
    `tail_seconds`, `latency_samples` (None: measured).

    The output is late by a chunk and by the plug-in's own latency. What is set at one moment reaches the plug-in with
    the first chunk that begins then or later. Raises PluginError.
    """

    def __init__(self, params: Mapping[str, Any], rate_hz: int) -> None:
        _check_files(params)
        self._host = PluginHost(params["plugin"], float(params["timeout_seconds"]))
        request = {key: params[key] for key in ("plugin", "name", "preset", "state", "timeout_seconds")}
        request |= {"parameters": dict(params["parameters"]), "rate_hz": rate_hz, "chunk_frames": CHUNK_FRAMES}
        facts = self._host.load({**request, "channels": params["channels"]})
        plugin_latency = params["latency_samples"]
        if plugin_latency is None:
            plugin_latency = self._measure_latency(facts, rate_hz)
            # The impulse has left its traces: the sound begins with a fresh plug-in.
            self._host.load({**request, "channels": facts["channels"]})
        self.latency_frames = CHUNK_FRAMES + int(plugin_latency)
        self.tail_frames = round(float(params["tail_seconds"]) * rate_hz)
        self._parameters = dict(params["parameters"])
        self._changes: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
        self._fill = 0
        self._source = np.zeros((BLOCK_FRAMES + CHUNK_FRAMES, 2), dtype=np.float32)
        self._wet = np.zeros((BLOCK_FRAMES + 2 * CHUNK_FRAMES, 2), dtype=np.float32)
        self._dry = np.zeros((BLOCK_FRAMES, 2), dtype=np.float32)
        self._dry_delay = DelayLine(self.latency_frames)
        mix = float(params["mix"])
        self._mix = np.array([mix, mix, CONTROL_FRAMES])

    @property
    def child_pid(self) -> int:
        """The number of the process in which the plug-in runs."""
        return self._host.pid

    def close(self) -> None:
        """End the plug-in's process; dropping the object does the same."""
        self._host.close()

    def adjust(self, params: Mapping[str, Any]) -> None:
        """Take `parameters` and `mix` anew; all the rest stays."""
        values = params["parameters"]
        changed = {name: value for name, value in values.items() if self._parameters.get(name) != value}
        self._parameters |= changed
        self._changes[0 if self._fill == 0 else 1].update(changed)
        if float(params["mix"]) != self._mix[1]:
            self._mix[:] = self._mix_now(), float(params["mix"]), 0

    def process(self, block: Block) -> None:
        """Replace a `(frames, 2)` block by the plug-in's output, `latency_frames` late."""
        for start in range(0, len(block), BLOCK_FRAMES):
            part = block[start : start + BLOCK_FRAMES]
            dry = self._dry[: len(part)]
            dry[:] = part
            self._dry_delay.process(dry)
            self._run(part)
            _mix(part, dry, self._mix)

    def _run(self, block: Block) -> None:
        """Put the block behind what waits for its chunk to fill, and take as much of what the last chunk left."""
        fill, source, wet = self._fill, self._source, self._wet
        source[fill : fill + len(block)] = block
        whole = (fill + len(block)) // CHUNK_FRAMES * CHUNK_FRAMES
        if whole:
            self._host.process(source[:whole], wet[CHUNK_FRAMES : CHUNK_FRAMES + whole], self._take_changes(whole))
        block[:] = wet[fill : fill + len(block)]
        self._fill = fill + len(block) - whole
        if whole:
            source[: self._fill] = source[whole : whole + self._fill]
            wet[:CHUNK_FRAMES] = wet[whole : whole + CHUNK_FRAMES]

    def _take_changes(self, frames: int) -> tuple[dict[str, Any], ...]:
        """Return what is to be set before the first and before the second chunk of `frames`."""
        first, second = self._changes
        if frames > CHUNK_FRAMES:
            self._changes = ({}, {})
            return first, second
        self._changes = (second, {})
        return (first,)

    def _mix_now(self) -> float:
        start, end, frames = self._mix
        return float(start + (end - start) * (frames / CONTROL_FRAMES))

    def _measure_latency(self, facts: Mapping[str, Any], rate_hz: int) -> int:
        reported = int(facts["reported_latency_frames"])
        chunks = 1 + (int(_IMPULSE_SECONDS * rate_hz) + reported) // CHUNK_FRAMES
        impulse = np.zeros((chunks * CHUNK_FRAMES, 2), dtype=np.float32)
        noise, response = np.zeros_like(impulse), np.zeros_like(impulse)
        self._host.process(impulse, noise)
        impulse[0] = IMPULSE
        self._host.process(impulse, response)
        return find_latency(response, noise, reported, str(facts["category"]))


@kernel("void(float32[:, ::1], float32[:, ::1], float64[::1])")
def _mix(block: Block, dry: Block, mix: NDArray[np.float64]) -> None:
    """Mix the dry sound into a block of the wet one. `mix` is from where, to where, and how many frames ago."""
    start, end, frames = mix[0], mix[1], mix[2]
    share = end
    for index in range(block.shape[0]):
        if frames < CONTROL_FRAMES:
            frames += 1.0
            share = start + (end - start) * (frames / CONTROL_FRAMES) if frames < CONTROL_FRAMES else end
        for channel in range(2):
            block[index, channel] = (1.0 - share) * dry[index, channel] + share * block[index, channel]
    mix[2] = frames


def _check_files(params: Mapping[str, Any]) -> None:
    plugin = Path(params["plugin"])
    if not plugin.exists():
        raise PluginError(
            f"there is no plug-in {plugin.name}", code="plugin-missing", hint=_find_hint(plugin), where=str(plugin)
        )
    for key in ("preset", "state"):
        if params[key] and not (os.access(params[key], os.R_OK) and Path(params[key]).is_file()):
            raise PluginError(
                f"the {key} of the plug-in {plugin.stem} cannot be read", code="plugin-preset", where=str(params[key])
            )


def _find_hint(missing: Path) -> str:
    """Return where a plug-in of that name, or nearly that name, can be found."""
    folders = [missing.parent, *(Path(name).expanduser() for name in _FOLDERS.get(sys.platform, ()))]
    found = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
    near = difflib.get_close_matches(missing.name, [path.name for path in found], n=1)
    if near:
        return f"did you mean {next(path for path in found if path.name == near[0])}?"
    return "install the plug-in, or set plugin to the file or folder whose name ends in .vst3"
