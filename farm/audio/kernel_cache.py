"""Whether the kernels have been compiled on this machine, told without loading what compiles them."""

import os
from pathlib import Path

import farm


def kernels_are_compiled() -> bool:
    """Return whether a cache of compiled kernels is where numba keeps it: beside the modules, or in NUMBA_CACHE_DIR."""
    place = os.environ.get("NUMBA_CACHE_DIR")
    folders = [Path(place)] if place else [Path(farm.__file__).parent]
    return any(next(folder.rglob("*.nbi"), None) for folder in folders)
