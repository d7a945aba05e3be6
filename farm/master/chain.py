"""A song's mastering chain: the mix in, the master and its measurement out."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.tail import TailTrimmer
from farm.dsp.chain import InsertChain
from farm.dsp.chain_stream import ChainStream
from farm.measure.meter import Meter
from farm.plan.spec import MasterSpec
from farm.records import Artifact, Measurement
from farm.store.artifact import create_artifact, open_artifact
from farm.store.local import LocalStore


def render_master(
    spec: MasterSpec, mix: Artifact, store: LocalStore, *, block_frames: int = BLOCK_FRAMES
) -> tuple[Artifact, Measurement]:
    """Run the mix through the mastering chain and measure what comes out. Without a chain the mix is the master."""
    meter = Meter(spec.rate_hz)
    if not spec.inserts:
        _listen(mix, meter, store, block_frames)
        return mix, meter.finish()
    with open_artifact(store, mix) as reader, create_artifact(store, spec.rate_hz) as writer:

        def keep(part: NDArray[np.float32]) -> None:
            writer.write(part)
            meter.push(part)

        trimmer = TailTrimmer(keep)
        stream = ChainStream(reader.read_into, InsertChain(spec.inserts, spec.rate_hz), block_frames)
        while len(block := stream.read()):
            trimmer.body(block[: stream.body_frames])
            trimmer.tail(block[stream.body_frames :])
    return writer.finished(), meter.finish()


def _listen(mix: Artifact, meter: Meter, store: LocalStore, block_frames: int) -> None:
    block: Block = np.empty((block_frames, 2), np.float32)
    with open_artifact(store, mix) as reader:
        while count := reader.read_into(block):
            meter.push(block[:count])
