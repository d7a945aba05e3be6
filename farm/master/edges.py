"""Where the sound of a song begins and ends."""

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.plan.spec import EdgesSpec
from farm.records import Artifact
from farm.store.artifact import open_artifact
from farm.store.local import LocalStore
from farm.units import db_to_linear


def find_edges(spec: EdgesSpec, master: Artifact, store: LocalStore) -> tuple[int, int]:
    """Return the first frame that is kept, and the one behind the last. A silent song keeps its length."""
    if spec.trim_head_dbfs is None and spec.trim_tail_dbfs is None:
        return 0, master.frames
    first, last = _find_sound(spec, master, store)
    begin = 0 if first is None else first - round(spec.head_seconds * master.rate_hz)
    end = master.frames if last is None else last + 1 + round(spec.tail_seconds * master.rate_hz)
    return max(0, begin), min(master.frames, end)


def _find_sound(spec: EdgesSpec, master: Artifact, store: LocalStore) -> tuple[int | None, int | None]:
    """Return the first frame above the head's threshold and the last one above the tail's; None if none is, or where
    nothing is to be cut off."""
    first = last = None
    block: Block = np.empty((BLOCK_FRAMES, 2), np.float32)
    done = 0
    with open_artifact(store, master) as reader:
        while count := reader.read_into(block):
            peaks = np.abs(block[:count]).max(axis=1)
            if spec.trim_head_dbfs is not None and first is None:
                above = np.flatnonzero(peaks > db_to_linear(spec.trim_head_dbfs))
                first = done + int(above[0]) if len(above) else None
            if spec.trim_tail_dbfs is not None:
                above = np.flatnonzero(peaks > db_to_linear(spec.trim_tail_dbfs))
                last = done + int(above[-1]) if len(above) else last
            done += count
    return first, last
