"""The child process in which one VST3 plug-in runs, in the main thread, which is what plug-ins expect.

It answers requests on a socket, one after the other, until its parent closes the socket or is gone. A message is a
HEADER, a JSON object, and audio: `(frames, 2)` float32, interleaved.

    {"do": "load", ...}       -> {"name", "category", "reported_latency_frames", "channels"}
    {"do": "process", ...}    -> {} and as much audio as came in
    whatever goes wrong       -> {"refused": {"code", "message", "hint"}}
"""

import difflib
import fcntl
import json
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = struct.Struct("<II")
"""Bytes of JSON, bytes of audio."""

_SETTLE_SECONDS = 0.2
"""Silence that a fresh plug-in gets: its parameters glide to where they were set, and it shows what channels it has."""

Value = bool | float | str
Interleaved = NDArray[np.float32]


class RefusalError(Exception):
    """What the parent tells the user."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.answer = {"refused": {"code": code, "message": message, "hint": hint}}


def main(socket_fd: int, parent_fd: int) -> None:
    """Serve the socket. Nothing is ever written to the pipe `parent_fd`: it closes when the parent ends."""
    _end_with_parent(parent_fd)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.set_inheritable(socket_fd, False)
    # A plug-in that talks while nobody listens loses its words, but does not stand still.
    os.set_blocking(1, False)
    os.set_blocking(2, False)
    with socket.socket(fileno=socket_fd) as parent:
        _serve(parent)


def _end_with_parent(parent_fd: int) -> None:
    """Have the kernel end this process when the parent ends, also while a plug-in hangs and holds Python's lock."""
    if sys.platform == "linux":
        fcntl.fcntl(parent_fd, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(parent_fd, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(parent_fd, fcntl.F_SETFL, fcntl.fcntl(parent_fd, fcntl.F_GETFL) | os.O_ASYNC)
    if select.select([parent_fd], [], [], 0.0)[0]:
        sys.exit("the parent ended first")


def _serve(parent: socket.socket) -> None:
    rack: Rack | None = None
    buffer = np.empty((0, 2), dtype=np.float32)
    header = bytearray(HEADER.size)
    while _receive(parent, memoryview(header)):
        json_bytes, audio_bytes = HEADER.unpack(header)
        text = bytearray(json_bytes)
        _receive(parent, memoryview(text))
        request = json.loads(text)
        if buffer.nbytes < audio_bytes:
            buffer = np.empty((audio_bytes // 8, 2), dtype=np.float32)
        audio = buffer[: audio_bytes // 8]
        _receive(parent, _bytes_of(audio))
        answer: dict[str, Any] = {}
        try:
            if request["do"] == "load":
                rack = None
                rack = Rack(request)
                answer = rack.facts
            elif rack:
                rack.process(audio, request["changes"])
        except RefusalError as refusal:
            answer, audio = refusal.answer, audio[:0]
        reply = json.dumps(answer).encode()
        parent.sendall(HEADER.pack(len(reply), audio.nbytes) + reply)
        parent.sendall(_bytes_of(audio))


def _receive(parent: socket.socket, view: memoryview) -> bool:
    """Fill the view; False when the parent has closed the socket."""
    while view:
        count = parent.recv_into(view)
        if not count:
            return False
        view = view[count:]
    return True


def _bytes_of(audio: Interleaved) -> memoryview:
    return audio.reshape(-1).data.cast("B")


class Rack:
    """The plug-in, once for a stereo signal or once for each channel, at rest and with its parameters set."""

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._rate_hz, self._chunk_frames = int(request["rate_hz"]), int(request["chunk_frames"])
        ways = ("stereo", "dual_mono") if request["channels"] == "auto" else (request["channels"],)
        self._planar = np.empty(0, dtype=np.float32)
        self._plugins: list[Any] = []
        for way in ways:
            while len(self._plugins) < (1 if way == "stereo" else 2):
                self._plugins.append(_load(request))
            try:
                self._settle()
            except ValueError as error:
                if "does not support" in str(error) and way != ways[-1]:
                    continue
                raise _refuse_channels(way, error) from error
            break
        plugin = self._plugins[0]
        self.facts = {
            "name": plugin.name,
            "category": plugin.category,
            "reported_latency_frames": plugin.reported_latency_samples,
            "channels": way,
        }

    def _settle(self) -> None:
        chunks = 1 + int(_SETTLE_SECONDS * self._rate_hz / self._chunk_frames)
        self._run(np.zeros((chunks * self._chunk_frames, 2), dtype=np.float32))

    def process(self, audio: Interleaved, changes: list[dict[str, Value]]) -> None:
        """Replace `(frames, 2)`, whole chunks, by the output. `changes[n]` is set before the n-th of them."""
        start = 0
        try:
            for index, values in enumerate(changes):
                if values:
                    end = index * self._chunk_frames
                    self._run(audio[start:end])
                    start = end
                    for plugin in self._plugins:
                        _set_parameters(plugin, values)
            self._run(audio[start:])
        except (RuntimeError, ValueError) as error:
            raise RefusalError("plugin-crashed", f"failed: {error}") from error
        if not np.isfinite(np.sum(audio)):
            raise RefusalError(
                "plugin-not-finite",
                "gave out values that are no numbers",
                "its settings may be unstable at this sample rate: change them, or leave the plug-in out",
            )

    def _run(self, audio: Interleaved) -> None:
        """Feed the plug-in in chunks that always have the same size: what it does may depend on that."""
        if not len(audio):
            return
        if self._planar.size < audio.size:
            self._planar = np.empty(audio.size, dtype=np.float32)
        planar = self._planar[: audio.size].reshape(2, len(audio))
        for channel in range(2):
            planar[channel] = audio[:, channel]
        width = 2 // len(self._plugins)
        for index, plugin in enumerate(self._plugins):
            part = planar[index * width : (index + 1) * width]
            wet = plugin.process(part, self._rate_hz, buffer_size=self._chunk_frames, reset=False)
            # Fewer frames than went in are the last ones.
            part[:, : len(audio) - wet.shape[1]] = 0.0
            part[:, len(audio) - wet.shape[1] :] = wet
        for channel in range(2):
            audio[:, channel] = planar[channel]


def _load(request: Mapping[str, Any]) -> Any:
    """Return a fresh instance, its state set first, then its parameters."""
    plugin = _open(request)
    if not plugin.is_effect:
        raise RefusalError("plugin-unreadable", "is an instrument, and an insert has to be an effect")
    try:
        if request["preset"]:
            plugin.load_preset(request["preset"])
        if request["state"]:
            plugin.raw_state = Path(request["state"]).read_bytes()
    except (RuntimeError, ValueError, OSError) as error:
        raise RefusalError(
            "plugin-preset",
            f"refuses its preset or state: {error}",
            "save it again from this version of the plug-in: as a .vstpreset file for preset, as raw bytes for state",
        ) from error
    _set_parameters(plugin, request["parameters"])
    return plugin


def _open(request: Mapping[str, Any]) -> Any:
    import pedalboard  # here: who imports the names above need not wait for it

    path, name = request["plugin"], request["name"]
    try:
        plugin = pedalboard.VST3Plugin(path, plugin_name=name, initialization_timeout=request["timeout_seconds"])
    except (ImportError, RuntimeError, ValueError) as error:
        hint = "is it a VST3 plug-in for this system and processor, and are the libraries there that it needs?"
        if len(names := _find_names(path)) > 1:
            hint = f"the file holds {', '.join(names)}: set name to one of them"
        raise RefusalError("plugin-unreadable", f"cannot be loaded: {error}", hint) from error
    if name and plugin.name != name:
        raise RefusalError(
            "plugin-unreadable", f"cannot be loaded: the file holds no {name}", f"it holds {plugin.name}"
        )
    return plugin


def _find_names(path: str) -> list[str]:
    import pedalboard

    try:
        return list(pedalboard.VST3Plugin.get_plugin_names_for_file(path))
    except (ImportError, RuntimeError, ValueError):
        return []


def _refuse_channels(way: str, error: ValueError) -> RefusalError:
    hint = 'leave channels at "auto", or use a plug-in of the same kind for ' + way.replace("dual_", "")
    return RefusalError("plugin-channels", f"cannot be run as {way}: {error}", hint)


def _set_parameters(plugin: Any, values: Mapping[str, Value]) -> None:
    """Set parameters in the plug-in's own order: one that names a program comes before those that the program sets."""
    parameters = dict(plugin.parameters) if values else {}
    for name in values:
        if name not in parameters:
            near = difflib.get_close_matches(name, parameters, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "it has " + ", ".join(parameters)
            raise RefusalError("plugin-parameter", f"has no parameter {name!r}", hint)
    for name, parameter in parameters.items():
        if name in values:
            parameter.raw_value = _find_raw_value(name, parameter, values[name])


def _find_raw_value(name: str, parameter: Any, value: Value) -> float:
    """Return the value between 0 and 1 that the plug-in takes, or raise RefusalError with what is accepted."""
    if parameter.type is float:
        wanted: Value | None = _find_number(value, parameter.min_value, parameter.max_value)
        unit = f" {parameter.label}" if parameter.label else ""
        accepted = f"a number from {parameter.min_value:g} to {parameter.max_value:g}{unit}"
    elif parameter.type is bool:
        number = _find_number(value, 0.0, 1.0)
        wanted = None if number is None else number >= 0.5
        accepted = "true or false"
    else:
        texts = [str(value)] + ([str(int(value))] if isinstance(value, float) and value.is_integer() else [])
        known = list(dict.fromkeys(parameter.valid_values))
        wanted = next((text for text in texts if text in known), None)
        near = difflib.get_close_matches(str(value), known, n=1)
        accepted = f"{near[0]!r}" if near else "one of " + ", ".join(known[:20])
    if wanted is None:
        raise RefusalError("plugin-parameter", f"does not take {value!r} for {name}", f"{name} is {accepted}")
    raw: float = parameter.get_raw_value_for(wanted)
    return raw


def _find_number(value: Value, lowest: float, highest: float) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return number if lowest <= number <= highest else None
