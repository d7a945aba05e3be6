"""An insert chain: processors in order, in place on a block, with what moves and what listens to something else."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from farm.audio.blocks import Block
from farm.audio.tail import LONGEST_TAIL_SECONDS
from farm.dsp.bypass import Bypass
from farm.dsp.curve import Curve
from farm.dsp.movement import Movement
from farm.dsp.processor import Keyed, build_processor


class HasPath(Protocol):
    """A file."""

    @property
    def path(self) -> str: ...


class HasPoints(Protocol):
    """The breakpoints of a curve: frames at the chain's rate."""

    @property
    def points(self) -> Sequence[tuple[int, float, str]]: ...


class Lane(Protocol):
    """A parameter that moves: the way to it through the parameters, and its curve."""

    @property
    def path(self) -> Sequence[str | int]: ...
    @property
    def curve(self) -> HasPoints: ...


class Insert(Protocol):
    """What a chain asks of an insert: a processor's name, all its parameters, what moves, and its key."""

    @property
    def type(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...
    @property
    def files(self) -> Mapping[str, HasPath]: ...
    @property
    def limits(self) -> Mapping[str, Any]: ...
    @property
    def lanes(self) -> Sequence[Lane]: ...
    @property
    def bypass(self) -> HasPoints | None: ...
    @property
    def key(self) -> int | None: ...


class InsertChain:
    """The processors of a strip, bus, return or master as one.

    `late_frames` is by how much the chain's input is late, so that what moves does so in the song's time.
    """

    def __init__(self, inserts: Sequence[Insert], rate_hz: int, late_frames: int = 0) -> None:
        self._slots: list[_Slot] = []
        self.latency_frames = 0
        for insert in inserts:
            slot = _Slot(insert, rate_hz, late_frames + self.latency_frames, self.latency_frames)
            self._slots.append(slot)
            self.latency_frames += slot.latency_frames
        longest = int(LONGEST_TAIL_SECONDS * rate_hz)
        self.tail_frames = min(longest, sum(slot.tail_frames for slot in self._slots))
        self.listeners = tuple(Listener(slot.key, slot.offset) for slot in self._slots if slot.key is not None)

    def process(self, block: Block, keys: Sequence[Block] = ()) -> None:
        """Process `(frames, 2)` in place; `keys` are as long as the block, in the order of `listeners`."""
        left = iter(keys)
        for slot in self._slots:
            slot.process(block, None if slot.key is None else next(left))


class Listener:
    """An insert that listens to a key, which has to come `offset_frames` later than the chain's input."""

    def __init__(self, key: int, offset_frames: int) -> None:
        self.key, self.offset_frames = key, offset_frames


class _Slot:
    """One insert of a chain."""

    def __init__(self, insert: Insert, rate_hz: int, late_frames: int, offset: int) -> None:
        self.key, self.offset = insert.key, offset
        params = {**insert.params, **insert.limits, **{name: file.path for name, file in insert.files.items()}}
        lanes = [(lane.path, Curve(lane.curve.points)) for lane in insert.lanes]
        self._movement = Movement(params, lanes, late_frames) if lanes else None
        self._processor = build_processor(
            insert.type, self._movement.params_at_start() if self._movement else params, rate_hz
        )
        self.latency_frames, self.tail_frames = self._processor.latency_frames, self._processor.tail_frames
        late = late_frames + self.latency_frames
        self._bypass = Bypass(insert.bypass.points, rate_hz, self.latency_frames, late) if insert.bypass else None

    def process(self, block: Block, key: Block | None) -> None:
        if self._bypass:
            self._bypass.keep_dry(block)
        if self._movement is None:
            self._run(block, key)
        else:
            for start, end in self._movement.walk(len(block), self._processor):
                self._run(block[start:end], None if key is None else key[start:end])
        if self._bypass:
            self._bypass.blend(block)

    def _run(self, block: Block, key: Block | None) -> None:
        if key is None or not isinstance(self._processor, Keyed):
            self._processor.process(block)
        else:
            self._processor.process_keyed(block, key)
