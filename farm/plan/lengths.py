"""How long songs will be, before anything is rendered: by the headers of their stems, and by what may ring on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from farm.audio.riff import find_pcm_layout
from farm.errors import AudioError
from farm.plan.node import Node
from farm.plan.spec import ClipSpec, FinishSpec, GroupSpec, MasterSpec, MixSpec, SourceSpec, Spec

SecondsOf = Callable[[Path], float]
"""Tells how long an audio file is; raises AudioError if it cannot."""

_EXACT_HEADERS = (b"RIFF", b"RF64", b"BW64", b"FORM", b"fLaC", b"caff")
"""How files begin that say to the frame how long they are; what others say is an estimate."""


@dataclass(frozen=True, slots=True)
class SongLength:
    """How long a song is at least and at most. It is `likely` as long as its stems, which effects rarely outlast by
    much."""

    least_seconds: float
    likely_seconds: float
    most_seconds: float

    def rung_on(self, seconds: float) -> "SongLength":
        """Return it with effects that may ring on for so long."""
        return SongLength(self.least_seconds, self.likely_seconds, self.most_seconds + seconds)

    def shorter_by(self, seconds: float) -> "SongLength":
        """Return it without so much of its end."""
        return SongLength(
            max(0.0, self.least_seconds - seconds),
            max(0.0, self.likely_seconds - seconds),
            max(0.0, self.most_seconds - seconds),
        )


def find_lengths(nodes: Iterable[Node], seconds_of: SecondsOf | None = None) -> Mapping[int, SongLength]:
    """Return how long the masters of the songs will be, by number. A song that plays a file whose header does not tell
    its length is left out. `seconds_of` reads headers by default."""
    songs: dict[int, list[Node]] = {}
    for node in nodes:
        if node.song is not None:
            songs.setdefault(node.song, []).append(node)
    lengths = {}
    for number, parts in songs.items():
        try:
            lengths[number] = _song_length(parts, seconds_of or header_seconds)
        except AudioError:
            continue  # its task says what is wrong with it
    return lengths


def _song_length(nodes: Sequence[Node], seconds_of: SecondsOf) -> SongLength:
    stems = max(stem_seconds(node.spec, seconds_of) for node in nodes)
    length = SongLength(stems, stems, stems)
    groups = [node.spec for node in nodes if isinstance(node.spec, GroupSpec)]
    length = length.rung_on(_tail_seconds(strip.inserts for group in groups for strip in group.strips))
    for node in nodes:
        match node.spec:
            case MixSpec(end_frames=int(end_frames), rate_hz=rate_hz):
                length = SongLength(*[end_frames / rate_hz] * 3)
            case MixSpec(channels=channels, tail_frames=most_frames, rate_hz=rate_hz):
                tail_seconds = _tail_seconds(channel.inserts for channel in channels)
                length = length.rung_on(min(tail_seconds, most_frames / rate_hz))
            case MasterSpec(inserts=inserts):
                length = length.rung_on(_tail_seconds([inserts]))
    return length


def _tail_seconds(chains: Iterable[Sequence[object]]) -> float:
    """Return the most that one of several insert chains rings on."""
    from farm.audio.tail import LONGEST_TAIL_SECONDS  # with it comes numpy, which planning does without

    return LONGEST_TAIL_SECONDS if any(chains) else 0.0


def find_finished_lengths(node: Node, masters: Mapping[int, SongLength]) -> tuple[SongLength | None, ...]:
    """Return how long the songs will be that a finish node finishes together, in order; None where that is not known.

    What silence will be cut off at an edge is not known; what the next song overlaps is its own.
    """
    assert isinstance(node.spec, FinishSpec)
    takes, first = node.spec.takes, node.song or 1
    lengths: list[SongLength | None] = []
    for number, (take, after) in enumerate(zip_longest(takes, takes[1:]), start=first):
        length = masters.get(number)
        if length and (take.edges.trim_head_dbfs is not None or take.edges.trim_tail_dbfs is not None):
            length = SongLength(0.0, length.likely_seconds, length.most_seconds)
        lengths.append(length.shorter_by(after.overlap_seconds) if length and after else length)
    return tuple(lengths)


def stem_seconds(spec: Spec, seconds_of: SecondsOf) -> float:
    """Return when the last of the stems and clips ends that a node plays; 0 if it plays none."""
    if isinstance(spec, GroupSpec):
        sources = [strip.source for strip in spec.strips]
    elif isinstance(spec, MixSpec):
        sources = [channel.source for channel in spec.channels if channel.source]
    else:
        return 0.0
    return max((_source_seconds(source, spec.rate_hz, seconds_of) for source in sources), default=0.0)


def _source_seconds(source: SourceSpec, rate_hz: int, seconds_of: SecondsOf) -> float:
    ends = [_clip_end_seconds(clip, rate_hz, seconds_of) for clip in source.clips]
    return max(0.0, max(ends, default=0.0) + source.shift_frames / rate_hz)


def _clip_end_seconds(clip: ClipSpec, rate_hz: int, seconds_of: SecondsOf) -> float:
    plays = max(0.0, seconds_of(Path(clip.file.path)) - clip.from_frames / rate_hz)
    if clip.length_frames is not None:
        plays = min(plays, clip.length_frames / rate_hz)
    return clip.at_frames / rate_hz + plays


def header_seconds(path: Path) -> float:
    """Return how long an audio file is, to the frame. Raises AudioError if its header does not tell.

    WAV and RF64 are read here: what decodes them takes half a second to load.
    """
    try:
        with path.open("rb") as file:
            magic = file.read(4)
            file.seek(0)
            layout = find_pcm_layout(file, path.stat().st_size)
    except OSError as error:
        raise AudioError(f"cannot be read: {error.strerror}", code="file-unreadable", where=str(path)) from error
    if layout:
        return layout.promised_bytes // layout.frame_bytes / layout.rate_hz
    if magic not in _EXACT_HEADERS:
        raise AudioError("its header does not tell how long it is", code="length-unknown", where=str(path))
    from farm.audio.sndfile_source import SndfileReader

    with SndfileReader(path) as reader:
        return (reader.info.frames or 0) / reader.info.rate_hz
