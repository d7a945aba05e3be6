"""What only a compact disc has: how it is delivered, and what of a song goes into its sub-code."""

from typing import Annotated, Literal

from pydantic import Field

from farm.manifest.table import Exact, Table, Text

Credit = Text | None


class DiscOptions(Table):
    """How a compact disc is delivered."""

    disc: Annotated[int, Exact] = Field(default=1, ge=1, le=99, description="Which disc of a set it is.")
    image: Literal["bin", "wav"] = Field(
        default="bin", description="The image of a cue sheet: raw samples, or a WAV. A DDP has its own."
    )
    cd_text: Literal["none", "common", "full"] = Field(
        default="common",
        description="CD-TEXT: none, titles and credits, or also catalogue number, genre, UPC and ISRCs.",
    )
    first_pregap_seconds: float = Field(
        default=2.0, ge=2.0, le=133.0, description="Silence before the first track, in seconds."
    )
    end_gap_seconds: float = Field(
        default=0.0, ge=0.0, le=60.0, description="Silence behind the last track, in seconds."
    )
    pq_name: Literal["SD", "PQDESCR"] = Field(
        default="SD", description="Name of the file of a DDP that holds the PQ codes."
    )
    scrambled: bool = Field(default=True, description="What a DDP says of its audio in the field SCR; tools differ.")
    isrc_twice: bool = Field(
        default=False, description="Give a track its ISRC on index 00 and 01, instead of on the first of them."
    )


class SongDisc(Table):
    """What a song is on a compact disc."""

    hidden: bool = Field(default=False, description="Lie before track 1, in its pregap: only the first song can.")
    pre_emphasis: bool = Field(default=False, description="The flag of pre-emphasis.")
    copy_permitted: bool = Field(default=False, description="The flag that permits digital copies.")
    scms: bool = Field(default=False, description="The flag of the serial copy management system.")
    index_seconds: list[Annotated[float, Field(gt=0.0, le=6000.0)]] = Field(
        default_factory=list, description="Further index points, 02 and up, in seconds from the song's beginning."
    )
    songwriter: Credit = Field(default=None, description="Who wrote the words, for CD-TEXT.")
    arranger: Credit = Field(default=None, description="Who arranged it, for CD-TEXT.")
    message: Credit = Field(default=None, description="A message, for CD-TEXT.")
