"""Solo: for one run, only some strips of a song are heard."""

from collections.abc import Sequence

from farm.errors import UsageError
from farm.manifest.diagnostics import suggest
from farm.manifest.models import Manifest
from farm.manifest.song import Song, Strip


def solo_strips(manifest: Manifest, names: Sequence[str]) -> Manifest:
    """Return the manifest with all strips muted but those of the names, and those that reach a bus of the names.

    Songs that have none of the names are left as they are. Returns and what the strips send to them stay. Raises
    UsageError for a name that no song has.
    """
    for name in names:
        known = [name for song in manifest.songs for name in _names(song)]
        if name not in known:
            hint = suggest(name, dict.fromkeys(known), otherwise="there are")
            raise UsageError(f"no song has a strip or bus {name!r} to solo", code="solo-unknown", hint=hint)
    return manifest.model_copy(update={"songs": [_solo_song(song, set(names)) for song in manifest.songs]})


def _solo_song(song: Song, names: set[str]) -> Song:
    if names.isdisjoint(_names(song)):
        return song
    heard = _reaching(song, names)
    strips = [strip if _is_heard(strip, heard) else strip.model_copy(update={"mute": True}) for strip in song.strips]
    return song.model_copy(update={"strips": strips})


def _names(song: Song) -> list[str]:
    return [*(strip.name for strip in song.strips), *(bus.name for bus in song.buses)]


def _is_heard(strip: Strip, heard: set[str]) -> bool:
    return strip.name in heard or not heard.isdisjoint(strip.bus)


def _reaching(song: Song, names: set[str]) -> set[str]:
    """Return the names and all buses that lead to one of them."""
    heard, grown = set(names), True
    while grown:
        more = {bus.name for bus in song.buses if not heard.isdisjoint(bus.bus)} - heard
        heard, grown = heard | more, bool(more)
    return heard
