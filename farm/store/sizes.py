"""Sizes of files as people write and read them."""

import re

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([KMGT]I?)?B?\s*", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Return the bytes of `20GB`, `1.5 TB`, `500M` or `64GiB`. Raises ValueError with the reason."""
    found = _SIZE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a size: a number with a unit such as 500MB, 20GB or 20GiB is wanted")
    return round(float(found[1]) * _UNITS[(found[2] or "").upper()])


def format_size(size_bytes: int) -> str:
    """Return bytes with three digits and a decimal unit."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size_bytes} B" if unit == "B" else f"{size:.3g} {unit}"
        size /= 1000.0
    return f"{size:.3g} TB"
