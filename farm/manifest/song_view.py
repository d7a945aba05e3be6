"""A song as far as it can be judged: raw tables, of which some may be malformed and are then passed over."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from farm.manifest.diagnostics import Loc, find_nearest

Raw = Mapping[str, Any]


def text_of(table: Raw, key: str) -> str | None:
    """Return the text under a key, or None if there is none that can be judged."""
    value = table.get(key)
    return value if isinstance(value, str) and value.strip() else None


def names_of(table: Raw, key: str) -> list[str]:
    """Return the names under a key that takes one or several; those that cannot be judged are left out."""
    value = table.get(key)
    written = value if isinstance(value, list) else [value]
    return [name for name in written if isinstance(name, str) and name.strip()]


def table_of(table: Raw, key: str) -> Raw:
    """Return the table under a key; an empty one if there is none that can be judged."""
    value = table.get(key)
    return value if isinstance(value, dict) else {}


def tables_of(table: Raw, key: str) -> Iterator[tuple[int, Raw]]:
    """Yield the tables of an array under a key with their indices."""
    value = table.get(key)
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if isinstance(item, dict):
            yield index, item


def may_hide(table: Raw, key: str) -> bool:
    """Say whether a misspelt key of the table may mean `key`, so that what it should hold cannot be judged."""
    value = table.get(key)
    if value is not None and not isinstance(value, list | dict):
        return True
    return any(other != key and find_nearest(other, (key,)) for other in table)


@dataclass(frozen=True, slots=True)
class SongView:
    """A song's table, its place, and what a message calls it."""

    table: Raw
    loc: Loc
    label: str

    def channels(self, *kinds: str) -> Iterator[tuple[str, Loc, Raw]]:
        """Yield kind, place and table of the strips, buses, returns and VCAs of a song, in that order."""
        for kind in kinds or ("strip", "bus", "return", "vca"):
            for index, channel in tables_of(self.table, kind):
                yield kind, (*self.loc, kind, index), channel

    def names(self, kind: str) -> dict[str, Loc]:
        """Return the names of one kind and the place of the first that bears each."""
        found: dict[str, Loc] = {}
        for _, loc, channel in self.channels(kind):
            if name := text_of(channel, "name"):
                found.setdefault(name, loc)
        return found

    def knows_all(self, kind: str) -> bool:
        """Say whether every channel of a kind has a name that can be read."""
        written = self.table.get(kind, [])
        if not isinstance(written, list) or may_hide(self.table, kind):
            return False
        return all(isinstance(channel, dict) and text_of(channel, "name") for channel in written)


def songs_of(data: Raw) -> Iterator[SongView]:
    """Yield the songs that can be judged."""
    for index, song in tables_of(data, "song"):
        title = text_of(song, "title")
        yield SongView(song, ("song", index), repr(title) if title else f"song {index + 1}")
