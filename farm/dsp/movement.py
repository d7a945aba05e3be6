"""Parameters of a processor that move: set anew at the beginning of each control period in which they do."""

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from farm.dsp.curve import Curve
from farm.dsp.processor import CONTROL_FRAMES, Adjustable, Processor
from farm.errors import UsageError

Path = Sequence[str | int]


class Movement:
    """Counts a processor's frames from its stream's beginning, which lies `late_frames` before the song's."""

    def __init__(self, params: Mapping[str, Any], lanes: Sequence[tuple[Path, Curve]], late_frames: int) -> None:
        self._params, self._lanes, self._late = copy.deepcopy(dict(params)), lanes, late_frames
        self._done, self._next = 0, 0
        self._values: list[float] = []

    def params_at_start(self) -> Mapping[str, Any]:
        """Return all parameters as they are at the stream's beginning."""
        self._values = self._values_at(0)
        return self._filled_in()

    def walk(self, frames: int, processor: Processor) -> Iterator[tuple[int, int]]:
        """Yield the parts of a block of so many frames between which the processor has been adjusted."""
        if not isinstance(processor, Adjustable):
            raise UsageError(
                f"the parameters of a {type(processor).__name__} cannot move",
                code="not-automatable",
                hint="automate the fader or a send of its channel, or bypass",
            )
        start = 0
        while start < frames:
            if self._done == self._next:
                self._adjust(processor)
            end = min(frames, start + self._next - self._done)
            yield start, end
            self._done += end - start
            start = end

    def _adjust(self, processor: Adjustable) -> None:
        """Set the values of this period's end, and find the next period that may need others."""
        end = self._done + CONTROL_FRAMES
        values = self._values_at(end)
        if values != self._values:
            self._values = values
            processor.adjust(self._filled_in())
        rests = self._late + min(curve.constant_until(end - self._late) for _, curve in self._lanes)
        self._next = self._done + CONTROL_FRAMES * max(1, math.ceil((rests - end) / CONTROL_FRAMES))

    def _values_at(self, frame: int) -> list[float]:
        return [curve.value(frame - self._late) for _, curve in self._lanes]

    def _filled_in(self) -> Mapping[str, Any]:
        for (path, _), value in zip(self._lanes, self._values, strict=True):
            inner: Any = self._params
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
        return copy.deepcopy(self._params)
