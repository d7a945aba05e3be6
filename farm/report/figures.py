"""Figures as they are shown: rounded for programs, in columns for people."""

DIGITS = 3


def rounded(value: float | None, digits: int = DIGITS) -> float | None:
    """Return a figure without its dust; one that does not exist stays None."""
    return None if value is None else round(value, digits)


def cell(value: float | None, width: int, sign: str = "") -> str:
    """Return a figure in tenths, right in its column; `-` if it does not exist. The sign `+` shows both signs."""
    return f"{'-':>{width}}" if value is None else f"{value:{sign}{width}.1f}"
