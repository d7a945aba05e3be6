"""What the songs of an album are matched to, and how each takes part: frozen values that are hashed into keys."""

from collections.abc import Collection
from dataclasses import dataclass, field

from farm.plan.input_spec import NOT_IN_KEY, InputSpec


@dataclass(frozen=True, slots=True)
class ReferenceSpec:
    """A finished recording that is aimed at: all of it, or the time from `from_seconds` to `to_seconds`."""

    file: InputSpec
    weight: float = 1.0
    from_seconds: float | None = None
    to_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class ToneSpec:
    """Tone matching; no references means the album's own median curve. Amounts stand in each SongMatchSpec."""

    references: tuple[ReferenceSpec, ...] = ()
    max_boost_db: float = 3.0
    max_cut_db: float = 3.0
    low_hz: float = 60.0
    high_hz: float = 12000.0
    smoothing_octaves: float = 0.5


@dataclass(frozen=True, slots=True)
class WidthSpec:
    """Width matching: the side's spectrum against the mid's; no references means the album's own median."""

    references: tuple[ReferenceSpec, ...] = ()
    max_db: float = 3.0
    low_hz: float = 120.0
    """Below this, the side is not raised."""


@dataclass(frozen=True, slots=True)
class DynamicsSpec:
    """Dynamics matching: the loudness range; no references means the album's own median."""

    references: tuple[ReferenceSpec, ...] = ()
    max_db: float = 3.0


@dataclass(frozen=True, slots=True)
class SongMatchSpec:
    """How one song takes part: amounts from 0 (left alone) to 1 (wholly); `level` is how far its distance from the
    others is evened out, `offset_lu` how much louder than that it is wanted.

    Songs with the same `joined` number go on from each other as one recording and share one trim; those with the same
    `run` number are finished together, as they overlap or are joined. One that is not `in_average` has no part in what
    is aimed at, and is still placed.
    """

    offset_lu: float = 0.0
    level: float = 0.0
    tone: float = 1.0
    width: float = 0.0
    dynamics: float = 0.0
    in_average: bool = True
    joined: int | None = None
    run: int | None = None


@dataclass(frozen=True, slots=True)
class FrozenTrim:
    """What was written down for the song of that number. `goal_lufs` is by `goal_measure`, and None where its level is
    left alone; the curves have one gain for each band of LTAS_BANDS_HZ, or are () for none."""

    song: int
    name: str = field(metadata=NOT_IN_KEY)
    goal_lufs: float | None = None
    tone_db: tuple[float, ...] = ()
    side_db: tuple[float, ...] = ()
    range_factor: float = 1.0
    ride_max_db: float = 0.0
    goal_measure: str = "integrated"


@dataclass(frozen=True, slots=True)
class FrozenSpec:
    """Trims that are applied as they were written down. A song that is not among them is decided beside them.

    `album_lufs` is what the album came to with them, None for one of silence.
    """

    album_lufs: float | None = None
    songs: tuple[FrozenTrim, ...] = ()

    def without(self, numbers: Collection[int]) -> "FrozenSpec":
        """Return it without the songs of these numbers."""
        return FrozenSpec(self.album_lufs, tuple(each for each in self.songs if each.song not in numbers))


@dataclass(frozen=True, slots=True)
class MatchSpec:
    """`loudness_lufs` is aimed at, or the references' own loudness where there are `loudness_references`. `songs` are
    in the order of the album. `max_spread_lu` is None where songs may differ by anything, `max_short_term_lufs` where
    their loudest 3 s may be anything. Nothing is aimed at for songs that are `frozen`."""

    loudness_lufs: float
    loudness_mode: str
    loudness_measure: str = "integrated"
    loudness_references: tuple[ReferenceSpec, ...] = ()
    max_short_term_lufs: float | None = None
    max_spread_lu: float | None = None
    tone: ToneSpec | None = None
    width: WidthSpec | None = None
    dynamics: DynamicsSpec | None = None
    songs: tuple[SongMatchSpec, ...] = ()
    frozen: FrozenSpec | None = None

    def song(self, number: int) -> SongMatchSpec:
        """Return how the song of that number takes part; 1 is the first."""
        return self.songs[number - 1] if self.songs else SongMatchSpec()


def references_of(spec: MatchSpec) -> tuple[ReferenceSpec, ...]:
    """Return the references of all kinds of matching, each once."""
    kinds = (spec.tone, spec.width, spec.dynamics)
    listed = [each for kind in kinds if kind for each in kind.references]
    return tuple(dict.fromkeys([*spec.loudness_references, *listed]))
