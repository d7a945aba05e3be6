"""A song as it is written down: strips, buses, sends and returns, and its mastering chain."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from farm.codes import parse_isrc
from farm.manifest.automation import AutomatedTable
from farm.manifest.clip import Clip, FadeSeconds, FadeShape
from farm.manifest.disc import SongDisc
from farm.manifest.moment import Time
from farm.manifest.names import Names, People
from farm.manifest.processors.registry import Insert
from farm.manifest.release_text import Language, Lyrics, MusicBrainzId
from farm.manifest.table import MIX, FilePath, LevelDb, Pan, Table, Text
from farm.manifest.target import SongMatch


def check_isrc(text: str) -> str:
    """Return the 12 characters of an ISRC, else raise `bad-isrc`."""
    try:
        if not text.isascii():
            raise ValueError(f"{text!r} is not an ISRC: it holds letters or digits beyond ASCII")
        return parse_isrc(text)
    except ValueError as error:
        raise PydanticCustomError("bad-isrc", "{reason}", {"reason": str(error)}) from None


Isrc = Annotated[str, AfterValidator(check_isrc)]


Width = Annotated[float, Field(ge=0.0, le=2.0)]
PanPair = Annotated[list[Pan], Field(min_length=2, max_length=2)]

Threshold = Annotated[float, Field(ge=-120.0, le=-20.0)]
LongFadeSeconds = Annotated[float, Field(ge=0.0, le=3600.0)]

PLACE_DESCRIPTION = "The place in the stereo picture: -1 left, 0 middle, 1 right."


class Send(AutomatedTable):
    """A tap into a return or a bus."""

    to: Text = Field(description="The return or bus that it feeds.")
    gain_db: LevelDb = Field(default=0.0, description="Level of the send in dB, counted from where it is tapped.")
    pre_fader: bool = Field(
        default=False, description="Tap before the fader and the groups' offsets, yet behind inserts and pan."
    )
    mute: bool = Field(default=False, description="Shut the send.")


class StripSettings(Table):
    """What a strip, a preset and the strip defaults can all say."""

    bus: Names = Field(
        default=(MIX,),
        description='The bus that it feeds, or several in an array; "mix" is the song\'s stereo sum, [] is none.',
    )
    gain_db: LevelDb = Field(default=0.0, description="The fader in dB.")
    pan: Pan = Field(default=0.0, description=PLACE_DESCRIPTION)
    pan_law_db: float = Field(
        default=-3.0,
        ge=-6.0,
        le=-3.0,
        description="Level of a mono strip on either side in the middle, in dB: -3 constant power, -6 constant sum.",
    )
    dual_pan: PanPair | None = Field(
        default=None, description="Places of the left and the right channel of a stereo strip, instead of a balance."
    )
    width: Width = Field(default=1.0, description="Factor on the side of a stereo strip: 0 is mono, 1 leaves it.")
    input: Literal["stereo", "mono", "left", "right", "swapped", "mid_side"] = Field(
        default="stereo",
        description="What is taken of a stereo file: both channels, their mean, one, both exchanged, or mid and side.",
    )
    invert_polarity: bool = Field(default=False, description="Turn the wave upside down.")
    delay_ms: float = Field(
        default=0.0, ge=-10000.0, le=10000.0, description="How much later it plays, in ms; earlier if negative."
    )
    delay_samples: int = Field(
        default=0, ge=-480000, le=480000, description="The same in samples at the album's rate; both add up."
    )
    vca: Names = Field(default=(), description="The group without sound whose offset it follows, or several.")
    inserts: list[Insert] = Field(
        default_factory=list,
        description="The insert chain before the fader, in order. Chains of defaults and presets come first.",
    )
    sends: list[Send] = Field(
        default_factory=list,
        description="Taps into returns and buses. The same one named again replaces an inherited send.",
    )


class Preset(StripSettings):
    """Settings under a name, for the strips and masters that ask for them."""


class Strip(AutomatedTable, StripSettings):
    """The channel strip that one stem runs through."""

    fixed: ClassVar[frozenset[str]] = frozenset({"pan_law_db", "delay_ms"})

    name: Text = Field(description="The strip's name, the only one of its kind in the song.")
    stem: FilePath | None = Field(
        default=None, description="The stem's audio file, from the folder of the file that says so."
    )
    clips: list[Clip] = Field(
        default_factory=list, description="Parts of audio files at places of the song, instead of a stem."
    )
    mute: bool = Field(default=False, description="Leave the strip out of the mix, its sends too.")
    preset: Text | None = Field(default=None, description="The preset whose settings it starts from.")


class Return(AutomatedTable):
    """The processed input of sends: the shared reverb, the slap delay."""

    name: Text = Field(description="The return's name, the only one of its kind in the song.")
    bus: Names = Field(
        default=(MIX,),
        description='The bus that it feeds, or several in an array; "mix" is the song\'s stereo sum, [] is none.',
    )
    gain_db: LevelDb = Field(default=0.0, description="The fader in dB.")
    pan: Pan = Field(default=0.0, description="The balance of the stereo picture: -1 left, 0 middle, 1 right.")
    dual_pan: PanPair | None = Field(
        default=None, description="Places of the left and the right channel, instead of a balance."
    )
    width: Width = Field(default=1.0, description="Factor on the side: 0 is mono, 1 leaves it.")
    mute: bool = Field(default=False, description="Leave it out of the mix, its sends too.")
    vca: Names = Field(default=(), description="The group without sound whose offset it follows, or several.")
    inserts: list[Insert] = Field(default_factory=list, description="The insert chain before the fader, in order.")
    sends: list[Send] = Field(default_factory=list, description="Taps into returns and buses.")


class Bus(Return):
    """A named sum of strips and buses with its own insert chain."""

    name: Text = Field(description="The bus's name, the only one of its kind in the song.")


class Vca(AutomatedTable):
    """A group without sound: its fader moves those of all its members."""

    name: Text = Field(description="The group's name, the only one of its kind in the song.")
    gain_db: LevelDb = Field(default=0.0, description="The offset of all its members' faders in dB.")
    mute: bool = Field(default=False, description="Leave its members out of the mix.")
    vca: Names = Field(default=(), description="The group without sound whose offset it follows, or several.")


class Tempo(Table):
    """The tempo and meter from a bar on."""

    bar: int = Field(default=1, ge=1, le=999999, description="The bar from which it holds.")
    bpm: float = Field(ge=10.0, le=1000.0, description="Beats a minute.")
    beats_per_bar: int = Field(default=4, ge=1, le=64, description="Beats of a bar.")


class Master(Table):
    """The mastering chain of a song."""

    preset: Text | None = Field(default=None, description="The preset whose inserts come first.")
    inserts: list[Insert] = Field(default_factory=list, description="The insert chain, in order.")


class Edges(Table):
    """Where the finished song begins and ends: what silence is cut off, what fades."""

    trim_head_dbfs: Threshold | None = Field(
        default=None,
        description="What is softer than this before the first sound is cut off, in dBFS; nothing if absent.",
    )
    trim_tail_dbfs: Threshold | None = Field(
        default=None,
        description="What is softer than this behind the last sound is cut off, in dBFS; nothing if absent.",
    )
    head_seconds: FadeSeconds = Field(default=0.0, description="How much is kept before the first sound, in seconds.")
    tail_seconds: FadeSeconds = Field(default=0.5, description="How much is kept behind the last sound, in seconds.")
    fade_in_seconds: LongFadeSeconds = Field(
        default=0.0, description="Length of the fade at its beginning, in seconds."
    )
    fade_out_seconds: LongFadeSeconds = Field(default=0.0, description="Length of the fade at its end, in seconds.")
    fade_in_shape: FadeShape = Field(
        default="smooth", description="Its course: straight, a quarter of a sine (constant power), or an S."
    )
    fade_out_shape: FadeShape = Field(
        default="smooth", description="Its course: straight, a quarter of a sine (constant power), or an S."
    )


class Song(Table):
    """One song of the album. Their order in the manifest is their order on the album."""

    title: Text = Field(description="The song's title.")
    version: Text | None = Field(
        default=None, description="What distinguishes this version of the song: radio edit, live, remix."
    )
    artist: People | None = Field(
        default=None, description="Who performs it, or several in an array; the album's artist if absent."
    )
    composer: Names = Field(default=(), description="Who wrote the music, or several in an array.")
    lyricist: Names = Field(default=(), description="Who wrote the words, or several in an array.")
    isrc: Isrc | None = Field(
        default=None,
        description="The recording's ISRC, with or without hyphens; no two songs share one.",
        examples=["QZ-ABC-26-00001"],
    )
    disc: int = Field(
        default=1, ge=1, le=99, description="The disc it is on; the numbers of tracks begin anew with each disc."
    )
    genre: Text | None = Field(default=None, description="The genre; the album's if absent.")
    language: Language | None = Field(
        default=None,
        description="The language of its words as three letters (ISO 639-2), zxx for none; the album's if absent.",
        examples=["eng"],
    )
    advisory: Literal["explicit", "clean"] | None = Field(
        default=None, description="Whether its words are explicit, or a cleaned version of such; neither if absent."
    )
    lyrics: Lyrics | None = Field(default=None, description="Its words, in as many lines as they have.")
    phonographic: Text | None = Field(
        default=None, description="The phonographic line of the recording; the album's if absent."
    )
    musicbrainz_recording_id: MusicBrainzId | None = Field(
        default=None, description="The recording's identifier in MusicBrainz."
    )
    musicbrainz_artist_id: MusicBrainzId | None = Field(
        default=None, description="The artist's identifier in MusicBrainz; the album artist's if absent."
    )
    gap_seconds: float = Field(default=2.0, ge=0.0, le=60.0, description="Silence after the song in seconds.")
    gapless: bool = Field(
        default=False,
        description="The next song goes on from it as one recording: the same trim, one limiter, no break.",
    )
    overlap_seconds: FadeSeconds = Field(
        default=0.0, description="How long before its end the next song begins, in seconds; both play on as they are."
    )
    crossfade_seconds: FadeSeconds = Field(
        default=0.0, description="How long it fades out while the next song fades in, in seconds."
    )
    crossfade_shape: FadeShape = Field(
        default="equal_power", description="The course of both fades: straight, a quarter of a sine, or an S."
    )
    strips: list[Strip] = Field(alias="strip", min_length=1, description="The channel strips: one [[song.strip]] each.")
    buses: list[Bus] = Field(alias="bus", default_factory=list, description="The buses: one [[song.bus]] each.")
    returns: list[Return] = Field(
        alias="return", default_factory=list, description="The returns: one [[song.return]] each."
    )
    vcas: list[Vca] = Field(
        alias="vca", default_factory=list, description="The groups without sound: one [[song.vca]] each."
    )
    tempo: list[Tempo] = Field(
        default_factory=list, description="The tempo: one [[song.tempo]] for the beginning and for each change."
    )
    end: Time | None = Field(
        default=None, description="Where the song ends; where its last sound has died away if absent."
    )
    end_fade_seconds: float = Field(
        default=0.0, ge=0.0, le=60.0, description="Length of the fade to its end, in seconds; only where end is given."
    )
    tail_seconds: float = Field(
        default=30.0, ge=0.0, le=30.0, description="The most that effects may ring on after the last stem, in seconds."
    )
    master: Master = Field(default_factory=Master, description="The mastering chain.")
    match: SongMatch = Field(default_factory=SongMatch, description="How it takes part in the matching.")
    edges: Edges = Field(default_factory=Edges, description="Where the finished song begins and ends.")
    cd: SongDisc = Field(default_factory=SongDisc, description="What it is on a compact disc.")


class SongFile(Table):
    """A song that is written in a file of its own, with the keys of a song at its top."""

    file: FilePath = Field(description="The TOML file, from the folder of the album's file.")


class Defaults(Table):
    """What every strip, every master and every song of the album starts from."""

    strip: StripSettings = Field(default_factory=StripSettings, description="Settings of every strip.")
    master: Master = Field(default_factory=Master, description="Settings of every song's master.")
    edges: Edges = Field(default_factory=Edges, description="Where every song begins and ends.")
