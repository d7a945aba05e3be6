"""`farm.lock`: a lock as JSON beside the manifest, one value a line, the same text for the same lock.

There is no clock, host or absolute path in it. Keys may be added, never renamed.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from farm.errors import UsageError
from farm.plan.beside import path_beside, write_beside
from farm.plan.lock import Lock, LockedFile, LockedInput, LockedTask, Outputs

SCHEMA = 1


def lock_path(album: Path) -> Path:
    """Return where the lock of a manifest is, whether it is there or not."""
    return path_beside(album, "farm.lock", ".farm.lock")


def write_lock(path: Path, lock: Lock) -> None:
    """Write a lock. Raises DeliveryError (not-written)."""
    text = json.dumps({"schema": SCHEMA, **asdict(lock)}, indent=1, ensure_ascii=False, allow_nan=False)
    write_beside(path, text + "\n")


def load_lock(path: Path) -> Lock:
    """Return a lock. Raises UsageError: lock-missing, lock-unreadable."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["schema"] != SCHEMA:
            raise ValueError(f"it has the schema {data['schema']!r}, this farm reads {SCHEMA}")
        return _lock(data)
    except FileNotFoundError:
        hint = "`farm render --write-lock` renders the album and writes it"
        raise UsageError("the album is not locked", code="lock-missing", hint=hint, where=str(path)) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "restore it, or write it anew with `farm render --write-lock`"
        message = f"the lock cannot be read: {error}"
        raise UsageError(message, code="lock-unreadable", hint=hint, where=str(path)) from None


def _lock(data: Mapping[str, Any]) -> Lock:
    outputs = data["outputs"]
    return Lock(
        farm=data["farm"],
        plan=data["plan"],
        libraries=data["libraries"],
        operations=data["operations"],
        processors=data["processors"],
        inputs=tuple(LockedInput(**each) for each in data["inputs"]),
        tasks={task_id: LockedTask(**task) for task_id, task in data["tasks"].items()},
        outputs=Outputs(outputs["finished"], {name: LockedFile(**file) for name, file in outputs["delivered"].items()}),
    )
