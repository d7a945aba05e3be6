"""A song's mastering chain: the mix in, the master and its measurement out."""

import numpy as np
from numpy.typing import NDArray

from farm.audio.blocks import BLOCK_FRAMES
from farm.audio.tail import TailTrimmer
from farm.dsp.chain import InsertChain
from farm.measure.meter import Meter
from farm.plan.spec import MasterSpec
from farm.records import Artifact, Measurement
from farm.store.artifact import create_artifact, open_artifact
from farm.store.local import LocalStore


def render_master(
    spec: MasterSpec, mix: Artifact, store: LocalStore, *, block_frames: int = BLOCK_FRAMES
) -> tuple[Artifact, Measurement]:
    """Run the mix through the mastering chain and measure what comes out."""
    chain = InsertChain(spec.inserts, spec.rate_hz)
    meter = Meter(spec.rate_hz)
    block = np.empty((block_frames, 2), np.float32)
    with open_artifact(store, mix) as reader, create_artifact(store, spec.rate_hz) as writer:

        def keep(part: NDArray[np.float32]) -> None:
            writer.write(part)
            meter.push(part)

        trimmer = TailTrimmer(keep)
        while frames := reader.read_into(block):
            chain.process(block[:frames])
            trimmer.body(block[:frames])
        for start in range(0, chain.tail_frames, block_frames):
            frames = min(block_frames, chain.tail_frames - start)
            block[:frames] = 0.0
            chain.process(block[:frames])
            trimmer.tail(block[:frames])
    return writer.finished(), meter.finish()
