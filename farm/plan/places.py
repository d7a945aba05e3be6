"""Where in a manifest stands what a place of a spec was made from."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from farm.manifest.diagnostics import Loc
from farm.plan.changes import SpecPath
from farm.plan.match_spec import MatchSpec
from farm.plan.node import Node
from farm.plan.spec import ChannelSpec, EncodeSpec, FinishSpec, GroupSpec, InsertSpec, MasterSpec, MixSpec, StripSpec

Raw = Mapping[str, Any]

_WRITTEN = {
    "law_db": "pan_law_db",
    "shift_frames": "delay_ms",
    "at_frames": "at",
    "from_frames": "from_seconds",
    "length_frames": "length_seconds",
    "fade_in_frames": "fade_in_seconds",
    "fade_out_frames": "fade_out_seconds",
    "end_frames": "end",
    "end_fade_frames": "end_fade_seconds",
    "tail_frames": "tail_seconds",
    "tone_phase": "tone.phase",
    "level": "",
    "place": "",
    "source": "",
    "params": "",
    "files": "",
    "tags": "",
    "encode": "",
}
"""Fields of specs that a manifest calls otherwise, or does not have."""


def find_places(node: Node, path: SpecPath, data: Raw) -> Iterator[Loc]:
    """Yield where in the manifest's raw tables a place of a node's spec may be written, the likeliest first."""
    song = (node.song or 1) - 1
    match node.spec:
        case GroupSpec(strips=channels) | MixSpec(channels=channels) if path[0] in ("strips", "channels"):
            channel = channels[int(path[1])]
            for base, raw in _named(data, song, channel.name):
                yield from _channel_places(channel, path[2:], base, raw, data)
        case MixSpec():
            yield ("song", song, *_written(path))
        case MasterSpec(inserts=inserts):
            raw = _table(_song(data, song), "master")
            yield from _insert_places(inserts, path[1:], ("song", song, "master"), raw, data)
        case MatchSpec() if path[0] == "songs" and len(path) > 1:
            yield ("song", int(path[1]), "match", *_written(path[2:]))
        case FinishSpec() if path[0] == "takes" and len(path) > 1:
            yield ("song", song + int(path[1]), *_written(path[2:]))
        case MatchSpec() | FinishSpec():
            yield ("target", *_written(path))
        case EncodeSpec():
            yield ("song", song, *_written(path))
            yield ("album", *_written(path))


def _channel_places(channel: StripSpec | ChannelSpec, path: SpecPath, base: Loc, raw: Raw, data: Raw) -> Iterator[Loc]:
    """Yield the places of a strip, bus or return: what it says itself, what its preset says, and where it begins."""
    if path[:1] == ("inserts",):
        yield from _insert_places(channel.inserts, path[1:], base, raw, data)
    elif path[:2] == ("source", "clips") and "stem" in raw:
        yield (*base, "stem")
    else:
        yield (*base, *_written(path))
        if isinstance(name := raw.get("preset"), str):
            yield ("preset", name, *_written(path))
    yield base


def _insert_places(inserts: Sequence[InsertSpec], path: SpecPath, base: Loc, raw: Raw, data: Raw) -> Iterator[Loc]:
    """Yield the places of an insert: a chain ends with what the channel says itself, before that comes its preset."""
    if not path:
        yield (*base, "inserts")
        return
    from_end = len(inserts) - int(path[0])
    preset = raw.get("preset")
    chains = [(base, raw)]
    if isinstance(preset, str):
        chains.append((("preset", preset), _table(_table(data, "preset"), preset)))
    for place, table in chains:
        written = [index for index, each in enumerate(table.get("inserts", ())) if not each.get("bypass")]
        if from_end <= len(written):
            index = written[-from_end]
            if table["inserts"][index].get("type") == inserts[int(path[0])].type:
                yield (*place, "inserts", index, *_written(path[1:]))
                yield (*place, "inserts", index)
            return
        from_end -= len(written)


def _named(data: Raw, song: int, name: str) -> Iterator[tuple[Loc, Raw]]:
    for kind in ("strip", "bus", "return"):
        for index, table in enumerate(_song(data, song).get(kind, ())):
            if table.get("name") == name:
                yield ("song", song, kind, index), table


def _song(data: Raw, index: int) -> Raw:
    song: Raw = data["song"][index]
    return song


def _table(table: Raw, key: str) -> Raw:
    found: Raw = table.get(key, {})
    return found


def _written(path: SpecPath) -> Loc:
    """Return the keys of a manifest for fields of a spec."""
    keys: list[str | int] = []
    for step in path:
        keys += [step] if isinstance(step, int) else filter(None, _WRITTEN.get(step, step).split("."))
    return tuple(keys)
