"""A song as it is written down: strips, buses, sends and returns, and its mastering chain."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from farm.codes import parse_isrc
from farm.manifest.processors.registry import Insert
from farm.manifest.table import MIX, FilePath, LevelDb, Pan, Table, Text


def check_isrc(text: str) -> str:
    """Return the 12 characters of an ISRC, else raise `bad-isrc`."""
    try:
        if not text.isascii():
            raise ValueError(f"{text!r} is not an ISRC: it holds letters or digits beyond ASCII")
        return parse_isrc(text)
    except ValueError as error:
        raise PydanticCustomError("bad-isrc", "{reason}", {"reason": str(error)}) from None


Isrc = Annotated[str, AfterValidator(check_isrc)]


class Send(Table):
    """A tap behind the fader into a return."""

    to: Text = Field(description="The return that it feeds.")
    gain_db: LevelDb = Field(default=0.0, description="Level of the send in dB, counted from the fader.")


class StripSettings(Table):
    """What a strip, a preset and the strip defaults can all say."""

    bus: Text = Field(default=MIX, description='The bus that it feeds; "mix" is the song\'s stereo sum.')
    gain_db: LevelDb = Field(default=0.0, description="The fader in dB.")
    pan: Pan = Field(default=0.0, description="The place in the stereo picture: -1 left, 0 middle, 1 right.")
    invert_polarity: bool = Field(default=False, description="Turn the wave upside down.")
    inserts: list[Insert] = Field(
        default_factory=list,
        description="The insert chain before the fader, in order. Chains of defaults and presets come first.",
    )
    sends: list[Send] = Field(
        default_factory=list, description="Taps into returns. The same return named again replaces an inherited send."
    )


class Preset(StripSettings):
    """Settings under a name, for the strips and masters that ask for them."""


class Strip(StripSettings):
    """The channel strip that one stem runs through."""

    name: Text = Field(description="The strip's name, the only one of its kind in the song.")
    stem: FilePath = Field(description="The stem's audio file, from the folder of the file that says so.")
    mute: bool = Field(default=False, description="Leave the strip out of the mix, its sends too.")
    preset: Text | None = Field(default=None, description="The preset whose settings it starts from.")


class Return(Table):
    """The processed input of sends: the shared reverb, the slap delay."""

    name: Text = Field(description="The return's name, the only one of its kind in the song.")
    bus: Text = Field(default=MIX, description='The bus that it feeds; "mix" is the song\'s stereo sum.')
    gain_db: LevelDb = Field(default=0.0, description="The fader in dB.")
    pan: Pan = Field(default=0.0, description="The balance of the stereo picture: -1 left, 0 middle, 1 right.")
    mute: bool = Field(default=False, description="Leave it out of the mix.")
    inserts: list[Insert] = Field(default_factory=list, description="The insert chain before the fader, in order.")


class Bus(Return):
    """A named sum of strips and buses with its own insert chain."""

    name: Text = Field(description="The bus's name, the only one of its kind in the song.")
    mute: bool = Field(default=False, description="Leave it out of the mix, its sends too.")
    sends: list[Send] = Field(default_factory=list, description="Taps behind the fader into returns.")


class Master(Table):
    """The mastering chain of a song."""

    preset: Text | None = Field(default=None, description="The preset whose inserts come first.")
    inserts: list[Insert] = Field(default_factory=list, description="The insert chain, in order.")


class Song(Table):
    """One song of the album. Their order in the manifest is their order on the album."""

    title: Text = Field(description="The song's title.")
    artist: Text | None = Field(default=None, description="Who performs it; the album's artist if absent.")
    composer: Text | None = Field(default=None, description="Who wrote it.")
    isrc: Isrc | None = Field(
        default=None,
        description="The recording's ISRC, with or without hyphens; no two songs share one.",
        examples=["QZ-ABC-26-00001"],
    )
    gap_seconds: float = Field(default=2.0, ge=0.0, le=60.0, description="Silence after the song in seconds.")
    strips: list[Strip] = Field(alias="strip", min_length=1, description="The channel strips: one [[song.strip]] each.")
    buses: list[Bus] = Field(alias="bus", default_factory=list, description="The buses: one [[song.bus]] each.")
    returns: list[Return] = Field(
        alias="return", default_factory=list, description="The returns: one [[song.return]] each."
    )
    master: Master = Field(default_factory=Master, description="The mastering chain.")


class SongFile(Table):
    """A song that is written in a file of its own, with the keys of a song at its top."""

    file: FilePath = Field(description="The TOML file, from the folder of the album's file.")


class Defaults(Table):
    """What every strip and every master of the album starts from."""

    strip: StripSettings = Field(default_factory=StripSettings, description="Settings of every strip.")
    master: Master = Field(default_factory=Master, description="Settings of every song's master.")
