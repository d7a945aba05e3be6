"""Assembling one deliverable of an album: which file gets which name, in the order of the album."""

from collections.abc import Mapping
from dataclasses import dataclass

from farm.deliver.names import file_names
from farm.plan.spec import AssembleSpec


@dataclass(frozen=True, slots=True)
class AssembledFile:
    """One file of a deliverable: its song's number, its final name, the sha256 of its bytes."""

    song: int
    name: str
    sha256: str


def assemble(spec: AssembleSpec, digests: Mapping[int, str]) -> list[AssembledFile]:
    """Return the file of each song that has one; `digests` are by song number.

    Names are made from all songs of the album, so that a song that failed does not rename the others.
    """
    names = file_names(spec.name_template, spec.format, spec.songs)
    return [
        AssembledFile(number, name, digests[number]) for number, name in enumerate(names, start=1) if number in digests
    ]
