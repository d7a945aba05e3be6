"""Whatever is told in bars and beats needs a tempo, and a tempo begins with the song."""

from collections.abc import Iterator

from farm.manifest.curves import tables_within
from farm.manifest.diagnostics import Loc, Problem
from farm.manifest.models import Manifest
from farm.manifest.moment import Moment
from farm.manifest.song import Song, Tempo
from farm.manifest.song_view import Raw, SongView, may_hide, tables_of

_HINT = "tempo = [{ bpm = 120 }] in the song gives it one"


def check_tempo(manifest: Manifest) -> Iterator[Problem]:
    """Yield tempo changes out of order, and what is told in bars or beats by songs that have no tempo."""
    for index, song in enumerate(manifest.songs):
        yield from _check_order(song, ("song", index))
        if not song.tempo:
            yield from _check_musical(song, manifest, ("song", index))


def _check_order(song: Song, loc: Loc) -> Iterator[Problem]:
    before: Tempo | None = None
    for index, tempo in enumerate(song.tempo):
        place = (*loc, "tempo", index, "bar")
        if before is None and tempo.bar != 1:
            yield Problem(place, "tempo-order", f"the first tempo begins with bar 1, not with bar {tempo.bar}")
        elif before is not None and tempo.bar <= before.bar:
            message = f"tempo changes have to be in the order of their bars: {tempo.bar} comes after {before.bar}"
            yield Problem(place, "tempo-order", message)
        before = tempo


def _check_musical(song: Song, manifest: Manifest, loc: Loc) -> Iterator[Problem]:
    """The song itself, and the presets and defaults that it uses; each place is told once."""
    presets = {strip.preset for strip in song.strips} | {song.master.preset, manifest.defaults.master.preset}
    used: list[tuple[Loc, object]] = [(loc, song), (("defaults",), manifest.defaults)]
    used += [(("preset", name), preset) for name, preset in manifest.preset.items() if name in presets]
    for start, part in used:
        for place, table in tables_within(part, start):
            for name in type(table).model_fields:
                value = getattr(table, name)
                if isinstance(value, Moment) and value.is_musical:
                    message = f"{song.title!r} has no tempo, and {name} counts in bars"
                    yield Problem((*place, name), "no-tempo", message, _HINT)
                if name == "beats" and value is not None:
                    yield Problem((*place, name), "no-tempo", f"{song.title!r} has no tempo to count beats in", _HINT)


def check_sources(song: SongView) -> Iterator[Problem]:
    """Yield strips that have nothing to play, or a stem and clips at once."""
    for _, loc, strip in song.channels("strip"):
        yield from _check_source(loc, strip)


def _check_source(loc: Loc, strip: Raw) -> Iterator[Problem]:
    clips = strip.get("clips")
    if "stem" in strip and list(tables_of(strip, "clips")):
        message = "a strip plays either a stem or clips"
        yield Problem((*loc, "stem"), "stem-or-clips", message, "a clip of the stem's file at 0 does the same")
    elif "stem" not in strip and not clips and not may_hide(strip, "stem") and not may_hide(strip, "clips"):
        hint = "stem: The stem's audio file, from the folder of the file that says so; or clips"
        yield Problem((*loc, "stem"), "missing-key", "strip needs the key 'stem'", hint)
