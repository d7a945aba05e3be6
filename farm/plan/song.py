"""From one song of the manifest to its group, mix and master nodes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from itertools import groupby

from farm.manifest.processors.registry import Insert
from farm.manifest.song import Bus, Return, Send, Song, Strip
from farm.plan.inputs import Inputs
from farm.plan.node import Need, Node
from farm.plan.spec import BusSpec, GroupFeed, GroupSpec, InsertSpec, MasterSpec, MixSpec, SendSpec, StripSpec

STRIPS_IN_A_GROUP = 4
"""The most strips that one group task renders. Grouping depends on nothing but this number and the manifest, so that
the order of sums, hence the bytes, is the same on every machine."""

Indices = Mapping[str, int]


def master_id(number: int) -> str:
    """Return the id of a song's master node."""
    return f"master:{number}"


def song_nodes(number: int, song: Song, rate_hz: int, inputs: Inputs) -> list[Node]:
    """Return the nodes of one song in order: its groups, its mix, its master."""
    buses = {bus.name: index for index, bus in enumerate(song.buses)}
    returns = {each.name: index for index, each in enumerate(song.returns)}
    groups: list[Node] = []
    feeds: list[GroupFeed] = []
    for place, (bus, members) in enumerate(_groups(song.strips), start=1):
        strips = [strip for strip in members if not strip.mute]
        if not strips:
            continue
        taps = _taps(strips)
        specs = tuple(_strip_spec(strip, taps, inputs) for strip in strips)
        label = f"{song.title}: {', '.join(strip.name for strip in strips)}"
        groups.append(Node(f"group:{number}.{place}", "group", label, number, GroupSpec(rate_hz, specs)))
        feeds.append(GroupFeed(buses.get(bus), tuple(returns[name] for name in taps)))
    mix_spec = MixSpec(
        rate_hz=rate_hz,
        feeds=tuple(feeds),
        buses=tuple(_bus_spec(bus, bus.sends, buses, returns) for bus in song.buses),
        returns=tuple(_bus_spec(each, (), buses, returns) for each in song.returns),
        order=_order(song, buses, returns),
    )
    mix = Node(f"mix:{number}", "mix", f"{song.title}: mix", number, mix_spec, tuple(Need(g.id) for g in groups))
    master_spec = MasterSpec(rate_hz, _insert_specs(song.master.inserts))
    master = Node(master_id(number), "master", f"{song.title}: master", number, master_spec, (Need(mix.id),))
    return [*groups, mix, master]


def _groups(strips: Iterable[Strip]) -> Iterator[tuple[str, list[Strip]]]:
    """Yield runs of neighbouring strips that feed one bus, each cut to at most STRIPS_IN_A_GROUP.

    Muted strips keep their places, so that muting one leaves the other groups as they are.
    """
    for bus, run in groupby(strips, key=lambda strip: strip.bus):
        members = list(run)
        for start in range(0, len(members), STRIPS_IN_A_GROUP):
            yield bus, members[start : start + STRIPS_IN_A_GROUP]


def _taps(strips: Iterable[Strip]) -> dict[str, int]:
    """Number the returns that a group sends to by first use: its key does not depend on the song's other returns."""
    names = dict.fromkeys(send.to for strip in strips for send in strip.sends)
    return {name: index for index, name in enumerate(names)}


def _strip_spec(strip: Strip, taps: Indices, inputs: Inputs) -> StripSpec:
    return StripSpec(
        name=strip.name,
        stem=inputs.spec(strip.stem),
        gain_db=strip.gain_db,
        pan=strip.pan,
        invert_polarity=strip.invert_polarity,
        inserts=_insert_specs(strip.inserts),
        sends=_send_specs(strip.sends, taps),
    )


def _bus_spec(bus: Bus | Return, sends: Sequence[Send], buses: Indices, returns: Indices) -> BusSpec:
    return BusSpec(
        name=bus.name,
        bus=buses.get(bus.bus),
        gain_db=bus.gain_db,
        pan=bus.pan,
        mute=bus.mute,
        inserts=_insert_specs(bus.inserts),
        sends=_send_specs(sends, returns),
    )


def _send_specs(sends: Sequence[Send], returns: Indices) -> tuple[SendSpec, ...]:
    return tuple(SendSpec(returns[send.to], send.gain_db) for send in sends)


def _insert_specs(inserts: Sequence[Insert]) -> tuple[InsertSpec, ...]:
    return tuple(
        InsertSpec(insert.type, insert.version, insert.model_dump(mode="json", exclude={"type", "bypass"}))
        for insert in inserts
        if not insert.bypass
    )


def _order(song: Song, buses: Indices, returns: Indices) -> tuple[tuple[str, int], ...]:
    """Return buses and returns so that each comes after all that feed it; the manifest has no cycles."""
    sorter: TopologicalSorter[tuple[str, int]] = TopologicalSorter()
    for bus in song.buses:
        sorter.add(("bus", buses[bus.name]))
    for each in song.returns:
        sorter.add(("return", returns[each.name]))
    for bus in song.buses:
        here = ("bus", buses[bus.name])
        if bus.bus in buses:
            sorter.add(("bus", buses[bus.bus]), here)
        for send in bus.sends:
            sorter.add(("return", returns[send.to]), here)
    for each in song.returns:
        if each.bus in buses:
            sorter.add(("bus", buses[each.bus]), ("return", returns[each.name]))
    return tuple(sorter.static_order())
