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
class InsertSpec:
    """A processor with all its parameters; `version` is that of its sound."""

    type: str
    version: int
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SendSpec:
    """A post-fader tap: of a bus into the return of that index, of a strip into its group's tap of that index."""

    to: int
    gain_db: float


@dataclass(frozen=True, slots=True)
class StripSpec:
    name: str = field(metadata=NOT_IN_KEY)
    stem: InputSpec
    gain_db: float
    pan: float
    invert_polarity: bool
    inserts: tuple[InsertSpec, ...]
    sends: tuple[SendSpec, ...]


@dataclass(frozen=True, slots=True)
class GroupSpec:
    """A run of strips that feed one bus. Leaves `sum`, and `send.N` for each tap N that a strip sends to."""

    rate_hz: int
    strips: tuple[StripSpec, ...]


@dataclass(frozen=True, slots=True)
class GroupFeed:
    """Where a group's outputs go in the mix: its sum to a bus (None is the mix itself), its tap N to the return
    `sends[N]`."""

    bus: int | None
    sends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class BusSpec:
    """A bus or a return; `bus` is the bus of that index it feeds, None the mix."""

    name: str = field(metadata=NOT_IN_KEY)
    bus: int | None
    gain_db: float
    pan: float
    mute: bool
    inserts: tuple[InsertSpec, ...]
    sends: tuple[SendSpec, ...]


@dataclass(frozen=True, slots=True)
class MixSpec:
    """The mix of a song. `order` lists ("bus" | "return", index) so that each comes after all that feed it."""

    rate_hz: int
    feeds: tuple[GroupFeed, ...]
    buses: tuple[BusSpec, ...]
    returns: tuple[BusSpec, ...]
    order: tuple[tuple[str, int], ...]


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
