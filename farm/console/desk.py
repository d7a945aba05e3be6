"""The desk of a song: its buses, its returns, and the strips that listen to others, one block at a time, in step.

What runs through a processor with latency comes late. So every channel knows by how many frames its input is late, that
of the latest that feeds it, and what comes earlier to it is held back on its way (plug-in delay compensation).
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import numpy as np

from farm.audio.blocks import Block
from farm.audio.tail import LONGEST_TAIL_SECONDS
from farm.console.fader import Fader
from farm.console.group import SUM, key_output, send_output
from farm.console.source import Source
from farm.dsp.chain import InsertChain
from farm.dsp.delay_line import DelayLine
from farm.dsp.sum import add_scaled
from farm.plan.spec import MIX, SILENT_KEY, ChannelSpec, GroupFeed, MixSpec


class Way:
    """A way into a sum, on which what comes early is held back."""

    def __init__(self, total: Block, hold_back_frames: int) -> None:
        self._total = total
        self._line = DelayLine(hold_back_frames) if hold_back_frames else None
        self._scratch: Block = np.zeros_like(total) if hold_back_frames else total

    def open(self, frames: int) -> Block:
        """Return where the next frames are to be added."""
        if self._line:
            self._scratch[:frames] = 0.0
        return self._scratch[:frames]

    def close(self, frames: int) -> None:
        """Let through what has been added, or what was held back before."""
        if self._line:
            held = self._scratch[:frames]
            self._line.process(held)
            add_scaled(self._total[:frames], held, 1.0, 1.0)


class _Ear:
    """What an insert listens to: a key, held back until it is as late as the insert's input; None is silence."""

    def __init__(self, key: Block | None, hold_back_frames: int, block_frames: int) -> None:
        self._key, self._line = key, DelayLine(hold_back_frames)
        self._heard: Block = np.zeros((block_frames, 2), np.float32)

    def listen(self, frames: int) -> Block:
        heard = self._heard[:frames]
        if self._key is not None:
            heard[:] = self._key[:frames]
            self._line.process(heard)
        return heard


class _Channel:
    """A bus, a return, or a strip with a source of its own, while it runs."""

    def __init__(self, spec: ChannelSpec, late_frames: int, rate_hz: int, block_frames: int, stack: ExitStack) -> None:
        self.spec, self.late_frames = spec, late_frames
        self.sum: Block = np.zeros((block_frames, 2), np.float32)
        self.source = Source(spec.source, rate_hz, stack) if spec.source else None
        self._source_line = DelayLine(late_frames)
        self.chain = InsertChain(spec.inserts, rate_hz, late_frames)
        self.out_late_frames = late_frames + self.chain.latency_frames
        mono = self.source is not None and self.source.mono
        self.fader = Fader(spec.level, spec.place, rate_hz, mono=mono, late_frames=self.out_late_frames)
        for index, send in enumerate(spec.sends):
            self.fader.add_send(index, send)
        self.ways: list[Way] = []
        self.send_ways: list[Way] = []
        self.ears: list[_Ear] = []

    def load(self, frames: int) -> int:
        """Take the next frames of its own source; return how many there were."""
        if self.source is None:
            return 0
        count = self.source.read_into(self.sum[:frames])
        self.sum[count:frames] = 0.0
        self._source_line.process(self.sum[:frames])
        return count


class Desk:
    """Takes the outputs of the groups into `inputs`, runs, and gives the mix, which is `late_frames` late."""

    def __init__(self, spec: MixSpec, block_frames: int, stack: ExitStack) -> None:
        self._spec = spec
        self.mix: Block = np.zeros((block_frames, 2), np.float32)
        self._keys: list[Block] = [np.zeros((block_frames, 2), np.float32) for _ in range(spec.keys)]
        self._channels: list[_Channel] = []
        self._frame = 0
        late, key_late = [0] * len(spec.channels), [0] * spec.keys
        self.late_frames = 0
        for index, channel_spec in enumerate(spec.channels):
            keys = [insert.key for insert in channel_spec.inserts if insert.key is not None]
            starts = max([late[index], *(key_late[key] for key in keys if key != SILENT_KEY)])
            channel = _Channel(channel_spec, starts, spec.rate_hz, block_frames, stack)
            late[index] = starts
            self._channels.append(channel)
            for target in (*channel_spec.outputs, *(send.to for send in channel_spec.sends)):
                if target == MIX:
                    self.late_frames = max(self.late_frames, channel.out_late_frames)
                else:
                    late[target] = max(late[target], channel.out_late_frames)
            if channel_spec.key is not None:
                key_late[channel_spec.key] = channel.out_late_frames
        for channel in self._channels:
            self._connect(channel, key_late, block_frames)
        longest = int(LONGEST_TAIL_SECONDS * spec.rate_hz)
        self.tail_frames = min(longest, spec.tail_frames, sum(channel.chain.tail_frames for channel in self._channels))

    def _connect(self, channel: _Channel, key_late: Sequence[int], block_frames: int) -> None:
        out_late = channel.out_late_frames
        channel.ways = [self._way(target, out_late) for target in channel.spec.outputs]
        channel.send_ways = [self._way(send.to, out_late) for send in channel.spec.sends]
        for listener in channel.chain.listeners:
            silent = listener.key == SILENT_KEY
            key = None if silent else self._keys[listener.key]
            arrives = 0 if silent else key_late[listener.key]
            hold_back = channel.late_frames + listener.offset_frames - arrives
            channel.ears.append(_Ear(key, hold_back, block_frames))

    def _way(self, target: int, comes_late: int) -> Way:
        if target == MIX:
            return Way(self.mix, self.late_frames - comes_late)
        channel = self._channels[target]
        return Way(channel.sum, channel.late_frames - comes_late)

    def inputs(self, feed: GroupFeed) -> Mapping[str, list[Way]]:
        """Return for each of a group's outputs the ways into the sums that it is added to."""
        ways = {SUM: [self._way(target, 0) for target in feed.outputs]} if feed.outputs else {}
        ways |= {send_output(tap): [self._way(to, 0)] for tap, to in enumerate(feed.taps)}
        return ways | {key_output(index): [Way(self._keys[key], 0)] for index, key in enumerate(feed.keys)}

    def load_strips(self, frames: int) -> int:
        """Let the strips of the desk take their next frames; return those of the longest."""
        return max((channel.load(frames) for channel in self._channels), default=0)

    def run(self, frames: int) -> Block:
        """Run every channel over the first frames of their sums; return the mix of them, a view."""
        for channel in self._channels:
            self._run_channel(channel, frames)
        self._frame += frames
        return self.mix[:frames]

    def _run_channel(self, channel: _Channel, frames: int) -> None:
        block = channel.sum[:frames]
        channel.chain.process(block, [ear.listen(frames) for ear in channel.ears])
        for way in channel.ways:
            channel.fader.add(way.open(frames), block, self._frame)
            way.close(frames)
        for index, way in enumerate(channel.send_ways):
            channel.fader.send(index, way.open(frames), block, self._frame)
            way.close(frames)
        if channel.spec.key is not None:
            channel.fader.add(self._keys[channel.spec.key][:frames], block, self._frame)

    def clear(self) -> None:
        """Empty all sums for the next block."""
        for total in (self.mix, *self._keys, *(channel.sum for channel in self._channels)):
            total[:] = 0.0

    def check_unchanged(self) -> None:
        """Raise AudioError if a file that a strip of the desk plays is not the one that was planned with."""
        for channel in self._channels:
            if channel.source:
                channel.source.check_unchanged()
