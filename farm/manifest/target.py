"""What the finished album aims at: loudness, ceiling, and how alike its songs are to be."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag

from farm.manifest.table import CeilingDbtp, FilePath, Table, Text

Amount = Annotated[float, Field(ge=0.0, le=1.0)]
"""0 leaves a thing alone, 1 does it wholly."""


def _goal_tag(value: object) -> str:
    return "reference" if isinstance(value, str) else "number"


LoudnessGoal = Annotated[
    Annotated[float, Field(ge=-40.0, le=-5.0), Tag("number")] | Annotated[Literal["reference"], Tag("reference")],
    Discriminator(_goal_tag),
]
MostDb = Annotated[float, Field(ge=0.0, le=24.0)]
ToneHz = Annotated[float, Field(ge=20.0, le=20000.0)]
ReferenceSeconds = Annotated[float, Field(ge=0.0, le=86400.0)]


class Reference(Table):
    """A finished recording that is aimed at: all of it, or a part."""

    file: FilePath = Field(description="The audio file, from the folder of the album's file.")
    weight: float = Field(default=1.0, gt=0.0, le=100.0, description="Its share among the references, without unit.")
    from_seconds: ReferenceSeconds | None = Field(
        default=None, description="Where the part begins that counts, in seconds; the file's beginning if absent."
    )
    to_seconds: ReferenceSeconds | None = Field(
        default=None, description="Where the part ends that counts, in seconds; the file's end if absent."
    )


def _reference_tag(value: object) -> str:
    return "album" if isinstance(value, str) else "files"


References = Annotated[
    Annotated[Literal["album"], Tag("album")] | Annotated[list[Reference], Field(min_length=1), Tag("files")],
    Discriminator(_reference_tag),
]


class Tone(Table):
    """Tone matching: each song's spectrum is led towards a reference."""

    reference: References | None = Field(
        default=None,
        description="What is aimed at: \"album\", the songs' own middle, or a list of files; the target's if absent.",
    )
    amount: Amount = Field(default=0.5, description="0 leaves the tone alone, 1 follows the reference wholly.")
    max_db: MostDb = Field(default=3.0, description="The most that any frequency is changed, in dB.")
    max_boost_db: MostDb | None = Field(
        default=None, description="The most that any frequency is raised, in dB; max_db if absent."
    )
    max_cut_db: MostDb | None = Field(
        default=None, description="The most that any frequency is lowered, in dB; max_db if absent."
    )
    low_hz: ToneHz = Field(default=60.0, description="Nothing below this is changed, in Hz.")
    high_hz: ToneHz = Field(default=12000.0, description="Nothing above this is changed, in Hz.")
    smoothing_octaves: float = Field(
        default=0.5, ge=0.0, le=4.0, description="Width over which differences are smoothed, in octaves; 0 is none."
    )
    phase: Literal["minimum", "linear"] = Field(
        default="minimum", description="How the filter treats phase: minimum delays least, linear delays all alike."
    )


class WidthMatch(Table):
    """Width matching: the side of each song, relative to its mid, is led towards a reference."""

    reference: References | None = Field(
        default=None,
        description="What is aimed at: \"album\", the songs' own middle, or a list of files; the target's if absent.",
    )
    amount: Amount = Field(default=0.5, description="0 leaves the width alone, 1 follows the reference wholly.")
    max_db: MostDb = Field(default=3.0, description="The most that the side is changed at any frequency, in dB.")
    low_hz: ToneHz = Field(default=120.0, description="Below this the side is never raised, in Hz.")


class DynamicsMatch(Table):
    """Dynamics matching: the loudness range of each song is led towards a reference by riding its level slowly."""

    reference: References | None = Field(
        default=None,
        description="What is aimed at: \"album\", the songs' own middle, or a list of files; the target's if absent.",
    )
    amount: Amount = Field(default=0.5, description="0 leaves the range alone, 1 follows the reference wholly.")
    max_db: MostDb = Field(default=3.0, description="The most that the level is moved at any time, in dB.")


class LimiterSettings(Table):
    """The true-peak limiter that every song is finished with."""

    character: Literal["transparent", "punchy", "loud"] = Field(
        default="transparent",
        description="How it works: least audible, keeping the attack of drums, or loudest for what it takes off.",
    )
    link: Amount = Field(
        default=1.0, description="How much of a channel's reduction the other takes too: 1 keeps the picture in place."
    )
    soft_clip_db: float = Field(
        default=0.0, ge=0.0, le=6.0, description="The most that a soft clipper takes off peaks before it, in dB."
    )
    attack_ms: float | None = Field(
        default=None, ge=0.1, le=20.0, description="Its look-ahead in ms; the character's if absent."
    )
    hold_ms: float | None = Field(
        default=None, ge=0.0, le=100.0, description="How long it stays down in ms; the character's if absent."
    )
    release_ms: float | None = Field(
        default=None, ge=1.0, le=2000.0, description="Its release in ms; the character's, which adapts, if absent."
    )


class TranslationLimits(Table):
    """When a song is warned of: how differently it may come across on a phone, in a car, in a club."""

    enabled: bool = Field(default=True, description="Whether the songs are judged through modelled playback.")
    loudness_lu: float = Field(
        default=4.0, gt=0.0, le=20.0, description="The most that its loudness may shift against the album's, in LU."
    )
    tone_db: float = Field(
        default=7.0, gt=0.0, le=20.0, description="The most that its tone may differ from the album's there, in dB."
    )
    mono_loss_lu: float = Field(
        default=2.5, gt=0.0, le=20.0, description="The most that it may lose when it is folded to mono, in LU."
    )
    low_correlation: float = Field(
        default=0.2, ge=-1.0, le=1.0, description="The least correlation of both channels below 120 Hz."
    )
    codec: Literal["aac", "opus", "mp3", "vorbis"] | None = Field(
        default=None, description="A codec that every song is sent through for trial; none if absent."
    )
    codec_kbps: int = Field(default=128, ge=32, le=320, description="The bit rate of that trial in kbit/s.")


class Target(Table):
    """What the finished album aims at."""

    name: Text | None = Field(
        default=None, description='A target by its name, "spotify" or "cd-loud": what is not said here is as it says.'
    )
    loudness_lufs: LoudnessGoal = Field(
        default=-14.0, description='Loudness in LUFS, or "reference" for what the reference files measure.'
    )
    loudness_mode: Literal["album", "loudest", "track", "none"] = Field(
        default="album",
        description="Whose loudness meets the target: the whole album's, the loudest song's, each song's, or nobody's.",
    )
    loudness_measure: Literal["integrated", "short-term"] = Field(
        default="integrated", description="What loudness means: of the whole programme, or of its loudest 3 s."
    )
    max_short_term_lufs: float | None = Field(
        default=None,
        ge=-40.0,
        le=0.0,
        description="Loudness that no 3 s of a song exceed, in LUFS: what would is lowered. Any if absent.",
    )
    ceiling_dbtp: CeilingDbtp = Field(default=-1.0, description="True peak that no delivered file exceeds, in dBTP.")
    max_spread_lu: float | None = Field(
        default=None,
        ge=0.0,
        le=60.0,
        description="The most that songs may differ in loudness, in LU: those outside are moved in. Any if absent.",
    )
    level_amount: Amount = Field(
        default=0.0, description="How far the songs' differences in loudness are evened out: 0 keeps them, 1 ends them."
    )
    max_reduction_db: float | None = Field(
        default=None,
        ge=0.0,
        le=40.0,
        description="The most that the limiter may take off a song, in dB. Any if absent.",
    )
    over_reduction: Literal["warn", "fail"] = Field(
        default="warn", description="What a song comes to that the limiter took more off: a warning, or exit code 1."
    )
    reference: References = Field(
        default="album",
        description='What tone, width, dynamics and loudness are measured against: "album", or a list of files.',
    )
    limiter: LimiterSettings = Field(default_factory=LimiterSettings, description="The true-peak limiter.")
    tone: Tone | None = Field(default=None, description="Tone matching; none if absent.")
    width: WidthMatch | None = Field(default=None, description="Width matching; none if absent.")
    dynamics: DynamicsMatch | None = Field(default=None, description="Dynamics matching; none if absent.")
    translation: TranslationLimits = Field(
        default_factory=TranslationLimits, description="When a song is warned of that will not come across everywhere."
    )


class SongMatch(Table):
    """How one song takes part in the matching; amounts are the target's if absent."""

    offset_lu: float = Field(
        default=0.0, ge=-40.0, le=20.0, description="How much louder than the others it is meant to be, in LU."
    )
    level: Amount | None = Field(default=None, description="The amount of level matching, target.level_amount.")
    tone: Amount | None = Field(default=None, description="The amount of tone matching.")
    width: Amount | None = Field(default=None, description="The amount of width matching.")
    dynamics: Amount | None = Field(default=None, description="The amount of dynamics matching.")
    in_average: bool = Field(
        default=True, description="Whether it counts in what the album aims at: not for a spoken or a drum-only track."
    )
    max_reduction_db: float | None = Field(
        default=None, ge=0.0, le=40.0, description="The most that the limiter may take off it, in dB."
    )
