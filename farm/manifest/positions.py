"""Where in a TOML text a key or value stands. Imported when something is wrong: parsing with spans is slow."""

from bisect import bisect_right
from typing import Any

import spanned_toml

from farm.manifest.diagnostics import Loc, Position


class Positions:
    """The positions of a text that has been parsed without an error before."""

    def __init__(self, text: str) -> None:
        source = text.replace("\r\n", "\n")
        self._source = source
        self._line_starts = [0, *(place + 1 for place, char in enumerate(source) if char == "\n")]
        try:
            self._root: Any = spanned_toml.loads(source)
        except RecursionError:
            self._root = spanned_toml.loads("")

    def find(self, loc: Loc, *, at: str = "value") -> Position | None:
        """Return the position of a key or its value, or None if the text does not hold the place."""
        starts = self._starts(loc, at)
        return self._position(starts[-1]) if len(starts) == len(loc) + 1 else None

    def nearest(self, loc: Loc, *, at: str = "value") -> Position:
        """Return the position of a place, or else of the innermost table around it that the text holds."""
        return self._position(self._starts(loc, at)[-1])

    def _starts(self, loc: Loc, at: str) -> list[int]:
        """Return the offsets of the root and of every step towards a place, as far as the text goes."""
        node, starts = self._root, [0]
        for step, part in enumerate(loc, start=1):
            inner, key = node.inner(), None
            if isinstance(inner, dict) and part in inner:
                key = next(each for each in inner if each == part)
            elif not (isinstance(inner, list) and isinstance(part, int) and part < len(inner)):
                break
            node = inner[part]
            begun = _beginning(node, key, prefer_key=at == "key" and step == len(loc))
            starts.append(starts[-1] if begun is None else _start(self._source, begun))
        return starts

    def _position(self, offset: int) -> Position:
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1


def _beginning(node: Any, key: Any, *, prefer_key: bool) -> Any:
    """Return what a node begins with. Tables under headers have no span: their key, else their first key stands in."""
    if node.span().stop and not (prefer_key and key is not None):
        return node
    if key is not None:
        return key
    return next(iter(node.inner()), None) if isinstance(node.inner(), dict) else None


def _start(source: str, spanned: Any) -> int:
    """Return where a span begins. spanned_toml lets a text with escapes begin at the last of them: go back."""
    start = int(spanned.span().start)
    if not isinstance(spanned.inner(), str) or source[start : spanned.span().stop] == spanned.inner():
        return start
    while source[start] not in "\"'" or _is_escaped(source, start):
        start = source.rindex('"', 0, start)
    return start


def _is_escaped(source: str, place: int) -> bool:
    backslashes = 0
    while source[place - backslashes - 1 : place - backslashes] == "\\":
        backslashes += 1
    return backslashes % 2 == 1
