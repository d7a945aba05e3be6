"""Keys: the name of a result, made from everything that it depends on and from nothing else.

A key is the sha256 of the canonical JSON of: the key schema, the node's kind and that kind's version, its spec (all
parameters, processor versions and input digests; no path, no name), the digests of what it reads from other nodes, and
the versions of the libraries that touch its sound. A node whose inputs come out the same as before keeps its key
whatever changed further up: that is where a chain of work stops early.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

from farm.plan.node import Need, Node
from farm.records import Artifact, Record, digest_of

KEY_SCHEMA = 1

OPERATION_VERSIONS = {
    "group": 1,
    "mix": 2,
    "master": 2,
    "match": 2,
    "finish": 2,
    "encode": 3,
    "continuous": 1,
    "codec": 1,
    "disc": 1,
    "assemble": 1,
}
"""Raised when the same inputs would give another result than before."""

SOUND_LIBRARIES = {
    "group": ("av", "numba", "numpy", "pedalboard", "scipy", "soundfile", "soxr"),
    "mix": ("numba", "numpy", "pedalboard", "scipy"),
    "master": ("numba", "numpy", "pedalboard", "scipy"),
    "match": ("av", "numba", "numpy", "scipy", "soundfile"),
    "finish": ("numba", "numpy", "scipy", "soxr"),
    "encode": ("av", "mutagen", "numba", "numpy", "soundfile"),
    "continuous": ("av", "mutagen", "numba", "numpy", "soundfile"),
    "codec": ("av", "numba", "numpy", "soundfile"),
    "disc": ("numba", "numpy"),
    "assemble": (),
}


def content_key(node: Node, inputs: Sequence[Record | None]) -> str:
    """Return a node's key; `inputs` are the records of its needs in order, None for an optional one that is missing."""
    read = [_digests(facet(record, need)) for need, record in zip(node.needs, inputs, strict=True)]
    return digest_of([*_own_parts(node), read])


def read_digests(node: Node, inputs: Sequence[Record | None]) -> list[str]:
    """Return a digest of what each need of a node reads; `inputs` as for `content_key`."""
    return [digest_of(_digests(facet(record, need))) for need, record in zip(node.needs, inputs, strict=True)]


def static_keys(nodes: Sequence[Node]) -> Mapping[str, str]:
    """Return for each node id a digest of the node and of everything above it, known before anything runs."""
    keys: dict[str, str] = {}
    for node in nodes:
        keys[node.id] = digest_of([*_own_parts(node), [[keys[need.node], need.facet] for need in node.needs]])
    return keys


def facet(record: Record | None, need: Need) -> Any:
    """Return what a need reads of a record, and all that its node is given: the outputs by name, or facts."""
    if record is None:
        return None
    if need.facet == "outputs":
        return record.outputs
    if need.facet.startswith("outputs."):
        return record.outputs.get(need.facet.removeprefix("outputs."))
    value: Any = {"facts": record.facts}
    for step in need.facet.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _digests(read: Any) -> Any:
    """Leave of an artifact only its digest: it says all about the audio."""
    if isinstance(read, Mapping):
        return {name: _digests(value) for name, value in read.items()}
    return read.digest if isinstance(read, Artifact) else read


def library_versions(kind: str) -> dict[str, str]:
    """Return the versions of the libraries that touch the sound of a kind of node."""
    return {name: _library_version(name) for name in SOUND_LIBRARIES[kind]}


def _own_parts(node: Node) -> list[object]:
    return [KEY_SCHEMA, node.kind, OPERATION_VERSIONS[node.kind], node.spec, library_versions(node.kind)]


@cache
def _library_version(name: str) -> str:
    return version(name)
