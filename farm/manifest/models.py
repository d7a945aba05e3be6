"""The manifest as it is written down; every default of an album stands in these models and nowhere else."""

from typing import Annotated, Literal

from pydantic import Field

from farm.manifest.album import Album, Deliver
from farm.manifest.song import Defaults, Preset, Song
from farm.manifest.table import Exact, Table
from farm.manifest.target import Target


class Manifest(Table):
    """An album from which finished records are rendered."""

    schema_version: Annotated[Literal[1], Exact] = Field(alias="schema", description="The version of this format: 1.")
    album: Album = Field(description="The release.")
    target: Target = Field(default_factory=Target, description="What the finished album aims at.")
    defaults: Defaults = Field(
        default_factory=Defaults, description="What every strip and every master of the album starts from."
    )
    preset: dict[str, Preset] = Field(
        default_factory=dict, description='Settings under names: [preset.vocal] is used by preset = "vocal".'
    )
    songs: list[Song] = Field(
        alias="song", min_length=1, description="The songs, in the order of the album: one [[song]] each."
    )
    deliver: list[Deliver] = Field(
        default_factory=lambda: [Deliver(format="flac")],
        min_length=1,
        description="The deliverables: one [[deliver]] each; one flac of 24 bits if absent.",
    )
