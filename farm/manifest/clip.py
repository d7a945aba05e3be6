"""A clip: a part of an audio file at a place of the song."""

from typing import Annotated, Literal

from pydantic import Field

from farm.manifest.moment import Moment, Time
from farm.manifest.table import FilePath, LevelDb, Table

FadeShape = Literal["linear", "equal_power", "smooth"]
Seconds = Annotated[float, Field(ge=0.0, le=86400.0)]
FadeSeconds = Annotated[float, Field(ge=0.0, le=60.0)]


class Clip(Table):
    """A part of an audio file at a place of the song. Clips of a strip that overlap are added up."""

    file: FilePath = Field(description="The audio file, from the folder of the file that says so.")
    at: Time = Field(
        default=Moment(0.0),
        json_schema_extra={"default": 0},
        description="Where it begins in the song: seconds, or bar and beat.",
    )
    from_seconds: Seconds = Field(default=0.0, description="How much of the file's beginning is left out, in seconds.")
    length_seconds: Annotated[float, Field(gt=0.0, le=86400.0)] | None = Field(
        default=None, description="How much is played, in seconds; all that follows if absent."
    )
    gain_db: LevelDb = Field(default=0.0, description="Level of the clip in dB.")
    fade_in_seconds: FadeSeconds = Field(default=0.0, description="Length of the fade at its beginning, in seconds.")
    fade_out_seconds: FadeSeconds = Field(default=0.0, description="Length of the fade at its end, in seconds.")
    fade_in_shape: FadeShape = Field(
        default="linear", description="Its course: straight, a quarter of a sine (constant power), or an S."
    )
    fade_out_shape: FadeShape = Field(
        default="linear", description="Its course: straight, a quarter of a sine (constant power), or an S."
    )
