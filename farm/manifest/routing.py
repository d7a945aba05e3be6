"""The ways of the sound in a song: names that exist and are the only ones, no circles, something to hear."""

from collections.abc import Iterator, Mapping, Sequence

from farm.manifest.diagnostics import Loc, Problem, suggest
from farm.manifest.settings import Settings, keys_of_inserts, sends_of
from farm.manifest.song_view import Raw, SongView, names_of, tables_of, text_of
from farm.manifest.table import MIX

Feeds = dict[str, dict[str, Loc]]
"""For every channel: what it feeds, and where that is written."""


def check_routing(song: SongView, settings: Settings) -> Iterator[Problem]:
    """Yield what is wrong with a song's names and ways. Circles and silence are judged where all names are sound."""
    problems = [*_check_names(song), *_check_targets(song, settings)]
    yield from problems
    names_doubled = any(problem.code in ("duplicate-name", "reserved-name") for problem in problems)
    if names_doubled:
        return
    cycles = list(_check_cycles(song, settings))
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
            hint = "strips, buses, returns and VCAs of a song share one set of names"
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
    names = {kind: song.names(kind) for kind in ("strip", "bus", "return", "vca")}
    for kind, loc, channel in song.channels():
        for bus, place in _buses(kind, channel, loc, settings):
            if bus != MIX and bus not in names["bus"]:
                yield from _unknown(song, names, "bus", ("bus",), bus, place)
        for to, place in _sends(kind, channel, loc, settings):
            if to not in names["return"] and to not in names["bus"]:
                yield from _unknown(song, names, "return", ("return", "bus"), to, place)
        for key, place in _keys(kind, channel, loc, settings):
            if key not in {**names["strip"], **names["bus"], **names["return"]}:
                yield from _unknown(song, names, "key", ("strip", "bus", "return"), key, place)
        table, place = _setting(kind, channel, loc, "vca", settings)
        for name in names_of(table, "vca"):
            if name not in names["vca"]:
                yield from _unknown(song, names, "vca", ("vca",), name, place)


def _setting(kind: str, channel: Raw, loc: Loc, key: str, settings: Settings) -> tuple[Raw, Loc]:
    """Return a table that holds the value of a channel's key, inherited or its own, and the place of the value."""
    if kind != "strip":
        return channel, (*loc, key)
    value, place = settings.find(channel, loc, key)
    return ({key: value} if value is not None else {}), place


def _buses(kind: str, channel: Raw, loc: Loc, settings: Settings) -> Iterator[tuple[str, Loc]]:
    """Yield the buses that a channel feeds, the mix where it says none."""
    if kind == "vca":
        return
    table, place = _setting(kind, channel, loc, "bus", settings)
    for bus in names_of(table, "bus") if "bus" in table else [MIX]:
        yield bus, place


def _sends(kind: str, channel: Raw, loc: Loc, settings: Settings) -> Iterator[tuple[str, Loc]]:
    return settings.sends(channel, loc) if kind == "strip" else sends_of(channel, loc)


def _keys(kind: str, channel: Raw, loc: Loc, settings: Settings) -> Iterator[tuple[str, Loc]]:
    return settings.keys(channel, loc) if kind == "strip" else keys_of_inserts(channel, loc)


_NOUNS = {"return": "return or bus", "key": "strip, bus or return", "vca": "VCA"}


def _unknown(
    song: SongView,
    names: Mapping[str, Mapping[str, Loc]],
    wanted: str,
    kinds: Sequence[str],
    name: str,
    place: Loc,
) -> Iterator[Problem]:
    """Yield the problem of a name that nothing of those kinds bears, unless one of them could not be read."""
    if not all(song.knows_all(kind) for kind in kinds):
        return
    other = next((kind for kind in names if kind not in kinds and name in names[kind]), None)
    if other is not None:
        ways = {"return": "a return is reached by sends", "vca": "a VCA has members but no sound"}
        hint: str | None = f"{name!r} is a {other}" + (f"; {ways[other]}" if other in ways else "")
    else:
        known = [each for kind in kinds for each in names[kind]] + [MIX] * (wanted == "bus")
        hint = suggest(name, known, otherwise="the song has" if any(names[kind] for kind in kinds) else None)
        made = "bus" if wanted == "key" else wanted
        hint = hint or f'a table [[song.{made}]] with name = "{name}" makes one ([[{made}]] in a song\'s own file)'
    code = "unknown-side-chain" if wanted == "key" else f"unknown-{wanted}"
    yield Problem(place, code, f"{song.label} has no {_NOUNS.get(wanted, wanted)} {name!r}", hint)


def _feeds(song: SongView, settings: Settings) -> Feeds:
    """Return what every channel feeds, as far as those names exist: buses, sends, and those that listen to it."""
    sums = {*song.names("bus"), *song.names("return")}
    known = {*song.names("strip"), *sums}
    feeds: Feeds = {}
    for kind, loc, channel in song.channels("strip", "bus", "return"):
        if (name := text_of(channel, "name")) is None:
            continue
        targets = feeds.setdefault(name, {})
        for to, place in (*_buses(kind, channel, loc, settings), *_sends(kind, channel, loc, settings)):
            if to in sums:
                targets.setdefault(to, place)
        for key, place in _keys(kind, channel, loc, settings):
            if key in known:
                feeds.setdefault(key, {}).setdefault(name, place)
    return feeds


def _check_cycles(song: SongView, settings: Settings) -> Iterator[Problem]:
    for feeds, verb, hint in (
        (_feeds(song, settings), "sends its sound", "let one of them feed the mix"),
        (_vca_members(song), "hands its offsets on", "let one of them follow nothing"),
    ):
        for cycle in find_cycles({name: list(targets) for name, targets in feeds.items()}):
            path = " -> ".join([*cycle, cycle[0]])
            place = feeds[cycle[0]][cycle[1] if len(cycle) > 1 else cycle[0]]
            yield Problem(place, "routing-cycle", f"{song.label} {verb} in a circle: {path}", hint)


def _vca_members(song: SongView) -> Feeds:
    known = song.names("vca")
    return {
        str(text_of(vca, "name")): {name: (*loc, "vca") for name in names_of(vca, "vca") if name in known}
        for _, loc, vca in song.channels("vca")
        if text_of(vca, "name")
    }


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
    open_ways = _reach_mix(song, settings, muted)
    known = {MIX, *song.names("bus"), *song.names("return")}
    for kind, loc, strip in song.channels("strip"):
        bus, place = settings.find(strip, loc, "bus")
        if place != loc and not isinstance(bus, str | list):
            return
        ways = (*_buses(kind, strip, loc, settings), *settings.sends(strip, loc))
        targets = {to for to, _ in ways}
        if strip.get("mute") is not True and (targets & open_ways or not targets <= known):
            return
    message = f"nothing of {song.label} can be heard: all its strips, or all their ways to the mix, are muted"
    yield Problem(song.loc, "no-sound", message, "unmute a strip, or leave the song out")


def _reach_mix(song: SongView, settings: Settings, muted: set[str | None]) -> set[str]:
    """Return the names from which sound reaches the mix."""
    ways: dict[str, set[str]] = {}
    for kind, loc, channel in song.channels("bus", "return"):
        if name := text_of(channel, "name"):
            to = (*_buses(kind, channel, loc, settings), *_sends(kind, channel, loc, settings))
            ways[name] = {each for each, _ in to}
    open_ways, grown = {MIX}, True
    while grown:
        found = {name for name in ways.keys() - muted - open_ways if open_ways & ways[name]}
        open_ways, grown = open_ways | found, bool(found)
    return open_ways
