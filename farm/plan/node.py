"""The nodes of a plan: what each makes, from what."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from farm.plan.spec import AssembleSpec, Spec


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a node reads: a facet of another node's record.

    `facet` is `outputs` (the digests of all its blobs), `outputs.NAME` (that of one of them), or a dotted path into its
    facts (`facts.trims.3`). Only that
    facet enters the reader's key, so a record that changed elsewhere re-makes nothing. An `optional` need may be
    missing because its node failed: the album is matched from the songs that are there.
    """

    node: str
    facet: str = "outputs"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """One task: `song` is the song's number in the album, None for what concerns the whole album."""

    id: str
    kind: str
    label: str
    song: int | None
    spec: Spec
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedSong:
    """A song as people know it, and where its figures are: `finish` is the node of the first deliverable's rate that
    finishes it, `place` its place among the songs that this node finishes together."""

    number: int
    title: str
    isrc: str | None
    gap_seconds: float
    finish: str
    place: int
    max_reduction_db: float | None = None
    codec_trip: str | None = None
    """The node that sends it through a codec for trial."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the songs are judged by, apart from what makes their sound."""

    ceiling_dbtp: float
    over_reduction_fails: bool
    translation: Mapping[str, float] | None
    """The limits of the translation check by their names in the manifest, None to leave it out."""


Whole = Literal["continuous", "disc"] | None


@dataclass(frozen=True, slots=True)
class PlannedDeliverable:
    """One deliverable: its folder below the output folder, its assemble node, and the nodes that make its files: by the
    number of the song, or one for number 1 where a `whole` album is made at once: as one file, or as a disc with all of
    its files, whose node is its own `assemble`."""

    format: str
    folder: str
    assemble: str
    encodes: Mapping[int, str]
    spec: AssembleSpec
    whole: Whole = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that has to be there when an album is rendered; nodes come after what they need."""

    album: str
    path: str
    songs: tuple[PlannedSong, ...]
    deliverables: tuple[PlannedDeliverable, ...]
    nodes: tuple[Node, ...]
    judgement: Judgement
    warnings: tuple[str, ...] = ()
    """What the manifest says that is no error and yet may not be meant."""
