"""A lock: all that an album is made from, as it was when it was rendered, and what came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from farm import __version__
from farm.plan.changes import describe
from farm.plan.input_spec import InputSpec
from farm.plan.keys import OPERATION_VERSIONS, library_versions, static_keys
from farm.plan.node import Node, Plan
from farm.plan.spec import InsertSpec
from farm.records import digest_of


@dataclass(frozen=True, slots=True, order=True)
class LockedInput:
    """A file that was read: where it lay below the album's folder, or only its name if it lay elsewhere."""

    path: str
    size_bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class LockedTask:
    """A node: `about` is its song's title, or its label; `spec` is JSON without what is empty."""

    kind: str
    label: str
    about: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LockedFile:
    """A delivered file's sha256, and that of its decoded samples, None for one of a disc."""

    sha256: str
    audio_sha256: str | None


@dataclass(frozen=True, slots=True)
class Outputs:
    """What came of a render: the digest of each finished song's audio, by number, title and rate, and the files by
    their paths in the delivery."""

    finished: Mapping[str, str] = field(default_factory=dict)
    delivered: Mapping[str, LockedFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lock:
    """`plan` is a digest of all tasks with everything that their keys hold: it differs if anything does."""

    farm: str
    plan: str
    libraries: Mapping[str, str]
    operations: Mapping[str, int]
    processors: Mapping[str, int]
    inputs: tuple[LockedInput, ...]
    tasks: Mapping[str, LockedTask]
    outputs: Outputs = Outputs()


def lock_plan(plan: Plan, audio: Path | None = None) -> Lock:
    """Return the lock of a plan that has not been rendered; stems may lie below the folder `audio`."""
    folders = [Path(plan.path).parent, *([audio.absolute()] if audio else [])]
    kinds = sorted({node.kind for node in plan.nodes})
    found = [each for node in plan.nodes for each in _walk(node.spec)]
    return Lock(
        farm=__version__,
        plan=digest_of(list(static_keys(plan.nodes).values())),
        libraries=dict(sorted({pair for kind in kinds for pair in library_versions(kind).items()})),
        operations={kind: OPERATION_VERSIONS[kind] for kind in kinds},
        processors=dict(sorted({(each.type, each.version) for each in found if isinstance(each, InsertSpec)})),
        inputs=tuple(sorted({_locked(each, folders) for each in found if isinstance(each, InputSpec)})),
        tasks={node.id: _task(node, plan, folders) for node in plan.nodes},
    )


def _task(node: Node, plan: Plan, folders: Sequence[Path]) -> LockedTask:
    about = plan.songs[node.song - 1].title if node.song is not None else node.label
    return LockedTask(node.kind, node.label, about, _without_empty(_portable(describe(node)["spec"], folders)))


def _walk(value: object) -> list[object]:
    """Return the inserts and inputs in a spec."""
    if isinstance(value, Mapping):
        return [each for item in value.values() for each in _walk(item)]
    if isinstance(value, list | tuple):
        return [each for item in value for each in _walk(item)]
    if not is_dataclass(value) or isinstance(value, type):
        return []
    inner = [each for item in fields(value) for each in _walk(getattr(value, item.name))]
    return [value, *inner] if isinstance(value, InputSpec | InsertSpec) else inner


def _locked(spec: InputSpec, folders: Sequence[Path]) -> LockedInput:
    return LockedInput(_shown(spec.path, folders), spec.size_bytes, spec.digest)


def _shown(path: str, folders: Sequence[Path]) -> str:
    """Return a path that is the same on every machine."""
    inside = [Path(path).relative_to(folder) for folder in folders if Path(path).is_relative_to(folder)]
    return (inside[0] if inside else Path(Path(path).name)).as_posix()


def _portable(described: Any, folders: Sequence[Path]) -> Any:
    """Return a description without what differs from one machine to the next."""
    if isinstance(described, Mapping):
        if "@path" in described:
            return {"@path": _shown(described["@path"], folders), "digest": described["digest"]}
        return {key: _portable(item, folders) for key, item in described.items()}
    if isinstance(described, list):
        return [_portable(item, folders) for item in described]
    return described


def _without_empty(described: Any) -> Any:
    """Return a description without fields that hold nothing: a third of the lines."""
    if isinstance(described, Mapping):
        kept = {key: _without_empty(item) for key, item in described.items()}
        return {key: item for key, item in kept.items() if item not in (None, [], {})}
    if isinstance(described, list):
        return [_without_empty(item) for item in described]
    return described
