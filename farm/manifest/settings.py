"""Where a strip's settings come from, before anything is merged: itself, its preset, the album's defaults."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from farm.manifest.diagnostics import Loc, Problem, suggest
from farm.manifest.song_view import Raw, SongView, may_hide, table_of, tables_of, text_of

_OF_STRIPS_ONLY = ("bus", "gain_db", "pan", "invert_polarity", "sends")


@dataclass(frozen=True, slots=True)
class Settings:
    """The album's presets and defaults as they are written."""

    data: Raw

    def layers(self, strip: Raw, loc: Loc) -> list[tuple[Raw, Loc]]:
        """Return the tables that a strip's settings are taken from, the most specific first, with their places."""
        found = [(strip, loc)]
        preset = text_of(strip, "preset")
        if preset is not None and (table := table_of(table_of(self.data, "preset"), preset)):
            found.append((table, ("preset", preset)))
        if table := table_of(table_of(self.data, "defaults"), "strip"):
            found.append((table, ("defaults", "strip")))
        return found

    def find(self, strip: Raw, loc: Loc, key: str) -> tuple[Any, Loc]:
        """Return the value that a strip's key takes and where that is written; (None, loc) if nowhere."""
        for table, place in self.layers(strip, loc):
            if key in table:
                return table[key], (*place, key)
        return None, loc

    def sends(self, strip: Raw, loc: Loc) -> Iterator[tuple[str, Loc]]:
        """Yield the returns that a strip sends to and where each of them is written."""
        for table, place in self.layers(strip, loc):
            for index, send in tables_of(table, "sends"):
                if to := text_of(send, "to"):
                    yield to, (*place, "sends", index, "to")


def check_presets(song: SongView, settings: Settings) -> Iterator[Problem]:
    """Yield the presets that a song's strips and master ask for in vain."""
    for _, loc, strip in song.channels("strip"):
        yield from _check_known(strip, loc, settings)
    yield from check_master(table_of(song.table, "master"), (*song.loc, "master"), settings)


def check_master(master: Raw, loc: Loc, settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with a master's preset: unknown, or one that sets what a master does not have."""
    yield from _check_known(master, loc, settings)
    name = text_of(master, "preset")
    unfit = [key for key in _OF_STRIPS_ONLY if name and key in table_of(table_of(settings.data, "preset"), name)]
    if unfit:
        message = f"the preset {name!r} sets {', '.join(unfit)}, which a master does not have"
        yield Problem((*loc, "preset"), "preset-unfit", message, "put its inserts into a preset of their own")


def _check_known(table: Raw, loc: Loc, settings: Settings) -> Iterator[Problem]:
    name, presets = text_of(table, "preset"), table_of(settings.data, "preset")
    if name is None or name in presets or may_hide(settings.data, "preset"):
        return
    hint = suggest(name, presets, otherwise="the album's presets are") or f"the album has no [preset.{name}]"
    yield Problem((*loc, "preset"), "unknown-preset", f"there is no preset {name!r}", hint)
