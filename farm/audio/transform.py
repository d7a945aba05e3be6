"""Fourier transforms in single precision, by numpy: exact to -139 dB here."""

from typing import Any

import numpy as np

fft: Any = np.fft.fft
ifft: Any = np.fft.ifft
"""numpy's annotations know of double precision only, its code of single as well."""

_KEPT_BYTES = 8 << 20


def _keep_freed_memory() -> None:
    """Let the C library keep what transforms give back.

    Each call takes scratch memory of its own. glibc hands such pieces back to the system, and the page faults of
    getting them again take up to twice the time of the transform, until once a larger piece has been freed (its
    `M_MMAP_THRESHOLD` follows). No page of this one is touched.
    """
    np.empty(_KEPT_BYTES, np.uint8)


_keep_freed_memory()
