"""From one song of the manifest to its group, mix and master nodes."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from itertools import groupby

from farm.manifest.song import Bus, Return, Send, Song, Strip, Vca
from farm.manifest.table import MIX as MIX_NAME
from farm.plan.inputs import Inputs
from farm.plan.insert import insert_specs
from farm.plan.movement import find_curve, followed_vcas, level_spec
from farm.plan.node import Need, Node
from farm.plan.source import source_spec
from farm.plan.spec import (
    CONSTANT_POWER_DB,
    MIX,
    ChannelSpec,
    GroupFeed,
    GroupSpec,
    InsertSpec,
    LevelSpec,
    MasterSpec,
    MixSpec,
    PlaceSpec,
    SendSpec,
    StripSpec,
)
from farm.plan.tempo import TempoMap

STRIPS_IN_A_GROUP = 4
"""The most strips that one group task renders. Grouping depends on nothing but this number and the manifest, so that
the order of sums, hence the bytes, is the same on every machine."""

Channel = Strip | Bus | Return
Indices = Mapping[str, int]


def master_id(number: int) -> str:
    """Return the id of a song's master node."""
    return f"master:{number}"


def mix_id(number: int) -> str:
    """Return the id of a song's mix node."""
    return f"mix:{number}"


def song_nodes(number: int, song: Song, rate_hz: int, inputs: Inputs) -> list[Node]:
    """Return the nodes of one song in order: its groups, its mix, its master."""
    console = _Console(song, rate_hz, inputs)
    groups: list[Node] = []
    feeds: list[GroupFeed] = []
    for place, members in enumerate(_groups(song.strips), start=1):
        strips = [strip for strip in members if console.is_open(strip) and strip.name not in console.channels]
        if not strips:
            continue
        spec, feed = console.group(strips)
        label = f"{song.title}: {', '.join(strip.name for strip in strips)}"
        groups.append(Node(f"group:{number}.{place}", "group", label, number, spec))
        feeds.append(feed)
    mix_spec = console.mix(feeds)
    mix = Node(mix_id(number), "mix", f"{song.title}: mix", number, mix_spec, tuple(Need(g.id) for g in groups))
    master_spec = MasterSpec(rate_hz, console.inserts(song.master.inserts))
    master = Node(master_id(number), "master", f"{song.title}: master", number, master_spec, (Need(mix.id),))
    return [*groups, mix, master]


def _groups(strips: Iterable[Strip]) -> Iterator[list[Strip]]:
    """Yield runs of neighbouring strips that feed the same buses, each cut to at most STRIPS_IN_A_GROUP.

    Muted strips and those that listen to others keep their places, so that a change of one leaves the other groups as
    they are.
    """
    for _, run in groupby(strips, key=lambda strip: strip.bus):
        members = list(run)
        for start in range(0, len(members), STRIPS_IN_A_GROUP):
            yield members[start : start + STRIPS_IN_A_GROUP]


@dataclass(frozen=True, slots=True)
class _Way:
    """What is needed to place a channel among the others: what it feeds, and what it listens to."""

    targets: tuple[str, ...]
    keys: tuple[str, ...]


class _Console:
    """A song's names, resolved: which channels are open, what runs in the mix and in which order, who is a key."""

    def __init__(self, song: Song, rate_hz: int, inputs: Inputs) -> None:
        self._song, self._rate_hz, self._inputs = song, rate_hz, inputs
        self._tempo = TempoMap(song.tempo, rate_hz)
        self._shut_vcas = _shut_vcas(song.vcas)
        channels: list[Channel] = [*song.strips, *song.buses, *song.returns]
        opened = [each for each in channels if self.is_open(each)]
        ways = {each.name: _way(each) for each in opened}
        heard = {key for way in ways.values() for key in way.keys if key in ways}
        self._keys: Indices = {name: index for index, name in enumerate(name for name in ways if name in heard)}
        in_mix = [each for each in opened if not isinstance(each, Strip) or ways[each.name].keys]
        self._in_mix = _in_order({each.name: each for each in in_mix}, ways)
        self.channels: Indices = {each.name: index for index, each in enumerate(self._in_mix)}

    def is_open(self, channel: Channel) -> bool:
        """Return whether a channel sounds: neither it nor a VCA that it follows is muted for good."""
        followed = followed_vcas(channel.vca, self._song.vcas)
        return not channel.mute and not any(vca.name in self._shut_vcas for vca in followed)

    def group(self, strips: Sequence[Strip]) -> tuple[GroupSpec, GroupFeed]:
        """Return a group of strips and where its outputs go. Taps are numbered by first use, so that a group's key does
        not depend on the song's other channels."""
        names = dict.fromkeys(send.to for strip in strips for send in strip.sends if self._leads_on(send))
        taps = {name: index for index, name in enumerate(names)}
        heard = [index for index, strip in enumerate(strips) if strip.name in self._keys]
        outputs = self._outputs(strips[0])
        spec = GroupSpec(
            rate_hz=self._rate_hz,
            strips=tuple(self._strip(strip, taps) for strip in strips),
            leaves_sum=bool(outputs),
            keys=tuple(heard),
        )
        keys = tuple(self._keys[strips[index].name] for index in heard)
        return spec, GroupFeed(outputs, tuple(self.channels[name] for name in taps), keys)

    def mix(self, feeds: Sequence[GroupFeed]) -> MixSpec:
        """Return the mix of the groups that feed it."""
        song = self._song
        return MixSpec(
            rate_hz=self._rate_hz,
            feeds=tuple(feeds),
            channels=tuple(self._channel(each) for each in self._in_mix),
            keys=len(self._keys),
            end_frames=self._tempo.frames(song.end) if song.end else None,
            end_fade_frames=round(song.end_fade_seconds * self._rate_hz) if song.end else 0,
            tail_frames=round(song.tail_seconds * self._rate_hz),
        )

    def inserts(self, inserts: Sequence[object]) -> tuple[InsertSpec, ...]:
        """Return an insert chain."""
        return insert_specs(inserts, self._keys, self._tempo, self._inputs)  # type: ignore[arg-type]

    def _strip(self, strip: Strip, taps: Indices) -> StripSpec:
        return StripSpec(
            name=strip.name,
            source=source_spec(strip, self._tempo, self._rate_hz, self._inputs),
            inserts=self.inserts(strip.inserts),
            level=self._level(strip),
            place=self._place(strip),
            sends=self._sends(strip, taps),
        )

    def _channel(self, channel: Channel) -> ChannelSpec:
        plays = channel if isinstance(channel, Strip) else None
        return ChannelSpec(
            name=channel.name,
            source=source_spec(plays, self._tempo, self._rate_hz, self._inputs) if plays else None,
            inserts=self.inserts(channel.inserts),
            level=self._level(channel),
            place=self._place(channel),
            outputs=self._outputs(channel),
            sends=self._sends(channel, self.channels),
            key=self._keys.get(channel.name),
        )

    def _level(self, channel: Channel) -> LevelSpec:
        return level_spec(channel, channel.gain_db, followed_vcas(channel.vca, self._song.vcas), self._tempo)

    def _place(self, channel: Channel) -> PlaceSpec:
        return PlaceSpec(
            pan=channel.pan,
            law_db=channel.pan_law_db if isinstance(channel, Strip) else CONSTANT_POWER_DB,
            dual_pan=(channel.dual_pan[0], channel.dual_pan[1]) if channel.dual_pan else None,
            width=channel.width,
            pan_curve=find_curve(channel, "pan", self._tempo),
            width_curve=find_curve(channel, "width", self._tempo),
        )

    def _outputs(self, channel: Channel) -> tuple[int, ...]:
        """Return the channels that a channel feeds; a muted bus is none."""
        return tuple(
            MIX if name == MIX_NAME else self.channels[name]
            for name in channel.bus
            if name == MIX_NAME or name in self.channels
        )

    def _leads_on(self, send: Send) -> bool:
        return not send.mute and send.to in self.channels

    def _sends(self, channel: Channel, targets: Indices) -> tuple[SendSpec, ...]:
        return tuple(
            SendSpec(targets[send.to], level_spec(send, send.gain_db, (), self._tempo), send.pre_fader)
            for send in channel.sends
            if self._leads_on(send)
        )


def _shut_vcas(vcas: Sequence[Vca]) -> set[str]:
    return {vca.name for vca in vcas if any(each.mute for each in followed_vcas([vca.name], vcas))}


def _way(channel: Channel) -> _Way:
    keys = [key for insert in channel.inserts if not insert.bypass and (key := getattr(insert, "key", None))]
    return _Way((*channel.bus, *(send.to for send in channel.sends if not send.mute)), tuple(keys))


def _in_order(channels: Mapping[str, Channel], ways: Mapping[str, _Way]) -> list[Channel]:
    """Return channels so that each comes after all that feed it or that it listens to; the manifest has no cycles."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for name in channels:
        sorter.add(name, *(key for key in ways[name].keys if key in channels))
        for target in ways[name].targets:
            if target in channels:
                sorter.add(target, name)
    return [channels[name] for name in sorter.static_order()]
