"""Where a strip's settings come from, before anything is merged: itself, its preset, the album's defaults."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from farm.manifest.builtin_presets import load_builtin_presets
from farm.manifest.diagnostics import Loc, Problem, suggest
from farm.manifest.song import StripSettings
from farm.manifest.song_view import Raw, SongView, may_hide, table_of, tables_of, text_of

_OF_MASTERS = ("inserts",)


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
        """Yield what a strip sends to and where each of them is written."""
        for table, place in self.layers(strip, loc):
            yield from sends_of(table, place)

    def keys(self, strip: Raw, loc: Loc) -> Iterator[tuple[str, Loc]]:
        """Yield what the inserts of a strip listen to and where each of them is written."""
        for table, place in self.layers(strip, loc):
            yield from keys_of_inserts(table, place)


def sends_of(table: Raw, loc: Loc) -> Iterator[tuple[str, Loc]]:
    """Yield the targets of a table's own sends, with their places."""
    for index, send in tables_of(table, "sends"):
        if to := text_of(send, "to"):
            yield to, (*loc, "sends", index, "to")


def keys_of_inserts(table: Raw, loc: Loc) -> Iterator[tuple[str, Loc]]:
    """Yield what a table's own inserts listen to, with their places."""
    for index, insert in tables_of(table, "inserts"):
        if key := text_of(insert, "key"):
            yield key, (*loc, "inserts", index, "key")


def check_presets(song: SongView, settings: Settings) -> Iterator[Problem]:
    """Yield the presets that a song's strips and master ask for in vain."""
    for _, loc, strip in song.channels("strip"):
        yield from _check_known(strip, loc, settings)
    yield from check_master(table_of(song.table, "master"), (*song.loc, "master"), settings)


def check_master(master: Raw, loc: Loc, settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with a master: an unknown preset, one that sets what a master does not have, a side-chain."""
    yield from _check_known(master, loc, settings)
    name = text_of(master, "preset")
    preset = table_of(table_of(settings.data, "preset"), name) if name else {}
    unfit = [key for key in preset if key in StripSettings.model_fields and key not in _OF_MASTERS]
    for key, place in (*keys_of_inserts(master, loc), *keys_of_inserts(preset, ("preset", name or ""))):
        message = f"a master has nothing but the mix to listen to, not {key!r}"
        yield Problem(place, "key-in-master", message, "leave key out, or put the processor on a bus")
    if unfit:
        message = f"the preset {name!r} sets {', '.join(unfit)}, which a master does not have"
        yield Problem((*loc, "preset"), "preset-unfit", message, "put its inserts into a preset of their own")


def _check_known(table: Raw, loc: Loc, settings: Settings) -> Iterator[Problem]:
    name, presets = text_of(table, "preset"), table_of(settings.data, "preset")
    if name is None or name in presets or may_hide(settings.data, "preset") or name in load_builtin_presets():
        return
    hint = suggest(name, (*presets, *load_builtin_presets()), otherwise="there are")
    yield Problem((*loc, "preset"), "unknown-preset", f"there is no preset {name!r}", hint)
