"""The ways of the sound in a song: names that exist and are the only ones, no circles, something to hear."""

from collections.abc import Iterator, Mapping, Sequence

from farm.manifest.diagnostics import Loc, Problem, suggest
from farm.manifest.settings import Settings
from farm.manifest.song_view import Raw, SongView, tables_of, text_of
from farm.manifest.table import MIX

Feeds = dict[str, dict[str, Loc]]
"""For every bus and return: what it feeds, and where that is written."""


def check_routing(song: SongView, settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with a song's names and ways. Circles and silence are judged where all names are sound."""
    problems = [*_check_names(song), *_check_targets(song, settings)]
    yield from problems
    names_doubled = any(problem.code in ("duplicate-name", "reserved-name") for problem in problems)
    if names_doubled:
        return
    cycles = list(_check_cycles(song))
    yield from cycles
    if not problems and not cycles:
        yield from _check_sound(song, settings)


def _check_names(song: SongView) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for kind, loc, channel in song.channels():
        name = text_of(channel, "name")
        if name is None:
            continue
        if name == MIX:
            message = f"no {kind} can be called {MIX!r}: that is the song's stereo sum"
            yield Problem((*loc, "name"), "reserved-name", message, "choose another name")
        elif name in owners:
            message = f"{song.label} already has a {owners[name]} called {name!r}"
            hint = "strips, buses and returns of a song share one set of names"
            yield Problem((*loc, "name"), "duplicate-name", message, hint)
        owners.setdefault(name, kind)
        yield from _check_sends(loc, channel)


def _check_sends(loc: Loc, channel: Raw) -> Iterator[Problem]:
    """One list naming a return twice is a slip: the levels would not add up, the later would win."""
    seen: set[str] = set()
    for index, send in tables_of(channel, "sends"):
        to = text_of(send, "to")
        if to in seen:
            message = f"there is a send to {to!r} already"
            yield Problem((*loc, "sends", index, "to"), "duplicate-send", message, "give the level in one of them")
        if to:
            seen.add(to)


def _check_targets(song: SongView, settings: Settings) -> Iterator[Problem]:
    names = {kind: song.names(kind) for kind in ("strip", "bus", "return")}
    for kind, loc, channel in song.channels():
        bus, place = settings.find(channel, loc, "bus") if kind == "strip" else (channel.get("bus"), (*loc, "bus"))
        if isinstance(bus, str) and bus.strip() and bus != MIX and bus not in names["bus"]:
            yield from _unknown(song, names, "bus", bus, place)
        for to, place in _sends(kind, channel, loc, settings):
            if to not in names["return"]:
                yield from _unknown(song, names, "return", to, place)


def _sends(kind: str, channel: Raw, loc: Loc, settings: Settings) -> Iterator[tuple[str, Loc]]:
    if kind == "strip":
        yield from settings.sends(channel, loc)
    elif kind == "bus":
        for index, send in tables_of(channel, "sends"):
            if to := text_of(send, "to"):
                yield to, (*loc, "sends", index, "to")


def _unknown(
    song: SongView, names: Mapping[str, Mapping[str, Loc]], wanted: str, name: str, place: Loc
) -> Iterator[Problem]:
    """Yield the problem of a name that no bus or return bears, unless one of them could not be read."""
    if not song.knows_all(wanted):
        return
    other = next((kind for kind in names if kind != wanted and name in names[kind]), None)
    if other is not None:
        way = "a return is reached by sends" if other == "return" else "strips and buses feed a bus by bus"
        hint: str | None = f"{name!r} is a {other}; {way}" if other != "strip" else f"{name!r} is a strip"
    else:
        known = [*names[wanted], MIX] if wanted == "bus" else [*names[wanted]]
        hint = suggest(name, known, otherwise="the song has" if names[wanted] else None)
        hint = hint or f'a table [[song.{wanted}]] with name = "{name}" makes one ([[{wanted}]] in a song\'s own file)'
    yield Problem(place, f"unknown-{wanted}", f"{song.label} has no {wanted} {name!r}", hint)


def _feeds(song: SongView) -> Feeds:
    """Return what every bus and return feeds, as far as those names exist."""
    known = {*song.names("bus"), *song.names("return")}
    feeds: Feeds = {}
    for kind, loc, channel in song.channels("bus", "return"):
        if (name := text_of(channel, "name")) is None:
            continue
        targets = feeds.setdefault(name, {})
        if (bus := text_of(channel, "bus")) in song.names("bus"):
            targets[str(bus)] = (*loc, "bus")
        for index, send in tables_of(channel, "sends") if kind == "bus" else ():
            if (to := text_of(send, "to")) in known:
                targets.setdefault(str(to), (*loc, "sends", index, "to"))
    return feeds


def _check_cycles(song: SongView) -> Iterator[Problem]:
    feeds = _feeds(song)
    for cycle in find_cycles({name: list(targets) for name, targets in feeds.items()}):
        path = " -> ".join([*cycle, cycle[0]])
        message = f"{song.label} sends its sound in a circle: {path}"
        place = feeds[cycle[0]][cycle[1] if len(cycle) > 1 else cycle[0]]
        yield Problem(place, "routing-cycle", message, "let one of them feed the mix")


def find_cycles(feeds: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return circles that share no member, each beginning with the member that comes first in `feeds`.

    Without the circles' members no circle is left.
    """
    order = {name: place for place, name in enumerate(feeds)}
    left, cycles = _without_ends(feeds), []
    while left:
        walked: dict[str, None] = {}
        name = next(iter(left))
        while name not in walked:
            walked[name] = None
            name = left[name][0]
        path = list(walked)
        cycle = path[path.index(name) :]
        first = cycle.index(min(cycle, key=order.__getitem__))
        cycles.append(cycle[first:] + cycle[:first])
        left = _without_ends({key: left[key] for key in left if key not in cycle})
    return cycles


def _without_ends(feeds: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return what is left when all are taken away, again and again, that feed none of the others."""
    left = {name: [target for target in targets if target in feeds] for name, targets in feeds.items()}
    fed_by: dict[str, list[str]] = {name: [] for name in left}
    for name, targets in left.items():
        for target in targets:
            fed_by[target].append(name)
    counts = {name: len(targets) for name, targets in left.items()}
    ends = [name for name, count in counts.items() if count == 0]
    for end in ends:
        for name in fed_by[end]:
            counts[name] -= 1
            if counts[name] == 0:
                ends.append(name)
    gone = set(ends)
    return {name: [to for to in targets if to not in gone] for name, targets in left.items() if name not in gone}


def _check_sound(song: SongView, settings: Settings) -> Iterator[Problem]:
    """A song of which nothing can be heard is a slip; channels that cannot be read get the benefit of the doubt."""
    strips = [strip for _, _, strip in song.channels("strip")]
    written = song.table.get("strip")
    if not strips or not isinstance(written, list) or len(strips) < len(written):
        return
    muted = {text_of(table, "name") for _, _, table in song.channels("bus", "return") if table.get("mute") is True}
    open_ways, known = _reach_mix(song, muted), {MIX, *song.names("bus"), *song.names("return")}
    for _, loc, strip in song.channels("strip"):
        bus, place = settings.find(strip, loc, "bus")
        if place != loc and not isinstance(bus, str):
            return
        targets = {MIX if bus is None else bus, *(to for to, _ in settings.sends(strip, loc))}
        if strip.get("mute") is not True and (targets & open_ways or not targets <= known):
            return
    message = f"nothing of {song.label} can be heard: all its strips, or all their ways to the mix, are muted"
    yield Problem(song.loc, "no-sound", message, "unmute a strip, or leave the song out")


def _reach_mix(song: SongView, muted: set[str | None]) -> set[str]:
    """Return the names from which sound reaches the mix."""
    feeds = _feeds(song)
    for _, _, channel in song.channels("bus", "return"):
        if (name := text_of(channel, "name")) and channel.get("bus", MIX) == MIX:
            feeds[name].setdefault(MIX, ())
    open_ways, grown = {MIX}, True
    while grown:
        found = {name for name in feeds.keys() - muted - open_ways if open_ways & feeds[name].keys()}
        open_ways, grown = open_ways | found, bool(found)
    return open_ways
