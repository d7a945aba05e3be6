"""The nodes of a plan: what each makes, from what."""

from collections.abc import Mapping
from dataclasses import dataclass

from farm.plan.spec import AssembleSpec, Spec


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a node reads: a facet of another node's record.

    `facet` is `outputs` (the digests of all its blobs) or a dotted path into its facts (`facts.trims.3`). Only that
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
    """A song as people know it."""

    number: int
    title: str
    isrc: str | None
    gap_seconds: float


@dataclass(frozen=True, slots=True)
class PlannedDeliverable:
    """One deliverable: its folder below the output folder, its assemble node, and its encode node by song number."""

    format: str
    folder: str
    assemble: str
    encodes: Mapping[int, str]
    spec: AssembleSpec


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that has to be there when an album is rendered; nodes come after what they need."""

    album: str
    path: str
    songs: tuple[PlannedSong, ...]
    deliverables: tuple[PlannedDeliverable, ...]
    nodes: tuple[Node, ...]
    finishes: Mapping[int, str]
    """For each song's number the finish node that its figures are quoted from: that of the first deliverable."""
