"""How many tasks run at a time."""

import os


def default_workers() -> int:
    """Return the number of processors that this process may use, where the system tells; else of the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
