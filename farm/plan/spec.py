"""What is to be made, all defaults filled in: frozen values that run anywhere and are hashed into keys.

A field marked NOT_IN_KEY (a name, a path) serves people and file systems; changing it re-makes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NOT_IN_KEY = {"key": False}


@dataclass(frozen=True, slots=True)
class InputSpec:
    """An input file: what it holds (a digest of its bytes) and where it was when the plan was made."""

    digest: str
    path: str = field(metadata=NOT_IN_KEY)
    size_bytes: int = field(metadata=NOT_IN_KEY)
    mtime_ns: int = field(metadata=NOT_IN_KEY)


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
class ReferenceSpec:
    file: InputSpec
    weight: float


@dataclass(frozen=True, slots=True)
class ToneSpec:
    """Tone matching; no references means the album's own median curve."""

    references: tuple[ReferenceSpec, ...]
    amount: float
    max_db: float
    low_hz: float
    high_hz: float


@dataclass(frozen=True, slots=True)
class MatchSpec:
    """`max_spread_lu` is None where songs may differ by anything."""

    loudness_lufs: float
    loudness_mode: str
    max_spread_lu: float | None
    tone: ToneSpec | None


@dataclass(frozen=True, slots=True)
class FinishSpec:
    """A song at a delivery rate. `ceiling_dbtp` holds for the finished samples."""

    rate_hz: int
    ceiling_dbtp: float


@dataclass(frozen=True, slots=True)
class TagSpec:
    """What is written into a delivered file; None is not written. `isrc` has 12 characters, `upc` 13 digits."""

    title: str
    artist: str
    album: str
    album_artist: str
    track_number: int
    track_total: int
    isrc: str | None = None
    upc: str | None = None
    composer: str | None = None
    label: str | None = None
    catalogue_number: str | None = None
    copyright: str | None = None
    genre: str | None = None
    year: int | None = None
    cover: InputSpec | None = None


@dataclass(frozen=True, slots=True)
class EncodeSpec:
    """One song in one format. `bits` is None for lossy formats, `bitrate_kbps` None for lossless ones."""

    format: str
    bits: int | None
    bitrate_kbps: int | None
    dither: str
    ceiling_dbtp: float
    tags: TagSpec


@dataclass(frozen=True, slots=True)
class AssembleSpec:
    """One deliverable of the album: how its files are named, and what of each song, in order, can go into a name."""

    format: str
    name_template: str
    songs: tuple[TagSpec, ...]


Spec = GroupSpec | MixSpec | MasterSpec | MatchSpec | FinishSpec | EncodeSpec | AssembleSpec
