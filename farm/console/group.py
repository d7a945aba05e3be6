"""A group: a run of strips rendered together, in one pass over blocks, into their sum and their sends."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.stem import StemStream
from farm.audio.tail import TailTrimmer
from farm.dsp.chain import InsertChain
from farm.dsp.pan import pan_gains
from farm.dsp.sum import add_scaled
from farm.plan.inputs import check_unchanged
from farm.plan.spec import GroupSpec, StripSpec
from farm.records import Artifact
from farm.store.artifact import ArtifactWriter, create_artifact
from farm.store.local import LocalStore
from farm.units import db_to_linear


class StripStream:
    """A channel strip as a stream: stem, polarity, inserts, fader, pan, sends. Memory is one block."""

    def __init__(self, spec: StripSpec, rate_hz: int, stack: ExitStack, block_frames: int) -> None:
        self.stem = stack.enter_context(StemStream(Path(spec.stem.path), rate_hz))
        self._spec = spec
        self._chain = InsertChain(spec.inserts, rate_hz)
        self._tail_left = self._chain.tail_frames
        self.body_frames = 0
        """How many frames of the last block came from the stem; what follows them rings on."""
        self._block: Block = np.empty((block_frames, 2), np.float32)
        fader = db_to_linear(spec.gain_db)
        left, right = pan_gains(spec.pan, self.stem.mono)
        self.gains = (fader * left, fader * right)

    def read(self) -> Block:
        """Return the next block after the inserts, before the fader; shorter only at the end, empty after it."""
        frames = self.stem.read_into(self._block)
        self.body_frames = frames
        if frames < len(self._block):
            ringing = min(len(self._block) - frames, self._tail_left)
            self._block[frames : frames + ringing] = 0.0
            self._tail_left -= ringing
            frames += ringing
        block = self._block[:frames]
        if self._spec.invert_polarity:
            np.negative(block, out=block)
        self._chain.process(block)
        return block


def render_group(spec: GroupSpec, store: LocalStore, *, block_frames: int = BLOCK_FRAMES) -> dict[str, Artifact]:
    """Render the strips; return the artifacts `sum` and `send.N`. Raises AudioError for a stem that cannot be used.

    The sum is taken in the order of the strips, in float32; a strip's sends are tapped behind its fader and pan.
    """
    sends = sorted({send.to for strip in spec.strips for send in strip.sends})
    with ExitStack() as stack:
        strips = [StripStream(strip, spec.rate_hz, stack, block_frames) for strip in spec.strips]
        outputs = {
            name: _Output(stack.enter_context(create_artifact(store, spec.rate_hz)), block_frames)
            for name in ("sum", *map(send_output, sends))
        }
        while frames := _add_block(strips, spec, outputs):
            body_frames = max(strip.body_frames for strip in strips)
            for output in outputs.values():
                output.flush(body_frames, frames)
        for strip in spec.strips:
            check_unchanged(strip.stem)
    return {name: output.writer.finished() for name, output in outputs.items()}


def send_output(to: int) -> str:
    """Return the name of a group's output for the tap of that index."""
    return f"send.{to}"


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
    for strip, strip_spec in zip(strips, spec.strips, strict=True):
        block = strip.read()
        frames = len(block)
        left, right = strip.gains
        add_scaled(outputs["sum"].total[:frames], block, left, right)
        for send in strip_spec.sends:
            level = db_to_linear(send.gain_db)
            add_scaled(outputs[send_output(send.to)].total[:frames], block, level * left, level * right)
        longest = max(longest, frames)
    return longest
