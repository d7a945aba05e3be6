"""An insert chain: processors in order, in place on a block."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from farm.audio.blocks import Block
from farm.audio.tail import LONGEST_TAIL_SECONDS
from farm.dsp.processor import build_processor


class Insert(Protocol):
    """What a chain asks of an insert: a processor's name and all its parameters."""

    @property
    def type(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...


class InsertChain:
    """The processors of a strip, bus, return or master as one."""

    def __init__(self, inserts: Sequence[Insert], rate_hz: int) -> None:
        self._processors = [build_processor(insert.type, insert.params, rate_hz) for insert in inserts]
        longest = int(LONGEST_TAIL_SECONDS * rate_hz)
        self.tail_frames = min(longest, sum(processor.tail_frames for processor in self._processors))

    def process(self, block: Block) -> None:
        """Process `(frames, 2)` in place."""
        for processor in self._processors:
            processor.process(block)
