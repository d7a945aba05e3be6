"""A group: a run of strips rendered together, in one pass over blocks, into their sum, their sends and their keys."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.tail import TailTrimmer
from farm.console.fader import Fader
from farm.console.source import Source
from farm.dsp.chain import InsertChain
from farm.dsp.chain_stream import ChainStream
from farm.plan.spec import GroupSpec, StripSpec
from farm.records import Artifact
from farm.store.artifact import ArtifactWriter, create_artifact
from farm.store.local import LocalStore

SUM = "sum"
"""The name under which a group leaves its sum."""


class StripStream:
    """A channel strip while it runs: source, inserts, fader, pan, sends. Memory is one block."""

    def __init__(self, spec: StripSpec, rate_hz: int, stack: ExitStack, block_frames: int) -> None:
        self.source = Source(spec.source, rate_hz, stack)
        self.stream = ChainStream(self.source.read_into, InsertChain(spec.inserts, rate_hz), block_frames)
        self.fader = Fader(spec.level, spec.place, rate_hz, mono=self.source.mono)
        for index, send in enumerate(spec.sends):
            self.fader.add_send(index, send)


@dataclass(frozen=True, slots=True)
class RenderedGroup:
    """The artifacts that GroupSpec names, and the indices of strips that played nothing but digital silence."""

    outputs: Mapping[str, Artifact]
    silent: tuple[int, ...]


def render_group(spec: GroupSpec, store: LocalStore, *, block_frames: int = BLOCK_FRAMES) -> RenderedGroup:
    """Render the strips, summed in their order, in float32. Raises AudioError for a file that cannot be used."""
    taps = sorted({send.to for strip in spec.strips for send in strip.sends})
    names = [*[SUM] * spec.leaves_sum, *map(send_output, taps), *map(key_output, range(len(spec.keys)))]
    with ExitStack() as stack:
        strips = [StripStream(strip, spec.rate_hz, stack, block_frames) for strip in spec.strips]
        outputs = {
            name: _Output(stack.enter_context(create_artifact(store, spec.rate_hz)), block_frames) for name in names
        }
        while frames := _add_block(strips, spec, outputs):
            body_frames = max(strip.stream.body_frames for strip in strips)
            for output in outputs.values():
                output.flush(body_frames, frames)
        for strip in strips:
            strip.source.check_unchanged()
    silent = tuple(index for index, strip in enumerate(strips) if strip.source.is_silent)
    return RenderedGroup({name: output.writer.finished() for name, output in outputs.items()}, silent)


def send_output(to: int) -> str:
    """Return the name of a group's output for the tap of that index."""
    return f"send.{to}"


def key_output(index: int) -> str:
    """Return the name of a group's output for its key of that index."""
    return f"key.{index}"


class _Output:
    """A sum that is filled block by block; behind the end of all stems only what still rings is written."""

    def __init__(self, writer: ArtifactWriter, block_frames: int) -> None:
        self.writer = writer
        self.total: Block = np.zeros((block_frames, 2), np.float32)
        self._trimmer = TailTrimmer(writer.write)

    def flush(self, body_frames: int, frames: int) -> None:
        """Write the first frames and clear them for the next block."""
        self._trimmer.body(self.total[:body_frames])
        self._trimmer.tail(self.total[body_frames:frames])
        self.total[:frames] = 0.0


def _add_block(strips: list[StripStream], spec: GroupSpec, outputs: dict[str, _Output]) -> int:
    """Add the next block of every strip to the sums; return the frames of the longest, 0 at the end of all."""
    longest = 0
    for index, (strip, strip_spec) in enumerate(zip(strips, spec.strips, strict=True)):
        first = strip.stream.given_frames
        block = strip.stream.read()
        frames = len(block)
        if spec.leaves_sum:
            strip.fader.add(outputs[SUM].total[:frames], block, first)
        if index in spec.keys:
            strip.fader.add(outputs[key_output(spec.keys.index(index))].total[:frames], block, first)
        for tap, send in enumerate(strip_spec.sends):
            strip.fader.send(tap, outputs[send_output(send.to)].total[:frames], block, first)
        longest = max(longest, frames)
    return longest
