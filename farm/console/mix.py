"""The mix of a song: groups into buses, sends into returns, all into one stereo sum."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import numpy as np

from farm.audio.blocks import BLOCK_FRAMES, Block
from farm.audio.tail import TailTrimmer
from farm.console.desk import Desk, Way
from farm.console.group import SUM
from farm.dsp.sum import add_scaled
from farm.plan.spec import GroupFeed, MixSpec
from farm.records import Artifact
from farm.store.artifact import ArtifactReader, ArtifactWriter, create_artifact, open_artifact
from farm.store.local import LocalStore


def render_mix(
    spec: MixSpec, groups: Sequence[Mapping[str, Artifact]], store: LocalStore, *, block_frames: int = BLOCK_FRAMES
) -> Artifact:
    """Mix a song from its groups' artifacts; effects ring out behind the last sound, unless the song ends before.

    Where the mix is what one group left, that is the mix: nothing is copied.
    """
    if spec.feeds == (GroupFeed(),) and not spec.channels and spec.end_frames is None:
        return groups[0][SUM]
    with ExitStack() as stack:
        desk = Desk(spec, block_frames, stack)
        sources = [
            _Source(stack.enter_context(open_artifact(store, outputs[name])), ways)
            for feed, outputs in zip(spec.feeds, groups, strict=True)
            for name, ways in desk.inputs(feed).items()
        ]
        writer = stack.enter_context(create_artifact(store, spec.rate_hz))
        ending = _Ending(spec, desk, writer)
        scratch = np.empty((block_frames, 2), np.float32)
        while not ending.is_cut and (frames := _load(desk, sources, scratch)):
            ending.take(desk.run(block_frames), frames)
            desk.clear()
        while not ending.is_over:
            _load(desk, sources, scratch)
            ending.take(desk.run(block_frames), 0)
            desk.clear()
        desk.check_unchanged()
    return writer.finished()


class _Source:
    """A group's output on its ways into the desk; silence behind its end, so that what is held back comes through."""

    def __init__(self, reader: ArtifactReader, ways: Sequence[Way]) -> None:
        self._reader, self._ways = reader, ways

    def add(self, scratch: Block) -> int:
        """Add the next `len(scratch)` frames; return how many there were."""
        count = self._reader.read_into(scratch)
        scratch[count:] = 0.0
        for way in self._ways:
            add_scaled(way.open(len(scratch)), scratch, 1.0, 1.0)
            way.close(len(scratch))
        return count


def _load(desk: Desk, sources: Sequence[_Source], scratch: Block) -> int:
    """Add the next block of every source to where it goes; return the frames of the longest, 0 at the end of all."""
    longest = desk.load_strips(len(scratch))
    for source in sources:
        longest = max(longest, source.add(scratch))
    return longest


class _Ending:
    """Writes the mix from its first frame on, which comes late, to its end: as given, or where the sound dies away."""

    def __init__(self, spec: MixSpec, desk: Desk, writer: ArtifactWriter) -> None:
        self._spec, self._late, self._tail = spec, desk.late_frames, desk.tail_frames
        self._writer, self._trimmer = writer, TailTrimmer(writer.write)
        self._come = self._body = 0

    @property
    def is_over(self) -> bool:
        """Whether all has come, if nothing more plays."""
        end = self._spec.end_frames
        return self._come - self._late >= (self._body + self._tail if end is None else end)

    @property
    def is_cut(self) -> bool:
        """Whether the song's end, if one was given, has been written."""
        return self._spec.end_frames is not None and self.is_over

    def take(self, block: Block, body_frames: int) -> None:
        """Take the next block of the mix; so many frames of what came into the desk with it still played."""
        first = self._come - self._late
        self._come += len(block)
        self._body += body_frames
        early = min(len(block), max(0, -first))
        block, first = block[early:], first + early
        if self._spec.end_frames is not None:
            self._write_to_end(block, first, self._spec.end_frames)
            return
        body, end = max(0, self._body - first), max(0, self._body + self._tail - first)
        self._trimmer.body(block[:body])
        self._trimmer.tail(block[body:end])

    def _write_to_end(self, block: Block, first: int, end_frames: int) -> None:
        block = block[: max(0, end_frames - first)]
        fade = self._spec.end_fade_frames
        if fade and first + len(block) > end_frames - fade:
            shares = (end_frames - first - np.arange(len(block))) / fade
            block = block * np.minimum(1.0, shares)[:, None].astype(np.float32)
        self._writer.write(block)
