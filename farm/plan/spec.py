"""What is to be made, all defaults filled in: frozen values that run anywhere and are hashed into keys.

A field marked NOT_IN_KEY (a name, a path) serves people and file systems; changing it re-makes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from farm.plan.cd import DiscSpec
from farm.plan.input_spec import NOT_IN_KEY, InputSpec
from farm.plan.match_spec import MatchSpec


@dataclass(frozen=True, slots=True)
class CurveSpec:
    """Breakpoints: (frame at the album's rate, value, how it goes on to the next). Nothing moves outside of them."""

    points: tuple[tuple[int, float, str], ...]


@dataclass(frozen=True, slots=True)
class LaneSpec:
    """An automated parameter of an insert: `path` leads to it through its params, ("bands", 1, "gain_db")."""

    path: tuple[str | int, ...]
    curve: CurveSpec


SILENT_KEY = -1


@dataclass(frozen=True, slots=True)
class InsertSpec:
    """A processor with all its parameters; `version` is that of its sound.

    `files` are those of its parameters that name files, `limits` those that change nothing of the sound;
    `bypass` is a curve of 1 (out) and 0 (in). `key` is the key of
    the mix that its detector listens to, SILENT_KEY if that is muted, None for its own sound.
    """

    type: str
    version: int
    params: Mapping[str, Any]
    files: Mapping[str, InputSpec] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict, metadata=NOT_IN_KEY)
    lanes: tuple[LaneSpec, ...] = ()
    bypass: CurveSpec | None = None
    key: int | None = None


@dataclass(frozen=True, slots=True)
class LevelSpec:
    """A fader with its VCAs: `gain_db` and all `curves` (dB) add up, each of `mutes` (1 shut, 0 open) multiplies."""

    gain_db: float = 0.0
    curves: tuple[CurveSpec, ...] = ()
    mutes: tuple[CurveSpec, ...] = ()


CONSTANT_POWER_DB = -3.0
"""The pan law by which a mono strip is equally loud everywhere."""


@dataclass(frozen=True, slots=True)
class PlaceSpec:
    """A place in the stereo picture. `dual_pan` holds those of the left and the right channel, None for a balance."""

    pan: float = 0.0
    law_db: float = CONSTANT_POWER_DB
    dual_pan: tuple[float, float] | None = None
    width: float = 1.0
    pan_curve: CurveSpec | None = None
    width_curve: CurveSpec | None = None


@dataclass(frozen=True, slots=True)
class SendSpec:
    """A tap behind the pan: of a channel into the channel of that index, of a strip into its group's tap of that index.

    `before_fader` leaves the fader out; mutes hold for it all the same.
    """

    to: int
    level: LevelSpec = LevelSpec()
    before_fader: bool = False


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """A part of a file at a place of the song, in frames at the album's rate; all that follows if it has no length."""

    file: InputSpec
    at_frames: int = 0
    from_frames: int = 0
    length_frames: int | None = None
    gain_db: float = 0.0
    fade_in_frames: int = 0
    fade_out_frames: int = 0
    fade_in_shape: str = "linear"
    fade_out_shape: str = "linear"


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """What a strip plays; `shift_frames` later, or earlier if negative."""

    clips: tuple[ClipSpec, ...]
    input: str = "stereo"
    shift_frames: int = 0
    invert_polarity: bool = False


@dataclass(frozen=True, slots=True)
class StripSpec:
    name: str = field(metadata=NOT_IN_KEY)
    source: SourceSpec
    inserts: tuple[InsertSpec, ...] = ()
    level: LevelSpec = LevelSpec()
    place: PlaceSpec = PlaceSpec()
    sends: tuple[SendSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """A run of strips that feed the same buses. Leaves `sum` (if `leaves_sum`), `send.N` for each tap N that a strip
    sends to, and `key.N` for the strip of index `keys[N]`, which something else listens to."""

    rate_hz: int
    strips: tuple[StripSpec, ...]
    leaves_sum: bool = True
    keys: tuple[int, ...] = ()


MIX = -1
"""Stands for the mix where the index of a channel is wanted."""


@dataclass(frozen=True, slots=True)
class GroupFeed:
    """Where a group's outputs go in the mix: its sum to all `outputs`, its tap N to the channel `taps[N]`, and its key
    N is the key `keys[N]` of the mix."""

    outputs: tuple[int, ...] = (MIX,)
    taps: tuple[int, ...] = ()
    keys: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelSpec:
    """A bus, a return, or a strip that listens to another channel (then it has a `source`).

    It feeds all `outputs`, channels by index or MIX. If something listens to it, it is the key `key` of the mix.
    """

    name: str = field(metadata=NOT_IN_KEY)
    source: SourceSpec | None = None
    inserts: tuple[InsertSpec, ...] = ()
    level: LevelSpec = LevelSpec()
    place: PlaceSpec = PlaceSpec()
    outputs: tuple[int, ...] = (MIX,)
    sends: tuple[SendSpec, ...] = ()
    key: int | None = None


@dataclass(frozen=True, slots=True)
class MixSpec:
    """The mix of a song. Each of `channels` comes after all that feed it and all that it listens to.

    `end_frames` is the song's length, None for as long as something sounds, tails of `tail_frames` at most.
    """

    rate_hz: int
    feeds: tuple[GroupFeed, ...]
    channels: tuple[ChannelSpec, ...]
    keys: int = 0
    end_frames: int | None = None
    end_fade_frames: int = 0
    tail_frames: int = 1_440_000


@dataclass(frozen=True, slots=True)
class MasterSpec:
    rate_hz: int
    inserts: tuple[InsertSpec, ...]


@dataclass(frozen=True, slots=True)
class LimiterSpec:
    """The limiter that finishing drives a song into. `link` is the part of a channel's reduction that the other takes
    too; times that are None are the character's own; a clipper takes off up to `soft_clip_db` before it."""

    character: str = "transparent"
    link: float = 1.0
    soft_clip_db: float = 0.0
    attack_ms: float | None = None
    hold_ms: float | None = None
    release_ms: float | None = None


@dataclass(frozen=True, slots=True)
class EdgesSpec:
    """Where a finished song begins and ends. Silence below a threshold is cut off up to `head_seconds` before the first
    sound and `tail_seconds` behind the last one; None cuts nothing off. Fades lie inside of what is left."""

    trim_head_dbfs: float | None = None
    trim_tail_dbfs: float | None = None
    head_seconds: float = 0.0
    tail_seconds: float = 0.0
    fade_in_seconds: float = 0.0
    fade_out_seconds: float = 0.0
    fade_in_shape: str = "linear"
    fade_out_shape: str = "linear"


@dataclass(frozen=True, slots=True)
class TakeSpec:
    """A song in a run of songs that are finished together. It begins `overlap_seconds` before the end of the one before
    it; where it is `joined`, it goes on from it as one recording, through the same filters. The title is for messages.
    """

    edges: EdgesSpec = EdgesSpec()
    overlap_seconds: float = 0.0
    joined: bool = False
    title: str = field(default="", metadata=NOT_IN_KEY)


@dataclass(frozen=True, slots=True)
class FinishSpec:
    """A song, or a run of songs without a break between them, at a delivery rate. `ceiling_dbtp` holds for the finished
    samples."""

    rate_hz: int
    ceiling_dbtp: float
    limiter: LimiterSpec = LimiterSpec()
    tone_phase: str = "minimum"
    takes: tuple[TakeSpec, ...] = (TakeSpec(),)


@dataclass(frozen=True, slots=True)
class TagSpec:
    """What is written into a delivered file; None and () are not written. `isrc` has 12 characters, `upc` 13 digits.

    Track and disc count from 1, tracks anew on each disc. `date` is `2026-11-24` or `2026`. `encoder` says what made
    the file.
    """

    title: str
    artists: tuple[str, ...]
    album: str
    album_artists: tuple[str, ...]
    track_number: int
    track_total: int
    disc_number: int = 1
    disc_total: int = 1
    version: str | None = None
    composers: tuple[str, ...] = ()
    lyricists: tuple[str, ...] = ()
    isrc: str | None = None
    upc: str | None = None
    catalogue_number: str | None = None
    label: str | None = None
    copyright: str | None = None
    phonographic: str | None = None
    genre: str | None = None
    date: str | None = None
    language: str | None = None
    advisory: str | None = None
    lyrics: str | None = None
    musicbrainz_album_id: str | None = None
    musicbrainz_album_artist_id: str | None = None
    musicbrainz_recording_id: str | None = None
    musicbrainz_artist_id: str | None = None
    encoder: str | None = None
    cover: InputSpec | None = None
    cover_max_px: int = 1500

    @property
    def artist(self) -> str:
        """Return the artists as one text."""
        return ", ".join(self.artists)


@dataclass(frozen=True, slots=True)
class EncodeSpec:
    """One song in one format. `bits` is None for lossy formats, which have a `bitrate_kbps` or a `quality` instead.

    `id3` is the version of ID3 tags. `limiter` is asked where a lossy file exceeds its ceiling.
    """

    format: str
    bits: int | None
    bitrate_kbps: int | None
    dither: str
    ceiling_dbtp: float
    tags: TagSpec
    quality: float | None = None
    id3: str = "2.4"
    limiter: LimiterSpec = LimiterSpec()


@dataclass(frozen=True, slots=True)
class ContinuousSpec:
    """All songs of the album in one file, each followed by so many frames of silence."""

    encode: EncodeSpec
    gaps_frames: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CodecTripSpec:
    """A trial: the finished song through a codec and back."""

    codec: Literal["aac", "opus", "mp3", "vorbis"]
    bitrate_kbps: int


@dataclass(frozen=True, slots=True)
class AssembleSpec:
    """One deliverable of the album: how its files are named, and what of each song, in order, can go into a name."""

    format: str
    name_template: str
    songs: tuple[TagSpec, ...]


Spec = (
    GroupSpec
    | MixSpec
    | MasterSpec
    | MatchSpec
    | FinishSpec
    | EncodeSpec
    | ContinuousSpec
    | CodecTripSpec
    | DiscSpec
    | AssembleSpec
)
