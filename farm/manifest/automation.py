"""Automation: how a parameter moves while a song plays."""

from typing import ClassVar, Literal

from pydantic import Field

from farm.manifest.moment import Time
from farm.manifest.table import FilePath, Table, Text

Shape = Literal["linear", "hold", "smooth", "fast", "slow"]


class Point(Table):
    """A breakpoint: a value at a moment."""

    at: Time = Field(description='When: seconds from the song\'s beginning, or bar and beat as "17:3.5".')
    value: float = Field(description="The parameter's value there; 1 and 0 for what is true or false.")
    shape: Shape = Field(
        default="linear",
        description="How it goes on to the next point: evenly, not until there, in an S, fast or slowly at first.",
    )


class Automation(Table):
    """One parameter of a table that moves."""

    of: Text = Field(description="The key of the parameter in the same table.")
    points: list[Point] = Field(
        default_factory=list, description="The breakpoints in the order of time. Before and after them nothing moves."
    )
    file: FilePath | None = Field(
        default=None, description="A CSV file of the points instead, columns at, value and, if wanted, shape."
    )


class AutomatedTable(Table):
    """A table whose parameters can move."""

    fixed: ClassVar[frozenset[str]] = frozenset()
    """The numbers that cannot."""

    automation: list[Automation] = Field(
        default_factory=list, description="The parameters of this table that move, with their breakpoints."
    )
