"""What differs from a lock, in words: before anything runs what an album is made from, afterwards what came of it."""

from collections.abc import Iterator, Mapping
from typing import Any

from farm.plan.changes import Change, find_changes
from farm.plan.lock import Lock, LockedTask, Outputs

_SHOWN_DIGITS = 12


def find_differences(lock: Lock, now: Lock) -> list[str]:
    """Return a line for each thing that an album is made from and that is not as it was locked; [] if nothing is."""
    found = [
        *_versions("", {"farm": lock.farm}, {"farm": now.farm}),
        *_versions("library ", lock.libraries, now.libraries),
        *_versions("farm's version of ", lock.operations, now.operations),
        *_versions("processor ", lock.processors, now.processors),
        *_task_differences(lock, now),
    ]
    if not found and lock.plan != now.plan:
        return ["the plan of the album is another one"]
    return list(dict.fromkeys(found))


def find_output_differences(locked: Outputs, found: Outputs, *, whole: bool) -> list[str]:
    """Return a line for each output that is not what was locked; those that are not there count if the album is whole.

    A file with the same samples that is another one differs in its tags or in how it was encoded.
    """
    lines = [
        f"{name} came out otherwise: {locked.finished[name][:_SHOWN_DIGITS]} -> {digest[:_SHOWN_DIGITS]}"
        for name, digest in found.finished.items()
        if locked.finished.get(name, digest) != digest
    ]
    for name, file in found.delivered.items():
        then = locked.delivered.get(name)
        if then is None:
            lines.append(f"{name} is not in the lock")
        elif then != file:
            samples = then.audio_sha256 is None or then.audio_sha256 != file.audio_sha256
            what = "came out otherwise" if samples else "holds the same samples and is another file"
            lines.append(f"{name} {what}: {then.sha256[:_SHOWN_DIGITS]} -> {file.sha256[:_SHOWN_DIGITS]}")
    missing = [name for name in locked.delivered if name not in found.delivered] if whole else []
    return [*lines, *(f"{name} is missing" for name in missing)]


def _versions(noun: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """Yield what has another version. What came or went is told by the tasks that use it."""
    for name, version in new.items():
        if name in old and old[name] != version:
            yield f"{noun}{name} {old[name]} -> {version}"


def _task_differences(lock: Lock, now: Lock) -> Iterator[str]:
    pairs = _pair(lock.tasks, now.tasks)
    told: set[tuple[object, ...]] = set()
    for task_id, task in now.tasks.items():
        before = lock.tasks[pairs[task_id]] if task_id in pairs else None
        if before is None:
            yield f"{task.label} added"
            continue
        for change in _spec_changes(before, task):
            mark = (change.path[-1:], change.old, change.new)
            if task.kind == "assemble" and mark in told:  # what a file's name may hold is a tag of the file as well
                continue
            told.add(mark)
            yield f"{task.about}: {change.text}"
    yield from (f"{task.label} removed" for task_id, task in lock.tasks.items() if task_id not in pairs.values())


def _spec_changes(old: LockedTask, new: LockedTask) -> Iterator[Change]:
    """Yield what has changed, but for what is named already: versions, farm's own among the tags."""
    for change in find_changes(new.kind, _description(old), _description(new)):
        if change.code != "processor-version-changed" and change.path[-1:] != ("encoder",):
            yield change


def _description(task: LockedTask) -> Mapping[str, Any]:
    return {"spec": task.spec, "libraries": {}, "version": 0, "schema": 0}


def _pair(old: Mapping[str, LockedTask], new: Mapping[str, LockedTask]) -> dict[str, str]:
    """Return for each new id the old one of the same task: of the same kind and label, else the same id."""
    free: dict[tuple[str, str], list[str]] = {}
    for task_id, task in old.items():
        free.setdefault((task.kind, task.label), []).append(task_id)
    pairs: dict[str, str] = {}
    for task_id, task in new.items():
        if same := free.get((task.kind, task.label)):
            pairs[task_id] = same.pop(0)
    taken = set(pairs.values())
    for task_id, task in new.items():
        if task_id not in pairs and task_id in old and task_id not in taken and old[task_id].kind == task.kind:
            pairs[task_id] = task_id
    return pairs
