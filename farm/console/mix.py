"""The mix of a song: groups into buses, sends into returns, all into one stereo sum."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.tail import LONGEST_TAIL_SECONDS, TailTrimmer
from farm.console.group import send_output
from farm.dsp.chain import InsertChain
from farm.dsp.pan import pan_gains
from farm.dsp.sum import add_scaled
from farm.plan.spec import BusSpec, GroupFeed, MixSpec
from farm.records import Artifact
from farm.store.artifact import ArtifactReader, create_artifact, open_artifact
from farm.store.local import LocalStore
from farm.units import db_to_linear


class Channel:
    """A bus or return while it runs: its own sum, its inserts, where it goes."""

    def __init__(self, spec: BusSpec, rate_hz: int, block_frames: int) -> None:
        self.spec = spec
        self.sum: Block = np.zeros((block_frames, 2), np.float32)
        self.chain = InsertChain(spec.inserts, rate_hz)
        left, right = pan_gains(spec.pan, mono=False)
        fader = db_to_linear(spec.gain_db)
        self.gains = (fader * left, fader * right)


class Desk:
    """The buses and returns of a song, one block at a time."""

    def __init__(self, spec: MixSpec, block_frames: int) -> None:
        self._buses = [Channel(bus, spec.rate_hz, block_frames) for bus in spec.buses]
        self._returns = [Channel(each, spec.rate_hz, block_frames) for each in spec.returns]
        self._order = [(self._buses if kind == "bus" else self._returns)[index] for kind, index in spec.order]
        self.mix: Block = np.zeros((block_frames, 2), np.float32)
        longest = int(LONGEST_TAIL_SECONDS * spec.rate_hz)
        self.tail_frames = min(longest, sum(channel.chain.tail_frames for channel in self._order))

    def inputs(self, feed: GroupFeed) -> dict[str, Block]:
        """Return for each of a group's outputs the buffer that it is summed into."""
        return {"sum": self._bus_sum(feed.bus)} | {
            send_output(tap): self._returns[to].sum for tap, to in enumerate(feed.sends)
        }

    def _bus_sum(self, bus: int | None) -> Block:
        return self.mix if bus is None else self._buses[bus].sum

    def run(self, frames: int) -> Block:
        """Run every bus and return over the first frames of their sums; return the mix of them, a view."""
        for channel in self._order:
            block = channel.sum[:frames]
            channel.chain.process(block)
            if not channel.spec.mute:
                left, right = channel.gains
                add_scaled(self._bus_sum(channel.spec.bus)[:frames], block, left, right)
                for send in channel.spec.sends:
                    level = db_to_linear(send.gain_db)
                    add_scaled(self._returns[send.to].sum[:frames], block, level * left, level * right)
        return self.mix[:frames]

    def clear(self) -> None:
        """Empty all sums for the next block."""
        self.mix[:] = 0.0
        for channel in self._order:
            channel.sum[:] = 0.0


def render_mix(
    spec: MixSpec, groups: Sequence[Mapping[str, Artifact]], store: LocalStore, *, block_frames: int = BLOCK_FRAMES
) -> Artifact:
    """Mix a song from its groups' artifacts; effects ring out behind the last sound."""
    with ExitStack() as stack:
        desk = Desk(spec, block_frames)
        sources = [
            (target, stack.enter_context(open_artifact(store, outputs[name])))
            for feed, outputs in zip(spec.feeds, groups, strict=True)
            for name, target in desk.inputs(feed).items()
        ]
        writer = stack.enter_context(create_artifact(store, spec.rate_hz))
        trimmer = TailTrimmer(writer.write)
        scratch = np.empty((block_frames, 2), np.float32)
        while frames := _add_sources(sources, scratch):
            trimmer.body(desk.run(frames))
            desk.clear()
        for start in range(0, desk.tail_frames, block_frames):
            trimmer.tail(desk.run(min(block_frames, desk.tail_frames - start)))
            desk.clear()
    return writer.finished()


def _add_sources(sources: Sequence[tuple[Block, ArtifactReader]], scratch: Block) -> int:
    """Add the next block of every source to where it goes; return the frames of the longest, 0 at the end of all."""
    longest = 0
    for target, reader in sources:
        frames = reader.read_into(scratch)
        add_scaled(target[:frames], scratch[:frames], 1.0, 1.0)
        longest = max(longest, frames)
    return longest
