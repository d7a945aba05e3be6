"""A plug-in in a process of its own: when it crashes or hangs, that process ends, and nothing else."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from farm.audio.blocks import Block
from farm.dsp.plugin_child import HEADER
from farm.errors import PluginError

_BOOT = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]);"
    "from farm.dsp.plugin_child import main; main(int(sys.argv[2]), 0)"
)
"""The child looks for modules where its parent does."""

_LAST_WORDS_BYTES, _LAST_LINES = 4096, 3
_END_SECONDS = 2.0
"""How long a process that has closed its socket may take to end."""


class PluginHost:
    """Starts the child and talks with it. Each call has `timeout_seconds`; a failed one ends the child.

    The child's standard input is a pipe that tells it when this process ends; what it prints is read while it is waited
    for, and its last lines are kept for the error.
    """

    def __init__(self, plugin: str, timeout_seconds: float) -> None:
        self._plugin, self._timeout_seconds = plugin, timeout_seconds
        self._name = Path(plugin).stem
        self._last_words = b""
        self._socket, childs = socket.socketpair()
        self._socket.setblocking(False)
        with childs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _BOOT, json.dumps(sys.path), str(childs.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                pass_fds=(childs.fileno(),),
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        assert self._process.stdout, "a pipe"
        self._words_fd = self._process.stdout.fileno()
        os.set_blocking(self._words_fd, False)
        self._end = weakref.finalize(self, _end_child, self._process, self._socket)

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._process.pid

    def close(self) -> None:
        """End the child; again does nothing. Dropping the object does the same."""
        self._end()

    def load(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Load the plug-in, in place of the one that is loaded, and return its facts (see `plugin_child`)."""
        facts = self._ask({"do": "load", **request}, memoryview(b""), memoryview(b""), "while it was being loaded")
        self._name = str(facts["name"])
        return facts

    def process(self, source: Block, target: Block, changes: Sequence[Mapping[str, Any]] = ()) -> None:
        """Write the output for `source` into `target`, both `(frames, 2)` and whole chunks.

        `changes[n]` holds the parameters to be set before the n-th chunk.
        """
        request = {"do": "process", "changes": list(changes)}
        given, wanted = source.reshape(-1).data.cast("B"), target.reshape(-1).data.cast("B")
        self._ask(request, given, wanted, "in the middle of the sound")

    def _ask(self, request: Mapping[str, Any], audio: memoryview, target: memoryview, doing: str) -> dict[str, Any]:
        if not self._end.alive:
            raise self._error("plugin-crashed", "runs no more")
        deadline = time.monotonic() + self._timeout_seconds
        try:
            text = json.dumps(request).encode()
            self._send(memoryview(HEADER.pack(len(text), len(audio)) + text), deadline)
            self._send(audio, deadline)
            json_bytes, audio_bytes = HEADER.unpack(self._receive(HEADER.size, deadline))
            answer: dict[str, Any] = json.loads(self._receive(json_bytes, deadline))
            if refused := answer.get("refused"):
                raise self._error(**refused)
            self._receive_into(target[:audio_bytes], deadline)
        except TimeoutError:
            raise self._hung(doing) from None
        except (EOFError, ConnectionError):
            raise self._crashed(doing) from None
        except BaseException:
            self.close()
            raise
        return answer

    def _send(self, data: memoryview, deadline: float) -> None:
        while data:
            self._wait(select.POLLOUT, deadline)
            with suppress(BlockingIOError):
                data = data[self._socket.send(data) :]

    def _receive(self, count: int, deadline: float) -> bytearray:
        buffer = bytearray(count)
        self._receive_into(memoryview(buffer), deadline)
        return buffer

    def _receive_into(self, view: memoryview, deadline: float) -> None:
        """Fill the view. Raises EOFError when the child has closed its end."""
        while view:
            self._wait(select.POLLIN, deadline)
            with suppress(BlockingIOError):
                count = self._socket.recv_into(view)
                if not count:
                    raise EOFError
                view = view[count:]

    def _wait(self, event: int, deadline: float) -> None:
        """Wait until the socket is ready; meanwhile read what the child prints, for a full pipe would swallow it."""
        poll = select.poll()
        poll.register(self._socket, event)
        poll.register(self._words_fd, select.POLLIN)
        while (left := deadline - time.monotonic()) > 0.0:
            ready = dict(poll.poll(left * 1000.0))
            if self._words_fd in ready and not self._read_words():
                poll.unregister(self._words_fd)
            if self._socket.fileno() in ready:
                return
        raise TimeoutError

    def _read_words(self) -> bool:
        """Keep the end of what the child has printed; False when it will print no more."""
        try:
            words = os.read(self._words_fd, 1 << 16)
        except BlockingIOError:
            return True
        self._last_words = (self._last_words + words)[-_LAST_WORDS_BYTES:]
        return bool(words)

    def _hung(self, doing: str) -> PluginError:
        error = self._error(
            "plugin-hung",
            f"gave no answer within {self._timeout_seconds:g} s {doing}, and was stopped",
            "raise its timeout_seconds if it is only slow; else leave it out, or print the part with it to a stem",
        )
        self.close()
        return error

    def _crashed(self, doing: str) -> PluginError:
        try:
            code = self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            return self._hung(doing)
        poll = select.poll()
        poll.register(self._words_fd, select.POLLIN)
        while poll.poll(0) and self._read_words():
            pass
        how = f"was ended by {_signal_name(-code)}" if code < 0 else f"ended by itself with exit code {code}"
        error = self._error(
            "plugin-crashed",
            f"{how} {doing}",
            "render again; if it happens again, leave the plug-in out, or print the part with it to a stem",
        )
        self.close()
        return error

    def _error(self, code: str, message: str, hint: str | None = None) -> PluginError:
        words = self._find_last_lines() if code in ("plugin-crashed", "plugin-hung", "plugin-unreadable") else ""
        text = f"the plug-in {self._name} {message}" + (f"; its last words: {words}" if words else "")
        return PluginError(text, code=code, hint=hint, where=self._plugin)

    def _find_last_lines(self) -> str:
        lines = [line.strip()[:200] for line in self._last_words.decode(errors="replace").splitlines()]
        return " | ".join(list(dict.fromkeys(line for line in lines if line))[-_LAST_LINES:])


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _end_child(process: subprocess.Popen[bytes], to_child: socket.socket) -> None:
    to_child.close()
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()
