"""How much room a render needs, before it starts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from farm.errors import AudioError, StoreError
from farm.manifest.formats import DISC_BITS, DISC_RATE_HZ
from farm.plan.cd import DiscSpec
from farm.plan.lengths import SecondsOf, stem_seconds
from farm.plan.node import Node
from farm.plan.spec import ContinuousSpec, EncodeSpec, FinishSpec, GroupSpec, MasterSpec, MixSpec
from farm.plan.status import PlannedNode
from farm.store.local import LocalStore
from farm.store.sizes import format_size

_FRAME_BYTES = 8
"""Stereo float32, as artifacts are kept."""

_DEFAULT_BITS = 24
"""Of formats whose size depends on the sound: none is larger than the samples."""


def check_room(store: LocalStore, planned: Sequence[PlannedNode], seconds_of: SecondsOf | None = None) -> None:
    """Raise StoreError (store-full) if what is to run will not fit beside what the store's file system holds.

    `seconds_of` tells how long an audio file is and raises AudioError if it cannot; by default its header is read.
    """
    needed = estimate_bytes(planned, seconds_of or _header_seconds)
    free = store.free_bytes()
    if needed > free:
        raise StoreError(
            f"the render needs about {format_size(needed)}, and {format_size(free)} are free",
            code="store-full",
            where=str(store.root),
            hint="free some space (`farm store gc --max SIZE`), or choose another folder with --store",
        )


def estimate_bytes(planned: Sequence[PlannedNode], seconds_of: SecondsOf) -> int:
    """Return about how many bytes the nodes that run, or may run, leave in the store; tails of effects come on top."""
    due = [each.node for each in planned if each.record is None]
    if not due:
        return 0
    songs = _song_seconds(planned, seconds_of)
    rates_hz = {each.node.id: each.node.spec.rate_hz for each in planned if isinstance(each.node.spec, FinishSpec)}
    return round(sum(_seconds(node, songs) * _bytes_a_second(node, rates_hz) for node in due))


def _song_seconds(planned: Sequence[PlannedNode], seconds_of: SecondsOf) -> Mapping[int, float]:
    """Return how long each song is: as it was made, else as its stems are."""
    lengths: dict[int, float] = defaultdict(float)
    for each in planned:
        if each.node.song is not None:
            lengths[each.node.song] = max(lengths[each.node.song], _node_seconds(each, seconds_of))
    return lengths


def _node_seconds(each: PlannedNode, seconds_of: SecondsOf) -> float:
    if each.record:
        audio = [artifact for artifact in each.record.outputs.values() if artifact.rate_hz]
        return max((artifact.frames / artifact.rate_hz for artifact in audio), default=0.0)
    known_seconds = partial(_known_seconds, seconds_of=seconds_of)
    return stem_seconds(each.node.spec, known_seconds)


def _known_seconds(path: Path, seconds_of: SecondsOf) -> float:
    try:
        return seconds_of(path)
    except AudioError:
        return 0.0  # its task says what is wrong with it


def _seconds(node: Node, songs: Mapping[int, float]) -> float:
    """Return how much sound a node leaves: of its song, of all songs of its run, or of the whole album."""
    if node.song is None:
        return sum(songs.values())
    takes = len(node.spec.takes) if isinstance(node.spec, FinishSpec) else 1
    return sum(songs.get(number, 0.0) for number in range(node.song, node.song + takes))


def _bytes_a_second(node: Node, rates_hz: Mapping[str, int]) -> float:
    """Return what a node leaves for a second of sound; `rates_hz` are those of what files are encoded from."""
    match node.spec:
        case GroupSpec(rate_hz=rate_hz, strips=strips, leaves_sum=leaves_sum, keys=keys):
            taps = {send.to for strip in strips for send in strip.sends}
            return float(rate_hz * _FRAME_BYTES * (leaves_sum + len(taps) + len(keys)))
        case MixSpec(rate_hz=rate_hz) | MasterSpec(rate_hz=rate_hz):
            return float(rate_hz * _FRAME_BYTES)
        case FinishSpec(rate_hz=rate_hz):
            return float(2 * rate_hz * _FRAME_BYTES)  # itself, and what goes into the limiter meanwhile
        case (EncodeSpec() as spec) | ContinuousSpec(encode=spec):
            if spec.bitrate_kbps:
                return spec.bitrate_kbps * 125.0
            rate_hz = next(rates_hz[need.node] for need in node.needs if need.node in rates_hz)
            return rate_hz * 2 * (spec.bits or _DEFAULT_BITS) / 8
        case DiscSpec():
            return DISC_RATE_HZ * 2 * DISC_BITS / 8
    return 0.0


def _header_seconds(path: Path) -> float:
    from farm.audio.source import open_audio

    with open_audio(path) as reader:
        return (reader.info.frames or 0) / reader.info.rate_hz
